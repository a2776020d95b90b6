"""`detente config`: the settings, where each came from, and their schema."""

from __future__ import annotations

from typing import Any

import msgspec

from console.cli import output
from console.cli.session import Given


def show(*, session: Given) -> int:
    """The settings in force, as TOML (or JSON); secrets are shown as the references that they are."""
    built = msgspec.to_builtins(session.settings) | {"data_dir": str(session.loaded.data_dir)}
    if session.json:
        output.line(built)
        return 0
    import tomlkit

    output.text(tomlkit.dumps(built).rstrip())
    return 0


def explain(*, session: Given) -> int:
    """Each setting with its value and where it came from: file, environment, flag or default."""
    from pipelines.settings import flatten

    loaded = session.loaded
    flat: dict[str, Any] = flatten(loaded.settings)
    rows = [(key, value, _origin(key, loaded.origins)) for key, value in flat.items()]
    if session.json:
        output.lines({"key": key, "value": value, "origin": origin} for key, value, origin in rows)
        return 0
    shown = [(key, msgspec.json.encode(value).decode(), origin) for key, value, origin in rows]
    output.table(("key", "value", "origin"), shown)
    output.say(f"data directory: {loaded.data_dir}")
    return 0


def schema() -> int:
    """JSON Schema of the settings file."""
    from pipelines.settings import Settings

    output.line(msgspec.json.schema(Settings))
    return 0


def _origin(key: str, origins: dict[str, str]) -> str:
    """A table's origin is that of what was set inside it."""
    if key in origins:
        return origins[key]
    inside = sorted({origin for name, origin in origins.items() if name.startswith(f"{key}.")})
    return ", ".join(inside) or "default"
