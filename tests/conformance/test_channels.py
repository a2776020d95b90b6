from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.channels.file import FileChannel
from connectors.channels.standard_output import StandardOutputChannel
from connectors.channels.webhook import WebhookChannel
from connectors.conformance.channel import ChannelConformance, Received
from connectors.conformance.webhook_receiver import WebhookReceiver
from schemas.ports.channels import Channel

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class TestStandardOutputChannel(ChannelConformance):
    @pytest.fixture
    def stream(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def channel(self, stream: io.StringIO) -> Channel:
        return StandardOutputChannel("terminal", stream)

    @pytest.fixture
    def received(self, stream: io.StringIO) -> Received:
        return lambda: re.findall(r"^\[.*, ([\w.]+)\)$", stream.getvalue(), re.MULTILINE)


class TestFileChannel(ChannelConformance):
    @pytest.fixture
    def channel(self, tmp_path: Path) -> Channel:
        return FileChannel("archive", tmp_path / "alerts.jsonl")

    @pytest.fixture
    def received(self, tmp_path: Path) -> Received:
        def ids() -> list[str]:
            lines = (tmp_path / "alerts.jsonl").read_bytes().splitlines()
            return [f"{one['alert_id']}.{one['revision']}" for one in map(msgspec.json.decode, lines)]

        return ids


class TestWebhookChannel(ChannelConformance):
    @pytest.fixture
    def receiver(self) -> Iterator[WebhookReceiver]:
        with WebhookReceiver() as receiver:
            yield receiver

    @pytest.fixture
    def channel(self, receiver: WebhookReceiver) -> Iterator[Channel]:
        channel = WebhookChannel("desk", receiver.address, [SECRET], allow_private=True)
        yield channel
        channel.close()

    @pytest.fixture
    def received(self, receiver: WebhookReceiver) -> Received:
        return receiver.ids
