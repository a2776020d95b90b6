"""How to reach Elasticsearch: settings, requests that are repeated with patience, and its errors as ours.

The client's own retries come within a tenth of a second, so a server that restarts has lost them all; they are off, and
`Cluster.call` repeats instead. What may be repeated is every request of ours: all writes carry ids.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import elastic_transport
import msgspec
from elasticsearch import ApiError, Elasticsearch, JsonSerializer
from elasticsearch import ConnectionError as NoConnectionError

from schemas.errors import ConfigError, TerminalError, TransientError, UnreachableError

T = TypeVar("T")

OLDEST_SERVER: Final = 9
REQUEST_SECONDS: Final = 30.0
PATIENCE_SECONDS: Final = 60.0
"""How long a request is repeated before it is given up; a node that was killed is back within half of it."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
BUSY: Final = frozenset({429, 502, 503, 504})
_UNAUTHENTICATED, _FORBIDDEN, _BAD_REQUEST, _TOO_LARGE = 401, 403, 400, 413


class ElasticsearchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`index.elasticsearch` of the settings file, secrets resolved. Picklable; hashable by value.

    `prefix` goes before every index, alias and template. `api_key` is the encoded form that the server gives.
    """

    hosts: str
    api_key: str = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""
    prefix: str = ""
    patience: float = PATIENCE_SECONDS

    def __repr__(self) -> str:
        """Without secrets: settings are printed in messages and logs."""
        return f"ElasticsearchSettings({self.hosts}, prefix {self.prefix!r})"


class _Json(JsonSerializer):
    """The client's JSON by msgspec, which is several times as fast."""

    def loads(self, data: bytes) -> Any:
        """Decode a response."""
        return msgspec.json.decode(data)

    def dumps(self, data: Any) -> bytes:
        """Encode a request; what is encoded already goes through."""
        if isinstance(data, str | bytes):
            return data.encode() if isinstance(data, str) else data
        return msgspec.json.encode(data)


class Cluster:
    """One cluster, shared by the stores of a process. Thread-safe."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self.settings = settings
        self._client = Elasticsearch(**_options(settings))
        self._lock = threading.Lock()
        self._made: set[str] = set()

    def name(self, index: str) -> str:
        """An index, alias or template of ours with the prefix."""
        return self.settings.prefix + index

    def call(self, request: Callable[[Elasticsearch], T], doing: str, *, patience: float | None = None) -> T:
        """The answer to a request, repeated while the cluster is busy or away. `doing` completes "could not ..."."""
        until = time.monotonic() + (self.settings.patience if patience is None else patience)
        pause = _FIRST_PAUSE
        while True:
            try:
                return request(self._client)
            except (ApiError, elastic_transport.TransportError) as error:
                if not _may_pass(error) or time.monotonic() + pause > until:
                    raise self._ours(error, doing) from error
            time.sleep(pause)  # backoff of our own: the client's retries come within a tenth of a second
            pause = min(pause * 2, _LONGEST_PAUSE)

    def once(self, key: str, make: Callable[[], None]) -> None:
        """Call `make` unless it was called for this key by this process."""
        if key in self._made:
            return
        with self._lock:
            if key not in self._made:
                make()
                self._made.add(key)

    def close(self) -> None:
        """Idempotent."""
        self._client.close()

    def _ours(self, error: Exception, doing: str) -> Exception:
        hosts = self.settings.hosts
        if isinstance(error, elastic_transport.TlsError):
            return ConfigError(
                f"index.elasticsearch.ca_file: the certificate of {hosts} is not trusted: {error.message}", "ca_file"
            )
        if isinstance(error, NoConnectionError):
            return UnreachableError(
                f"no Elasticsearch at {hosts}: {error.message}; is it running, and is index.elasticsearch.hosts right?",
                "no_elasticsearch",
            )
        if not isinstance(error, ApiError):
            return TransientError(f"could not {doing}: {error}", type(error).__name__)
        status, said = error.meta.status, f"could not {doing}: {reason(error.body)}"
        if status == _UNAUTHENTICATED:
            return ConfigError(f"index.elasticsearch.api_key: {hosts} does not accept it ({said})", "unauthenticated")
        if status == _FORBIDDEN and not is_block(error.body):
            return ConfigError(f"index.elasticsearch.api_key: it lacks a permission: {said}", "not_allowed")
        if status in BUSY or status == _FORBIDDEN:
            return TransientError(said, f"http_{status}")
        return TerminalError(said, f"http_{status}")


def reason(body: object) -> str:
    """What an error's body says, short."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if isinstance(error, Mapping):
        return f"{error.get('type', '')}: {error.get('reason', '')}"[:500]
    return str(error)[:500]


def is_block(body: object) -> bool:
    """Whether a 403 is an index that somebody made read-only, and no missing permission."""
    return "cluster_block_exception" in reason(body)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, elastic_transport.TlsError):
        return False
    if isinstance(error, ApiError):
        return error.meta.status in BUSY or (error.meta.status == _FORBIDDEN and is_block(error.body))
    return isinstance(error, NoConnectionError | elastic_transport.ConnectionTimeout)


def _options(settings: ElasticsearchSettings) -> dict[str, Any]:
    hosts = [host.strip() for host in settings.hosts.split(",") if host.strip()]
    if not hosts or not all(host.startswith(("http://", "https://")) for host in hosts):
        raise ConfigError(
            f"index.elasticsearch.hosts: {settings.hosts!r}; write http://HOST:PORT or https://HOST:PORT", "hosts"
        )
    made: dict[str, Any] = {
        "hosts": hosts,
        "max_retries": 0,
        "retry_on_timeout": False,
        "request_timeout": REQUEST_SECONDS,
        "serializer": _Json(),
    }
    if settings.ca_file:
        made["ca_certs"] = settings.ca_file
    if settings.api_key:
        made["api_key"] = settings.api_key
    elif settings.username:
        made["basic_auth"] = (settings.username, settings.password)
    return made
