"""What the service, or something in its place, answered: in one line for people."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from .failures import ServiceFailure

_BUSY = {429, 502, 503, 504}
_ERROR_BYTES = 65536


@dataclass(frozen=True)
class Address:
    """The url of a call."""

    url: str

    @property
    def host(self) -> str:
        """Scheme, name and port: what people recognise, without anything secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def stranger(self, response: requests.Response) -> ServiceFailure:
        """Answer the failure for an answer that no nbexchange service gives."""
        kind = response.headers.get("Content-Type", "no content type").partition(";")[0]
        return ServiceFailure(
            f"What answers at {self.host} is no nbexchange service (status {response.status_code}, {kind}): "
            "check c.Exchange.service_url and c.Exchange.base_path.",
            status=response.status_code,
            temporary=response.status_code in _BUSY,
        )


def unreachable(address: Address, error: requests.RequestException) -> ServiceFailure:
    """Answer the failure for a call that got no answer."""
    # Also TLS that broke off, or was none, comes as this error.
    if isinstance(error, requests.exceptions.SSLError) and "certificate" in str(error).lower():
        return ServiceFailure(f"The certificate of {address.host} is not trusted: ask who runs the exchange.")
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return ServiceFailure(f"{address.host} is not an address: check c.Exchange.service_url.")
    if isinstance(error, requests.exceptions.InvalidHeader):
        return ServiceFailure("The credentials cannot be sent: a token must be one line of plain text.")
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return ServiceFailure(
            f"The exchange at {address.host} did not answer in time: try again in a minute.",
            temporary=True,
            timed_out=True,
        )
    return ServiceFailure(
        f"The exchange at {address.host} cannot be reached: check the network and c.Exchange.service_url, "
        "then try again.",
        temporary=True,
    )


def read_answer(address: Address, response: requests.Response, deadline: float) -> bytes:
    """Read the whole body, by `deadline` of the monotonic clock. Raises `ServiceFailure`."""
    parts: list[bytes] = []
    try:
        for piece in _pieces(response):
            parts.append(piece)
            if time.monotonic() > deadline:
                raise requests.Timeout("the body came too slowly")
    except requests.RequestException as error:
        raise unreachable(address, error) from error
    except HTTPError as error:
        raise unreachable(address, requests.ConnectionError(error)) from error
    return b"".join(parts)


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes in, without waiting until there is much of it (where urllib3 is new enough)."""
    if not hasattr(response.raw, "read1") or response.headers.get("Content-Encoding"):
        yield from response.iter_content(65536)
        return
    while piece := response.raw.read1(65536):
        yield piece


def refusal(address: Address, response: requests.Response) -> ServiceFailure:
    """Answer the failure for a response that is not a success."""
    status = response.status_code
    if status < 400:
        return ServiceFailure(
            f"{address.host} sends us elsewhere (status {status}) instead of answering: check "
            "c.Exchange.service_url and c.Exchange.base_path, and that you are signed in.",
            status=status,
        )
    said = _said(response)
    if said is None:
        return _unsaid(address, response)
    code, reason, message = said
    return ServiceFailure(
        _prefix(status) + " ".join(message.split()),
        status=status,
        code=code,
        reason=reason,
        temporary=status in _BUSY or code == "digest_mismatch",
        retry_after=_seconds(response.headers.get("Retry-After", "")),
    )


def _prefix(status: int) -> str:
    if status == 401:
        return "The exchange does not know you; check your token (JUPYTERHUB_API_TOKEN or NBEX_TOKEN): "
    return "The exchange refuses: " if status == 403 else ""


def _unsaid(address: Address, response: requests.Response) -> ServiceFailure:
    """Some proxy answered, or another program."""
    status = response.status_code
    if status in _BUSY:
        return ServiceFailure(
            f"The exchange at {address.host} is not available (status {status}): try again in a minute.",
            status=status,
            temporary=True,
            retry_after=_seconds(response.headers.get("Retry-After", "")),
        )
    if status == 413:
        return ServiceFailure(f"{address.host} does not take files of this size.", status=status)
    return address.stranger(response)


def _said(response: requests.Response) -> tuple[str, str | None, str] | None:
    """Code, reason and message, if these are words of the service."""
    try:
        body: Any = json.loads(next(response.iter_content(_ERROR_BYTES), b""))
        return str(body["code"]), body.get("reason"), str(body["message"])
    except (ValueError, KeyError, TypeError, requests.RequestException):
        return None


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 0
