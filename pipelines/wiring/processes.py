"""What each process of `detente run` does: join the adapters of a data directory to one loop of the core.

Each imports what it runs on when it starts: only extraction waits for Beam and the language model.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from pipelines.alerting.rules import Rule, default_rules
from pipelines.settings import Settings
from pipelines.telemetry import write_metrics
from pipelines.wiring.home import Home
from pipelines.wiring.rules import configured_rules
from pipelines.wiring.stores import LIVE_PAUSE, SIMULATED_PAUSE, Stores


def run_extract(home: Home, settings: Settings, stop: threading.Event) -> None:
    """Articles to signals, batch after batch."""
    from pipelines.beam.transforms import ExtractSignals
    from pipelines.engines.local import LocalEngine
    from pipelines.wiring.factories import EmbeddedSinks, RuleCoder

    stores = Stores(home)
    engine = LocalEngine(
        stores.log, ExtractSignals(EmbeddedSinks(home), RuleCoder()), batch_size=settings.extract.batch_size
    )
    engine.run(stop, heartbeat(home, "extract"))


def run_evaluator(home: Home, settings: Settings, stop: threading.Event) -> None:
    """Signals to relations, changes and alerts, at ticks."""
    from connectors.local.simulated_clock import SimulatedClock
    from pipelines.alerting.limits import Limits
    from pipelines.evaluator.assessment import Assessment
    from pipelines.evaluator.loop import Evaluator, Ports, Schedule
    from pipelines.relations.priors import Priors

    stores = Stores(home)
    clock = stores.clock
    complete = clock.completed if isinstance(clock, SimulatedClock) else None
    state = stores.state
    judge = Assessment(state, rules=rules_of(settings), limits=Limits.load(), priors=Priors.load())
    ports = Ports(log=stores.log, state=state, relations=stores.relations, index=stores.index, clock=clock)
    pause = LIVE_PAUSE if complete is None else SIMULATED_PAUSE
    schedule = Schedule(tick_seconds=settings.tick_seconds, complete=complete, longest_pause=pause)
    Evaluator(ports, judge, schedule).run(stop, heartbeat(home, "evaluator"))


def run_deliver(home: Home, settings: Settings, stop: threading.Event) -> None:
    """Alerts to the store and the channels."""
    from connectors.channels.backoff import retry_after_attempt
    from pipelines.delivery import Deliverer, Ports
    from pipelines.wiring.channels import routes

    stores = Stores(home)
    ports = Ports(
        log=stores.log,
        alerts=stores.alerts,
        actions=stores.actions,
        deliveries=stores.deliveries,
        clock=stores.clock,
    )
    Deliverer(ports, routes(settings, home), retry_after_attempt).run(stop, heartbeat(home, "deliver"))


def rules_of(settings: Settings) -> Sequence[Rule]:
    """The default rules and those of the settings file."""
    return [*default_rules(), *configured_rules(settings)]


def heartbeat(home: Home, process: str, every: float = 2.0) -> Callable[[], None]:
    """A function to call often; every two seconds it writes the process's counters to the data directory."""
    last = -every

    def beat() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= every:
            last = now
            write_metrics(home.metrics, process)

    return beat
