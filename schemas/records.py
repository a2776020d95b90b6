"""The records that travel through Detente, one msgspec struct each, as the outer contract names them.

Every record is immutable and carries its own schema stamp (`"schema": "article/1"`). Times are timezone-aware UTC
datetimes, RFC 3339 on the wire; dates are ISO 8601. `schemas.codec` encodes and decodes, `schemas.identity` makes ids.
Adding a field with a default is allowed within a version; everything else makes a new version.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import msgspec

ArticleStatus = Literal["active", "corrected", "retracted"]
SignalStatus = Literal["active", "retracted"]
Precision = Literal["day", "week", "month", "quarter", "year"]
PublishedPrecision = Literal["second", "minute", "day", "none"]
Factuality = Literal["fact", "scheduled", "intended", "requested", "conditional", "denied", "historic", "opinion"]
Direction = Literal["easing", "tension"]
AlertState = Literal["pending", "firing", "acknowledged", "resolved", "retracted"]
Baseline = Literal["shipped", "mixed", "own"]
ActionKind = Literal[
    "ack",
    "silence",
    "comment",
    "rate",
    "retract",
    "reject_signal",
    "restore_signal",
    "confirm_signal",
    "rule",
    "feed",
    "deadletter_replay",
    "deadletter_drop",
]
DeliveryOutcome = Literal["delivered", "retry", "failed", "disabled"]


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A piece of a record, without a stamp of its own."""


class Record(Part, frozen=True, kw_only=True):
    """A stamped record; subclasses give the stamp as `tag`."""


class Publisher(Part, frozen=True, kw_only=True):
    """Who printed it. `owner` is the ownership group, the unit of independence; `country` is ISO 3166 alpha-3."""

    id: str
    name: str
    country: str = ""
    owner: str = ""
    ownership: str = ""
    language: str = ""


class Article(Record, frozen=True, kw_only=True, tag_field="schema", tag="article/1"):
    """One version of one article. `first_seen` is shared by all versions, `version_seen` is each version's own."""

    article_id: str
    version: int = 1
    status: ArticleStatus = "active"
    url: str = ""
    canonical_url: str = ""
    title: str = ""
    text: str = ""
    language: str = ""
    published: datetime
    published_precision: PublishedPrecision = "second"
    published_from: str = "feed"
    updated: datetime | None = None
    first_seen: datetime
    version_seen: datetime
    publisher: Publisher
    feed_id: str = ""
    guid: str = ""
    authors: tuple[str, ...] = ()
    fingerprint: str = ""
    raw_ref: str = ""


class Position(Part, frozen=True, kw_only=True, order=True):
    """Where a record stands in its topic."""

    partition: int
    offset: int


class Actor(Part, frozen=True, kw_only=True):
    """A state (ISO 3166 alpha-3) or organisation (`IGO:NATO`), with sector and named person or body where given."""

    code: str
    sector: str | None = None
    name: str | None = None


class EventDate(Part, frozen=True, kw_only=True):
    """The event's own date as the text gives it: first and last day (inclusive) and how exact it is."""

    start: date
    end: date
    precision: Precision


Span = tuple[int, int]
"""[start, end) character offsets into the article's text."""


class Evidence(Part, frozen=True, kw_only=True):
    """The words that say so: `quote` is exactly `text[start:end]`; the other spans lie in the same text."""

    quote: str
    start: int
    end: int
    source_span: Span | None = None
    target_span: Span | None = None
    trigger_span: Span | None = None


class Signal(Record, frozen=True, kw_only=True, tag_field="schema", tag="signal/1"):
    """Who did what to whom, when, whether it really happened, and the words that say so.

    A reciprocal act between two states is one signal with source before target in code order. `dyad` is the two
    codes sorted and joined by "-", null without target. `article_position` and the two `..._seen` times are null
    when the signal was made outside a pipeline. `score` is the ontology's, in -10..10; `confidence` in 0..1.
    """

    signal_id: str
    article_id: str
    article_version: int = 1
    source: Actor
    target: Actor | None = None
    dyad: str | None = None
    type: str
    mode: str | None = None
    quad: int
    score: float
    cameo_root: str = ""
    contexts: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()
    factuality: Factuality
    polarity: Literal[-1, 0, 1]
    reciprocal: bool = False
    aimed_at: tuple[str, ...] = ()
    reporter: str | None = None
    event_date: EventDate | None = None
    evidence: Evidence
    confidence: float
    why: dict[str, Any] = {}
    language: str = ""
    published: datetime | None = None
    first_seen: datetime | None = None
    publisher: Publisher | None = None
    url: str = ""
    fingerprint: str = ""
    article_position: Position | None = None
    status: SignalStatus = "active"
    status_since: datetime | None = None
    revision: int = 0
    coder: str = ""

    @property
    def key(self) -> str:
        """The record's key in the log and the series it enters: the dyad, or the posture key `PRK-*`."""
        return self.dyad or f"{self.source.code}-*"


class Event(Record, frozen=True, kw_only=True, tag_field="schema", tag="event/1"):
    """Signals of one pair, direction, family and day, folded. `weight` is v of the relation index, signed."""

    event_id: str
    matter_id: str
    dyad: str
    source: str
    target: str | None = None
    reciprocal: bool = False
    type: str
    mode: str | None = None
    factuality: Factuality
    event_date: EventDate
    signal_ids: tuple[str, ...] = ()
    clusters: int = 1
    publishers: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    publisher_countries: dict[str, int] = {}
    confidence: float = 0.0
    weight: float = 0.0


class Estimate(Part, frozen=True, kw_only=True):
    """A level with its 90 % interval, all within -9..9."""

    value: float
    low: float
    high: float


class Share(Part, frozen=True, kw_only=True):
    """Tension share of a window beside its baseline; `z` is None where fewer than two events make it silent."""

    value: float | None = None
    baseline: float | None = None
    z: float | None = None


class Contribution(Part, frozen=True, kw_only=True):
    """What one event adds: the difference that leaving it out makes, as a share of the whole."""

    event_id: str
    signal_ids: tuple[str, ...] = ()
    share: float


class Relation(Record, frozen=True, kw_only=True, tag_field="schema", tag="relation/1"):
    """State of one pair (or posture key) at the end of day `at`, as known at `known_at`."""

    dyad: str
    at: date
    known_at: datetime
    level: Estimate
    band: str
    mood: float
    season: float
    climate: float
    cooperation: dict[str, float] = {}
    conflict: dict[str, float] = {}
    share: dict[str, Share] = {}
    directed: dict[str, float] = {}
    exposure: dict[str, float] = {}
    attention: dict[str, float] = {}
    events: int = 0
    owners: int = 0
    baseline: Baseline = "shipped"
    calibrated: bool = False
    contributions: tuple[Contribution, ...] = ()


class Change(Record, frozen=True, kw_only=True, tag_field="schema", tag="change/1"):
    """A relation changed: when, which way, from what to what, how surely, through which events."""

    change_id: str
    dyad: str
    at: date
    known_at: datetime
    direction: Direction
    before: float
    after: float
    score: float
    probability: float
    detectors: tuple[str, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    counter_evidence: tuple[Contribution, ...] = ()
    publishers: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    clusters: int = 0
    calibrated: bool = False


class AlertEvidence(Part, frozen=True, kw_only=True):
    """One quoted sentence behind an alert."""

    signal_id: str
    quote: str
    url: str
    publisher: str
    event_date: EventDate | None = None
    type: str = ""
    share: float = 0.0


class Alert(Record, frozen=True, kw_only=True, tag_field="schema", tag="alert/1"):
    """One revision of one alert; revisions start at 1 and each is a whole picture of what is known by then."""

    alert_id: str
    revision: int = 1
    known_at: datetime
    state: AlertState
    rule: str
    subject: str
    direction: Direction | None = None
    opened: datetime
    updated: datetime
    title: str
    summary: str = ""
    change: Change | None = None
    evidence: tuple[AlertEvidence, ...] = ()


class Delivery(Record, frozen=True, kw_only=True, tag_field="schema", tag="delivery/1"):
    """One attempt to hand one alert revision to one channel."""

    alert_id: str
    revision: int
    channel: str
    attempt: int
    at: datetime
    outcome: DeliveryOutcome
    detail: str = ""


class Action(Record, frozen=True, kw_only=True, tag_field="schema", tag="action/1"):
    """What a person did. The client makes `action_id` once, so that a retry is the same action."""

    action_id: str
    kind: ActionKind
    subject: str
    by: str = ""
    at: datetime
    until: datetime | None = None
    body: dict[str, Any] = {}


class Original(Part, frozen=True, kw_only=True):
    """What could not be processed: its topic and key, headers, and the value (base64) or a reference to it."""

    topic: str = ""
    partition: int | None = None
    offset: int | None = None
    key: str = ""
    headers: dict[str, str] = {}
    value: str = ""


class DeadLetter(Record, frozen=True, kw_only=True, tag_field="schema", tag="deadletter/1"):
    """Something that could not be processed, why, and all that is needed to try again."""

    deadletter_id: str
    stage: str
    error_type: str
    code: str
    message: str
    original: Original
    attempts: int = 1
    first_failed: datetime
    last_failed: datetime


class Heard(Record, frozen=True, kw_only=True, tag_field="schema", tag="heard/1"):
    """Some feed answered on this UTC day, with or without news."""

    day: date


class Tick(Record, frozen=True, kw_only=True, tag_field="schema", tag="tick/1"):
    """A moment of decision: evaluate what the log held before these end offsets (exclusive)."""

    time: datetime
    cut: dict[str, int] = {}
    actions: int = 0
    heard: int = 0


RECORDS: tuple[type[Record], ...] = (
    Article,
    Signal,
    Event,
    Relation,
    Change,
    Alert,
    Delivery,
    Action,
    DeadLetter,
    Heard,
    Tick,
)
"""Every stamped record, in the order in which news travels."""
