"""The one kept-alive connection pool of this process."""

from __future__ import annotations

import os
import threading
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .version import __version__

CONNECT_SECONDS = 10
STALL_SECONDS = 60

_lock = threading.Lock()
_sessions: dict[int, requests.Session] = {}


class _Patient:
    """Sending may wait as long as receiving: urllib3 would give up after the time meant for connecting."""

    sock: Any

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(STALL_SECONDS)
        super().send(data)  # type: ignore[misc]


class _PatientHTTPConnection(_Patient, HTTPConnection):
    pass


class _PatientHTTPSConnection(_Patient, HTTPSConnection):
    pass


class _PatientHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PatientHTTPConnection


class _PatientHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PatientHTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PatientHTTPPool, "https": _PatientHTTPSPool}


def session() -> requests.Session:
    """Answer the session of this process. It keeps connections, but no cookies and nobody's credentials."""
    with _lock:
        found = _sessions.get(os.getpid())
        if found is None:
            found = _sessions[os.getpid()] = _make()
        return found


def _make() -> requests.Session:
    made = requests.Session()
    adapter = _Adapter(pool_connections=4, pool_maxsize=16)
    made.mount("http://", adapter)
    made.mount("https://", adapter)
    made.headers["User-Agent"] = f"nbexchange-plugin/{__version__}"
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # Without this, requests would replace our Authorization header by what a .netrc says.
    made.auth = _as_it_is
    return made


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
