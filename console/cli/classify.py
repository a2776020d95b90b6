"""`detente classify`: what happens between two actors whose words in the text are given."""

from __future__ import annotations

from typing import Annotated

import msgspec
from cyclopts import Parameter

from console.cli import output
from console.cli.documents import Refused, read_bytes, refuse
from console.cli.session import Given


class Pair(msgspec.Struct, kw_only=True):
    """One line of input: `source` and `target` are the actors' words as they stand in `text`."""

    id: str | int
    text: str
    source: str
    target: str


def classify(file: Annotated[str, Parameter(allow_leading_hyphen=True)], /, *, session: Given) -> int:
    """Type, mode, quadrant, factuality, polarity and confidence of each line; type null where nothing happens.

    Parameters
    ----------
    file
        jsonl of {"id","text","source","target"}; - reads standard input.
    """
    from pipelines.extract.coder import Coder

    session.configure_logging(quiet=True)
    coder = Coder.load()
    failures = 0
    for number, raw in enumerate(read_bytes(file).splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            pair = msgspec.json.decode(raw, type=Pair)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            refuse(Refused(message=f"{file}, line {number}: {error}"))
            failures += 1
            continue
        found = coder.classify(pair.text, pair.source, pair.target)
        output.line(
            {
                "id": pair.id,
                "type": found.type,
                "mode": found.mode,
                "quad": found.quad,
                "factuality": found.factuality,
                "polarity": found.polarity,
                "confidence": found.confidence,
            }
        )
    return 1 if failures else 0
