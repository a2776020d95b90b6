"""What happens between two actors whose words are given: the rules of the coder with the actors laid over the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from pipelines.extract import confidence, document, events, syntax
from pipelines.extract.act import Act
from pipelines.extract.cast import Cast
from pipelines.extract.mention import Mention
from schemas.records import Factuality

SOURCE: Final = "XSA"
TARGET: Final = "XSB"
_UNDATED: Final = date(2100, 1, 1)
"""A text given without its day: no date in it is near enough to be told from history, so history needs a word."""
_ONLY_TRIGGER: Final = 0.5  # an act found without its roles is worth half


class _Finder(Protocol):
    def find(self, text: str, on: date | None) -> list[Mention]: ...


@dataclass(frozen=True)
class _Given:
    """The gazetteer's mentions, those that overlap the given words replaced by them."""

    finder: _Finder
    source: str
    target: str

    def find(self, text: str, on: date | None) -> list[Mention]:
        given = [
            Mention(start=m.start(), end=m.end(), code=code, sector="GOV", name=words, kind="person")
            for words, code in ((self.source, SOURCE), (self.target, TARGET))
            for m in _occurrences(words, text)
        ]
        given.sort(key=lambda m: (m.start - m.end, m.start))
        kept: list[Mention] = []
        for mention in [*given, *self.finder.find(text, on)]:
            if not any(mention.start < k.end and k.start < mention.end for k in kept):
                kept.append(mention)
        return sorted(kept, key=lambda m: m.start)


def _occurrences(words: str, text: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text)) if words.strip() else []


@dataclass(frozen=True)
class Verdict:
    """The act found between the two; `directed` is False where only the trigger, not its roles, points to them."""

    type: str
    mode: str | None
    factuality: Factuality
    confidence: float
    directed: bool


def judge(text: str, source: str, target: str, finder: _Finder) -> Verdict | None:
    """The surest act from source to target, else of equals, else the surest act of the sentence; None without any."""
    acts: list[Act] = []
    for passage in document.read(text, _Given(finder, source, target), None):
        acts.extend(events.read(Cast(syntax.parse(passage.text), passage), _UNDATED, scope="all")[0])
    if not acts:
        return None
    best = max(enumerate(acts), key=lambda a: (_fit(a[1]), confidence.of(a[1]), -a[0]))[1]
    fits = _fit(best)
    sure = confidence.of(best) if fits > 1 else round(_ONLY_TRIGGER * confidence.of(best), 3)
    return Verdict(best.type, best.mode, best.factuality, sure, fits > 1)


def _fit(act: Act) -> int:
    """3: from source to target; 2: of equals or the other way; 1: of one of them; 0: of others."""
    codes = (act.source.actor.code, act.target.actor.code if act.target else None)
    if codes == (SOURCE, TARGET):
        return 3
    if set(codes) == {SOURCE, TARGET}:
        return 2
    return 1 if SOURCE in codes or TARGET in codes else 0
