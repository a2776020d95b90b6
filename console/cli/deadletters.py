"""`detente deadletters`: what could not be processed, and why."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from console.cli import output
from console.cli.session import Given, Session
from schemas import topics
from schemas.codec import decode
from schemas.errors import TerminalError
from schemas.records import DeadLetter

if TYPE_CHECKING:
    from pipelines.wiring.stores import Stores

_READ: Final = 1000
_LEAST_PREFIX: Final = 6


def list_deadletters(*, stage: str = "", limit: int = 50, session: Given) -> int:
    """Dead letters, newest first, each in its latest state.

    Parameters
    ----------
    stage
        Only those of this stage.
    limit
        Most of them to print (50).
    """
    found = [letter for letter in _latest(session.stores) if stage in {"", letter.stage}]
    shown = found[::-1][:limit]
    if session.json:
        output.lines(shown)
        return 0
    rows = [
        (d.deadletter_id[:12], f"{d.last_failed:%Y-%m-%d %H:%M}", d.stage, d.code, d.attempts, d.message[:100])
        for d in shown
    ]
    output.table(("id", "last failed", "stage", "code", "attempts", "message"), rows, right=("attempts",))
    if len(found) > len(shown):
        output.say(f"{len(shown)} of {len(found)}; add --limit for more")
    return 0


def show(deadletter: str, /, *, session: Given) -> int:
    """One dead letter, with the record as it was.

    Parameters
    ----------
    deadletter
        Its id, or a prefix of at least six characters.
    """
    letter = _find(session, deadletter)
    if session.json:
        output.line(letter)
        return 0
    original = letter.original
    output.text(f"{letter.code} in {letter.stage}: {letter.message}")
    output.text(f"  {letter.error_type}, {letter.attempts} attempts, last {letter.last_failed:%Y-%m-%d %H:%M} UTC")
    output.text(f"  {original.topic} partition {original.partition} offset {original.offset} key {original.key}")
    for name, value in sorted(original.headers.items()):
        output.text(f"  {name}: {value}")
    output.text(base64.b64decode(original.value).decode("utf-8", "backslashreplace"))
    return 0


def _find(session: Session, prefix: str) -> DeadLetter:
    exact = [d for d in _latest(session.stores) if d.deadletter_id.startswith(prefix)]
    if len(prefix) < _LEAST_PREFIX or not exact:
        raise TerminalError(f"no dead letter {prefix!r}; `detente deadletters list` shows them", "no_deadletter")
    if len(exact) > 1:
        raise TerminalError(f"{prefix!r} is the start of {len(exact)} ids; write more of it", "ambiguous")
    return exact[0]


def _latest(stores: Stores) -> list[DeadLetter]:
    """The last record of each id, in the order in which they first failed."""
    return list({letter.deadletter_id: letter for letter in _all(stores)}.values())


def _all(stores: Stores) -> Iterator[DeadLetter]:
    begin = stores.log.begin_offsets(topics.DEADLETTER)
    for partition, end in sorted(stores.log.end_offsets(topics.DEADLETTER).items()):
        at = begin[partition]
        while at < end:
            batch = stores.log.read(topics.DEADLETTER, partition, at, _READ)
            if not batch:
                break
            yield from (decode(stored.value, DeadLetter) for stored in batch)
            at = batch[-1].offset + 1
