"""A data directory: its files, what it holds (real news or a newsroom's), and the clock that goes with it.

Promises: real and simulated news never mix. A directory is stamped with what it holds; a run of another kind on
sample data starts afresh and says so, and on real data is refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from connectors.local.simulated_clock import SimulatedClock
from connectors.log.embedded import EmbeddedLog
from schemas.errors import ConfigError
from schemas.ports.clock import Clock, SystemClock
from schemas.ports.log import EventLog


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What a data directory holds: `live`, or the newsroom with this content hash, read from this folder."""

    kind: str = "live"
    newsroom: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one data directory. Equal by value, so that factories made of it are cached once a process."""

    path: Path

    @property
    def log_file(self) -> Path:
        """Topics, feed state, alerts, actions, deliveries, clock."""
        return self.path / "detente.db"

    @property
    def index_file(self) -> Path:
        """Signals, articles, relations."""
        return self.path / "index.db"

    @property
    def state_file(self) -> Path:
        """The evaluator's own store."""
        return self.path / "evaluator.db"

    @property
    def lock_file(self) -> Path:
        """Held by the one `run` of this directory."""
        return self.path / "run.lock"

    @property
    def metrics(self) -> Path:
        """A text file of counters a process."""
        return self.path / "metrics"

    @property
    def console_file(self) -> Path:
        """Address of the running console."""
        return self.path / "console.url"

    @property
    def stamp(self) -> Stamp | None:
        """What the directory holds; None when it is new."""
        try:
            return msgspec.json.decode((self.path / "stamp.json").read_bytes(), type=Stamp)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise ConfigError(f"{self.path / 'stamp.json'} cannot be read: {error}", "bad_stamp") from error

    def make(self) -> None:
        """The directory itself. ConfigError where it cannot be made."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"data directory {self.path} cannot be made: {error.strerror}; name another with --data", "no_data_dir"
            ) from error

    def prepare(self, stamp: Stamp) -> str:
        """Make the directory hold what the stamp says. Returns a sentence where something was started afresh."""
        self.make()
        held = self.stamp
        said = ""
        if held is None and self.log_file.exists():
            held = Stamp()
        if held is not None and (held.kind, held.newsroom) != (stamp.kind, stamp.newsroom):
            if held.kind == "live":
                raise ConfigError(
                    f"{self.path} holds real news; a newsroom needs a directory of its own: add --data DIR", "live_data"
                )
            self._forget()
            said = f"{self.path} held the samples of another newsroom; they were removed"
        scratch = self.path / ".stamp.json"
        scratch.write_bytes(msgspec.json.encode(stamp))
        scratch.replace(self.path / "stamp.json")
        return said

    def require(self) -> None:
        """ConfigError where nothing has run yet, so that a reading verb says so instead of showing nothing."""
        if not self.log_file.exists():
            raise ConfigError(
                f"no data in {self.path} yet; start with `detente run --newsroom`, or name another with --data",
                "no_data",
            )

    @property
    def simulated(self) -> bool:
        """Whether time is a newsroom's."""
        stamp = self.stamp
        return stamp is not None and stamp.kind == "newsroom"

    @property
    def durable(self) -> bool:
        """Whether a commit must survive the loss of power too. Samples can be made again; a killed process loses
        nothing either way.
        """
        return not self.simulated

    def clock(self, log: EmbeddedLog) -> Clock:
        """The machine's clock, or the newsroom's simulated one."""
        return SimulatedClock(log.database) if self.simulated else SystemClock()

    def _forget(self) -> None:
        for file in (self.log_file, self.index_file, self.state_file):
            for name in self._with_companions(file):
                name.unlink(missing_ok=True)
        shutil.rmtree(self.metrics, ignore_errors=True)

    @staticmethod
    def _with_companions(file: Path) -> Sequence[Path]:
        return [file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")]


def drained(log: EventLog, groups: Mapping[str, Sequence[str]]) -> bool:
    """Whether each group has read all that its topics hold."""
    for group, names in groups.items():
        for topic in names:
            done = log.committed(group, topic)
            if any(done.get(partition, 0) < end for partition, end in log.end_offsets(topic).items()):
                return False
    return True
