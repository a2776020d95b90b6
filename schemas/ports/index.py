"""Ports of the stores that people search: signals, articles, relations, alerts, actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

from schemas.query import Query
from schemas.records import Action, Alert, Article, Change, Event, Position, Relation, Signal

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of results. `cursor` continues after it, "" at the end; `total` counts all matches."""

    items: tuple[T, ...] = ()
    cursor: str = ""
    total: int = 0


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A signal found: its rank score (0 when sorted by time), and whether a person rejected it."""

    signal: Signal
    score: float = 0.0
    rejected: bool = False


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of one `SignalIndex.replace`, to hand over several at once."""

    article_id: str
    revision: int
    signals: tuple[Signal, ...]
    version_seen: datetime
    position: Position


class SignalIndex(Protocol):
    """All signals, searchable. Thread-safe. Every write is idempotent by (signal_id, revision): a lower revision
    than the stored one changes nothing, the same one gives the same document. A write is visible to the next read of
    the same adapter (`scan` refreshes first). Errors: TransientError, TerminalError; ConfigError for a bad query or
    cursor.
    """

    def replace(
        self, article_id: str, revision: int, signals: Sequence[Signal], version_seen: datetime, position: Position
    ) -> list[Signal]:
        """Make `signals` (all of this article and revision) what holds of the article, in one step.

        Stored active signals of the article with a lower revision that are not among them become tombstones: the
        same signal with status `retracted`, this revision, `status_since` = `version_seen` (of the version that set
        it) and `article_position` = `position`. Returns the documents that now carry exactly this revision, tombstones
        included, sorted by signal_id, so that repeating the call returns the same list. When the article is already
        stored at a higher revision, nothing changes and the list is empty.
        """
        ...

    def replace_many(self, replacements: Sequence[Replacement]) -> list[list[Signal]]:
        """`replace` for each, in order, as few writes as the adapter can: what a batch of articles is written with.

        After an exception some may have been carried out; repeating the call is safe.
        """
        ...

    def set_rejected(self, signal_id: str, *, rejected: bool) -> None:
        """Mark or unmark as rejected by a person; survives `replace`. Unknown ids are remembered for later."""
        ...

    def get(self, signal_id: str) -> Hit | None:
        """The stored signal."""
        ...

    def search(
        self, query: Query, *, sort: Literal["newest", "rank"] = "newest", limit: int = 20, cursor: str = ""
    ) -> Page[Hit]:
        """Matches, newest `published` first (ties by signal_id, those without it last) or by rank.

        Cursors are stable: a document written while paging is neither shown twice nor moves another over a page's
        edge. `total` stays that of the first page. ConfigError for a cursor that is not one of this query and order.
        """
        ...

    def histogram(self, query: Query, *, interval: Literal["day", "week", "month"]) -> dict[date, int]:
        """Matches by the first UTC day of each interval of `published`; intervals without a match are left out.

        Weeks begin on Monday.
        """
        ...

    def facets(self, query: Query, fields: Sequence[str], *, limit: int = 20) -> dict[str, dict[str, int]]:
        """For each field its most frequent values with their counts, by count (largest first) then value.

        A signal counts once for each distinct value it has (`schemas.query_fields.values`). Keys are the values as
        text: `true`, `-1`, `2023-08-24`. ConfigError for a field whose values are not counted.
        """
        ...

    def scan(self, key: str, since: date | None = None) -> Iterator[Signal]:
        """Every active signal of a dyad (or posture key), from the day (event date, else publication day) on,
        ordered by signal_id. Sees every acknowledged write.
        """
        ...

    def close(self) -> None:
        """Idempotent."""
        ...


class ArticleStore(Protocol):
    """Versions of articles. Thread-safe. Idempotent by (article_id, version)."""

    def put(self, articles: Sequence[Article]) -> None:
        """Store these versions."""
        ...

    def get(self, article_id: str, version: int | None = None) -> Article | None:
        """That version, or the latest."""
        ...

    def scan(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Article]:
        """Versions first seen in [since, until), by (version_seen, article_id, version)."""
        ...

    def close(self) -> None:
        """Idempotent."""
        ...


class RelationStore(Protocol):
    """Relation, event and change records; append-only by `known_at`. Thread-safe. Idempotent by identity.

    Readers in other processes see each `put` whole, as soon as it returns.
    """

    def put(self, relations: Sequence[Relation], changes: Sequence[Change] = ()) -> None:
        """Store. A relation's identity is dyad, at, known_at; a change's its change_id and known_at."""
        ...

    def batch(self) -> AbstractContextManager[None]:
        """What is written inside is one transaction where the adapter can; an exception may leave part of it."""
        ...

    def put_events(self, dyad: str, events: Sequence[Event], since: date, until: date) -> None:
        """Make these the events of the dyad that start in [since, until] (computed when folding: replaced).

        TerminalError for an event of another dyad or that starts outside.
        """
        ...

    def relation(self, dyad: str, at: date | None = None, as_of: datetime | None = None) -> Relation | None:
        """The state of the last day not after `at`, as last known by `as_of`."""
        ...

    def relations(
        self, dyad: str, since: date | None = None, until: date | None = None, as_of: datetime | None = None
    ) -> list[Relation]:
        """One state a day in [since, until], by day, each as last known by `as_of`."""
        ...

    def latest(self, as_of: datetime | None = None) -> dict[str, Relation]:
        """The last state of every key."""
        ...

    def events(self, dyad: str, since: date | None = None, until: date | None = None) -> list[Event]:
        """By start day, then event_id."""
        ...

    def changes(
        self,
        dyad: str | None = None,
        since: date | None = None,
        until: date | None = None,
        as_of: datetime | None = None,
    ) -> list[Change]:
        """By day, then change_id, each as last known by `as_of`."""
        ...

    def close(self) -> None:
        """Idempotent."""
        ...


class AlertStore(Protocol):
    """Projection of the alert topic: every revision of every alert. Idempotent by (alert_id, revision)."""

    def put(self, alerts: Sequence[Alert]) -> list[Alert]:
        """Store; returns those that were not stored yet, in order."""
        ...

    def get(self, alert_id: str, revision: int | None = None) -> Alert | None:
        """That revision, or the latest. A unique prefix of the id of at least six characters will do."""
        ...

    def revisions(self, alert_id: str) -> list[Alert]:
        """All revisions, oldest first."""
        ...

    def list(
        self,
        *,
        states: Sequence[str] = (),
        subject: str = "",
        rule: str = "",
        since: datetime | None = None,
        told: bool = False,
        limit: int = 100,
        cursor: str = "",
    ) -> Page[Alert]:
        """Latest revisions, newest `opened` first. `told`: only alerts that some revision of which fired or was
        acknowledged; what only pended, or pended and faded, is no news for a reader.
        """
        ...


class ActionStore(Protocol):
    """Projection of the action topic. Idempotent by action_id."""

    def put(self, actions: Sequence[Action]) -> None:
        """Store."""
        ...

    def list(self, kind: str = "", subject: str = "") -> list[Action]:
        """By time, then action_id."""
        ...

    def counts(self, kind: str) -> Mapping[str, int]:
        """How many actions of a kind each subject has."""
        ...
