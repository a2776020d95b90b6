"""Global flags, accepted anywhere on the command line before `--`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schemas.errors import ConfigError

_SWITCHES: Final = ("json", "quiet", "verbose")
_VALUES: Final = ("data", "config")


@dataclass(frozen=True, slots=True)
class Flags:
    """Values of the global flags; "" where one was not given."""

    data: str = ""
    config: str = ""
    json: bool = False
    quiet: bool = False
    verbose: bool = False


def split(arguments: Sequence[str]) -> tuple[Flags, list[str]]:
    """The global flags, and the arguments without them. ConfigError where a value is missing."""
    found: dict[str, str] = {}
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        key = name.removeprefix("--") if name.startswith("--") else ""
        if word == "--":
            rest += [word, *words]
        elif key in _SWITCHES and not equals:
            found[key] = "yes"
        elif key in _VALUES:
            found[key] = value if equals else next(words, "")
            if not found[key]:
                raise ConfigError(f"{name} needs a value: write {name} PATH", "no_value")
        else:
            rest.append(word)
    return Flags(
        data=found.get("data", ""),
        config=found.get("config", ""),
        json="json" in found,
        quiet="quiet" in found,
        verbose="verbose" in found,
    ), rest
