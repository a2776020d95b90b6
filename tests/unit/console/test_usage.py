"""Wrong usage and wrong settings: exit code 2, one sentence on stderr, nothing on stdout, no traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.cli.flags import Flags, split
from console.cli.verbs import VERBS
from schemas.errors import ConfigError
from tests.unit.console.conftest import Detente, Sample


@pytest.mark.parametrize(
    "arguments,says",
    [
        (["nonsense"], "nonsense"),
        (["search", "--bogus"], "--bogus"),
        (["search", "--limit", "many"], "many"),
        (["relations", "XXX-YYY"], "none of the 28 pairs"),
        (["relations", "CHN-CHN"], "none of the 28 pairs"),
        (["relations", "CHN-JPN", "--since", "yesterday"], "--since"),
        (["relations", "CHN-JPN", "--since", "2023-02-30"], "2023-02-30"),
        (["relations", "CHN-JPN", "--since", "2024-01-01", "--until", "2023-01-01"], "lies after"),
        (["relations", "--events"], "needs a pair"),
        (["relations", "CHN-JPN", "--events", "--changes"], "two questions"),
        (["search", "--type", "QUARREL"], "QUARREL"),
        (["search", "foo:bar"], "foo"),
        (["search", "(talks"], "missing )"),
        (["search", "--cursor", "made-up"], "cursor"),
        (["extract"], "name a file"),
        (["extract", "/does/not/exist"], "No such file"),
        (["extract", "--frmat", "text"], "--frmat"),
        (["classify"], "FILE"),
        (["feeds", "check"], "nothing to check"),
        (["alerts", "rate", "a1b2c3d4e5f6", "splendid"], "splendid"),
        (["alerts", "comment", "a1b2c3d4e5f6", " "], "empty comment"),
        (["schema", "show", "letter"], "letter"),
        (["run", "--only", "cooking"], "cooking"),
        (["search", "--data"], "--data needs a value"),
        (["segment", "/does/not/exist.csv"], "No such file"),
    ],
)
def test_wrong_usage(detente: Detente, sample: Sample, arguments: list[str], says: str) -> None:
    given = arguments if arguments[-1] == "--data" else [*arguments, "--data", sample.path]
    ran = detente(*given)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_nothing_has_run_yet(detente: Detente, tmp_path: Path) -> None:
    ran = detente("search", "talks", "--data", str(tmp_path / "none"))
    assert ran.code == 2
    assert "detente run --newsroom" in ran.err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "toml,says",
    [
        ("tick_second = 3", "tick_seconds"),
        ("[console]\nbind = 3", "console.bind"),
        ("tick_seconds = [", "not TOML"),
        ('[channels.w]\nkind = "webhook"\nsecret = "whsec_plain"', "env:NAME"),
    ],
)
def test_wrong_settings_name_key_origin_and_remedy(detente: Detente, tmp_path: Path, toml: str, says: str) -> None:
    file = tmp_path / "detente.toml"
    file.write_text(toml)
    ran = detente("config", "show", "--config", str(file), "--data", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert "detente.toml" in ran.err


def test_wrong_settings_end_a_supervised_process_for_good(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "detente.toml"
    file.write_text("tick_second = 3")
    assert detente("run", "--only", "deliver", "--config", str(file)).code == os.EX_CONFIG


def test_missing_settings_file(detente: Detente, tmp_path: Path) -> None:
    ran = detente("--config", str(tmp_path / "no.toml"), "config", "show")
    assert ran.code == 2
    assert "does not exist" in ran.err


@pytest.mark.parametrize(
    "arguments,flags,rest",
    [
        (["search", "x"], Flags(), ["search", "x"]),
        (["--json", "search", "x"], Flags(json=True), ["search", "x"]),
        (["search", "--data", "D", "x", "--json"], Flags(data="D", json=True), ["search", "x"]),
        (["--data=D", "--config=C", "a", "--quiet", "--verbose"], Flags("D", "C", quiet=True, verbose=True), ["a"]),
        (["search", "--", "--json"], Flags(), ["search", "--", "--json"]),
    ],
)
def test_global_flags_stand_anywhere(arguments: list[str], flags: Flags, rest: list[str]) -> None:
    assert split(arguments) == (flags, rest)


def test_a_flag_without_its_value() -> None:
    with pytest.raises(ConfigError, match="--config"):
        split(["search", "--config"])


def test_help_and_version(detente: Detente) -> None:
    ran = detente("--help")
    assert ran.code == 0
    for verb in VERBS:
        assert verb.path in ran.out
    assert detente().code == 2
    assert detente("--version").out.strip()


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.path)
def test_every_verb_explains_itself(detente: Detente, verb: object) -> None:
    ran = detente(*verb.path.split(), "--help")  # type: ignore[attr-defined]
    assert ran.code == 0
    assert ran.out.startswith("Usage: detente")
    assert "session" not in ran.out.lower()


def test_help_starts_fast() -> None:
    took = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "console.cli", "--help"], check=True, capture_output=True)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.3


def test_a_reader_that_went_away_is_no_error(sample: Sample) -> None:
    command = f"{sys.executable} -m console.cli schema show signal --data {sample.path} | true; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "0"
    assert ran.stderr == ""


def test_ctrl_c_is_no_traceback(detente: Detente, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.StringIO):
        @property
        def buffer(self) -> io.BytesIO:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Interrupted())
    ran = detente("extract", "-")
    assert ran.code == 130
    assert "Traceback" not in ran.err
