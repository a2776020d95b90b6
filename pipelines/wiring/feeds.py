"""The feeds process: polls every feed when it is due, in real or in simulated time.

In a newsroom the clock is the process's own to move: it jumps to the end of the next day on which something is
published, polls every due feed, says that the day is complete, and waits until its tick stands in the log. The tick's
cut keeps the next day's articles out, so they may be polled while this day is still being extracted and evaluated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Protocol

from connectors.feeds.catalogue import bundled as bundled_feeds
from connectors.feeds.intake import Intake
from connectors.feeds.source import HttpFeedSource
from connectors.local.simulated_clock import SimulatedClock
from connectors.net import HttpClient
from connectors.newsroom import library as newsroom
from connectors.newsroom.server import NewsroomServer
from pipelines.evaluator.loop import GROUP as EVALUATOR
from pipelines.settings import FeedEntry, Settings
from pipelines.telemetry import INPUTS, logger
from pipelines.wiring.home import Home
from pipelines.wiring.stores import Stores
from schemas import topics
from schemas.codec import decode
from schemas.envelope import to_log
from schemas.errors import ConfigError, QuarantinedError
from schemas.ports.clock import Clock
from schemas.ports.feeds import FeedSettings, FeedStore
from schemas.ports.log import EventLog
from schemas.records import Heard, Publisher, Tick

_THREADS: Final = 8
_WAIT: Final = 0.003
_AHEAD: Final = 4
"""Days by which a newsroom's clock may be ahead of the evaluator: enough to keep both cores busy."""


class Source(Protocol):
    """What the loop needs of a feed source."""

    settings: FeedSettings

    def next_due(self) -> datetime:
        """When to poll next."""
        ...

    def close(self) -> None:
        """Release."""
        ...


def run_feeds(home: Home, settings: Settings, stop: threading.Event, *, once: bool, beat: Callable[[], None]) -> None:
    """Poll the configured feeds, else the bundled catalogue, until `stop`; with `once` each due feed a single time."""
    stores = Stores(home)
    client = HttpClient(allow_private=settings.allow_private_addresses)
    store = stores.feeds
    intake = Intake(client, store, stores.clock)
    sources = _sources(feeds_of(settings), client, stores.clock, store)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="feed") as pool:
        while not stop.is_set():
            due = [source for source in sources if source.next_due() <= stores.clock.now()]
            for outcome in pool.map(lambda source: _poll(intake, source, stop), due):
                _count(outcome)
            beat()
            if once:
                break
            stop.wait(0.5)
    for source in sources:
        source.close()


def feeds_of(settings: Settings) -> list[FeedSettings]:
    """The settings file's feeds, else the bundled catalogue's enabled ones."""
    if settings.feeds:
        return [_feed(entry) for entry in settings.feeds]
    return [feed for feed in bundled_feeds() if feed.enabled]


def run_newsroom(home: Home, folder: Path | None, stop: threading.Event, *, beat: Callable[[], None]) -> bool:
    """Serve a newsroom and read it day by day. Returns whether its last day was evaluated (False when stopped)."""
    stores = Stores(home)
    clock = stores.clock
    assert isinstance(clock, SimulatedClock)
    library = newsroom.bundled() if folder is None else newsroom.load(folder)
    server = NewsroomServer(library, clock)
    server.start()
    try:
        client = HttpClient(gateway=server.origin, allow_private=True, pause=0.0)
        store = stores.feeds
        intake = Intake(client, store, clock)
        sources = _sources(newsroom.feeds(library), client, clock, store)
        return _days(stores, clock, library, lambda: _poll_due(intake, sources, clock, stop), stop, beat)
    finally:
        server.close()


def _days(
    stores: Stores,
    clock: SimulatedClock,
    library: newsroom.Library,
    poll: Callable[[], None],
    stop: threading.Event,
    beat: Callable[[], None],
) -> bool:
    first = library.next_event(None)
    if first is None:
        return True
    clock.start(_end_of_day(first))
    while not stop.is_set():
        now = clock.now()
        if clock.completed() != now:
            poll()
            if stop.is_set():
                return False
            with stores.log.database.transaction():
                _hear(stores.log, _days_before(clock.completed(), now))
                clock.announce(now)
        following = library.next_event(now)
        if not _await_tick(stores.log, now, stop, ahead=_AHEAD if following else 0):
            return False
        beat()
        if following is None:
            return True
        clock.advance(_end_of_day(following))
    return False


def _poll_due(intake: Intake, sources: Sequence[HttpFeedSource], clock: Clock, stop: threading.Event) -> None:
    now = clock.now()
    for source in sources:
        if source.next_due() <= now and not stop.is_set():
            _count(_poll(intake, source, stop))


def _poll(intake: Intake, source: HttpFeedSource, stop: threading.Event) -> dict[str, int]:
    if stop.is_set():
        return {}
    try:
        taken = intake.take(source)
    except (ConfigError, QuarantinedError) as error:
        # Only this feed is wrong: the others are polled all the same.
        logger("feeds").warning("feed refused", feed=source.settings.feed_id, code=error.code, message=error.message)
        return {"failed": 1}
    for problem in taken.problems:
        logger("feeds").debug("feed problem", feed=source.settings.feed_id, code=problem.code, message=problem.message)
    return dict(taken.counts)


def _count(outcomes: dict[str, int]) -> None:
    for outcome, number in outcomes.items():
        INPUTS.labels(stage="intake", outcome=outcome).inc(number)


def _end_of_day(moment: datetime) -> datetime:
    """The midnight that ends the day of this moment; a moment at midnight is itself one."""
    midnight = datetime.combine(moment.date(), time(), UTC)
    return midnight if moment == midnight else midnight + timedelta(days=1)


def _days_before(previous: datetime | None, now: datetime) -> list[date]:
    """The UTC days that end in (previous, now]: all of them count as heard."""
    start = now.date() - timedelta(days=1) if previous is None else previous.date()
    return [start + timedelta(days=n) for n in range((now.date() - start).days)]


def _hear(log: EventLog, days: Sequence[date]) -> None:
    log.append(topics.HEARD, [to_log(Heard(day=day)) for day in days])


def _await_tick(log: EventLog, moment: datetime, stop: threading.Event, ahead: int) -> bool:
    """Wait until a tick of this time or later is in the log and at most `ahead` ticks are left to evaluate."""
    while not stop.is_set():
        end = log.end_offsets(topics.TICK)[0]
        if end and end - log.committed(EVALUATOR, topics.TICK).get(0, 0) <= ahead:
            newest = decode(log.read(topics.TICK, 0, end - 1, 1)[0].value, Tick)
            if newest.time >= moment:
                return True
        stop.wait(_WAIT)
    return False


def _sources(feeds: Sequence[FeedSettings], client: HttpClient, clock: Clock, store: FeedStore) -> list[HttpFeedSource]:
    states = {state.feed_id: state.checkpoint for state in store.states()}
    return [HttpFeedSource(feed, client, clock, states.get(feed.feed_id, b"")) for feed in feeds]


def _feed(entry: FeedEntry) -> FeedSettings:
    host = entry.url.split("//", 1)[-1].split("/", 1)[0]
    publisher = Publisher(
        id=entry.publisher or host,
        name=entry.name or host,
        country=entry.country,
        owner=entry.owner or entry.publisher or host,
        ownership=entry.ownership,
        language=entry.language,
    )
    return FeedSettings(
        feed_id=entry.url,
        url=entry.url,
        name=entry.name or host,
        publisher=publisher,
        language=entry.language,
        timezone=entry.timezone,
        format=entry.format,
        every=entry.every,
        full_text=entry.full_text,
    )
