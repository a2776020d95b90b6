"""Alerts by signed HTTP POST: Standard Webhooks 1.0 (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import msgspec

from connectors.channels.identity import delivery_id
from connectors.net import HttpClient, RefusedError, Response, retry_after
from connectors.net.target import target_of
from schemas.codec import encode
from schemas.errors import ConfigError, QuarantinedError, TransientError
from schemas.ports.channels import Attempt
from schemas.ports.clock import Clock, SystemClock
from schemas.records import Alert

TIMEOUT_SECONDS: Final = 15.0
_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = (24, 64)
_ENCODER: Final = msgspec.json.Encoder()


class WebhookChannel:
    """Port Channel on an http(s) address.

    The body is `{"type": "alert.STATE", "timestamp": known_at, "data": alert/1}`, the same bytes at every attempt;
    headers are `webhook-id` (`alert_id.revision`), `webhook-timestamp` (seconds, of this attempt) and
    `webhook-signature` (one `v1,` signature for each secret, so that a receiver may change from one to the next).
    Only 2xx is success; 410 disables; everything else may be mended by the receiver and is tried again, after
    Retry-After where it says so. Redirects are not followed: they would carry the alert to an unchecked address.

    `secrets` are `whsec_` and base64 of 24 to 64 bytes, at least one. `clock` gives real time, since receivers refuse
    timestamps more than five minutes off. Raises ConfigError for a bad address or secret.
    """

    def __init__(
        self,
        name: str,
        address: str,
        secrets: Sequence[str],
        *,
        allow_private: bool = False,
        timeout: float = TIMEOUT_SECONDS,
        client: HttpClient | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        try:
            self._address = target_of(address).url
        except RefusedError as error:
            raise ConfigError(f"channels.{name}.address: {error}", "bad_address") from error
        if not secrets:
            raise ConfigError(
                f"channels.{name}.secret is missing; make one with `echo whsec_$(openssl rand -base64 32)`, give it "
                'to the receiver, and name it as "env:NAME" or "file:PATH"',
                "no_secret",
            )
        self._keys = [_key(name, secret) for secret in secrets]
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._client = client or HttpClient(pause=0.0, total_timeout=timeout, allow_private=allow_private)

    def send(self, alert: Alert, attempt: int) -> Attempt:
        """One POST within the time limit."""
        body = payload(alert)
        identity, timestamp = delivery_id(alert), str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signature(key, identity, timestamp, body) for key in self._keys),
        }
        try:
            response = self._client.post(self._address, body, headers, self._timeout)
        except TransientError as error:
            return Attempt(outcome="retry", detail=error.message, retry_after=error.retry_after)
        except RefusedError as error:  # a name may point elsewhere tomorrow, and the setting may be mended
            return Attempt(outcome="retry", detail=f"{error.message}; see allow_private_addresses")
        except QuarantinedError as error:
            return Attempt(outcome="failed", detail=error.message)
        return self._judged(response)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()

    def _judged(self, response: Response) -> Attempt:
        detail = _words(response.status)
        if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            return Attempt(outcome="delivered", detail=detail)
        if response.status == HTTPStatus.GONE:
            return Attempt(outcome="disabled", detail=f"{detail}: the receiver wants no more")
        if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
            return Attempt(outcome="retry", detail=f"{detail}: redirects are not followed; configure the final address")
        wait = retry_after(response.headers, self._clock.now())
        return Attempt(outcome="retry", detail=detail, retry_after=wait)


def payload(alert: Alert) -> bytes:
    """The body: equal alerts give equal bytes."""
    at = alert.known_at.isoformat().replace("+00:00", "Z")
    return _ENCODER.encode({"type": f"alert.{alert.state}", "timestamp": at, "data": msgspec.Raw(encode(alert))})


def signature(key: bytes, identity: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256(key, "id.timestamp.body")."""
    signed = hmac.new(key, f"{identity}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _key(name: str, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not _SECRET_BYTES[0] <= len(key) <= _SECRET_BYTES[1]:
        raise ConfigError(
            f"channels.{name}.secret must be {_PREFIX} and base64 of {_SECRET_BYTES[0]} to {_SECRET_BYTES[1]} bytes;"
            " make one with `echo whsec_$(openssl rand -base64 32)`",
            "bad_secret",
        )
    return key


def _words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
