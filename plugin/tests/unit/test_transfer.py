import base64
import hashlib
import io
import os

import pytest

from nbexchange.plugin import transfer
from nbexchange.plugin.failures import PlainFailure, ServiceFailure
from nbexchange.plugin.transfer import LocalFile, download, upload

from .conftest import cuts_short, resets, says

CONTENT = os.urandom(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
DIGEST = f"sha-256=:{base64.b64encode(bytes.fromhex(SHA256)).decode()}:"
STORED = says(201, {"id": "1", "sha256": SHA256})
BUSY = says(503, {"code": "unavailable", "message": "Wait a little."})

pytestmark = pytest.mark.usefixtures("no_pauses")


def sent(server, **more):
    content = LocalFile(io.BytesIO(CONTENT), len(CONTENT), SHA256)
    return upload(server.client(), "POST", "things", content, idempotency_key="key-1", **more)


def test_an_upload_arrives_with_length_and_digest(server):
    server.answers = [STORED]
    assert sent(server, query=[("notebook", "p 1")])["id"] == "1"
    (request,) = server.requests
    assert request.body == CONTENT
    assert request.path == "/base/api/v1/things?notebook=p%201"
    assert request.headers["Content-Type"] == "application/gzip"
    assert request.headers["Content-Length"] == str(len(CONTENT))
    assert request.headers["Repr-Digest"] == DIGEST


@pytest.mark.parametrize(
    "trouble",
    [
        resets,
        BUSY,
        says(502, b"<html>"),
        says(504, b"<html>"),
        says(400, {"code": "digest_mismatch", "message": "The bytes changed on the way."}),
        says(201, {"id": "1", "sha256": "0" * 64}),
        cuts_short,
    ],
    ids=["reset", "503", "502", "504", "digest", "other digest stored", "answer cut short"],
)
def test_an_upload_is_repeated_whole_with_the_same_key(server, trouble):
    server.answers = [trouble, trouble, STORED]
    assert sent(server)["id"] == "1"
    assert [request.body for request in server.requests] == [CONTENT] * 3
    assert {request.headers["Idempotency-Key"] for request in server.requests} == {"key-1"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 507])
def test_a_refused_upload_is_not_repeated(server, status):
    server.answers = [says(status, {"code": "x", "message": "No."})]
    with pytest.raises(ServiceFailure, match=r"No\."):
        sent(server)
    assert len(server.requests) == 1


def test_three_repetitions_are_enough(server):
    server.answers = [BUSY]
    with pytest.raises(ServiceFailure, match="Wait a little"):
        sent(server)
    assert len(server.requests) == 4


def test_the_service_says_how_long_to_wait(server, monkeypatch):
    waited = []
    monkeypatch.setattr(transfer.time, "sleep", waited.append)
    busy = says(503, {"code": "unavailable", "message": "Wait."}, Retry_After="5")
    endless = says(503, {"code": "unavailable", "message": "Wait."}, Retry_After="86400")
    server.answers = [busy, endless, STORED]
    sent(server)
    assert waited == [5.0, 10.0]


def test_silence_during_an_upload_is_told(server, monkeypatch):
    from .conftest import hangs

    monkeypatch.setattr(transfer, "_TIMEOUT", (1, 0.2))
    monkeypatch.setattr(transfer, "PAUSES", [])
    server.answers = [hangs(1)]
    with pytest.raises(ServiceFailure, match="did not answer in time"):
        sent(server)


def test_sending_may_wait_longer_than_connecting(server, monkeypatch):
    monkeypatch.setattr(transfer, "_TIMEOUT", (0.3, 30))
    monkeypatch.setattr(transfer, "PAUSES", [])
    server.seconds_before_reading = 1
    large = bytes(30_000_000)
    digest = hashlib.sha256(large).hexdigest()
    server.answers = [says(201, {"sha256": digest})]
    upload(server.client(), "POST", "things", LocalFile(io.BytesIO(large), len(large), digest))
    assert len(server.requests[0].body) == len(large)


def got(server, **more):
    with download(server.client(), "things/1", **{"max_bytes": 10**6, **more}) as file:
        return file.read()


@pytest.mark.parametrize("known", [None, SHA256])
def test_a_download_arrives(server, known):
    server.answers = [says(200, CONTENT, Repr_Digest=DIGEST)]
    assert got(server, sha256=known) == CONTENT
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "trouble",
    [resets, BUSY, cuts_short, says(200, CONTENT[:-1], Repr_Digest=DIGEST), says(200, b"x" + CONTENT[1:])],
    ids=["reset", "503", "cut short", "one byte less", "one other byte"],
)
def test_a_download_that_goes_wrong_is_repeated(server, trouble):
    server.answers = [trouble, says(200, CONTENT, Repr_Digest=DIGEST)]
    assert got(server, sha256=SHA256) == CONTENT


def test_a_download_that_stays_wrong_fails(server):
    server.answers = [says(200, CONTENT, Repr_Digest=f"sha-256=:{base64.b64encode(bytes(32)).decode()}:")]
    with pytest.raises(ServiceFailure, match="is not the file as it was stored"):
        got(server)
    assert len(server.requests) == 4


THING = "/base/api/v1/things/1"


def linked(server, path="/elsewhere", **more):
    return says(303, Location=server.url + path, Repr_Digest=DIGEST, **more)


def test_a_download_follows_a_link_to_the_storage_without_credentials(server):
    server.answers = [linked(server, Set_Cookie="c=1"), says(200, CONTENT)]
    client = server.client(headers={"Authorization": "Bearer secret", "Cookie": "login=secret"})
    with download(client, "things/1", max_bytes=10**6) as file:
        assert file.read() == CONTENT
    asked, followed = server.requests
    assert asked.headers["X-NBExchange-Accept"] == "link"
    assert followed.path == "/elsewhere"
    assert "secret" not in str(followed.headers)
    assert "Cookie" not in followed.headers
    assert "X-NBExchange-Accept" not in followed.headers


@pytest.mark.parametrize(
    "trouble",
    [
        resets,
        cuts_short,
        says(403, b"<Error/>"),
        says(302, CONTENT, Location="/third"),
        says(200, b"x" + CONTENT[1:]),
    ],
    ids=["reset", "cut short", "403", "another redirect", "one other byte"],
)
def test_a_link_that_gives_no_file_is_left_for_the_service_itself(server, trouble):
    server.answers = [linked(server), trouble, says(200, CONTENT, Repr_Digest=DIGEST)]
    assert got(server) == CONTENT
    assert [request.path for request in server.requests] == [THING, "/elsewhere", THING]
    assert "X-NBExchange-Accept" not in server.requests[2].headers


def test_a_link_without_a_digest_is_not_believed(server):
    bare = says(303, Location=f"{server.url}/elsewhere")
    server.answers = [bare, says(200, b"anything"), says(200, CONTENT, Repr_Digest=DIGEST)]
    assert got(server) == CONTENT
    assert server.requests[-1].path == THING


def test_a_link_without_a_digest_counts_where_the_digest_is_known_from_elsewhere(server):
    server.answers = [says(303, Location=f"{server.url}/elsewhere"), says(200, CONTENT)]
    assert got(server, sha256=SHA256) == CONTENT
    assert [request.path for request in server.requests] == [THING, "/elsewhere"]


@pytest.mark.parametrize("link", ["", "file:///etc/passwd", "http://127.0.0.1:9/", "//"])
def test_a_link_that_leads_nowhere_is_left_for_the_service_itself(server, link):
    server.answers = [
        says(303, Location=link, Repr_Digest=DIGEST),
        says(200, CONTENT, Repr_Digest=DIGEST),
    ]
    assert got(server) == CONTENT


def test_a_download_that_is_too_large_is_stopped(server):
    server.answers = [says(200, CONTENT)]
    with pytest.raises(PlainFailure, match="larger than 1000 bytes"):
        got(server, max_bytes=1000)
    assert len(server.requests) == 1
