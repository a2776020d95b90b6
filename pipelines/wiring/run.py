"""`detente run`: the whole pipeline of one data directory, as supervised processes that share it.

Promises: exactly one run a data directory; with `once` it ends by itself when every feed was read, everything in the
log is extracted, evaluated and projected, and every delivery that is due was tried; each new firing of an alert is
handed to `on_alert` in the order of the log.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connectors.local.run_lock import RunLock
from connectors.newsroom import library as newsroom
from pipelines import delivery
from pipelines.alerting.judgement import Judgement, judge
from pipelines.engines import EXTRACT_GROUP
from pipelines.evaluator import loop
from pipelines.settings import Settings
from pipelines.wiring.home import Home, Stamp, drained
from pipelines.wiring.stores import Stores
from pipelines.wiring.supervisor import Child, Supervisor
from schemas import topics
from schemas.codec import decode
from schemas.errors import TerminalError
from schemas.records import Alert, Tick

PROCESSES: Final = ("feeds", "extract", "evaluator", "deliver", "console")
WORKERS: Final = ("extract", "evaluator", "deliver")
"""What `--only workers` runs: everything between the feeds and the console."""

_LOOK: Final = 0.1
_QUIET_LOOKS: Final = 3
"""How many looks in a row must find nothing left to do: a record may be between two topics at any one of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `newsroom`: None for real feeds, "" for the bundled one, else a folder."""

    home: Home
    settings: Settings
    program: Sequence[str]
    once: bool = False
    newsroom: str | None = None
    processes: Sequence[str] = PROCESSES
    on_alert: Callable[[Alert], None] = field(default=lambda alert: None)
    on_say: Callable[[str], None] = field(default=lambda sentence: None)


def stamp_for(name: str | None) -> Stamp:
    """What a data directory that this run may use holds."""
    if name is None:
        return Stamp()
    library = newsroom.bundled() if name == "" else newsroom.load(Path(name))
    return Stamp(kind="newsroom", newsroom=library.content_hash, folder=name)


class Run:
    """One run. `execute` returns the names of the processes that were given up (empty: all is well)."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._supervisor = Supervisor([self._child(name) for name in plan.processes])
        self._quiet = 0
        self._seen = 0

    def execute(self, stop: threading.Event) -> list[str]:
        """Prepare the data directory, run until `stop` (or, with `once`, until nothing is left), drain."""
        plan = self._plan
        stamp = stamp_for(plan.newsroom)
        plan.home.make()
        with RunLock(plan.home.lock_file):
            # Only who has the lock may touch what lies there: another run may be using it.
            said = plan.home.prepare(stamp)
            if said:
                plan.on_say(said)
            stores = Stores(plan.home)
            self._seen = stores.log.end_offsets(topics.ALERT)[0]
            self._supervisor.start()
            try:
                while not stop.is_set():
                    self._supervisor.watch()
                    self._tell(stores)
                    if plan.once and self._finished(stores):
                        break
                    stop.wait(_LOOK)
            finally:
                killed = self._supervisor.stop()
                self._tell(stores)
                stores.close()
        if killed:
            plan.on_say(f"had to be killed after ten seconds: {', '.join(killed)}")
        return [child.name for child in self._supervisor.children.values() if child.given_up]

    def _child(self, name: str) -> Child:
        plan = self._plan
        command = [*plan.program, "--data", str(plan.home.path), "run", "--only", name]
        if plan.newsroom is not None:
            command += ["--newsroom", *([plan.newsroom] if plan.newsroom else [])]
        if plan.once:
            command.append("--once")
        return Child(name=name, command=command, finishes=name == "feeds" and plan.once)

    def _tell(self, stores: Stores) -> None:
        for stored in stores.log.read(topics.ALERT, 0, self._seen, 200):
            self._plan.on_alert(decode(stored.value, Alert))
            self._seen = stored.offset + 1

    def _finished(self, stores: Stores) -> bool:
        given_up = [child for child in self._supervisor.children.values() if child.given_up]
        if given_up:
            names = ", ".join(f"{child.name} ({child.reason})" for child in given_up)
            raise TerminalError(f"given up after repeated deaths: {names}; see the messages above", "process_given_up")
        feeds = self._supervisor.children.get("feeds")
        idle = (feeds is None or feeds.finished) and self._nothing_left(stores)
        self._quiet = self._quiet + 1 if idle else 0
        return self._quiet >= _QUIET_LOOKS

    @staticmethod
    def _nothing_left(stores: Stores) -> bool:
        log = stores.log
        groups = {
            EXTRACT_GROUP: [topics.ARTICLE],
            loop.GROUP: [topics.TICK],
            delivery.GROUP: [topics.ALERT, topics.ACTION],
        }
        if not drained(log, groups):
            return False
        end = log.end_offsets(topics.TICK)[0]
        articles = {str(partition): offset for partition, offset in log.end_offsets(topics.ARTICLE).items()}
        if end == 0:
            return not any(articles.values())
        tick = decode(log.read(topics.TICK, 0, end - 1, 1)[0].value, Tick)
        due = stores.deliveries.due(stores.clock.now(), 1)
        return tick.cut == articles and tick.actions == log.end_offsets(topics.ACTION)[0] and not due


def judgement_of(home: Home) -> Judgement | None:
    """How a newsroom's run did against its turns and quiet windows; None for real news."""
    stamp = home.stamp
    if stamp is None or stamp.kind != "newsroom":
        return None
    library = newsroom.bundled() if stamp.folder == "" else newsroom.load(Path(stamp.folder))
    stores = Stores(home)
    end = stores.log.end_offsets(topics.ALERT)[0]
    revisions = [decode(stored.value, Alert) for stored in stores.log.read(topics.ALERT, 0, 0, end)]
    stores.close()
    return judge(library.turns, library.quiet, revisions)
