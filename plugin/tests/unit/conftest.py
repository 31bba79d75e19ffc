"""A throw-away HTTP server that misbehaves as told. It knows nothing of the exchange's rules."""

import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from nbexchange.plugin import transfer
from nbexchange.plugin.client import Client


class Server:
    """Answers each request with the next of `answers`, each a function of the request handler."""

    def __init__(self):
        self.answers = []
        self.requests = []
        self.seconds_before_reading = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self):
                if outer.seconds_before_reading:
                    time.sleep(outer.seconds_before_reading)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.requests.append(
                    SimpleNamespace(path=self.path, headers=self.headers, body=body, peer=self.client_address)
                )
                with outer._lock:
                    answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_any

            def log_message(self, *_):
                pass

        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def client(self, seconds=5, headers=None):
        return Client(lambda path: (f"{self.url}/base/{path}", {}, headers or {}), seconds)


def says(status, body=b"", **headers):
    """Answer with this status, and a body that is bytes or becomes JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def refusal(code, reason, message):
    """The body of a refusal, as the service writes it."""
    return {"code": code, "reason": reason, "params": {}, "message": message}


def resets(handler):
    """Break the connection without a word."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def cuts_short(handler):
    """Announce more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"only this")
    handler.close_connection = True


def hangs(seconds):
    """Say nothing for a while."""

    def answer(handler):
        time.sleep(seconds)
        handler.close_connection = True

    return answer


def trickles(handler):
    """Send a byte now and then."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    try:
        for _ in range(20):
            handler.wfile.write(b" ")
            time.sleep(0.1)
    except OSError:
        pass
    handler.close_connection = True


@pytest.fixture
def server():
    started = Server()
    yield started
    started.stop()


@pytest.fixture
def no_pauses(monkeypatch):
    monkeypatch.setattr(transfer, "PAUSES", [0.0, 0.0, 0.0])
