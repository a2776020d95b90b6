"""How to reach Kafka: settings, the client's options made of them, and the client's errors as ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec
from kafka import errors

from connectors.log.kafka import probe
from schemas.errors import ConfigError, DuplicateRunError, QuarantinedError, TerminalError, TransientError

LARGEST_RECORD: Final = 8 * 1024 * 1024
"""Bytes of a record's value, key and headers; topics and producers take no more. Articles are cut long before."""
BOOTSTRAP_SECONDS: Final = 10.0
"""How long a client looks for a broker before it gives up; it does not say why, so then `probe` finds out."""
REQUEST_SECONDS: Final = 15.0

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class KafkaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`log.kafka` of the settings file, secrets resolved. Picklable; hashable by value.

    `prefix` goes before every topic and group. `replication` and `retention_days` are used when a topic is made;
    a topic that is there keeps what it has. `bootstrap_seconds` bounds how long an unreachable broker is looked for.
    """

    bootstrap_servers: str
    security_protocol: Protocol = "PLAINTEXT"
    sasl_mechanism: Mechanism = "SCRAM-SHA-512"
    username: str = ""
    password: str = ""
    ca_file: str = ""
    prefix: str = ""
    replication: int = 1
    retention_days: int = 0
    bootstrap_seconds: float = BOOTSTRAP_SECONDS

    def __repr__(self) -> str:
        """Without the password: settings are printed in messages and logs."""
        return f"KafkaSettings({self.security_protocol} {self.bootstrap_servers}, user {self.username or '-'})"


def options(settings: KafkaSettings) -> dict[str, Any]:
    """What every client of kafka-python is made with."""
    made: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap_servers.split(",") if server.strip()],
        "client_id": "detente",
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": int(settings.bootstrap_seconds * 1000),
        "request_timeout_ms": int(REQUEST_SECONDS * 1000),
        # The default of half a minute makes a client miss a broker that has long been back.
        "reconnect_backoff_max_ms": 1000,
    }
    if settings.security_protocol.startswith("SASL"):
        made |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.password,
        }
    if settings.security_protocol.endswith("SSL") and settings.ca_file:
        made["ssl_cafile"] = settings.ca_file
    return made


@contextlib.contextmanager
def translated(settings: KafkaSettings, doing: str) -> Iterator[None]:
    """Kafka's errors as ours. `doing` completes "could not ..."."""
    try:
        yield
    except errors.KafkaError as error:
        raise _ours(error, settings, doing) from error
    except (ValueError, AssertionError) as error:
        # What the client thinks of its options: a protocol it does not know, an address without a port.
        raise ConfigError(f"log.kafka: could not {doing}: {error}", "kafka_options") from error
    except OSError as error:
        if settings.ca_file and error.filename == settings.ca_file:
            raise ConfigError(f"log.kafka.ca_file: {settings.ca_file} cannot be read: {error}", "ca_file") from error
        raise TransientError(f"could not {doing}: {error}", "kafka_io") from error


def _ours(error: errors.KafkaError, settings: KafkaSettings, doing: str) -> Exception:
    said = f"could not {doing}: {error}"
    if isinstance(error, errors.KafkaTimeoutError) and "bootstrap" in str(error):
        found = probe.why_unreachable(settings)
        return found or TransientError(said, "bootstrap")
    if isinstance(error, (errors.SaslAuthenticationFailedError, errors.UnsupportedSaslMechanismError)):
        return ConfigError(f"log.kafka.username, .password, .sasl_mechanism: {said}", "sasl")
    if isinstance(error, errors.AuthorizationError):
        who = settings.username or "an anonymous client"
        return ConfigError(f"{said}; {who} lacks the permission on the broker (log.kafka.username)", "not_allowed")
    if isinstance(error, (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)):
        return QuarantinedError(f"{said}; a record may have {LARGEST_RECORD} bytes", "too_large")
    if isinstance(error, (errors.ProducerFencedError, errors.FencedInstanceIdError)):
        return DuplicateRunError(f"{said}; another process has taken this one's place")
    if isinstance(error, errors.RetriableError):
        return TransientError(said, type(error).__name__)
    return TerminalError(said, type(error).__name__)
