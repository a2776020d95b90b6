"""An address taken apart once, strictly, so that nothing downstream parses it a second way."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from connectors.net.failures import RefusedError

_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?$")
_PATH_SAFE: Final = "/:@!$&'()*+,;=-._~%"
_QUERY_SAFE: Final = _PATH_SAFE + "?[]"
_LONGEST: Final = 8192
"""Characters: what common servers accept as a request line."""


class Target(msgspec.Struct, frozen=True):
    """Scheme, ASCII host without brackets, port, and the request target (path and query, quoted)."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address in one spelling."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host, port."""
        return self.scheme, self.host, self.port


def target_of(url: str) -> Target:
    """The parts of an absolute http(s) address; RefusedError for anything else."""
    if len(url) > _LONGEST:
        raise RefusedError(f"address of {len(url)} characters: at most {_LONGEST}", "bad_url")
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or ""), parts.port
    except ValueError as error:
        raise RefusedError(f"{url[:200]!r} is no address: {error}", "bad_url") from error
    if parts.scheme not in _PORTS:
        raise RefusedError(f"{url[:200]!r}: only http and https addresses are visited", "scheme_refused")
    if parts.username is not None or parts.password is not None:
        raise RefusedError(
            f"{parts.scheme}://...@{host}: addresses with user or password are refused", "userinfo_refused"
        )
    path = quote(parts.path or "/", safe=_PATH_SAFE, errors="replace")
    query = quote(parts.query, safe=_QUERY_SAFE, errors="replace")
    target = f"{path}?{query}" if query else path
    return Target(parts.scheme, _ascii(host, url), _PORTS[parts.scheme] if port is None else port, target)


def _ascii(host: str, url: str) -> str:
    if ":" in host:
        return host.lower()
    try:
        plain = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise RefusedError(f"{url[:200]!r}: host is no name: {error}", "bad_url") from error
    plain = plain.lower().rstrip(".")
    if not _HOST.match(plain):
        raise RefusedError(f"{url[:200]!r}: {host!r} is no host name", "bad_url")
    return plain


def joined(base: str, location: str) -> str:
    """A redirect's or link's address, relative to where it stood. Never raises: nonsense is refused later."""
    try:
        return urljoin(base, location.strip())
    except ValueError:
        return location
