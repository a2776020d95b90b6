"""The ontology's data against the facts that ontology.md states in prose."""

from __future__ import annotations

from itertools import combinations
from typing import get_args

import pytest

from schemas.ontology import (
    CONTEXTS,
    CORE,
    DYADS,
    FACTUALITIES,
    SECTORS,
    dyad_of,
    event_types,
    factuality_weight,
    polarity_of,
    score_of,
)
from schemas.records import Factuality

PLOVER = {
    1: {"AGREE", "CONSULT", "SUPPORT", "CONCEDE"},
    2: {"COOPERATE", "AID", "RETREAT"},
    3: {"REQUEST", "ACCUSE", "REJECT", "THREATEN"},
    4: {"PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT"},
}


def test_the_sixteen_types_stand_in_their_quads() -> None:
    by_quad: dict[int, set[str]] = {}
    for name, kind in event_types().items():
        by_quad.setdefault(kind.quad, set()).add(name)
    assert by_quad == PLOVER


@pytest.mark.parametrize("name", [name for names in PLOVER.values() for name in sorted(names)])
def test_scores_lie_on_the_scale_and_on_the_side_of_their_quad(name: str) -> None:
    kind = event_types()[name]
    for score in (kind.score, *kind.modes.values()):
        assert -10 <= score <= 10
        if name != "REQUEST":  # which may be for help
            assert polarity_of(score) == (1 if kind.quad in {1, 2} else -1)


def test_where_the_sources_disagree() -> None:
    assert score_of("ACCUSE", None) == -3
    assert event_types()["SANCTION"].quad == 4
    assert "163" in event_types()["SANCTION"].cameo
    assert event_types()["COERCE"].cameo == ("17",)
    assert not {"DEMAND", "DISAPPROVE", "INVESTIGATE", "FIGHT"} & set(event_types())


def test_modes_without_own_score_and_with() -> None:
    assert score_of("AGREE", "consult") == score_of("AGREE", None) == 2.5
    assert score_of("CONSULT", "visit") == 4
    assert score_of("REQUEST", "assist") == 0.5
    for type_, mode in (("AGREE", "visit"), ("DEMAND", None)):
        with pytest.raises(KeyError):
            score_of(type_, mode)


def test_families_join_types_of_one_meaning() -> None:
    family = {name: kind.family for name, kind in event_types().items()}
    assert family["CONCEDE"] == family["RETREAT"]
    assert family["COOPERATE"] == family["AID"]
    assert family["ACCUSE"] == family["REJECT"]
    assert family["SANCTION"] == family["COERCE"]
    assert len(set(family.values())) == 12


def test_weights_of_factuality() -> None:
    assert {f: factuality_weight("AGREE", f) for f in FACTUALITIES} == {
        "fact": 1, "scheduled": 1, "intended": 0.7, "requested": 0, "conditional": 0, "denied": 0, "historic": 0, "opinion": 0,
    }  # fmt: skip
    assert {f: factuality_weight("SANCTION", f) for f in FACTUALITIES} == {
        "fact": 1, "scheduled": 0.4, "intended": 0.4, "requested": 0, "conditional": 0, "denied": 0, "historic": 0, "opinion": 0,
    }  # fmt: skip
    assert get_args(Factuality) == FACTUALITIES


def test_states_and_pairs() -> None:
    assert set(CORE) == {"CHN", "JPN", "KOR", "PRK", "RUS", "MNG", "TWN", "USA"}
    assert len(DYADS) == 28
    assert set(DYADS) == {dyad_of(b, a) for a, b in combinations(CORE, 2)}
    assert "PRK-RUS" in DYADS
    assert dyad_of("USA", "IGO:NATO") == "IGO:NATO-USA"


def test_closed_lists() -> None:
    assert len(CONTEXTS) == len(set(CONTEXTS)) == 22
    assert {"reparations", "people_to_people", "cbrn", "environment"} <= set(CONTEXTS)
    assert len(SECTORS) == len(set(SECTORS)) == 13
