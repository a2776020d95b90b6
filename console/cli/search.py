"""`detente search`: signals by words and fields."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter

from console.cli import dates, output
from console.cli.session import Given
from schemas.query import And, Query, Range, Term

if TYPE_CHECKING:
    from schemas.ports.index import Hit

COLUMNS: Final = ("published", "who", "whom", "type", "factuality", "quote", "publisher", "url", "signal")


def search(
    *query: str,
    source: str = "",
    target: str = "",
    dyad: str = "",
    type: str = "",  # noqa: A002  the flag's name
    factuality: str = "",
    track: str = "",
    language: str = "",
    publisher: str = "",
    since: str = "",
    until: str = "",
    limit: int = 20,
    cursor: str = "",
    sort: Literal["newest", "rank"] = "newest",
    csv: Annotated[bool, Parameter(negative="")] = False,
    markdown: Annotated[bool, Parameter(negative="")] = False,
    session: Given,
) -> int:
    """Signals that match words of the quote and fields, newest first or by rank.

    QUERY takes words, "phrases", field:value, ranges (day:[2023-01-01 TO 2023-02-01]), AND, OR, NOT and parentheses.
    Retracted signals are left out unless the query asks for status:retracted.

    Parameters
    ----------
    query
        What to look for; everything where it is left out.
    source
        Code of the actor, such as CHN; a reciprocal act counts for both sides.
    target
        Code of the actor acted upon.
    dyad
        A pair such as CHN-JPN, in either order.
    type
        Event type, such as SANCTION.
    factuality
        fact, scheduled, intended, requested, conditional, denied, historic or opinion.
    track
        Track of diplomacy.
    language
        Language of the article.
    publisher
        Id of the publisher.
    since
        First day of publication.
    until
        Last day of publication.
    limit
        Most signals to print (20).
    cursor
        Continue after the page that printed this cursor.
    sort
        newest (the default) or rank.
    csv
        As CSV.
    markdown
        As a Markdown table.
    """
    from schemas.query_fields import active, check
    from schemas.query_syntax import parse

    parts: list[Query] = [parse(" ".join(query))]
    parts += _terms(
        source=source.upper(),
        target=target.upper(),
        dyad=dates.dyad(dyad, "--dyad") if dyad else "",
        type=type.upper(),
        factuality=factuality.lower(),
        track=track,
        language=language,
        publisher=publisher,
    )
    parts += _published(since, until)
    wanted = active(And(tuple(parts)))
    check(wanted)
    page = session.stores.index.search(wanted, sort=sort, limit=limit, cursor=cursor)
    if session.json:
        output.lines(output.with_fields(hit.signal, rejected=hit.rejected) for hit in page.items)
    elif csv:
        output.as_csv(COLUMNS, map(row, page.items))
    elif markdown:
        output.as_markdown(COLUMNS, map(row, page.items))
    else:
        for hit in page.items:
            _print(hit)
    _rest(page.total, len(page.items), page.cursor)
    return 0


def _terms(**fields: str) -> list[Query]:
    return [Term(name, value) for name, value in fields.items() if value]


def _published(since: str, until: str) -> list[Query]:
    first, last = dates.day(since, "--since"), dates.last_day(until, "--until")
    if first is None and last is None:
        return []
    return [
        Range(
            "published",
            gte=dates.midnight(first) if first else None,
            lt=dates.midnight(last + timedelta(days=1)) if last else None,
        )
    ]


def row(hit: Hit) -> tuple[object, ...]:
    """The cells of a signal in CSV and Markdown."""
    signal = hit.signal
    return (
        f"{signal.published:%Y-%m-%d}" if signal.published else "",
        signal.source.code,
        signal.target.code if signal.target else "",
        signal.type + (f":{signal.mode}" if signal.mode else ""),
        signal.factuality + (" (rejected)" if hit.rejected else ""),
        signal.evidence.quote,
        signal.publisher.name if signal.publisher else "",
        signal.url,
        signal.signal_id,
    )


def _print(hit: Hit) -> None:
    signal = hit.signal
    arrow = "↔" if signal.reciprocal else "→"
    whom = f" {arrow} {signal.target.code}" if signal.target else ""
    kind = signal.type + (f":{signal.mode}" if signal.mode else "")
    marks = "".join(f"  [{mark}]" for mark in marks_of(hit))
    published = f"{signal.published:%Y-%m-%d}" if signal.published else "          "
    output.text(f"{published}  {signal.source.code}{whom}  {kind}  {signal.factuality}{marks}")
    output.text(f"            “{' '.join(signal.evidence.quote.split())}”")
    printed = signal.publisher.name if signal.publisher else ""
    output.text(f"            {printed}  {signal.url}")
    output.text(f"            {signal.signal_id}")


def marks_of(hit: Hit) -> list[str]:
    """What a reader must know of the signal's standing."""
    marks = ["rejected"] if hit.rejected else []
    return marks if hit.signal.status == "active" else [*marks, hit.signal.status]


def _rest(total: int, shown: int, cursor: str) -> None:
    if cursor:
        output.say(f"{shown} of {total} signals; the next ones: add --cursor {shlex.quote(cursor)}")
    elif not shown:
        output.say("no signal matches")
