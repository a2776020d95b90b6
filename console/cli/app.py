"""The entry point: global flags, the verb, and every failure mapped to an exit code with one sentence on stderr.

Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 a service could not be reached; 4 done, and problems
were found. A supervised process that cannot start for its configuration ends with EX_CONFIG, so that it is not
restarted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from console.cli.flags import Flags, split
from console.cli.verbs import GROUPS, VERBS, Verb, overview
from schemas.errors import ConfigError, DetenteError, UnreachableError

if TYPE_CHECKING:
    from cyclopts import App


DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
PROBLEMS: Final = 4
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Results go to stdout, everything else to stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        flags, rest = split(words)
        if not rest or rest[0] in {"--help", "-h", "help"}:
            print(overview())
            return DONE if rest else USAGE
        if rest[0] == "--version":
            print(version())
            return DONE
        code = _dispatch(flags, rest)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`): nothing more to say, and the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except DetenteError as error:
        return _told(error, supervised="--only" in words)
    return code


def _told(error: DetenteError, *, supervised: bool) -> int:
    print(f"detente: {error.message}", file=sys.stderr)
    if isinstance(error, ConfigError):
        return os.EX_CONFIG if supervised else USAGE
    return UNREACHABLE if isinstance(error, UnreachableError) else FAILED


def _dispatch(flags: Flags, words: list[str]) -> int:
    from cyclopts import CycloptsError

    from console.cli.session import Session

    session = Session(flags)
    try:
        command, bound, ignored = build(words).parse_args(
            _optional_values(words), print_error=False, exit_on_error=False
        )
    except CycloptsError as error:
        error.verbose = False
        print(f"detente: {str(error).strip()} (see `detente {_asked(words)}--help`)", file=sys.stderr)
        return USAGE
    try:
        return _code(command(*bound.args, **bound.kwargs, **dict.fromkeys(ignored, session)))
    finally:
        session.close()


def _code(result: object) -> int:
    return result if isinstance(result, int) else DONE


def _asked(words: Sequence[str]) -> str:
    """The verb's own words, as far as they are known."""
    paths = {verb.path for verb in VERBS} | set(GROUPS)
    known = [" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in paths]
    return f"{known[0]} " if known else ""


def _optional_values(words: Sequence[str]) -> list[str]:
    """`--newsroom` without a folder means the bundled one: written out, so that it takes no other word as value."""
    rewritten: list[str] = []
    for at, word in enumerate(words):
        bare = word == "--newsroom" and (at + 1 == len(words) or words[at + 1].startswith("-"))
        rewritten.append("--newsroom=" if bare else word)
    return rewritten


def build(words: Sequence[str] = ()) -> App:
    """The cyclopts application with every verb, each imported only when it is the one that is called."""
    from cyclopts import App, Parameter

    # Defaults that matter are told in words; `[default: ""]` behind every flag would only be noise.
    quiet = Parameter(show_default=False)
    app = App(name="detente", version=version, help_formatter="plain", default_parameter=quiet)
    groups = {name: App(name=name, help=summary) for name, summary in GROUPS.items()}
    for verb in VERBS:
        parent = groups.get(verb.group, app)
        parent.command(verb.target, name=verb.name, help=_help_of(verb, words))
    for group in groups.values():
        app.command(group)
    return app


def _help_of(verb: Verb, words: Sequence[str]) -> str | None:
    """The summary in lists of verbs; the function's own docstring where this verb itself is asked about."""
    return None if " ".join(words).startswith(verb.path) else verb.summary


def version() -> str:
    """The installed release."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("detente")
    except PackageNotFoundError:
        return "0 (not installed)"
