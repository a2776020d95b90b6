"""`detente schema`: the records' schemas, and whether a file's lines are such records."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from cyclopts import Parameter

from console.cli import output
from console.cli.documents import read_bytes
from console.cli.session import Given
from schemas.codec import STAMPS, decode_any, stamp_of
from schemas.errors import ConfigError, QuarantinedError

_PROBLEMS: Final = 4


def list_schemas(*, session: Given) -> int:
    """The records that this release reads and writes."""
    rows = [(stamp, (record.__doc__ or "").strip().partition("\n")[0]) for stamp, record in STAMPS.items()]
    if session.json:
        output.lines({"schema": stamp, "doc": doc} for stamp, doc in rows)
    else:
        output.table(("schema", "what it is"), rows)
    return 0


def show(name: str, /) -> int:
    """JSON Schema of one record.

    Parameters
    ----------
    name
        Such as signal/1, or signal.
    """
    known = {stamp: record for stamp, record in STAMPS.items() if name in {stamp, stamp.partition("/")[0]}}
    if not known:
        raise ConfigError(f"no schema {name!r}; known: {', '.join(STAMPS)}", "unknown_schema")
    output.line(msgspec.json.schema(next(iter(known.values()))))
    return 0


def check(*files: Annotated[str, Parameter(allow_leading_hyphen=True)], session: Given) -> int:
    """Whether each line is a record that this release reads; exit code 4 where one is not.

    Parameters
    ----------
    files
        Files of JSON Lines, or - for standard input.
    """
    if not files:
        raise ConfigError("name a file of JSON Lines, or - for standard input", "no_file")
    good = bad = 0
    for name in files:
        for number, raw in enumerate(read_bytes(name).splitlines(), start=1):
            if not raw.strip():
                continue
            try:
                stamp = stamp_of(decode_any(raw))
            except QuarantinedError as error:
                bad += 1
                _tell(session, name, number, error)
                continue
            good += 1
            if session.json:
                output.line({"input": name, "line": number, "ok": True, "schema": stamp})
    output.say(f"{good} good, {bad} bad")
    return _PROBLEMS if bad else 0


def _tell(session: Given, name: str, number: int, error: QuarantinedError) -> None:
    if session.json:
        found = {"input": name, "line": number, "ok": False, "code": error.code, "message": error.message}
        output.line(found)
    else:
        output.text(f"{name}:{number}: {error.code}: {error.message}")
