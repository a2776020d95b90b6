"""What one invocation of the command knows: its global flags, and the settings and stores they lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from console.cli.flags import Flags

if TYPE_CHECKING:
    from pipelines.settings import Loaded, Settings
    from pipelines.wiring.home import Home
    from pipelines.wiring.stores import Stores


@dataclass
class Session:
    """Settings, data directory and stores, each opened when first asked for."""

    flags: Flags = field(default_factory=Flags)

    @property
    def json(self) -> bool:
        """Whether results are wanted as JSON."""
        return self.flags.json

    @cached_property
    def loaded(self) -> Loaded:
        """Settings with their origins. ConfigError says what is wrong with them."""
        from pipelines.settings import load

        flags = self.flags
        return load(data=Path(flags.data) if flags.data else None, config=Path(flags.config) if flags.config else None)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.loaded.settings

    @cached_property
    def home(self) -> Home:
        """The data directory, whether it exists or not."""
        from pipelines.wiring.home import Home

        return Home(self.loaded.data_dir.absolute())

    @cached_property
    def stores(self) -> Stores:
        """The stores of a data directory that holds something; ConfigError otherwise."""
        from pipelines.wiring.stores import Stores

        self.configure_logging(quiet=True)
        self.home.require()
        return Stores(self.home)

    def configure_logging(self, *, quiet: bool = False) -> None:
        """Structured logs on stderr; `quiet` is the default of verbs that only read."""
        from pipelines.telemetry import configure_logging

        configure_logging(verbose=self.flags.verbose, quiet=self.flags.quiet or (quiet and not self.flags.verbose))

    def close(self) -> None:
        """Close what was opened. Idempotent."""
        opened = self.__dict__.get("stores")
        if opened is not None:
            opened.close()


Given: TypeAlias = Annotated[Session, Parameter(parse=False)]
"""Type of a verb's `session` parameter: handed in by `app`, not typed by people."""
