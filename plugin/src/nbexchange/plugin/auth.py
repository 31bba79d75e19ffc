"""Who we are: what goes with every call. A site may set a class of its own as `Exchange.api_plugin_class`."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

from traitlets import Unicode
from traitlets.config import LoggingConfigurable

Prepared: TypeAlias = tuple[str, "dict[str, str]", "dict[str, str | bytes]"]


class Credentials(LoggingConfigurable):
    """Nobody; and the base of all others, which override `cookies` or `headers`, or `prep_api_call` itself.

    Made with `parent=` the exchange object. Environment and settings are read at every call.
    """

    def prep_api_call(self, path: str) -> Prepared:
        """Answer url, cookies and headers for `path`: percent-encoded, relative to the base path."""
        parent: Any = self.parent
        return parent.service_root() + path, self.cookies(), self.headers()

    def cookies(self) -> dict[str, str]:
        """Answer the cookies of a call, by name."""
        return {}

    def headers(self) -> dict[str, str | bytes]:
        """Answer the headers of a call, by name."""
        return {}


class HubTokenCredentials(Credentials):
    """The token that JupyterHub gives every notebook server."""

    def headers(self) -> dict[str, str | bytes]:
        """Answer `Authorization: token ...` from `JUPYTERHUB_API_TOKEN`."""
        token = _environment("JUPYTERHUB_API_TOKEN")
        return {"Authorization": f"token {token}"} if token else {}


class BearerCredentials(Credentials):
    """A token of one's own."""

    token = Unicode(help="The token; without it NBEX_TOKEN of the environment counts.").tag(config=True)

    def headers(self) -> dict[str, str | bytes]:
        """Answer `Authorization: Bearer ...`."""
        token = self.token or _environment("NBEX_TOKEN")
        return {"Authorization": f"Bearer {token}"} if token else {}


class NaasCookieCredentials(Credentials):
    """The cookie of nbexchange 1.x."""

    def cookies(self) -> dict[str, str]:
        """Answer `noteable_auth` from `NAAS_JWT`."""
        token = _environment("NAAS_JWT")
        return {"noteable_auth": token} if token else {}


class HeaderCredentials(Credentials):
    """One fixed header, for tests and for services behind a proxy on the same machine."""

    header = Unicode("X-Exchange-User", help="The name of the header.").tag(config=True)
    value = Unicode(help="Its value; without it NBEX_USER_HEADER of the environment counts.").tag(config=True)

    def headers(self) -> dict[str, str | bytes]:
        """Answer the header, its value as UTF-8."""
        value = self.value or _environment("NBEX_USER_HEADER")
        return {self.header: value.encode()} if value else {}


class EnvironmentCredentials(Credentials):
    """What the environment has: a Hub token, else `NBEX_TOKEN`, else `NAAS_JWT`, else nothing."""

    def chosen(self) -> Credentials:
        """Answer the credentials that the environment offers now."""
        for name, kind in _BY_VARIABLE:
            if _environment(name):
                return kind(parent=self.parent)
        return Credentials(parent=self.parent)

    def cookies(self) -> dict[str, str]:
        """Answer the cookies of the chosen credentials."""
        return self.chosen().cookies()

    def headers(self) -> dict[str, str | bytes]:
        """Answer the headers of the chosen credentials."""
        return self.chosen().headers()


_BY_VARIABLE: tuple[tuple[str, type[Credentials]], ...] = (
    ("JUPYTERHUB_API_TOKEN", HubTokenCredentials),
    ("NBEX_TOKEN", BearerCredentials),
    ("NAAS_JWT", NaasCookieCredentials),
)


def _environment(name: str) -> str:
    return os.environ.get(name, "").strip()
