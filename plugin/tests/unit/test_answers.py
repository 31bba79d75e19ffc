import gzip
import http.server
import json
import ssl
import subprocess
import threading
import time

import pytest

from nbexchange.plugin import transfer
from nbexchange.plugin.client import Client
from nbexchange.plugin.failures import ServiceFailure
from nbexchange.plugin.transfer import download

from .conftest import refusal, says


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("body", [b"<html>", refusal("x", "y", "Not now.")], ids=["proxy", "service"])
def test_who_has_no_time_now_may_be_asked_again(server, status, body):
    server.answers = [says(status, body), says(200, {"name": "ada"})]
    assert server.client().get("me") == {"name": "ada"}


def test_a_proxy_that_takes_no_files_of_this_size_says_so(server):
    server.answers = [says(413, b"<html>too large</html>", Content_Type="text/html")]
    with pytest.raises(ServiceFailure, match="does not take files of this size") as caught:
        server.client().get("me")
    assert not caught.value.temporary


def test_what_a_proxy_compressed_is_read(server):
    body = gzip.compress(json.dumps({"name": "ada"}).encode())
    server.answers = [says(200, body, Content_Encoding="gzip")]
    assert server.client().get("me") == {"name": "ada"}


@pytest.mark.parametrize(
    "answer", [None, says(302, Location="/login"), says(413, b""), says(502, b""), says(200, b"<html>")]
)
def test_a_password_in_an_address_is_not_told(server, answer):
    server.answers = [answer]
    address = server.url.replace("//", "//ada:secret@")
    if answer is None:
        server.stop()
    with pytest.raises(ServiceFailure) as caught:
        Client(lambda path: (f"{address}/{path}", {}, {}), 5).get("me")
    assert server.url in str(caught.value)
    assert "secret" not in str(caught.value)


def falls_silent(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.wfile.flush()
    time.sleep(1)
    handler.close_connection = True


def test_silence_in_the_middle_of_an_answer_is_told_as_such(server):
    server.answers = [falls_silent]
    with pytest.raises(ServiceFailure, match="did not answer in time") as caught:
        server.client(seconds=0.4).get("me")
    assert caught.value.timed_out


def test_silence_in_the_middle_of_a_file_is_told_as_such(server, monkeypatch):
    monkeypatch.setattr(transfer, "_TIMEOUT", (5, 0.3))
    monkeypatch.setattr(transfer, "PAUSES", [])
    server.answers = [falls_silent]
    with pytest.raises(ServiceFailure, match="did not answer in time"):
        download(server.client(), "things/1", max_bytes=10**6)


@pytest.fixture
def of_unknown_origin(tmp_path):
    """The address of an HTTPS server whose certificate nobody signed."""
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    made.handle_error = lambda *_: None
    made.socket = context.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()
    thread.join()


def asked_at(address):
    with pytest.raises(ServiceFailure) as caught:
        Client(lambda path: (f"{address}/{path}", {}, {}), 10).get("me")
    return caught.value


def test_a_certificate_that_nobody_trusts_is_told_as_such(of_unknown_origin):
    failure = asked_at(of_unknown_origin)
    assert str(failure) == (
        f"The certificate of {of_unknown_origin} is not trusted: ask who runs the exchange."
    )
    assert not failure.temporary


def test_a_service_without_tls_is_not_told_as_one_with_a_bad_certificate(server):
    address = server.url.replace("http:", "https:")
    assert str(asked_at(address)) == (
        f"The exchange at {address} cannot be reached: check the network and c.Exchange.service_url, "
        "then try again."
    )
