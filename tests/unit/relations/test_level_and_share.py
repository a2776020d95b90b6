from __future__ import annotations

from datetime import date, timedelta
from math import erfc, exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.relations.bands import band
from pipelines.relations.calendar import beyond_expected
from pipelines.relations.channels import new_tail, poisson_surprise
from pipelines.relations.level import estimate, lean, level, prior_volume
from pipelines.relations.panel import HALF_LIVES, MEMORIES, Panel
from pipelines.relations.priors import Prior, Priors
from pipelines.relations.share import Base, Window, baseline, surprise, tension_share, z_score
from schemas.ontology import DYADS, event_types
from schemas.ports.state import Sums

ORIGIN = date(2020, 1, 1)
PRIOR = Prior(m0=0.1, u0=0.25, s0=0.4, rates={"ACCUSE": 0.1})

DAYS = st.lists(
    st.tuples(st.booleans(), st.lists(st.floats(-1, 1).map(lambda x: round(x, 3)), max_size=3)), min_size=1, max_size=60
)


def sums_of(values: list[float]) -> Sums:
    return Sums(
        c=sum(v for v in values if v > 0),
        f=sum(-v for v in values if v < 0),
        q=sum(v * v for v in values),
        n=sum(1 for v in values if v != 0),
    )


def panel_of(days: list[tuple[bool, list[float]]], stretch: int = 1) -> Panel:
    panel = Panel(ORIGIN)
    panel.add(["A-B"])
    panel.hear(ORIGIN + timedelta(days=i * stretch) for i, (heard, _) in enumerate(days) if heard)
    panel.put("A-B", {ORIGIN + timedelta(days=i * stretch): sums_of(v) for i, (_, v) in enumerate(days)}, {})
    return panel


@given(DAYS)
@settings(max_examples=60, deadline=None)
def test_decayed_sums_and_level_equal_a_loop_over_days(days: list[tuple[bool, list[float]]]) -> None:
    last = len(days) - 1
    got = panel_of(days).decayed(["A-B"], ORIGIN + timedelta(days=last))[0]
    first = next((i for i, (heard, _) in enumerate(days) if heard), len(days))
    for j, h in enumerate(HALF_LIVES):
        c = f = q = 0.0
        for i, (_, values) in enumerate(days):
            age = sum(1 for k in range(i + 1, last + 1) if days[k][0] or k < first)
            fade = 2.0 ** (-age / h) if last - i < MEMORIES * h else 0.0
            sums = sums_of(values)
            c, f, q = c + fade * sums.c, f + fade * sums.f, q + fade * fade * sums.q
        assert got[j] == pytest.approx([c, f, q], abs=1e-9)
        value = level(c, f, prior_volume(0.1, h), lean(0.4))
        assert -9 <= value <= 9


@given(DAYS, st.integers(0, 20), st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_windows_equal_a_loop_over_days(days: list[tuple[bool, list[float]]], back: int, length: int) -> None:
    last = len(days) - 1
    (window,) = panel_of(days).windows(["A-B"], ORIGIN + timedelta(days=last), back + length, back, late=False)
    inside = [days[i] for i in range(max(last - back - length, 0), max(last - back + 1, 0))]
    total = sums_of([v for _, values in inside for v in values])
    assert (window.c, window.f, window.q, window.n) == pytest.approx((total.c, total.f, total.q, total.n))
    assert (window.observed, window.days) == (sum(heard for heard, _ in inside), length + 1)


@given(DAYS)
@settings(max_examples=40, deadline=None)
def test_blank_days_are_not_zero_days(days: list[tuple[bool, list[float]]]) -> None:
    """Days on which nothing was heard fade nothing; days heard without news do."""
    days = [(True, [0.5, -0.3]), *[(True, values) for _, values in days]]
    last = ORIGIN + timedelta(days=len(days) - 1)
    plain = panel_of(days).decayed(["A-B"], last)
    blank = panel_of([*days, *[(False, [])] * 30]).decayed(["A-B"], last + timedelta(days=30))
    zero = panel_of([*days, *[(True, [])] * 30]).decayed(["A-B"], last + timedelta(days=30))
    assert blank[0, 0] == pytest.approx(plain[0, 0])
    assert zero[0, 0] == pytest.approx(plain[0, 0] * [2 ** (-1 / 3), 2 ** (-1 / 3), 2 ** (-2 / 3)])


def test_a_window_needs_two_events_and_three_days_in_five() -> None:
    base = Base(m=0.1, u=0.25, w=0.3, s=0.4, n=50, rate=0.3, observed=300, origin="own")
    assert z_score(Window(0, 1, 0.5, 2, 5, 7), base) is not None
    assert z_score(Window(0, 1, 1.0, 1, 7, 7), base) is None
    assert z_score(Window(0, 1, 0.5, 2, 4, 7), base) is None


def test_share_and_z_by_hand() -> None:
    own = Window(c=30, f=10, q=12, n=100, observed=300, days=365)
    base = baseline(own, 40, 100, PRIOR, 400)
    c, f, n, q = 30 + 9 * 0.6, 10 + 9 * 0.4, 100 + 36, 12 + 9 * 0.25
    u = (c + f) / n
    assert (base.u, base.m, base.rate) == pytest.approx((u, 49 / 390, 136 / 390))
    assert base.s == pytest.approx((f + u) / (c + f + 2 * u))
    assert (base.n, base.w) == pytest.approx(((c + f) ** 2 / q, q / (c + f)))
    window = Window(c=0.4, f=1.6, q=0.9, n=5, observed=7, days=7)
    share = (1.6 + 2 * u * base.s) / (2.0 + 2 * u)
    assert tension_share(window, base) == pytest.approx(share)
    spread = sqrt(base.s * (1 - base.s) * (0.9 / 4 + 1 / base.n))
    assert z_score(window, base) == pytest.approx((share - base.s) / spread)


def test_the_share_is_free_of_volume() -> None:
    """The same mixture in ten times the events moves nothing."""
    one = baseline(Window(30, 10, 12, 100, 300, 365), 40, 100, PRIOR, 400)
    lots = Window(7.5, 2.5, 3, 25, 30, 30)
    assert abs(z_score(lots, one) or 9) < 0.5


@pytest.mark.parametrize(
    "days,origin", [(0, "shipped"), (29, "shipped"), (30, "mixed"), (364, "mixed"), (365, "own"), (4000, "own")]
)
def test_whose_baseline_it_is(days: int, origin: str) -> None:
    assert baseline(Window(0, 0, 0, 0, 0, 365), 0, 0, PRIOR, days).origin == origin


def test_without_own_history_the_prior_is_the_baseline() -> None:
    base = baseline(Window(0, 0, 0, 0, 0, 365), 0, 0, PRIOR, 0)
    assert (base.m, base.u, base.rate) == pytest.approx((0.1, 0.25, 0.4))
    assert base.s == pytest.approx((3.6 + 0.25) / (9 + 0.5))


def test_level_and_interval_by_hand() -> None:
    c, f, q, k, b, u = 4.0, 1.0, 2.0, 3.0, 0.2, 0.25
    p = (c + k * (1 + b) / 2) / (c + f + k)
    value = 9 * (c - f + k * b) / (c + f + k)
    half = 1.64 * 18 * sqrt(p * (1 - p) / ((c + f + k) ** 2 / (q + k * u)))
    got = estimate(c, f, q, k, b, u)
    assert (got.value, got.low, got.high) == pytest.approx((value, value - half, min(value + half, 9)), abs=1e-6)
    assert lean(0.02) == 0.9
    assert lean(0.98) == -0.9
    assert prior_volume(0.1, 90) == pytest.approx(3)


@pytest.mark.parametrize("rate,most", [(0.05, 2.4), (0.3, 1.0), (1.0, 0.6), (5.0, 0.3)])
def test_noise_of_the_level_without_change(rate: float, most: float) -> None:
    """Ontology.md: 1.9, .7, .5, .2 at .05, .3, 1, 5 events a day. Independent events of v .1 to .9, half conflict."""
    rng = np.random.default_rng(7)
    days, values = 1500, []
    counts = rng.poisson(rate, size=days)
    worlds = [(True, list(rng.choice([-1, 1], size=n) * rng.uniform(0.1, 0.9, size=n))) for n in counts]
    panel = panel_of([(True, [float(v) for v in world]) for _, world in worlds])
    m = rate * 0.5
    for i in range(400, days, 50):
        c, f, _ = panel.decayed(["A-B"], ORIGIN + timedelta(days=i), 1)[0, 0]
        values.append(level(c, f, prior_volume(m, 90), 0.0))
    assert 0.3 * most < np.std(values) < most


def test_a_crisis_that_triples_volume_moves_the_level() -> None:
    """Ontology.md: by 1.5 in three weeks and by 4 in the end; what comes on top is conflict for the most part (.85)."""
    m, k = 0.5, prior_volume(0.5, 90)
    days = 90 / log(2)

    def after(n: int) -> float:
        fade = 2 ** (-n / 90)
        c = m * days * (0.5 * fade + 0.8 * (1 - fade))
        f = m * days * (0.5 * fade + 2.2 * (1 - fade))
        return level(c, f, k, 0.0)

    assert after(0) == pytest.approx(0)
    assert after(21) == pytest.approx(-1.5, abs=0.3)
    assert after(3000) == pytest.approx(-4, abs=0.3)


BANDS = [
    (-8.0, "", "confrontation"),
    (9.0, "", "friendly"),
    (-9.0, "", "confrontation"),
    (0.1, "", "ordinary"),
    (-0.1, "", "discord"),
    (-0.2, "ordinary", "ordinary"),
    (-0.4, "ordinary", "discord"),
    (3.2, "ordinary", "ordinary"),
    (3.4, "ordinary", "good"),
]


@pytest.mark.parametrize("value,before,name", BANDS)
def test_bands(value: float, before: str, name: str) -> None:
    assert band(value, before) == name


@given(st.floats(-5, 60))
def test_surprise_is_the_normal_tail(z: float) -> None:
    if z < 30:
        assert surprise(z) == pytest.approx(-log(0.5 * erfc(z / sqrt(2))))
    else:
        assert surprise(z) > surprise(z - 0.1)


@given(st.integers(1, 12), st.floats(0.05, 8))
def test_poisson_surprise_is_the_poisson_tail(count: int, mean: float) -> None:
    below, term = 0.0, exp(-mean)
    for i in range(count):
        below += term
        term *= mean / (i + 1)
    expected = -log(max(1 - below, 1e-300)) if count > mean else 0.0
    if 1 - below > 1e-9:
        assert poisson_surprise(count, mean) == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_new_tail_is_the_negative_binomial() -> None:
    shape, inverse = 0.002 * 90, 90 + 300
    stay = inverse / (inverse + 7)
    assert new_tail(1, 0.002, 90, 300) == pytest.approx(1 - stay**shape)
    assert new_tail(2, 0.002, 90, 300) == pytest.approx(1 - stay**shape * (1 + shape * (1 - stay)))
    assert new_tail(2, 0.002, 90, 300) < new_tail(1, 0.002, 90, 300) < new_tail(1, 0.02, 90, 300)


def test_recurring_days_are_measured_against_the_two_years_before() -> None:
    panel = Panel(ORIGIN)
    panel.add(["CHN-JPN"])
    august = Sums(c=0, f=1.2, q=0.4, n=4)
    panel.put("CHN-JPN", {date(year, 8, 16): august for year in (2021, 2022, 2023)}, {})
    panel.put("CHN-JPN", {date(2023, 5, 16): august}, {})

    def week(day: date) -> Window:
        (window,) = panel.windows(["CHN-JPN"], day, 6, 0, late=False)
        return beyond_expected(window, panel, "CHN-JPN", day)

    assert week(date(2023, 8, 18)).f == pytest.approx(0)
    assert week(date(2022, 8, 18)).f == pytest.approx(0.6)
    assert week(date(2023, 5, 18)).f == pytest.approx(1.2)


def test_the_shipped_priors_cover_the_pairs_and_say_where_they_come_from() -> None:
    priors = Priors.load()
    assert priors.keys == sorted(DYADS)
    assert "judgement" in priors.origin
    for pair in DYADS:
        prior = priors.of(pair)
        assert 0 < prior.s0 < 1
        assert set(prior.rates) == set(event_types())
    assert priors.of("CHN-USA").s0 > priors.of("CHN-KOR").s0 > priors.of("KOR-USA").s0
    assert priors.of("PRK-*") is priors.posture
