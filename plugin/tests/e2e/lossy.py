"""A proxy in front of the service that loses an answer."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class LossyProxy:
    """Passes everything on, but breaks the connection instead of giving the first answer to a POST.

    The request itself arrives; `meanwhile` is called before the client can notice.
    """

    def __init__(self, service_url: str, meanwhile: Callable[[], object] = lambda: None):
        lost: list[int] = []
        self.lost = lost

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = requests.request(
                    self.command,
                    service_url + self.path,
                    headers=dict(self.headers.items()),
                    data=body,
                    timeout=30,
                )
                if self.command == "POST" and not lost:
                    lost.append(answer.status_code)
                    meanwhile()
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_any

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "LossyProxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
