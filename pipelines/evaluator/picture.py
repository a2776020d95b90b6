"""Relation records and observations of a day, from the panel and the ledger. Pure given these two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from pipelines.evaluator.ledger import Ledger
from pipelines.relations.bands import band
from pipelines.relations.calendar import beyond_expected
from pipelines.relations.channels import NEW_MEMORY, NEW_WINDOW, SHARES, NewType, Observation, new_tail
from pipelines.relations.contributions import of_level
from pipelines.relations.exposure import MARK
from pipelines.relations.fold import Folded
from pipelines.relations.level import DISPLAYED, HALF_LIFE, estimate, lean, level, prior_volume
from pipelines.relations.panel import HALF_LIVES, Panel
from pipelines.relations.priors import Prior, Priors
from pipelines.relations.share import Base, Window, baseline, tension_share, z_score
from pipelines.relations.sums import direction_series
from pipelines.relations.weights import rounded
from schemas.ontology import event_types
from schemas.records import Direction, Relation, Share

SHOWN_DAYS: Final = 90
SHOWN_CONTRIBUTIONS: Final = 5
ATTESTED: Final = 2
"""A new type counts once two groups or two events show it: a single misread sentence is a new type soon enough (with
one sentence in five misread, half of all single sightings of a rare type are misreadings)."""
_NAMES: Final = {"S7": "7", "S30": "30", "DRIFT": "90"}
_DAY: Final = timedelta(days=1)


class Pictures:
    """Makes states and observations of any day, as known now."""

    def __init__(self, panel: Panel, ledger: Ledger, priors: Priors) -> None:
        self._panel = panel
        self._ledger = ledger
        self._priors = priors

    def bases(self, names: Sequence[str], priors: Sequence[Prior], day: date) -> dict[str, list[Base]]:
        """Baseline of each series for each share channel."""
        whole = self._panel.heard_until(day)
        found: dict[str, list[Base]] = {}
        spans: dict[tuple[int, int], list[Base]] = {}
        for channel, reach in SHARES.items():
            span = reach.base_from, reach.base_to
            if span not in spans:
                own = self._panel.windows(names, day, *span, late=True)
                mass = self._panel.observed_mass(names, day, *span)
                spans[span] = [
                    baseline(window, volume, events, prior, whole)
                    for window, (volume, events), prior in zip(own, mass, priors, strict=True)
                ]
            found[channel] = spans[span]
        return found

    def observations(self, pairs: Sequence[str], day: date) -> dict[str, Observation]:
        """What the detector sees of each pair at the end of a day."""
        priors = [self._priors.of(pair) for pair in pairs]
        bases = self.bases(pairs, priors, day)
        windows = {
            channel: self._panel.windows(pairs, day, reach.window - 1, 0, late=False)
            for channel, reach in SHARES.items()
        }
        observed = self._panel.heard(day)
        return {
            pair: Observation(
                day=day,
                observed=observed,
                windows={c: beyond_expected(windows[c][i], self._panel, pair, day) for c in SHARES},
                bases={c: bases[c][i] for c in SHARES},
                news=self._news(pair, day, priors[i]) if windows["S7"][i].n > 0 else (),
            )
            for i, pair in enumerate(pairs)
        }

    def _news(self, pair: str, day: date, prior: Prior) -> list[NewType]:
        recent = [f for f in self._ledger.events(pair, day - (NEW_WINDOW - 1) * _DAY, day) if is_material(f)]
        if not recent:
            return []
        edge = day - NEW_WINDOW * _DAY
        known = {
            f.event.type for f in self._ledger.events(pair, edge - (NEW_MEMORY - 1) * _DAY, edge) if is_material(f)
        }
        observed = self._panel.windows([pair], edge, NEW_MEMORY - 1, 0, late=False)[0].observed
        found: list[NewType] = []
        for kind in sorted({f.event.type for f in recent} - known):
            own = [f for f in recent if f.event.type == kind]
            count = len(own)
            if sum(min(f.attested, ATTESTED) for f in own) < ATTESTED:
                continue
            tail = new_tail(count, prior.rate_of(kind), prior.days, observed)
            found.append(NewType(kind, direction_of(kind), count, tail))
        return found

    def relations(self, keys: Sequence[str], day: date, known_at: datetime, bands: Mapping[str, str]) -> list[Relation]:
        """State of each key at the end of a day; `bands` the band of the day before, by key."""
        if not keys:
            return []
        priors = [self._priors.of(key) for key in keys]
        bases = self.bases(keys, priors, day)
        decayed = self._panel.decayed(keys, day).tolist()
        windows = {c: self._panel.windows(keys, day, r.window - 1, 0, late=False) for c, r in SHARES.items()}
        directed = self._directed([k for k in keys if not k.endswith("-*")], day)
        exposure = self._exposure([k for k in keys if not k.endswith("-*")], day)
        return [
            self._relation(
                key,
                day,
                known_at,
                {c: bases[c][i] for c in SHARES},
                decayed[i],
                {c: windows[c][i] for c in SHARES},
                directed.get(key, {}),
                exposure.get(key, {str(h): 0.0 for h in DISPLAYED.values()}),
                bands.get(key, ""),
            )
            for i, key in enumerate(keys)
        ]

    def _relation(
        self,
        key: str,
        day: date,
        known_at: datetime,
        bases: Mapping[str, Base],
        decayed: Sequence[Sequence[float]],
        windows: Mapping[str, Window],
        directed: dict[str, float],
        exposure: dict[str, float],
        before: str,
    ) -> Relation:
        base = bases["S30"]
        by_half_life = dict(zip(HALF_LIVES, decayed, strict=True))
        b = lean(base.s)
        c, f, q = by_half_life[HALF_LIFE]
        k = prior_volume(base.m, HALF_LIFE)
        now = estimate(c, f, q, k, b, base.u)
        moods = {
            name: rounded(level(by_half_life[h][0], by_half_life[h][1], prior_volume(base.m, h), b))
            for name, h in DISPLAYED.items()
        }
        recent = self._ledger.events(key, day - (SHOWN_DAYS - 1) * _DAY, day)
        week = (day - 6 * _DAY).toordinal()
        month = [folded for folded in recent if folded.event.event_date.start > day - 30 * _DAY]
        reports = [(f.event.event_date.start.toordinal(), len(f.event.signal_ids)) for f in month]
        return Relation(
            dyad=key,
            at=day,
            known_at=known_at,
            level=now,
            band=band(now.value, before),
            mood=moods["mood"],
            season=moods["season"],
            climate=moods["climate"],
            cooperation={str(h): rounded(by_half_life[h][0]) for h in DISPLAYED.values()},
            conflict={str(h): rounded(by_half_life[h][1]) for h in DISPLAYED.values()},
            share={_NAMES[c]: _share(windows[c], bases[c]) for c in SHARES},
            directed=directed,
            exposure=exposure,
            attention={
                "7": float(sum(n for start, n in reports if start >= week)),
                "30": float(sum(n for _, n in reports)),
            },
            events=sum(1 for folded in month if folded.event.weight != 0),
            owners=len({owner for folded in month if folded.event.weight != 0 for owner in folded.event.owners}),
            baseline=base.origin,
            calibrated=False,
            contributions=tuple(of_level(c, f, k, b, self._decays(recent, day), SHOWN_CONTRIBUTIONS)),
        )

    def _decays(self, events: Sequence[Folded], day: date) -> list[tuple[float, Folded]]:
        first = day - (SHOWN_DAYS - 1) * _DAY
        fading = self._panel.fading(first, day)
        return [
            (fading[(folded.event.event_date.start - first).days], folded)
            for folded in events
            if folded.event.weight != 0
        ]

    def _directed(self, pairs: Sequence[str], day: date) -> dict[str, dict[str, float]]:
        if not pairs:
            return {}
        names = [name for pair in pairs for name in _sides(pair)]
        priors = [self._priors.of(pair).scaled(0.5) for pair in pairs for _ in range(2)]
        reach = SHARES["S30"]
        own = self._panel.windows(names, day, reach.base_from, reach.base_to, late=True)
        mass = self._panel.observed_mass(names, day, reach.base_from, reach.base_to)
        decayed = self._panel.decayed(names, day, 1)[:, 0].tolist()
        found: dict[str, dict[str, float]] = {pair: {} for pair in pairs}
        for i, name in enumerate(names):
            base = baseline(own[i], mass[i][0], mass[i][1], priors[i], 0)
            c, f, _ = decayed[i]
            value = level(c, f, prior_volume(base.m, HALF_LIFE), lean(base.s))
            found[pairs[i // 2]][name] = rounded(value)
        return found

    def _exposure(self, pairs: Sequence[str], day: date) -> dict[str, dict[str, float]]:
        pairs = [pair for pair in pairs if self._panel.has_news(pair + MARK)]
        if not pairs:
            return {}
        sums = self._panel.decayed([pair + MARK for pair in pairs], day).tolist()
        return {
            pair: {str(h): rounded(sums[i][j][0] + sums[i][j][1]) for j, h in enumerate(HALF_LIVES) if h != HALF_LIFE}
            for i, pair in enumerate(pairs)
        }


def _share(window: Window, base: Base) -> Share:
    z = z_score(window, base)
    return Share(
        value=rounded(tension_share(window, base)),
        baseline=rounded(base.s),
        z=None if z is None else rounded(z),
    )


def _sides(pair: str) -> tuple[str, str]:
    a, b = pair.split("-")
    return direction_series(a, b), direction_series(b, a)


def is_material(folded: Folded) -> bool:
    """A deed that happened (quad 2 or 4), on a known day, not back-filled."""
    kind = event_types().get(folded.event.type)
    return (
        kind is not None
        and kind.quad in {2, 4}
        and folded.event.factuality == "fact"
        and folded.event.weight != 0
        and not folded.late
    )


def direction_of(type_: str) -> Direction:
    """Which way a deed of this type pushes."""
    return "easing" if event_types()[type_].score > 0 else "tension"
