"""Finding the one thing that an id names, and saying so when there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from schemas.errors import TerminalError

if TYPE_CHECKING:
    from console.cli.session import Session
    from schemas.ports.index import Hit, SignalIndex
    from schemas.records import Alert, Contribution


def alert(session: Session, identity: str) -> Alert:
    """The latest revision of the alert with this id, or a prefix of it of at least six characters."""
    found = session.stores.alerts.get(identity)
    if found is None:
        raise TerminalError(f"no alert {identity!r}; `detente alerts list` shows them", "no_alert")
    return found


def signal(session: Session, identity: str) -> Hit:
    """The signal with this id."""
    found = session.stores.index.get(identity)
    if found is None:
        raise TerminalError(f"no signal {identity!r}; `detente search` shows them", "no_signal")
    return found


def quoted(index: SignalIndex, contributions: Iterable[Contribution]) -> Iterator[tuple[Contribution, list[Hit]]]:
    """Each contribution with its signals, surest first."""
    for contribution in contributions:
        hits = [hit for identity in contribution.signal_ids if (hit := index.get(identity)) is not None]
        yield contribution, sorted(hits, key=lambda hit: (-hit.signal.confidence, hit.signal.signal_id))
