"""The HTTP client: limits on size and time, checked addresses, checked redirects, politeness."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Self
from urllib.parse import urlsplit

import httpcore2

from connectors.net.addresses import Resolver, system_resolver
from connectors.net.failures import RefusedError
from connectors.net.pinned import PinnedBackend
from connectors.net.politeness import Politeness
from connectors.net.response import Response, read_body, retry_after
from connectors.net.target import Target, joined, target_of
from schemas.errors import ConfigError, QuarantinedError, UnreachableError
from schemas.ports.clock import Clock, SystemClock

USER_AGENT: Final = "detente/0.1 (news monitor; feeds and article pages)"
MAX_BYTES: Final = 8 * 1024 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PERMANENT: Final = frozenset({301, 308})
_WAITS: Final = frozenset({429, 503})
_REPLY_BYTES: Final = 64 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class HttpClient:
    """Thread-safe; keep one per process, so that connections and manners are shared.

    `max_bytes` counts after decompression; times are in seconds, `total_timeout` for the whole exchange with all its
    redirects. `gateway` (an origin such as `http://127.0.0.1:8000`) gets every request instead of the address's own
    host, with the original Host header and path. Every method raises RefusedError, OversizeError, QuarantinedError
    (`bad_encoding` ...), UnreachableError (`dns`, `connect`, `timeout`, `protocol`) or TransientError (`host_paused`,
    `truncated`), and returns a Response for every status, 4xx and 5xx too. Proxies of the environment are not used:
    behind a proxy no address could be checked.
    """

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        max_bytes: int = MAX_BYTES,
        connect_timeout: float = 5.0,
        total_timeout: float = 20.0,
        max_redirects: int = 5,
        pause: float = 1.0,
        allow_private: bool = False,
        gateway: str | None = None,
        resolver: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._user_agent = user_agent
        self._max_bytes = max_bytes
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._max_redirects = max_redirects
        self._gateway = _origin(gateway) if gateway else None
        self._clock = clock or SystemClock()
        self._manners = Politeness(pause, monotonic, sleep)
        trusted = frozenset({(self._gateway.host, self._gateway.port)}) if self._gateway else frozenset()
        self._backend = PinnedBackend(
            resolver or system_resolver(connect_timeout), allow_private=allow_private, trusted=trusted
        )
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=30.0,
            network_backend=self._backend,
        )

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """The answer after at most `max_redirects` redirects, each checked like the first address."""
        start = time.monotonic()
        self._backend.deadline.start(self._total_timeout)
        sent = {"Accept-Encoding": "gzip, deflate", **(headers or {})}
        here, permanent, moved = target_of(url), True, ""
        for _ in range(self._max_redirects + 1):
            with self._turn(here):
                status, received, body = self._exchange("GET", here, sent, None, self._max_bytes)
            location = received.get("location", "")
            if status not in _REDIRECTS or not location:
                return Response(
                    status=status, headers=received, body=body, url=here.url,
                    elapsed=time.monotonic() - start, moved=moved,
                )  # fmt: skip
            onward = target_of(joined(here.url, location))
            permanent = permanent and status in _PERMANENT
            moved = onward.url if permanent else moved
            if onward.origin != here.origin:
                sent = {name: value for name, value in sent.items() if name.lower() not in {"authorization", "cookie"}}
            here = onward
        raise RefusedError(f"{url[:200]}: more than {self._max_redirects} redirects", "too_many_redirects")

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> Response:
        """One POST, no redirect followed; of the reply at most 64 KiB are kept."""
        start = time.monotonic()
        self._backend.deadline.start(self._total_timeout if timeout is None else timeout)
        here = target_of(url)
        with self._turn(here):
            status, received, reply = self._exchange("POST", here, dict(headers or {}), body, _REPLY_BYTES, cut=True)
        return Response(status=status, headers=received, body=reply, url=here.url, elapsed=time.monotonic() - start)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _turn(self, target: Target) -> Iterator[None]:
        if (self._gateway or target).host in _LOOPBACK:
            yield
            return
        asked = time.monotonic()
        with self._manners.turn(target.host):
            # Waiting for one's turn is no part of the exchange that the deadline limits.
            self._backend.deadline.at += time.monotonic() - asked
            yield

    def _exchange(
        self, method: str, target: Target, headers: dict[str, str], body: bytes | None, limit: int, *, cut: bool = False
    ) -> tuple[int, dict[str, str], bytes]:
        via = self._gateway or target
        request = httpcore2.Request(
            method,
            httpcore2.URL(scheme=via.scheme, host=via.host, port=via.port, target=target.path),
            headers=self._headers(target, headers, body),
            content=body,
            extensions={"timeout": {"connect": self._connect_timeout, "pool": self._total_timeout}},
        )
        with _our_errors(target), self._streamed(request) as response:
            received = _joined_headers(response.headers)
            if cut:
                kept = _first(response.iter_stream(), limit)
            elif response.status in _REDIRECTS:
                kept = b""
            else:
                kept = read_body(response.iter_stream(), received.get("content-encoding", ""), limit)
        if response.status in _WAITS and (wait := retry_after(received, self._clock.now())):
            self._manners.silence(target.host, wait)
        return response.status, received, kept

    @contextmanager
    def _streamed(self, request: httpcore2.Request) -> Iterator[httpcore2.Response]:
        response = self._pool.handle_request(request)
        try:
            yield response
        finally:
            response.close()

    def _headers(self, target: Target, headers: dict[str, str], body: bytes | None) -> list[tuple[bytes, bytes]]:
        named = {"Host": target.authority, "User-Agent": self._user_agent, "Accept": "*/*", **headers}
        if body is not None:
            named["Content-Length"] = str(len(body))
        try:
            return [(name.encode("ascii"), value.encode("latin-1")) for name, value in named.items()]
        except UnicodeError as error:
            raise QuarantinedError(f"a request header is not latin-1: {error}", "bad_request") from error


def _origin(gateway: str) -> Target:
    try:
        target = target_of(gateway)
    except RefusedError as error:
        raise ConfigError(f"gateway {gateway!r}: write an origin such as http://127.0.0.1:8000 ({error})") from error
    if urlsplit(gateway).path not in {"", "/"}:
        raise ConfigError(f"gateway {gateway!r}: write an origin without path, such as http://127.0.0.1:8000")
    return target


@contextmanager
def _our_errors(target: Target) -> Iterator[None]:
    try:
        yield
    except httpcore2.TimeoutException as error:
        raise UnreachableError(f"{target.host}: {error or 'no answer in time'}", "timeout") from error
    except (httpcore2.LocalProtocolError, httpcore2.UnsupportedProtocol) as error:
        raise QuarantinedError(f"{target.host}: cannot send this request: {error}", "bad_request") from error
    except httpcore2.ConnectError as error:
        raise UnreachableError(f"{target.host}: cannot connect: {error}", "connect") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise UnreachableError(f"{target.host}: the exchange broke off: {error}", "protocol") from error


def _joined_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    joined_up: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joined_up[key] = f"{joined_up[key]}, {text}" if key in joined_up else text
    return joined_up


def _first(chunks: Iterator[bytes], limit: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) >= limit:
            break
    return bytes(body[:limit])
