"""The signed webhook against a real server that refuses, redirects, hangs, breaks off and asks for silence."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Iterator

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from connectors.channels.webhook import WebhookChannel, payload, signature
from connectors.conformance.samples import alert
from connectors.conformance.webhook_receiver import Answer, WebhookReceiver
from schemas.codec import decode
from schemas.errors import ConfigError
from schemas.records import Alert

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()
OLD = "whsec_" + base64.b64encode(b"the one before it, 24 b.").decode()
OTHER = "whsec_" + base64.b64encode(b"somebody else's, 24 byte").decode()


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def channel(receiver: WebhookReceiver) -> Iterator[WebhookChannel]:
    channel = WebhookChannel("desk", receiver.address, [SECRET, OLD], allow_private=True, timeout=5.0)
    yield channel
    channel.close()


def test_the_signature_is_the_one_of_the_specification() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_a_receiver_with_either_secret_accepts_it(
    channel: WebhookChannel, receiver: WebhookReceiver, secret: str
) -> None:
    sent = alert("abcdef01", 2)
    assert channel.send(sent, 1).outcome == "delivered"
    (request,) = receiver.requests
    body = Webhook(secret).verify(request.body, dict(request.headers))
    assert body["type"] == "alert.firing"
    assert body["timestamp"] == "2024-03-01T14:00:00.123456Z"
    assert decode(msgspec.json.encode(body["data"]), Alert) == sent
    assert request.headers["webhook-id"] == "abcdef01.2"
    assert request.headers["content-type"] == "application/json"
    assert request.path == "/hook"


def test_a_receiver_with_another_secret_or_a_changed_body_refuses_it(
    channel: WebhookChannel, receiver: WebhookReceiver
) -> None:
    channel.send(alert("abcdef01"), 1)
    (request,) = receiver.requests
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(request.body, dict(request.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(request.body.replace(b"firing", b"fading"), dict(request.headers))


def test_every_attempt_has_the_same_id_and_body(channel: WebhookChannel, receiver: WebhookReceiver) -> None:
    receiver.then(Answer(status=500))
    assert channel.send(alert("abcdef01"), 1).outcome == "retry"
    assert channel.send(alert("abcdef01"), 2).outcome == "delivered"
    first, second = receiver.requests
    assert first.body == second.body == payload(alert("abcdef01"))
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_only_2xx_is_success(channel: WebhookChannel, receiver: WebhookReceiver, status: int) -> None:
    receiver.then(Answer(status=status))
    assert channel.send(alert("abcdef01"), 1).outcome == "delivered"


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500, 502, 504, 599])
def test_what_the_receiver_may_mend_is_tried_again(
    channel: WebhookChannel, receiver: WebhookReceiver, status: int
) -> None:
    receiver.then(Answer(status=status))
    attempt = channel.send(alert("abcdef01"), 1)
    assert (attempt.outcome, attempt.retry_after) == ("retry", None)
    assert attempt.detail.startswith(str(status))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_not_followed(
    channel: WebhookChannel, receiver: WebhookReceiver, status: int
) -> None:
    receiver.then(Answer(status=status, headers={"Location": receiver.address + "/elsewhere"}))
    attempt = channel.send(alert("abcdef01"), 1)
    assert attempt.outcome == "retry"
    assert "redirects are not followed" in attempt.detail
    assert [request.path for request in receiver.requests] == ["/hook"]


def test_410_disables(channel: WebhookChannel, receiver: WebhookReceiver) -> None:
    receiver.then(Answer(status=410))
    assert channel.send(alert("abcdef01"), 1).outcome == "disabled"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "value, seconds",
    [("120", 120.0), ("Fri, 01 Mar 2024 12:01:00 GMT", 60.0), ("soon", None), ("-5", None), ("", None)],
)
def test_retry_after_is_passed_on(
    channel: WebhookChannel, receiver: WebhookReceiver, status: int, value: str, seconds: float | None
) -> None:
    headers = {"Retry-After": value, "Date": "Fri, 01 Mar 2024 12:00:00 GMT"}
    receiver.then(Answer(status=status, headers=headers))
    attempt = channel.send(alert("abcdef01"), 1)
    assert (attempt.outcome, attempt.retry_after) == ("retry", seconds)


def test_a_receiver_that_hangs_is_left_within_the_time_limit(receiver: WebhookReceiver) -> None:
    channel = WebhookChannel("desk", receiver.address, [SECRET], allow_private=True, timeout=0.3)
    receiver.then(Answer(manner="hang"))
    start = time.monotonic()
    attempt = channel.send(alert("abcdef01"), 1)
    assert attempt.outcome == "retry"
    assert time.monotonic() - start < 3.0
    assert channel.send(alert("abcdef01"), 2).outcome == "delivered"
    channel.close()


def test_a_broken_connection_is_tried_again(channel: WebhookChannel, receiver: WebhookReceiver) -> None:
    receiver.then(Answer(manner="break"))
    assert channel.send(alert("abcdef01"), 1).outcome == "retry"
    assert channel.send(alert("abcdef01"), 2).outcome == "delivered"


def test_nobody_there_is_tried_again() -> None:
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/hook?token=hush"
        channel = WebhookChannel("desk", address, [SECRET], allow_private=True)
        attempt = channel.send(alert("abcdef01"), 1)
        channel.close()
    assert attempt.outcome == "retry"
    assert "hush" not in attempt.detail


def test_a_private_address_is_not_visited_unless_allowed(receiver: WebhookReceiver) -> None:
    channel = WebhookChannel("desk", receiver.address, [SECRET])
    attempt = channel.send(alert("abcdef01"), 1)
    channel.close()
    assert attempt.outcome == "retry"
    assert "allow_private_addresses" in attempt.detail
    assert receiver.requests == []


@pytest.mark.parametrize("address", ["", "ftp://desk.example/", "desk.example/hook", "https://user:hush@desk.example/"])
def test_a_bad_address_is_a_config_error_that_names_the_key(address: str) -> None:
    with pytest.raises(ConfigError, match=r"channels\.desk\.address") as caught:
        WebhookChannel("desk", address, [SECRET])
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "secret",
    ["hush", "whsec_hush", "whsec_" + base64.b64encode(b"h" * 23).decode(), SECRET[6:], SECRET + "!", "whsec_"],
)
def test_a_bad_secret_is_a_config_error_that_does_not_tell_it(secret: str) -> None:
    with pytest.raises(ConfigError, match=r"channels\.desk\.secret") as caught:
        WebhookChannel("desk", "https://desk.example/", [SECRET, secret])
    assert "hush" not in str(caught.value)
    with pytest.raises(ConfigError, match="missing"):
        WebhookChannel("desk", "https://desk.example/", [])
