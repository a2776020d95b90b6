"""Makes docs/cli.md out of the command itself: `python -m console.cli.reference` prints it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Final

from console.cli.app import build
from console.cli.verbs import GLOBAL_FLAGS, VERBS, Verb

if TYPE_CHECKING:
    from cyclopts.argument import Argument


_EXIT_CODES: Final = (
    "Exit codes: 0 done; 1 the work failed; 2 wrong usage or configuration; 3 a service could not be reached; "
    "4 done, and problems were found (`feeds check`, `feeds page`, `doctor`, `rules check`, `schema check`)."
)


def reference() -> str:
    """The whole page, as Markdown."""
    lines = ["# The `detente` command", "", "Made by `python -m console.cli.reference`; a test compares it.", ""]
    lines += ["| verb | what it does |", "|---|---|"]
    lines += [f"| [`{verb.path}`](#{_anchor(verb.path)}) | {verb.summary} |" for verb in VERBS]
    lines += ["", "Flags of every verb, before or after it:", ""]
    lines += [f"- `{flag}`: {meaning}" for flag, meaning in GLOBAL_FLAGS]
    lines += ["", _EXIT_CODES]
    for verb in VERBS:
        lines += ["", f"## {verb.path}", "", *_described(verb)]
    return "\n".join(lines) + "\n"


def _anchor(path: str) -> str:
    return path.replace(" ", "-")


def _described(verb: Verb) -> Iterator[str]:
    module, _, function = verb.target.partition(":")
    app = build(verb.path.split())
    for word in verb.path.split():
        app = app[word]
    text, meanings = _sections(inspect.getdoc(getattr(import_module(module), function)) or "")
    arguments = [a for a in app.assemble_argument_collection() if a.parse]
    yield f"`detente {' '.join([verb.path, *map(_usage, arguments)])}`"
    yield ""
    yield text
    for argument in arguments:
        name = argument.names[0]
        meaning = meanings.get(name.lstrip("-").replace("-", "_").lower(), "")
        choices = argument.get_choices()
        among = f" One of {', '.join(choices)}." if choices else ""
        yield f"- `{name}`: {meaning}{among}"


def _usage(argument: Argument) -> str:
    name = argument.names[0]
    if name.startswith("--"):
        return f"[{name}]" if argument.hint is bool else f"[{name} {name.lstrip('-').upper()}]"
    many = argument.field_info.kind is inspect.Parameter.VAR_POSITIONAL
    shown = f"{name}..." if many else name
    return shown if argument.required else f"[{shown}]"


def _sections(doc: str) -> tuple[str, dict[str, str]]:
    """Text and the meaning of each parameter of a docstring in the NumPy form."""
    text, _, table = doc.partition("Parameters\n----------\n")
    meanings: dict[str, str] = {}
    name = ""
    for line in table.splitlines():
        if line.startswith("    "):
            meanings[name] = f"{meanings[name]} {line.strip()}".strip()
        elif line.strip():
            name = line.strip()
            meanings[name] = ""
    return text.strip() + "\n", meanings


if __name__ == "__main__":
    sys.stdout.write(reference())
