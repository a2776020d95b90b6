"""Why Kafka cannot be reached. kafka-python says "unable to bootstrap" of a wrong port, certificate and password alike.

The probe goes the client's way step by step on a plain socket (connection, TLS, a request, the exchange of passwords)
and names the setting at which it ends. Wire format: Kafka protocol guide, request header version 1.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from typing import TYPE_CHECKING, Final

from kafka.net.sasl.scram import ScramClient

from schemas.errors import ConfigError, DetenteError, UnreachableError

if TYPE_CHECKING:
    from connectors.log.kafka.connection import KafkaSettings

_SECONDS: Final = 5.0
_HEADER: Final = 4
_LONGEST_ANSWER: Final = 1_000_000
_METADATA, _HANDSHAKE, _API_VERSIONS, _AUTHENTICATE = 3, 17, 18, 36
_DEFAULT_PORT: Final = 9092


def why_unreachable(settings: KafkaSettings) -> DetenteError | None:
    """The first server's failure as an error that names the setting; None when a server answers after all."""
    failures: list[DetenteError] = []
    for address in filter(None, (part.strip() for part in settings.bootstrap_servers.split(","))):
        failure = _probe(settings, address)
        if failure is None:
            return None
        failures.append(failure)
    if not failures:
        return ConfigError("log.kafka.bootstrap_servers names no server; write HOST:PORT", "bootstrap_servers")
    return failures[0]


def _probe(settings: KafkaSettings, address: str) -> DetenteError | None:
    host, _, port = address.rpartition(":")
    if not host:
        host, port = port, str(_DEFAULT_PORT)
    if not port.isdigit():
        return ConfigError(f"log.kafka.bootstrap_servers: {address!r} is not HOST:PORT", "bootstrap_servers")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS)
    except OSError as error:
        return UnreachableError(
            f"no Kafka at {address}: {error}; is it running, and is log.kafka.bootstrap_servers right?", "no_broker"
        )
    with contextlib.closing(connection):
        return _talk(settings, address, host.strip("[]"), connection)


def _talk(settings: KafkaSettings, address: str, host: str, connection: socket.socket) -> DetenteError | None:
    protocol = settings.security_protocol
    try:
        if protocol.endswith("SSL"):
            context = ssl.create_default_context(cafile=settings.ca_file or None)
            connection = context.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        return ConfigError(
            f"log.kafka.ca_file: the certificate of {address} is not trusted: {error.verify_message}", "ca_file"
        )
    except (ssl.SSLError, OSError) as error:
        return ConfigError(
            f"log.kafka.security_protocol: {address} does not speak TLS as {protocol} needs it: {error}", "no_tls"
        )
    try:
        with contextlib.closing(connection):
            if protocol.startswith("SASL"):
                return _authenticate(settings, address, connection)
            _ask(connection, _API_VERSIONS, 0, b"")
            _ask(connection, _METADATA, 1, struct.pack(">i", 0))
    except (OSError, struct.error) as error:
        return ConfigError(
            f"log.kafka.security_protocol: {address} ends the conversation ({error or 'no answer'}); it may want TLS"
            f" or a password, and {protocol} is set",
            "security_protocol",
        )
    return None


def _authenticate(settings: KafkaSettings, address: str, connection: socket.socket) -> DetenteError | None:
    answer = _ask(connection, _HANDSHAKE, 1, _string(settings.sasl_mechanism))
    code, count = struct.unpack_from(">hi", answer)
    if code:
        offered = ", ".join(_strings(answer[6:], count))
        return ConfigError(
            f"log.kafka.sasl_mechanism: {address} does not take {settings.sasl_mechanism}; it offers {offered}", "sasl"
        )
    refused = ConfigError(
        f"log.kafka.username, log.kafka.password: {address} refuses user {settings.username!r}"
        f" ({settings.sasl_mechanism})",
        "password",
    )
    try:
        if settings.sasl_mechanism == "PLAIN":
            code, _ = _token(connection, f"\0{settings.username}\0{settings.password}".encode())
            return refused if code else None
        scram = ScramClient(settings.username, settings.password, settings.sasl_mechanism)
        code, answer = _token(connection, scram.first_message())
        if code:
            return refused
        scram.process_server_first_message(answer)
        code, answer = _token(connection, scram.final_message())
    except OSError:
        # Brokers end the connection of who fails, some before they answer.
        return refused
    return refused if code else None


def _token(connection: socket.socket, token: bytes) -> tuple[int, bytes]:
    answer = _ask(connection, _AUTHENTICATE, 1, struct.pack(">i", len(token)) + token)
    (code,) = struct.unpack_from(">h", answer)
    (length,) = struct.unpack_from(">h", answer, 2)
    at = 4 + max(length, 0)
    (size,) = struct.unpack_from(">i", answer, at)
    return code, answer[at + 4 : at + 4 + max(size, 0)]


def _ask(connection: socket.socket, api: int, version: int, body: bytes) -> bytes:
    request = struct.pack(">hhi", api, version, 1) + _string("detente-probe") + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    (length,) = struct.unpack(">i", _read(connection, 4))
    if not _HEADER <= length <= _LONGEST_ANSWER:
        raise OSError("it does not speak Kafka's protocol")
    return _read(connection, length)[_HEADER:]


def _read(connection: socket.socket, length: int) -> bytes:
    read = b""
    while len(read) < length:
        part = connection.recv(length - len(read))
        if not part:
            raise OSError("the connection was closed")
        read += part
    return read


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">h", len(encoded)) + encoded


def _strings(data: bytes, count: int) -> list[str]:
    found, at = [], 0
    for _ in range(count):
        (length,) = struct.unpack_from(">h", data, at)
        found.append(data[at + 2 : at + 2 + length].decode())
        at += 2 + length
    return found
