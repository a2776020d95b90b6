"""`detente feeds`: what is read, what a feed or page would give, and how the feeds are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from console.cli import output
from console.cli.documents import read_bytes
from console.cli.session import Given, Session
from schemas.errors import ConfigError, DetenteError
from schemas.ports.clock import SystemClock

if TYPE_CHECKING:
    from connectors.feeds.page import PageText
    from connectors.net import HttpClient
    from schemas.ports.feeds import FeedBatch, FeedItem

_OK: Final = 200
_PROBLEMS: Final = 4
Inputs = Annotated[str, Parameter(allow_leading_hyphen=True)]


def list_feeds(*, session: Given) -> int:
    """The feeds that a run would read: those of the settings, else the bundled catalogue."""
    from pipelines.wiring.feeds import feeds_of

    feeds = feeds_of(session.settings)
    if session.json:
        output.lines(feeds)
    else:
        rows = [(f.name, f.publisher.country, f.language, f.every / 60, f.url) for f in feeds]
        output.table(("name", "country", "language", "minutes", "address"), rows, right=("minutes",))
    return 0


def check(*inputs: Inputs, session: Given) -> int:
    """A dry run: what these feeds would give, and what is wrong with them. Nothing is stored.

    Parameters
    ----------
    inputs
        Addresses, files, or - for standard input.
    """
    reader = _Reader(session, inputs)
    troubled = False
    for name in inputs:
        found = reader.feed(name)
        troubled = troubled or bool(found["problems"])
        if session.json:
            output.line(found)
        else:
            _print_feed(found)
    return _PROBLEMS if troubled else 0


def page(*inputs: Inputs, session: Given) -> int:
    """The article on each of these pages. Nothing is stored.

    Parameters
    ----------
    inputs
        Addresses, files, or - for standard input.
    """
    reader = _Reader(session, inputs)
    empty = False
    for name in inputs:
        found = reader.page(name)
        empty = empty or not found["text"]
        if session.json:
            output.line(found)
        else:
            _print_page(found)
    return _PROBLEMS if empty else 0


def health(*, session: Given) -> int:
    """When each feed answered last, how often it failed since, and why."""
    states = session.stores.feeds.states()
    if session.json:
        output.lines(states)
        return 0
    rows = [
        (state.feed_id, _when(state.answered), state.outcome, state.failures, _when(state.newest), state.problem)
        for state in states
    ]
    columns = ("feed", "answered", "outcome", "failures", "newest item", "problem")
    output.table(columns, rows, right=("failures",))
    return 0


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


class _Reader:
    """Reads feeds and pages from addresses and files for a dry run."""

    def __init__(self, session: Session, inputs: tuple[str, ...]) -> None:
        wrong = [name for name in inputs if name.startswith("-") and name != "-"]
        if wrong or not inputs:
            what = f"unknown option {wrong[0]}" if wrong else "nothing to check"
            raise ConfigError(f"{what}; write addresses, files, or - for standard input", "no_input")
        session.configure_logging(quiet=True)
        self._session = session
        self._client: HttpClient | None = None

    def feed(self, name: str) -> dict[str, Any]:
        """One line of `feeds check --json`."""
        try:
            body, headers, url, status = self._fetch(name)
        except ConfigError:
            raise
        except DetenteError as error:
            return _feed_line(name, "failed", problems=[_problem(error.code, error.message)])
        if status != _OK:
            problem = _problem(f"http_{status}", f"the server answered {status}")
            return _feed_line(name, "failed", problems=[problem])
        batch = self._parsed(body, headers, url)
        return _feed_line(
            name,
            "ok" if batch.outcome == "items" else batch.outcome,
            batch.format,
            batch.title,
            [_item(item) for item in batch.items],
            [_problem(problem.code, problem.message) for problem in batch.problems],
        )

    def page(self, name: str) -> dict[str, Any]:
        """One line of `feeds page --json`."""
        from connectors.feeds.page import PageText, extract_page

        try:
            body, headers, url, status = self._fetch(name)
        except ConfigError:
            raise
        except DetenteError as error:
            return _page_line(name, PageText(), [_problem(error.code, error.message)])
        if status != _OK:
            return _page_line(name, PageText(), [_problem(f"http_{status}", f"the server answered {status}")])
        found = extract_page(body, url, headers.get("content-type", ""))
        return _page_line(name, found, [_problem(problem.code, problem.message) for problem in found.problems])

    def _fetch(self, name: str) -> tuple[bytes, dict[str, str], str, int]:
        if not name.lower().startswith(("http://", "https://")):
            # A file has no address: what is relative in it stays so.
            return read_bytes(name), {}, "", _OK
        if self._client is None:
            from connectors.net import HttpClient

            self._client = HttpClient(allow_private=self._session.settings.allow_private_addresses)
        answer = self._client.get(name)
        return answer.body, answer.headers, answer.url, answer.status

    @staticmethod
    def _parsed(body: bytes, headers: dict[str, str], url: str) -> FeedBatch:
        from connectors.feeds.syndication import parse_feed
        from schemas.ports.feeds import FeedSettings
        from schemas.records import Publisher

        settings = FeedSettings(feed_id=url, url=url, publisher=Publisher(id="check", name="check"))
        return parse_feed(body, headers, url, settings, SystemClock().now())


def _problem(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}


def _feed_line(
    name: str,
    status: str,
    form: str = "",
    title: str = "",
    items: list[dict[str, Any]] | None = None,
    problems: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    return {
        "input": name,
        "status": status,
        "format": form,
        "title": title,
        "items": items or [],
        "problems": problems or [],
    }


def _item(item: FeedItem) -> dict[str, Any]:
    return {
        "id": item.guid or item.url,
        "url": item.url,
        "title": item.title,
        "published": item.published,
        "summary": item.summary or item.content,
    }


def _page_line(name: str, found: PageText, problems: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "input": name,
        "title": found.title,
        "text": found.text,
        "published": found.published,
        "authors": found.authors,
        "language": found.language,
        "canonical_url": found.canonical_url,
        "problems": problems,
    }


def _print_feed(found: dict[str, Any]) -> None:
    output.text(
        f"{found['input']}: {found['status']}  {found['format']}  {found['title']}  {len(found['items'])} items"
    )
    for item in found["items"]:
        output.text(f"  {_when(item['published'])}  {item['title']}  {item['url']}")
    for problem in found["problems"]:
        output.text(f"  ! {problem['code']}: {problem['message']}")


def _print_page(found: dict[str, Any]) -> None:
    output.text(found["title"])
    output.text(
        f"{_when(found['published'])}  {', '.join(found['authors'])}  {found['canonical_url'] or found['input']}"
    )
    output.text()
    output.text(found["text"])
    for problem in found["problems"]:
        output.text(f"! {problem['code']}: {problem['message']}")
    output.text()
