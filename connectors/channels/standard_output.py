"""Alerts on standard output, for people at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final, TextIO

from connectors.channels.identity import delivery_id
from schemas.ports.channels import Attempt
from schemas.records import Alert

_QUOTES: Final = 3


class StandardOutputChannel:
    """Port Channel on a text stream (standard output as it is when `send` is called, unless one is given)."""

    def __init__(self, name: str, stream: TextIO | None = None, render: Callable[[Alert], str] | None = None) -> None:
        self.name = name
        self._stream = stream
        self._render = render or plain

    def send(self, alert: Alert, attempt: int) -> Attempt:
        """Print and flush; a reader that has gone away wants no more."""
        stream = self._stream or sys.stdout
        text = self._render(alert)
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
            stream.flush()
        except (BrokenPipeError, ValueError) as error:
            return Attempt(outcome="disabled", detail=f"nobody reads standard output: {error}")
        except OSError as error:
            return Attempt(outcome="retry", detail=error.strerror or type(error).__name__)
        return Attempt(outcome="delivered")

    def close(self) -> None:
        """Leaves the stream open: it is not this channel's."""


def plain(alert: Alert) -> str:
    """Headline, summary, and the strongest quotes with publisher, day and address; without control characters."""
    lines = [f"[{alert.state}] {alert.title}  ({alert.rule}, {alert.known_at:%Y-%m-%d}, {delivery_id(alert)})"]
    lines += [f"  {line}" for line in alert.summary.splitlines()]
    for one in alert.evidence[:_QUOTES]:
        day = f", {one.event_date.start}" if one.event_date is not None else ""
        lines.append(f"  “{one.quote}” {one.publisher}{day} {one.url}".rstrip())
    return "\n".join(_harmless(line) for line in lines)


def _harmless(line: str) -> str:
    """What the press writes must not steer a terminal: escape sequences and direction marks become blanks."""
    return "".join(character if character.isprintable() else " " for character in line)
