"""Files up and down: streamed, with digests both ways, repeated when the connection or the service fails."""

from __future__ import annotations

import base64
import hashlib
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

import requests

from .answers import Address, unreachable
from .client import Client, Json, Query
from .failures import PlainFailure, ServiceFailure
from .session import CONNECT_SECONDS, STALL_SECONDS, session

# Seconds before the second, third and fourth attempt, on average.
PAUSES = [0.75, 1.5, 3.0]
_LONGEST_PAUSE = 10.0
_CHUNK = 256 * 1024
_LINK = 303
_TIMEOUT = (CONNECT_SECONDS, STALL_SECONDS)

T = TypeVar("T")


@dataclass(frozen=True)
class LocalFile:
    """Bytes to send, with what is known of them. `sha256` is lower-case hex."""

    file: BinaryIO
    size: int
    sha256: str


def upload(
    client: Client,
    method: str,
    path: str,
    content: LocalFile,
    *,
    content_type: str = "application/gzip",
    query: Query = (),
    idempotency_key: str | None = None,
) -> Json:
    """Send `content` and answer what the service says of it. Raises `ServiceFailure`.

    Every attempt carries the same key, so that a repetition cannot store it twice. What the service claims to
    have stored is compared with what was sent.
    """
    pairs = list(query)
    digest = base64.b64encode(bytes.fromhex(content.sha256)).decode()
    headers = {"Content-Type": content_type, "Repr-Digest": f"sha-256=:{digest}:"}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key

    def attempt() -> Json:
        content.file.seek(0)
        response = client.send(
            method, path, query=pairs, headers=headers, body=content.file, timeout=_TIMEOUT
        )
        return _stored(response, content)

    return repeatedly(attempt)


def _stored(response: requests.Response, content: LocalFile) -> Json:
    address = Address(response.url)
    with response:
        try:
            answer = response.json()
        except ValueError:
            raise address.stranger(response) from None
        except requests.RequestException as error:
            raise unreachable(address, error) from error
    if not isinstance(answer, dict) or answer.get("sha256") != content.sha256:
        raise ServiceFailure(f"{address.host} did not store what was sent: try again.", temporary=True)
    return answer


def download(client: Client, path: str, *, max_bytes: int, sha256: str | None = None) -> BinaryIO:
    """Answer the bytes of `path` as a temporary file, read from its start; whoever asks closes it.

    They are checked against `sha256` (lower-case hex), else against the digest that the service states.
    Raises `ServiceFailure`, or `PlainFailure` for more than `max_bytes`.
    """
    by_link = True

    def attempt() -> BinaryIO:
        nonlocal by_link
        response = _asked(client, path, by_link)
        digest = sha256 or _stated_digest(response)
        if response.status_code == _LINK:
            # Whatever goes wrong there, the service itself is asked next.
            by_link = False
            response = _followed(response, digest)
        target = tempfile.TemporaryFile(prefix="nbexchange-")  # noqa: SIM115
        try:
            with response:
                _receive(response, target, max_bytes, digest)
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return target

    return repeatedly(attempt)


def _asked(client: Client, path: str, by_link: bool) -> requests.Response:
    headers = {"Accept-Encoding": "identity", **({"X-NBExchange-Accept": "link"} if by_link else {})}
    also = (_LINK,) if by_link else ()
    return client.send("GET", path, headers=headers, timeout=_TIMEOUT, also=also)


def _followed(answer: requests.Response, digest: str | None) -> requests.Response:
    """Answer what the storage says at the link of the service. It may be anywhere: it sees no credentials."""
    with answer:
        link = answer.headers.get("Location", "")
    try:
        response = session().get(
            link,
            headers={"Accept-Encoding": "identity"},
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        )
    except (requests.RequestException, ValueError) as error:
        raise _no_file() from error
    if response.status_code != 200 or digest is None:
        response.close()
        raise _no_file()
    return response


def _no_file() -> ServiceFailure:
    return ServiceFailure("The storage that the exchange named gave no file.", temporary=True)


def _receive(response: requests.Response, target: BinaryIO, max_bytes: int, sha256: str | None) -> None:
    digest = hashlib.sha256()
    size = 0
    address = Address(response.url)
    for chunk in _chunks(response, address):
        size += len(chunk)
        if size > max_bytes:
            raise PlainFailure(f"What {address.host} sends is larger than {max_bytes} bytes.")
        digest.update(chunk)
        target.write(chunk)
    announced = response.headers.get("Content-Length")
    short = announced is not None and announced != str(size)
    if short or (sha256 is not None and digest.hexdigest() != sha256):
        raise ServiceFailure(
            f"What came from {address.host} is not the file as it was stored: try again, and tell who runs "
            "the exchange if that does not help.",
            temporary=True,
        )


def _chunks(response: requests.Response, address: Address) -> Iterator[bytes]:
    try:
        yield from response.iter_content(_CHUNK)
    except requests.RequestException as error:
        raise unreachable(address, error) from error


def _stated_digest(response: requests.Response) -> str | None:
    for entry in response.headers.get("Repr-Digest", "").split(","):
        algorithm, _, value = entry.strip().partition("=")
        if algorithm == "sha-256" and value.startswith(":") and value.endswith(":"):
            return base64.b64decode(value[1:-1]).hex()
    return None


def repeatedly(attempt: Callable[[], T]) -> T:
    """Answer what `attempt` answers, after up to three repetitions of what failed for the moment."""
    for pause in PAUSES:
        try:
            return attempt()
        except ServiceFailure as failure:  # noqa: PERF203 - that is the point
            if not failure.temporary:
                raise
            time.sleep(min(max(pause * random.uniform(0.6, 1.4), failure.retry_after), _LONGEST_PAUSE))  # noqa: S311
    return attempt()
