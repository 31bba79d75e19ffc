"""Calls of the service's API that carry JSON. Files go through `transfer`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias
from urllib.parse import quote

import requests

from .answers import Address, read_answer, refusal, unreachable
from .auth import Prepared
from .failures import PlainFailure, ServiceFailure
from .session import CONNECT_SECONDS, session

Json: TypeAlias = dict[str, Any]
Query: TypeAlias = Iterable[tuple[str, str]]

API = "api/v1/"
_PAGE = 5000
_PAUSE = 0.3
# What the service says of a thing that is not there, or no longer.
_GONE = {"no_assignment", "no_submission", "not_your_submission"}


def path_of(*names: str) -> str:
    """Answer these names as one percent-encoded path; a name that no path can carry is a `PlainFailure`."""
    for name in names:
        # A dot segment would be taken for a folder on the way, however it is encoded.
        if name in ("", ".", ".."):
            raise PlainFailure(f"{name!r} is not a name that the exchange can have: choose another one.")
    return "/".join(_encoded(name) for name in names)


def _encoded(name: str) -> str:
    try:
        return quote(name, safe="")
    except UnicodeEncodeError:
        raise PlainFailure(f"The name {name!r} is not valid text: rename it.") from None


def _list_in(answer: Json, name: str) -> list[Json]:
    found = answer.get(name)
    if not isinstance(found, list):
        raise ServiceFailure(f"The answer of the service holds no {name}: is it older than this plugin?")
    return found


class Client:
    """One person at one service.

    `prepare` answers url, cookies and headers for a path; one call may take `seconds` in all.
    """

    def __init__(self, prepare: Callable[[str], Prepared], seconds: float) -> None:
        self._prepare = prepare
        self._seconds = seconds

    def get(self, path: str, query: Query = ()) -> Json:
        """Answer what the service says about `path`. Raises `ServiceFailure`."""
        return self._patiently("GET", path, query)

    def items(self, name: str, path: str, query: Query = ()) -> Iterator[Json]:
        """Answer the items that a list holds under `name`, page after page. Raises `ServiceFailure`."""
        cursor: str | None = ""
        while cursor is not None:
            more = [("limit", str(_PAGE)), *([("cursor", cursor)] if cursor else [])]
            page = self.get(path, [*query, *more])
            yield from _list_in(page, name)
            cursor = page.get("next")

    def whole(self, name: str, path: str, query: Query = ()) -> list[Json]:
        """Answer the items of a list that has no pages. Raises `ServiceFailure`."""
        return _list_in(self.get(path, query), name)

    def delete(self, path: str) -> None:
        """Remove what `path` names. Raises `ServiceFailure`."""
        self._patiently("DELETE", path, ())

    def identity(self) -> str:
        """Answer something that differs between persons and services, and tells nothing about them."""
        return hashlib.sha256(repr(self._prepare("")).encode()).hexdigest()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        headers: dict[str, str] | None = None,
        body: Any = None,
        timeout: tuple[float, float],
        also: tuple[int, ...] = (),
    ) -> requests.Response:
        """Answer the open response to one request, its status below 300 or in `also`.

        Raises `PlainFailure`. Redirects are not followed: where they lead, nobody may see our credentials.
        """
        pairs = "&".join(f"{name}={_encoded(value)}" for name, value in query)
        target = API + path + (f"?{pairs}" if pairs else "")
        url, cookies, own = self._prepare(target)
        try:
            response = session().request(
                method,
                url,
                headers={**(own or {}), **(headers or {})},
                cookies=cookies or None,
                data=body,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            raise unreachable(Address(url), error) from error
        if response.status_code >= 300 and response.status_code not in also:
            with response:
                raise refusal(Address(url), response)
        return response

    def _patiently(self, method: str, path: str, query: Query) -> Json:
        """One call, repeated once when a connection broke or the service asks for a moment that we have.

        A slow answer is not waited for twice.
        """
        pairs = list(query)
        deadline = time.monotonic() + self._seconds
        try:
            return self._once(method, path, pairs, deadline)
        except ServiceFailure as failure:
            pause = max(_PAUSE, failure.retry_after)
            if not failure.temporary or failure.timed_out or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        try:
            return self._once(method, path, pairs, deadline)
        except ServiceFailure as failure:
            # The first call may have removed it before the connection broke.
            if method == "DELETE" and failure.reason in _GONE:
                return {}
            raise

    def _once(self, method: str, path: str, query: Query, deadline: float) -> Json:
        left = max(deadline - time.monotonic(), 0.001)
        response = self.send(method, path, query=query, timeout=(min(left, CONNECT_SECONDS), left))
        address = Address(response.url)
        with response:
            text = read_answer(address, response, deadline)
        if response.status_code == 204:
            return {}
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise address.stranger(response)
        return answer
