"""What the state store's suite does with a store, in this process and in children that must start fast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final, TypeAlias

from connectors.conformance.processes import Parent
from connectors.conformance.samples import after, signal
from schemas.ports.state import StateStore, Sums
from schemas.records import Signal, Tick

OpenStateStore: TypeAlias = Callable[[], StateStore]
"""Picklable; each call opens the same store once more, when the last one is closed or its process gone."""

DAY: Final = date(2024, 3, 1)


def tick(number: int) -> Tick:
    """The tick at that offset."""
    return Tick(time=after(days=number), cut={"0": number}, actions=1, heard=2)


def apply(store: StateStore, one: Signal, day: date = DAY) -> None:
    """Receive a signal and mark it applied."""
    store.receive([one])
    store.mark_applied([one], {one.signal_id: day})


def write_everything(store: StateStore) -> None:
    """One of each kind of write."""
    store.set_last_tick(7, tick(7))
    store.set_offsets({("news.signal.v1", 1): 9, ("news.action.v1", 0): 4})
    store.receive([signal("later", position=(0, 50))])
    apply(store, signal("now", position=(0, 1)))
    store.put_sums("CHN-JPN", {DAY: Sums(c=0.1, f=0.2, q=0.3, n=4)})
    store.put("kind", "key", b"\x00value")


def write_then_wait(parent: Parent, open_store: OpenStateStore, where: str) -> None:
    """A child that stands still within its transaction, or after it."""
    store = open_store()
    with store.transaction():
        write_everything(store)
        if where == "within":
            parent.say()
            parent.hear()
    parent.say()
    parent.hear()
