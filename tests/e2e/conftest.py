"""A small newsroom of our own, and the command as a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

OUTLETS = {
    "relay": {
        "id": "relay",
        "name": "Relay",
        "country": "JPN",
        "owner": "relay",
        "ownership": "private",
        "language": "en",
    },
    "courier": {
        "id": "courier",
        "name": "Courier",
        "country": "SGP",
        "owner": "courier",
        "ownership": "private",
        "language": "en",
    },
}
TALKS = "China and Japan held working-level talks in Beijing on {day}. The two sides exchanged views."
BAN = "China imposed a ban on all seafood from Japan on {day}. Beijing also suspended the defence hotline with Tokyo."


def row(number: int, day: datetime, text: str, outlet: str) -> dict[str, Any]:
    told = text.format(day=f"{day:%A}")
    return {
        "id": f"a{number}",
        "title": told.split(".", maxsplit=1)[0],
        "text": told,
        "published": day.strftime("%Y-%m-%dT10:00:00Z"),
        "url": f"https://{outlet}.example/{number}",
        "publisher": OUTLETS[outlet],
    }


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    """Ten weeks of talks between China and Japan, then a ban that two outlets tell."""
    folder = tmp_path / "newsroom"
    folder.mkdir()
    start = datetime(2022, 3, 1, tzinfo=UTC)
    rows = [row(n, start + timedelta(days=7 * n), TALKS, "relay") for n in range(10)]
    ban = start + timedelta(days=75)
    rows += [row(20, ban, BAN, "relay"), row(21, ban, f"{BAN} Officials in Tokyo protested.", "courier")]
    (folder / "articles.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (folder / "turns.csv").write_text(f"date,dyad,direction,label\n{ban:%Y-%m-%d},CHN-JPN,tension,Seafood ban\n")
    (folder / "quiet.csv").write_text("from,to,dyad,why\n2022-03-05,2022-04-30,CHN-JPN,Talks as usual\n")
    return folder


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def command() -> list[str]:
    return [sys.executable, "-m", "console.cli"]


@pytest.fixture
def environ() -> dict[str, str]:
    """This machine's own settings left out, the pages on a free port."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DETENTE_")}
    return kept | {"DETENTE_CONSOLE__BIND": "127.0.0.1:0"}
