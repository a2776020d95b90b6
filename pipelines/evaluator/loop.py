"""The evaluator's loop: append ticks, and at each tick turn what the log held before its cut into decisions.

Promises: a tick is evaluated once extraction's committed offsets have reached its cut; signals enter in the order of
(partition, offset, signal_id); one tick is one transaction of the state store; relations and changes are written
idempotently and alerts appended before that transaction commits, so that a crash repeats the tick and gives the same
bytes. The result is a function of the topics' content, whatever the batching, the copies and the crashes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Protocol, TypeVar

from pipelines.telemetry import ERRORS, INPUTS, LAST_TICK, SECONDS, logger
from schemas import topics
from schemas.codec import decode
from schemas.envelope import to_log
from schemas.errors import QuarantinedError
from schemas.identity import deadletter_id
from schemas.ports.clock import Clock
from schemas.ports.index import RelationStore, SignalIndex
from schemas.ports.log import EventLog, StoredRecord
from schemas.ports.state import StateStore
from schemas.records import Action, Alert, Change, DeadLetter, Event, Heard, Original, Record, Relation, Signal, Tick

GROUP: Final = "evaluator"
"""Consumer group whose committed offset on the tick topic tells others which tick was evaluated."""

_READ: Final = 5000
_FIRST_PAUSE: Final = 0.001
R = TypeVar("R", bound=Record)


class Assessed(Protocol):
    """What a tick decided."""

    @property
    def relations(self) -> Sequence[Relation]:
        """New states."""
        ...

    @property
    def events(self) -> Mapping[str, tuple[date, date, Sequence[Event]]]:
        """By series: the refolded days, first and last, and all their events."""
        ...

    @property
    def changes(self) -> Sequence[Change]:
        """Changes decided."""
        ...

    @property
    def alerts(self) -> Sequence[Alert]:
        """New alert revisions, in order."""
        ...


class Judge(Protocol):
    """The pure part: `pipelines.evaluator.assessment.Assessment`."""

    def take(self, tick: Tick, signals: Sequence[Signal], actions: Sequence[Action], heard: Sequence[date]) -> Assessed:
        """Apply and decide, inside the state store's transaction."""
        ...

    def forget(self) -> None:
        """Drop what is held in memory, since the transaction it belonged to was undone."""
        ...


@dataclass(slots=True)
class Ports:
    """What the evaluator touches."""

    log: EventLog
    state: StateStore
    relations: RelationStore
    index: SignalIndex
    clock: Clock


@dataclass(slots=True)
class Schedule:
    """When a tick is due. `complete` (simulated time) says up to when everything polled lies in the log;
    `longest_pause` in seconds is how long an idle evaluator looks away.
    """

    tick_seconds: float = 1.0
    extract_group: str = "extract"
    complete: Callable[[], datetime | None] | None = None
    longest_pause: float = 0.05


class Evaluator:
    """Exactly one runs per pipeline. Not thread-safe."""

    def __init__(self, ports: Ports, judge: Judge, schedule: Schedule) -> None:
        self._ports = ports
        self._judge = judge
        self._schedule = schedule
        self._commits = ports.log.consumer(GROUP, [topics.TICK])
        self._log = logger("evaluator")

    def run(self, stop: threading.Event, heartbeat: Callable[[], None] = lambda: None) -> None:
        """Steps until `stop` is set; a tick under way is finished first."""
        pause = _FIRST_PAUSE
        while not stop.is_set():
            if self.step():
                pause = _FIRST_PAUSE
            else:
                heartbeat()
                stop.wait(pause)
                pause = min(self._schedule.longest_pause, pause * 2)
        self._commits.close()

    def step(self) -> bool:
        """Evaluate the next tick of the log, else append one if it is due. False when there was nothing to do."""
        last = self._ports.state.last_tick()
        offset = 0 if last is None else last[0] + 1
        stored = self._ports.log.read(topics.TICK, 0, offset, 1)
        if not stored:
            return self._append_if_due(last[1] if last else None)
        tick = decode(stored[0].value, Tick)
        if not self._extracted(tick):
            # Simulated days may be ready before extraction is; a live tick waits, and takes in more instead.
            return self._schedule.complete is not None and self._append_if_due(self._newest_tick())
        with SECONDS.labels(stage="tick").time():
            try:
                self._evaluate(stored[0].offset, tick)
            except BaseException:
                self._judge.forget()
                raise
        return True

    def _newest_tick(self) -> Tick:
        log = self._ports.log
        return decode(log.read(topics.TICK, 0, log.end_offsets(topics.TICK)[0] - 1, 1)[0].value, Tick)

    def _append_if_due(self, last: Tick | None) -> bool:
        now = self._due_time(last)
        if now is None:
            return False
        ends = {str(p): end for p, end in sorted(self._ports.log.end_offsets(topics.ARTICLE).items())}
        tick = Tick(
            time=now,
            cut=ends,
            actions=self._ports.log.end_offsets(topics.ACTION)[0],
            heard=self._ports.log.end_offsets(topics.HEARD)[0],
        )
        new_day = last is None or now.date() > last.time.date()
        same = last is not None and (last.cut, last.actions, last.heard) == (tick.cut, tick.actions, tick.heard)
        if same and not new_day:
            return False
        self._ports.log.append(topics.TICK, [to_log(tick)])
        return True

    def _due_time(self, last: Tick | None) -> datetime | None:
        if self._schedule.complete is not None:
            complete = self._schedule.complete()
            return complete if complete is not None and (last is None or complete > last.time) else None
        now = self._ports.clock.now()
        # A clock set back must not make a tick that lies before an earlier one: wait until it has caught up.
        if last is not None and (now - last.time).total_seconds() < self._schedule.tick_seconds:
            return None
        return now

    def _extracted(self, tick: Tick) -> bool:
        done = self._ports.log.committed(self._schedule.extract_group, topics.ARTICLE)
        return all(done.get(int(partition), 0) >= end for partition, end in tick.cut.items())

    def _evaluate(self, offset: int, tick: Tick) -> None:
        ports = self._ports
        with ports.state.transaction():
            self._receive_signals()
            offsets = ports.state.offsets()
            actions = self._records(topics.ACTION, offsets.get((topics.ACTION, 0), 0), tick.actions, Action)
            heard = self._records(topics.HEARD, offsets.get((topics.HEARD, 0), 0), tick.heard, Heard)
            signals = ports.state.waiting({int(p): end for p, end in tick.cut.items()})
            assessed = self._judge.take(tick, signals, actions, [record.day for record in heard])
            self._write(assessed, actions)
            ports.state.set_offsets({(topics.ACTION, 0): tick.actions, (topics.HEARD, 0): tick.heard})
            ports.state.set_last_tick(offset, tick)
        self._commits.commit({(topics.TICK, 0): offset + 1})
        INPUTS.labels(stage="evaluate", outcome="evaluated").inc()
        LAST_TICK.set(tick.time.timestamp())

    def _write(self, assessed: Assessed, actions: Sequence[Action]) -> None:
        for action in actions:
            if action.kind in {"reject_signal", "restore_signal"}:
                self._ports.index.set_rejected(action.subject, rejected=action.kind == "reject_signal")
        relations = self._ports.relations
        with relations.batch():
            relations.put(assessed.relations, assessed.changes)
            for key, (first, last, events) in sorted(assessed.events.items()):
                relations.put_events(key, events, first, last)
        if assessed.alerts:
            self._ports.log.append(topics.ALERT, [to_log(alert) for alert in assessed.alerts])

    def _receive_signals(self) -> None:
        log, state = self._ports.log, self._ports.state
        offsets = state.offsets()
        for partition, end in sorted(log.end_offsets(topics.SIGNAL).items()):
            place = (topics.SIGNAL, partition)
            position = offsets.get(place, 0)
            while position < end:
                batch = log.read(topics.SIGNAL, partition, position, min(_READ, end - position))
                if not batch:
                    break
                state.receive(self._decoded(batch))
                position = batch[-1].offset + 1
            state.set_offsets({place: position})

    def _decoded(self, batch: Sequence[StoredRecord]) -> list[Signal]:
        return [signal for record in batch if (signal := self._decode(record, Signal)) is not None]

    def _records(self, topic: str, start: int, end: int, kind: type[R]) -> list[R]:
        found: list[R] = []
        position = start
        while position < end:
            batch = self._ports.log.read(topic, 0, position, min(_READ, end - position))
            if not batch:
                break
            found += [record for stored in batch if (record := self._decode(stored, kind)) is not None]
            position = batch[-1].offset + 1
        return found

    def _decode(self, stored: StoredRecord, kind: type[R]) -> R | None:
        try:
            record = decode(stored.value, kind)
        except QuarantinedError as error:
            self._refuse(stored, error)
            return None
        if isinstance(record, Signal) and record.article_position is None:
            self._refuse(stored, QuarantinedError("a signal does not say where its article stands", "no_position"))
            return None
        return record

    def _refuse(self, stored: StoredRecord, error: QuarantinedError) -> None:
        at = stored.appended or datetime(1970, 1, 1, tzinfo=UTC)
        letter = DeadLetter(
            deadletter_id=deadletter_id(stored.topic, stored.partition, stored.offset),
            stage="evaluate",
            error_type=type(error).__name__,
            code=error.code,
            message=error.message[:2000],
            original=Original(topic=stored.topic, partition=stored.partition, offset=stored.offset, key=stored.key),
            first_failed=at,
            last_failed=at,
        )
        self._ports.log.append(topics.DEADLETTER, [to_log(letter)])
        ERRORS.labels(stage="evaluate", kind="QuarantinedError", code=error.code).inc()
        INPUTS.labels(stage="evaluate", outcome="dead-lettered").inc()
