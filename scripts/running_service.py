"""The service of this checkout, in a process of its own."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
_LISTENS = re.compile(r'"url":"(https?://[^"]+)"')
_START_SECONDS = 60


class ServiceDidNotStart(Exception):
    """With what it said."""


@dataclass
class RunningService:
    """Where it listens, and what it wrote."""

    base_url: str
    log: Path
    process: subprocess.Popen

    @property
    def origin(self) -> str:
        """The address without the base path: what a plugin is told as `service_url`."""
        scheme, host = self.base_url.split("/")[0::2][:2]
        return f"{scheme}//{host}"


@contextmanager
def running_service(folder: Path, **settings: str) -> Iterator[RunningService]:
    """Serve on SQLite and a folder below `folder`; stop at the end of the block. Raises `ServiceDidNotStart`.

    NBEX_TEST_DB_URL in the environment names an empty database of another kind.

    `settings` are those of the environment (NBEX_USER_PLUGIN=...). Without NBEX_PORT it takes a free one.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("NBEX_")}
    env |= {
        "NBEX_HOST": "127.0.0.1",
        "NBEX_PORT": "0",
        "NBEX_BASE_STORAGE_LOCATION": str(folder / "storage"),
        "NBEX_DB_URL": os.environ.get("NBEX_TEST_DB_URL", f"sqlite:///{folder / 'nbexchange.db'}"),
        **settings,
    }
    command = [REPOSITORY / "node_modules/.bin/node", REPOSITORY / "server/src/main.ts", "serve"]
    log = folder / "service.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield RunningService(_address(process, log), log, process)
    finally:
        _stop(process)


def free_port() -> int:
    """Answer a port of the loopback address that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _address(process: subprocess.Popen, log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if found := _LISTENS.search(log.read_text()):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise ServiceDidNotStart(f"The service did not start:\n{log.read_text()}")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
