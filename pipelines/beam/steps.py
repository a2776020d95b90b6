"""The steps of the graph as plain functions, one record in, one result out; tables of cases test them without Beam."""

from __future__ import annotations

import ast
import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import msgspec

from pipelines.extract.coder import CODER_RELEASE, Extraction
from schemas.codec import decode
from schemas.errors import QuarantinedError
from schemas.fingerprint import fingerprint
from schemas.identity import deadletter_id, signal_revision
from schemas.ports.index import Replacement
from schemas.ports.log import StoredRecord
from schemas.records import Article, DeadLetter, Original, Position, Signal

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_MOST_VERSIONS = 1_000_000
"""A signal's revision is the version times a million: it must stay a 64-bit number in every index."""


class ArticleCoder(Protocol):
    """What the graph needs of extraction."""

    def extract(self, article: Article) -> Extraction:
        """Signals of one article."""
        ...


@dataclass(frozen=True, slots=True)
class Decoded:
    """An article and where it stands in the log."""

    article: Article
    position: Position


@dataclass(frozen=True, slots=True)
class Coded:
    """What extraction made of one version of one article: all that the writers need."""

    article: Article
    position: Position
    revision: int
    signals: tuple[Signal, ...]
    outcome: str


def decode_article(record: StoredRecord) -> Decoded:
    """Read and validate. QuarantinedError for what is no article/1."""
    article = decode(record.value, Article)
    for name in ("published", "first_seen", "version_seen"):
        moment = getattr(article, name)
        if moment.tzinfo is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise QuarantinedError(
                f"{name} is {moment.isoformat()}: it needs a zone and a sensible year", "invalid_time"
            )
    if not 1 <= article.version <= _MOST_VERSIONS:
        raise QuarantinedError(f"version {article.version} is not within 1 to {_MOST_VERSIONS}", "invalid_version")
    return Decoded(article, Position(partition=record.partition, offset=record.offset))


def code_article(coder: ArticleCoder, decoded: Decoded) -> Coded:
    """Extract the signals of one article and give them its position. A retracted article holds no signals."""
    article = decoded.article
    if not article.fingerprint:
        article = msgspec.structs.replace(article, fingerprint=fingerprint(article.text))
    revision = signal_revision(article.version, CODER_RELEASE)
    if article.status == "retracted":
        return Coded(article, decoded.position, revision, (), "retracted")
    extraction = coder.extract(article)
    signals = tuple(
        msgspec.structs.replace(
            signal, article_position=decoded.position, status_since=article.version_seen, url=article.url
        )
        for signal in extraction.signals
    )
    return Coded(article, decoded.position, revision, signals, extraction.outcome)


def replacement(coded: Coded) -> Replacement:
    """What the index is to hold of this version."""
    return Replacement(
        article_id=coded.article.article_id,
        revision=coded.revision,
        signals=coded.signals,
        version_seen=coded.article.version_seen,
        position=coded.position,
    )


def waves(buffer: Sequence[Coded]) -> list[list[Coded]]:
    """The buffer in order, cut so that no article stands twice in a wave.

    The index forgets what an older version gave once a newer one is in; so a version must be in the log before the
    next one enters the index, or a crash in between would leave the log without it.
    """
    made: list[list[Coded]] = []
    versions: Counter[str] = Counter()
    for coded in buffer:
        number = versions[coded.article.article_id]
        versions[coded.article.article_id] += 1
        if number == len(made):
            made.append([])
        made[number].append(coded)
    return made


Failure: TypeAlias = tuple[type[BaseException], str, Any]
"""What Beam keeps of an exception: its type, its repr, its traceback."""


def dead_letter(record: StoredRecord, failure: Failure) -> DeadLetter:
    """The dead letter of a record that a step refused. Its times are those of the record's append, so that a
    repeated bundle writes the same bytes.
    """
    kind, text, _ = failure
    message, code = explained(kind, text)
    at = record.appended or datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return DeadLetter(
        deadletter_id=deadletter_id(record.topic, record.partition, record.offset),
        stage="decode" if issubclass(kind, QuarantinedError) else "extract",
        error_type=kind.__name__,
        code=code,
        message=message[:2000],
        original=Original(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            headers=record.headers,
            value=base64.b64encode(record.value[:1_000_000]).decode("ascii"),
        ),
        first_failed=at,
        last_failed=at,
    )


def explained(kind: type[BaseException], text: str) -> tuple[str, str]:
    """Message and code out of an exception's repr, which is all that Beam keeps of it."""
    try:
        call = ast.parse(text, mode="eval").body
        words = [ast.literal_eval(argument) for argument in call.args] if isinstance(call, ast.Call) else []
    except (SyntaxError, ValueError, RecursionError):
        words = []
    message = str(words[0]) if words else text
    code = str(words[1]) if len(words) > 1 else kind.__name__
    return message, code
