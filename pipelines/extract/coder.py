"""The coder: an article in, its signals out, each with the rule, the words and the versions that made it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from pipelines.extract import confidence, document, events, pairwise, syntax, topics
from pipelines.extract.act import Act, Discarded
from pipelines.extract.actors import Gazetteer
from pipelines.extract.cast import Cast, Part
from pipelines.extract.document import Passage
from pipelines.extract.plain import Plain, plain
from schemas import identity, ontology
from schemas.records import Actor, Article, Evidence, Factuality, Signal

CODER_RELEASE: Final = 1
CODER: Final = f"rules-{CODER_RELEASE}"
LONGEST_SENTENCE: Final = 1_200
"""Characters; a longer "sentence" is a table or a list, which no parse can read."""
LONGEST_ARTICLE: Final = 40_000
"""Characters read of an article; what lies behind is left, and the outcome says so."""
_MIL: Final = frozenset({"MOBILIZE", "ASSAULT"})


@dataclass(frozen=True)
class Extraction:
    """What an article gave. `outcome` is relevant, cut, irrelevant, empty or unsupported_language."""

    signals: tuple[Signal, ...] = ()
    outcome: str = "irrelevant"
    discarded: tuple[Discarded, ...] = ()


@dataclass(frozen=True)
class Classification:
    """What happens between two given actors; `type` is None when nothing does."""

    type: str | None = None
    mode: str | None = None
    quad: int | None = None
    factuality: Factuality | None = None
    polarity: int | None = None
    confidence: float = 0.0


@dataclass(frozen=True)
class Coder:
    """English event coder by rules; make it with `Coder.load()`, one per process is enough. Thread-safe for reading."""

    gazetteer: Gazetteer

    @classmethod
    def load(cls) -> Coder:
        """The coder with its parser and data, built once per process (about a second)."""
        return _load()

    def extract(self, article: Article, *, scope: str = "northeast-asia") -> Extraction:
        """Signals in text order. `scope` "all" keeps pairs without a core state too. Never reads a clock."""
        if article.language and not article.language.lower().startswith("en"):
            return Extraction(outcome="unsupported_language")
        laid_out = plain(article.text[:LONGEST_ARTICLE])
        text = laid_out.text
        if not text.strip():
            return Extraction(outcome="empty")
        if scope != "all" and not self.gazetteer.relevant(text):
            return Extraction()
        day = article.published.date()
        signals: list[Signal] = []
        discarded: list[Discarded] = []
        ordinals: dict[tuple[object, ...], int] = {}
        passages = document.read(text, self.gazetteer, day, article.publisher.country)
        chosen = [n for n, passage in enumerate(passages) if _promising(passage, scope)]
        parses = syntax.parse_all([passages[n].text for n in chosen])
        for number, doc in zip(chosen, parses, strict=True):
            passage = passages[number]
            if topics.is_correction(passage.text):
                discarded.append(Discarded(passage.text, "topics.is_correction", "what an earlier version said"))
                continue
            if topics.is_game(passage.text):
                discarded.append(Discarded(passage.text, "topics.is_game", "sport or show"))
                continue
            acts, thrown = events.read(Cast(doc, passage, passages[:number]), day, scope=scope)
            discarded.extend(thrown)
            for act in acts:
                if confidence.of(act) < confidence.FLOOR:
                    discarded.append(Discarded(passage.text, act.rule.name, "unsure"))
                else:
                    signals.append(_signal(article, laid_out, passage, act, ordinals))
        outcome = "cut" if len(article.text) > LONGEST_ARTICLE else "relevant"
        return Extraction(tuple(signals), outcome, tuple(discarded))

    def classify(self, text: str, source: str, target: str) -> Classification:
        """What `source` does to `target`, both given by their words as they stand in the text."""
        found = pairwise.judge(
            plain(text[:LONGEST_ARTICLE]).text, plain(source).text, plain(target).text, self.gazetteer
        )
        if found is None:
            return Classification()
        return Classification(
            type=found.type,
            mode=found.mode,
            quad=ontology.event_types()[found.type].quad,
            factuality=found.factuality,
            polarity=ontology.polarity_of(ontology.score_of(found.type, found.mode)),
            confidence=found.confidence,
        )


@cache
def _load() -> Coder:
    syntax.parser()
    return Coder(Gazetteer.load())


def _promising(passage: Passage, scope: str) -> bool:
    """Worth a parse: some actor is named or meant, and it is a sentence."""
    if len(passage.text) > LONGEST_SENTENCE:
        return False
    codes = {c for r in passage.referents for c in r.codes}
    return bool(codes) if scope == "all" else any(c in ontology.CORE for c in codes)


def _signal(
    article: Article, laid_out: Plain, passage: Passage, act: Act, ordinals: dict[tuple[object, ...], int]
) -> Signal:
    source, target = _actor(act, act.source, "source"), _actor(act, act.target, "target") if act.target else None
    start, end = laid_out.span(*_quote(laid_out.text, passage, act))
    quote = article.text[start:end]
    score = ontology.score_of(act.type, act.mode)
    code = target.code if target else None
    key = (source.code, code, act.type, act.mode, act.factuality, identity.normalised_sentence(quote))
    ordinal = ordinals.get(key, 0)
    ordinals[key] = ordinal + 1
    shift = passage.sentence.start
    return Signal(
        signal_id=identity.signal_id(
            article.article_id, source.code, code, act.type, act.mode, act.factuality, quote, ordinal
        ),
        article_id=article.article_id,
        article_version=article.version,
        source=source,
        target=target,
        dyad=ontology.dyad_of(source.code, code) if code else None,
        type=act.type,
        mode=act.mode,
        quad=ontology.event_types()[act.type].quad,
        score=score,
        cameo_root=ontology.event_types()[act.type].cameo[0],
        contexts=topics.contexts(passage.text),
        tracks=topics.tracks(passage.text),
        factuality=act.factuality,
        polarity=ontology.polarity_of(score),
        reciprocal=act.reciprocal,
        aimed_at=act.aimed_at,
        reporter=act.reporter,
        event_date=act.when,
        evidence=Evidence(
            quote=quote,
            start=start,
            end=end,
            source_span=laid_out.span(*act.source.span),
            target_span=laid_out.span(*act.target.span) if act.target else None,
            trigger_span=laid_out.span(act.trigger.idx + shift, act.trigger.idx + len(act.trigger) + shift),
        ),
        confidence=confidence.of(act),
        why=_why(act, laid_out),
        language=article.language or "en",
        published=article.published,
        first_seen=article.first_seen,
        publisher=article.publisher,
        fingerprint=article.fingerprint,
        revision=identity.signal_revision(article.version, CODER_RELEASE),
        coder=CODER,
    )


def _why(act: Act, laid_out: Plain) -> dict[str, object]:
    parts = [act.source, *([act.target] if act.target else [])]
    return {
        "rule": act.rule.name,
        "trigger": syntax.lemma(act.trigger),
        "features": list(confidence.features(act)),
        "factuality": act.because,
        "antecedents": sorted({laid_out.span(*span) for p in parts for span in p.antecedents}),
        "coder": CODER,
    }


def _actor(act: Act, part: Part, side: str) -> Actor:
    sector = part.actor.sector
    if sector is None or (sector == "GOV" and part.actor.name is None and side == "source"):
        if act.mode == "police" and act.type == "MOBILIZE":
            sector = "COP"
        elif act.type in _MIL or act.mode == "joint-drills":
            sector = "MIL"
        else:
            sector = sector or "GOV"
    return Actor(code=part.actor.code, sector=sector, name=part.actor.name)


def _quote(text: str, passage: Passage, act: Act) -> tuple[int, int]:
    """Offsets of the sentence, or the part of it between semicolons that holds trigger and actors.

    Actors that an anaphor or the sentence before names need not lie inside.
    """
    start, end = passage.sentence.start, passage.sentence.end
    shift = passage.sentence.start
    spans = [(act.trigger.idx + shift, act.trigger.idx + len(act.trigger) + shift)]
    spans.extend(p.span for p in (act.source, act.target) if p is not None and start <= p.span[0] < end)
    first, last = min(a for a, _ in spans), max(b for _, b in spans)
    left, right = text.rfind("; ", start, first), text.find(";", last, end)
    begin = left + 2 if left >= 0 else start
    stop = right if right >= 0 else end
    return begin, stop


__all__ = ["CODER", "CODER_RELEASE", "Classification", "Coder", "Discarded", "Extraction"]
