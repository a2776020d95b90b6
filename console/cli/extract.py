"""`detente extract`: signals of articles that are handed in; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from console.cli import output
from console.cli.documents import Document, Format, Refused, documents, refuse
from console.cli.documents import Given as About
from console.cli.session import Given
from schemas.errors import ConfigError
from schemas.fingerprint import fingerprint

if TYPE_CHECKING:
    from pipelines.extract.coder import Extraction
    from schemas.records import Signal


def extract(
    *files: Annotated[str, Parameter(allow_leading_hyphen=True)],
    format: Format = "auto",  # noqa: A002  the flag's name
    published: str = "",
    language: str = "",
    scope: Literal["northeast-asia", "all"] = "northeast-asia",
    explain: Annotated[bool, Parameter(negative="")] = False,
    session: Given,
) -> int:
    """Signals of the given articles on stdout, one signal/1 a line, in text order.

    Parameters
    ----------
    files
        Files of one article each, or jsonl files of many ({"id","text"} and optionally title, url, published,
        language, publisher; each signal then carries the id as input_id); - reads standard input.
    format
        auto (the default) goes by the file's ending, then by its content.
    published
        Day of publication; dates such as "on Friday" are read from it.
    language
        Language of the article, where it is known.
    scope
        all keeps pairs of other states too.
    explain
        Say on stderr what was seen and not coded, and why.
    """
    from pipelines.extract.coder import Coder
    from schemas.ports.clock import SystemClock

    names = _checked(files)
    session.configure_logging(quiet=True)
    about = About(published=published, language=language, now=SystemClock().now())
    coder = Coder.load()
    failures = undated = 0
    for document in _all(names, format, about):
        if isinstance(document, Refused):
            refuse(document)
            failures += 1
            continue
        undated += not document.dated
        extraction = coder.extract(_fingerprinted(document), scope=scope)
        output.lines(_out(signal, document) for signal in extraction.signals)
        if explain:
            _explain(extraction)
    if undated and not session.flags.quiet:
        output.say(f"{undated} of the inputs carry no date and were read as of today; add --published 2023-08-24")
    return 1 if failures else 0


def _checked(files: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [name for name in files if name.startswith("-") and name != "-"]
    if wrong:
        raise ConfigError(f"unknown option {wrong[0]}; `detente extract --help` lists them", "unknown_option")
    if not files:
        raise ConfigError("name a file to extract from, or - for standard input", "no_file")
    return files


def _all(names: tuple[str, ...], form: Format, about: About) -> Iterator[Document | Refused]:
    for name in names:
        yield from documents(name, form, about)


def _fingerprinted(document: Document) -> Any:
    article = document.article
    return msgspec.structs.replace(article, fingerprint=fingerprint(article.text))


def _out(signal: Signal, document: Document) -> Any:
    """The signal as it is outside a pipeline: no position, no time at which a pipeline saw it."""
    bare = msgspec.structs.replace(
        signal,
        article_position=None,
        first_seen=None,
        status_since=None,
        published=signal.published if document.dated else None,
    )
    return bare if document.input_id is None else output.with_fields(bare, input_id=document.input_id)


def _explain(extraction: Extraction) -> None:
    output.say(f"outcome: {extraction.outcome}, {len(extraction.signals)} signals")
    for thrown in extraction.discarded:
        output.say(f"not coded ({thrown.rule}): {thrown.why}: {' '.join(thrown.sentence.split())}")
