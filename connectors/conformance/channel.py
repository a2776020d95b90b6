"""The suite of port Channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import pytest

from connectors.conformance.samples import alert
from schemas.ports.channels import Channel

Received: TypeAlias = Callable[[], Sequence[str]]
"""The ids that the receiver has seen so far, in order, copies included."""


class ChannelConformance:
    """Subclass with fixtures `channel`, whose receiver works, and `received`."""

    @pytest.fixture
    def channel(self) -> Channel:
        raise NotImplementedError

    @pytest.fixture
    def received(self) -> Received:
        raise NotImplementedError

    def test_each_revision_arrives_under_its_own_id(self, channel: Channel, received: Received) -> None:
        for one in (alert("abcdef01", 1), alert("abcdef01", 2), alert("abcdef02", 1)):
            assert channel.send(one, 1).outcome == "delivered"
        assert list(received()) == ["abcdef01.1", "abcdef01.2", "abcdef02.1"]

    def test_every_attempt_has_the_same_id(self, channel: Channel, received: Received) -> None:
        for attempt in (1, 2, 7):
            assert channel.send(alert("abcdef01"), attempt).outcome == "delivered"
        assert set(received()) == {"abcdef01.1"}

    @pytest.mark.parametrize("state", ["pending", "firing", "acknowledged", "resolved", "retracted"])
    def test_any_state_and_any_text_can_be_sent(self, channel: Channel, received: Received, state: str) -> None:
        odd = alert(
            "abcdef01",
            state=state,
            direction=None,
            title="\x1b[2J“北京”\u202e\r\n\x00 وارسو 🙂",
            summary="a\n\nb\t" * 5_000,
            evidence=(),
        )
        assert channel.send(odd, 1).outcome == "delivered"
        assert list(received()) == ["abcdef01.1"]

    def test_it_may_be_closed_twice(self, channel: Channel) -> None:
        assert channel.name
        channel.close()
        channel.close()
