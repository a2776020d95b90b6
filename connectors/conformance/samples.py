"""Small whole records for the suites; keyword arguments replace fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.records import (
    Action,
    Actor,
    Alert,
    AlertEvidence,
    Article,
    Delivery,
    Evidence,
    Position,
    Publisher,
    Signal,
)

START: Final = datetime(2024, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
"""The moment around which the samples lie; with microseconds, since stores must keep them."""

PUBLISHER: Final = Publisher(id="harbour", name="The Harbour Courier", country="JPN", owner="harbour", language="en")


def after(**parts: float) -> datetime:
    """`START` plus a timedelta of these parts."""
    return START + timedelta(**parts)


def signal(name: str, revision: int = 1, position: tuple[int, int] | None = (0, 0), **fields: Any) -> Signal:
    """A protest of Japan to China; `name` is its id."""
    made = Signal(
        signal_id=name,
        article_id=f"article of {name}",
        source=Actor(code="JPN", sector="GOV"),
        target=Actor(code="CHN"),
        dyad="CHN-JPN",
        type="REJECT",
        quad=3,
        score=-4.0,
        factuality="fact",
        polarity=-1,
        evidence=Evidence(quote="Tokyo protested to Beijing.", start=0, end=27, trigger_span=(6, 15)),
        confidence=0.8,
        why={"trigger": "protested", "steps": [1, 2]},
        published=START,
        first_seen=START,
        publisher=PUBLISHER,
        article_position=None if position is None else Position(partition=position[0], offset=position[1]),
        revision=revision,
    )
    return msgspec.structs.replace(made, **fields)


def article(name: str, version: int = 1, **fields: Any) -> Article:
    """A version of an article; `name` is its id."""
    made = Article(
        article_id=name,
        version=version,
        url=f"https://harbour.example/{name}",
        title="Tokyo protests",
        text="Tokyo protested to Beijing.",
        language="en",
        published=START,
        first_seen=START,
        version_seen=START + timedelta(days=version - 1),
        publisher=PUBLISHER,
        feed_id="harbour",
    )
    return msgspec.structs.replace(made, **fields)


def alert(name: str, revision: int = 1, **fields: Any) -> Alert:
    """A revision of an alert; `name` is its id."""
    made = Alert(
        alert_id=name,
        revision=revision,
        known_at=after(hours=revision),
        state="firing",
        rule="change",
        subject="CHN-JPN",
        direction="tension",
        opened=START,
        updated=after(hours=revision),
        title="China and Japan: more tension",
        summary="Two owners report protests — 抗議 — over the weekend.",
        evidence=(
            AlertEvidence(
                signal_id="s1",
                quote="Tokyo protested to Beijing.",
                url="https://harbour.example/a",
                publisher="The Harbour Courier",
                type="REJECT",
                share=0.6,
            ),
        ),
    )
    return msgspec.structs.replace(made, **fields)


def action(name: str, **fields: Any) -> Action:
    """An acknowledgement; `name` is its id."""
    made = Action(action_id=name, kind="ack", subject="alert", by="desk", at=START, body={"note": "seen"})
    return msgspec.structs.replace(made, **fields)


def delivery(name: str, attempt: int = 1, **fields: Any) -> Delivery:
    """A delivered attempt of revision 1 to the channel `desk`; `name` is the alert's id."""
    made = Delivery(
        alert_id=name, revision=1, channel="desk", attempt=attempt, at=START, outcome="delivered", detail="204"
    )
    return msgspec.structs.replace(made, **fields)
