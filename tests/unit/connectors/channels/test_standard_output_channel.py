"""Standard output: readable, harmless to terminals, and quiet when nobody reads."""

from __future__ import annotations

import io
import os
import sys
from datetime import date
from pathlib import Path

import pytest

from connectors.channels.standard_output import StandardOutputChannel, plain
from connectors.conformance.samples import alert
from schemas.records import AlertEvidence, EventDate


def test_an_alert_is_a_headline_a_summary_and_its_quotes() -> None:
    day = EventDate(start=date(2024, 2, 29), end=date(2024, 2, 29), precision="day")
    evidence = AlertEvidence(
        signal_id="s",
        quote="Tokyo protested.",
        url="https://harbour.example/a",
        publisher="The Courier",
        event_date=day,
    )
    text = plain(alert("abcdef01", 2, summary="First.\nSecond.", evidence=(evidence,) * 5))
    assert text.splitlines() == [
        "[firing] China and Japan: more tension  (change, 2024-03-01, abcdef01.2)",
        "  First.",
        "  Second.",
        *["  “Tokyo protested.” The Courier, 2024-02-29 https://harbour.example/a"] * 3,
    ]


def test_the_press_cannot_steer_the_terminal() -> None:
    text = plain(alert("a", title="\x1b]0;owned\x07\x9b2J", summary="\u202edesrever\x00\r!", evidence=()))
    assert all(character.isprintable() or character == "\n" for character in text)


def test_it_writes_to_standard_output_as_it_is_now(capsys: pytest.CaptureFixture[str]) -> None:
    channel = StandardOutputChannel("terminal", render=lambda one: one.title)
    assert channel.send(alert("a"), 1).outcome == "delivered"
    channel.close()
    assert not sys.stdout.closed
    assert capsys.readouterr().out == "China and Japan: more tension\n"


def test_characters_that_the_terminal_cannot_show_are_replaced() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    assert StandardOutputChannel("terminal", stream).send(alert("a"), 1).outcome == "delivered"
    assert b"Two owners report protests ? ?? ?" in raw.getvalue()


def test_nobody_reading_disables_it() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8", buffering=1) as stream:
        channel = StandardOutputChannel("terminal", stream)
        assert channel.send(alert("a"), 1).outcome == "disabled"
        with Path(os.devnull).open("wb") as nothing:  # where what is left in the stream's buffer can go
            os.dup2(nothing.fileno(), writer)
    closed = io.StringIO()
    closed.close()
    assert StandardOutputChannel("terminal", closed).send(alert("a"), 1).outcome == "disabled"
