"""The data files of the rules: that they are sound, and that each kind of mistake in them is refused."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from pipelines.extract import confidence, topics, triggers, words
from schemas.ontology import CONTEXTS, event_types


def _all_rules() -> dict[str, triggers.Rule]:
    return {rule.name: rule for found in triggers.rules().values() for rule in found}


def test_types_and_modes_are_the_ontologys() -> None:
    for rule in _all_rules().values():
        assert rule.mode is None or rule.mode in event_types()[rule.type].modes, rule.name


def test_all_types_have_rules() -> None:
    assert {rule.type for rule in _all_rules().values()} == set(event_types())


def test_names_are_unique_and_begin_with_a_group() -> None:
    table = tomllib.loads((files("pipelines.extract") / "data" / "triggers.toml").read_text("utf-8"))
    names = [row["name"] for row in table["rule"]]
    assert len(names) == len(set(names))
    assert all("." in name for name in names)


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="nouns_of"):
        triggers._parse({"name": "x", "verbs": "go", "is": "AGREE", "nouns_of": "peace"}, {})


def test_the_more_specific_rule_comes_first() -> None:
    found = triggers.rules()["verbs", "suspend"]
    weights = [rule.weight for rule in found]
    assert weights == sorted(weights, reverse=True)
    assert len(found) > 1


def test_contexts_are_the_ontologys() -> None:
    assert {name for name, _ in topics._patterns("contexts")} <= set(CONTEXTS)
    assert topics.contexts("The court fined a chipmaker over a cyber attack.") == ("cyber", "legal", "technology")


def test_tracks_match_whole_words() -> None:
    assert topics.tracks("The hotline over Senkaku rang.") == ("hotlines", "senkaku-diaoyu")
    assert topics.tracks("A chipper mood prevailed.") == ()


@pytest.mark.parametrize(
    "text, game",
    [
        ("Japan edged China in the quarter-final.", True),
        ("Japan's team won the match and the coach smiled.", True),
        ("The leaders of Japan and China won time for talks.", False),
        ("Seoul and Tokyo jointly opened a youth orchestra tour.", False),
    ],
)
def test_games(text: str, game: bool) -> None:
    assert topics.is_game(text) is game


def test_confidence_weights_name_rules_that_exist() -> None:
    names = {name.removeprefix("rule=") for name in confidence._weights()["weights"] if name.startswith("rule=")}
    assert names <= set(_all_rules()) | {"visit.implied", "call.implied"}


def test_word_lists_are_named() -> None:
    assert "delegation" in words.words("guests")
    with pytest.raises(KeyError):
        words.words("no such list")
