"""Where artifacts, data and logs lie, and how an artifact gets there exactly once."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

LONGEST_FETCH: Final = 900.0
"""Seconds within which Maven must have fetched and built an artifact."""


class MissingError(Exception):
    """Something that the testbed needs of the machine is not there; the message says what and how to get it."""


def folder() -> Path:
    """`$DETENTE_TESTBED`, else a cache that every user may read: Elasticsearch does not run as root."""
    given = os.environ.get("DETENTE_TESTBED")
    if given:
        chosen = Path(given)
    elif os.geteuid() == 0:
        chosen = Path("/var/cache/detente-testbed")
    else:
        chosen = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "detente-testbed"
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen.resolve()


def run_folder(name: str) -> Path:
    """Data, logs and process ids of one server."""
    made = folder() / "run" / name
    made.mkdir(parents=True, exist_ok=True)
    return made


def artifact(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, filled by `make` if it is not there. Two processes do not fill it at once; a folder
    gets its name only when it is complete.
    """
    place = folder() / name
    with _locked():
        if not place.is_dir():
            part = place.with_name(f"{name}.part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            make(part)
            for path in (part, *part.rglob("*")):
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            part.rename(place)
    return place


def maven(project: Path, *goals: str) -> None:
    """Run Maven on a `pom.xml` with a repository of its own. MissingError without Maven or without its index."""
    command = ["mvn", "-q", "-B", "-Dstyle.color=never", f"-Dmaven.repo.local={repository()}", "-f", str(project)]
    run([*command, *goals], f"Maven could not resolve {project.parent.name}")


def repository() -> Path:
    """Maven's own cache; it may be deleted once everything is resolved."""
    return folder() / "m2"


def run(command: list[str], failure: str) -> None:
    """Run to its end. MissingError with the end of what it said where it is not there or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - commands of this package
            command, check=False, capture_output=True, text=True, timeout=LONGEST_FETCH
        )
    except FileNotFoundError as error:
        raise MissingError(f"{failure}: {command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"{failure}: {command[0]} took more than {LONGEST_FETCH:.0f} s") from error
    if done.returncode:
        raise MissingError(f"{failure}: {(done.stdout + done.stderr).strip()[-2000:]}")


def java_home(oldest: int) -> Path:
    """A full JDK of at least this version: `$JAVA_HOME`, else one beside the `java` on the path."""
    java = shutil.which("java")
    named = (os.environ.get(name) for name in ("DETENTE_TESTBED_JAVA_HOME", "JAVA_HOME"))
    candidates = [Path(name) for name in named if name]
    if java:
        own = Path(java).resolve().parents[1]
        candidates += [own, *sorted(own.parent.iterdir())]
    for home in candidates:
        if _java_version(home) >= oldest and (home / "bin" / "javac").exists():
            return home
    raise MissingError(f"no JDK of {oldest} or newer: install one, or name it in DETENTE_TESTBED_JAVA_HOME")


def _java_version(home: Path) -> int:
    try:
        lines = (home / "release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    for line in lines:
        if line.startswith("JAVA_VERSION="):
            first = line.split("=", 1)[1].strip('"').split(".")[0]
            return int(first) if first.isdigit() else 0
    return 0


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    with (folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
