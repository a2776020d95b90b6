"""`detente bench`: how fast this machine extracts and searches."""

from __future__ import annotations

import time
from typing import Any, Literal

from console.cli import output
from console.cli.session import Given, Session


def bench(name: Literal["", "extract", "search"] = "", /, *, session: Given) -> int:
    """Measure this machine: articles extracted a second, and the time of a search in the data directory.

    Parameters
    ----------
    name
        Only this measurement.
    """
    results = []
    if name in {"", "extract"}:
        results.append(_extract())
    if name == "search" or (not name and session.home.log_file.exists()):
        results.append(_search(session))
    if session.json:
        output.lines(results)
    else:
        for result in results:
            output.text("  ".join(f"{key} {value}" for key, value in result.items()))
    return 0


def _extract(count: int = 200) -> dict[str, Any]:
    """One thread over articles of the bundled newsroom; loading the model is not counted."""
    from connectors.newsroom.library import bundled
    from pipelines.extract.coder import Coder
    from schemas.records import Article

    articles = [
        Article(
            article_id=row.id, title=row.title, text=row.text, published=row.published, first_seen=row.published,
            version_seen=row.published, publisher=row.publisher, language="en",
        )
        for row in bundled().articles[:count]
    ]  # fmt: skip
    coder = Coder.load()
    coder.extract(articles[0])
    start = time.perf_counter()
    signals = sum(len(coder.extract(article).signals) for article in articles)
    seconds = time.perf_counter() - start
    words = sum(len(article.text.split()) for article in articles)
    return {
        "name": "extract",
        "articles": len(articles),
        "words": words,
        "signals": signals,
        "articles_per_second": round(len(articles) / seconds, 1),
        "words_per_second": round(words / seconds),
    }


def _search(session: Session, rounds: int = 50) -> dict[str, Any]:
    """The same searches again and again, each a page of 20 with its total."""
    from schemas.query_fields import active
    from schemas.query_syntax import parse

    queries = [active(parse(text)) for text in ("hotline", "type:SANCTION", "dyad:CHN-JPN talks", '"joint drills"')]
    index = session.stores.index
    took = []
    for at in range(rounds):
        start = time.perf_counter()
        index.search(queries[at % len(queries)])
        took.append(time.perf_counter() - start)
    took.sort()
    milliseconds = {"p50_ms": took[len(took) // 2], "p95_ms": took[int(len(took) * 0.95)]}
    return {"name": "search", "searches": rounds} | {key: round(1000 * value, 2) for key, value in milliseconds.items()}
