"""`detente run`: the pipeline as supervised processes, or one of them with `--only`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from console.cli import output
from console.cli.session import Given, Session
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from console.cli.progress import DayBar

Process = Literal["feeds", "extract", "evaluator", "deliver", "console", "workers"]


def run(
    *,
    once: Annotated[bool, Parameter(negative="")] = False,
    newsroom: str | None = None,
    only: Process | None = None,
    session: Given,
) -> int:
    """The whole pipeline on this machine: feeds, log, extraction, index, relations, alerts, pages.

    Prints each alert as it fires, and the pages' address on stderr; Ctrl-C drains and ends.

    Parameters
    ----------
    once
        Stop when there is nothing left to do; with a newsroom, end with a table of turns found and missed.
    newsroom
        [DIR] Serve the bundled newsroom, or a folder of the documented form, and read it in simulated time.
    only
        Only this process (workers: extract, evaluator and deliver).
    """
    if only is not None and only != "workers":
        return _one(only, session, newsroom, once=once)
    return _supervise(session, newsroom, once=once, workers=only == "workers")


def _supervise(session: Session, newsroom: str | None, *, once: bool, workers: bool) -> int:
    from console.cli.verdict import Teller
    from pipelines.wiring.run import PROCESSES, WORKERS, Plan, Run
    from pipelines.wiring.supervisor import stop_event

    session.configure_logging()
    folder = str(Path(newsroom).absolute()) if newsroom else newsroom
    bar = _bar(session, folder)
    # As JSON, the alerts of a newsroom are told by its verdict alone; live ones go out as JSON Lines while they fire.
    teller = Teller(as_json=session.json, silent=session.json and folder is not None, before=bar.clear if bar else None)
    plan = Plan(
        home=session.home,
        settings=session.settings,
        program=_program(session),
        once=once,
        newsroom=folder,
        processes=WORKERS if workers else PROCESSES,
        on_alert=teller.tell,
        on_say=output.say,
    )
    if session.settings.profile == "cluster":
        raise ConfigError('profile = "cluster" is not in this release; leave the setting out', "no_cluster")
    stop = stop_event(watch_stdin=False)
    with bar or nullcontext():
        given_up = Run(plan).execute(stop)
    if once and folder is not None and not stop.is_set():
        _judge(session)
    if given_up:
        output.say(f"given up: {', '.join(given_up)}; the messages above say why")
    return 1 if given_up else 0


def _bar(session: Session, newsroom: str | None) -> DayBar | None:
    """A line of progress through a newsroom's days, for people at a terminal."""
    if newsroom is None or session.flags.quiet or not sys.stderr.isatty():
        return None
    from connectors.newsroom import library
    from console.cli.progress import DayBar

    articles = (library.load(Path(newsroom)) if newsroom else library.bundled()).articles
    return DayBar(session.home, articles[0].published, articles[-1].published) if articles else None


def _judge(session: Session) -> None:
    """What a newsroom's run found and missed."""
    from console.cli.verdict import verdict
    from pipelines.wiring.run import judgement_of

    judgement = judgement_of(session.home)
    if judgement is None:
        return
    if session.json:
        output.line(judgement)
    else:
        verdict(judgement, session.stores.alerts)


def _program(session: Session) -> list[str]:
    """How each process of the run is started: this command with the same settings."""
    # -P: what lies in the folder where somebody types the command must not be imported in our packages' place.
    program = [sys.executable, "-P", "-m", "console.cli"]
    if session.flags.config:
        program += ["--config", session.flags.config]
    if session.flags.verbose:
        program.append("--verbose")
    # The supervisor says what matters to people; its processes speak up only when something is wrong.
    return [*program, *(["--quiet"] if session.flags.quiet else [])]


def _one(process: Process, session: Session, newsroom: str | None, *, once: bool) -> int:
    """One process, until told to stop: by a signal, or by the end of standard input (its supervisor is gone)."""
    from pipelines.wiring.supervisor import stop_event

    session.configure_logging()
    body = _body(process, session, newsroom, once=once)
    body(stop_event(watch_stdin=True))
    return 0


def _body(process: Process, session: Session, newsroom: str | None, *, once: bool) -> Callable[[threading.Event], None]:
    home, settings = session.home, session.settings
    if process == "feeds":
        return lambda stop: _feeds(session, newsroom, stop, once=once)
    if process == "console":
        from console.api.server import serve

        return lambda stop: serve(home, settings, stop)
    from pipelines.wiring import processes

    loops = {
        "extract": processes.run_extract,
        "evaluator": processes.run_evaluator,
        "deliver": processes.run_deliver,
    }
    loop = loops[process]
    return lambda stop: loop(home, settings, stop)


def _feeds(session: Session, newsroom: str | None, stop: threading.Event, *, once: bool) -> None:
    from pipelines.wiring.feeds import run_feeds, run_newsroom
    from pipelines.wiring.processes import heartbeat

    beat = heartbeat(session.home, "feeds")
    if newsroom is None:
        run_feeds(session.home, session.settings, stop, once=once, beat=beat)
        return
    finished = run_newsroom(session.home, Path(newsroom) if newsroom else None, stop, beat=beat)
    if finished and not once:
        output.say("all samples are read; the pages stay until Ctrl-C")
        # Its story is told, but the run goes on serving pages: this process waits for the end with the others.
        stop.wait()
