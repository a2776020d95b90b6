"""What a run may do to a data directory that another run is using: nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from connectors.local.run_lock import RunLock
from pipelines.settings import Settings
from pipelines.wiring.home import Home, Stamp
from pipelines.wiring.run import Plan, Run
from pipelines.wiring.stores import Stores
from schemas.errors import DuplicateRunError


def test_a_refused_run_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    home.prepare(Stamp(kind="newsroom", newsroom="another", folder="elsewhere"))
    Stores(home).close()
    before = {path.name: path.stat().st_ino for path in home.path.iterdir()}
    said: list[str] = []
    with RunLock(home.lock_file):
        before["run.lock"] = home.lock_file.stat().st_ino
        plan = Plan(home, Settings(), ["false"], newsroom="", processes=(), on_say=said.append)
        with pytest.raises(DuplicateRunError):
            Run(plan).execute(threading.Event())
    assert {path.name: path.stat().st_ino for path in home.path.iterdir()} == before
    assert said == []
    assert home.stamp == Stamp(kind="newsroom", newsroom="another", folder="elsewhere")
