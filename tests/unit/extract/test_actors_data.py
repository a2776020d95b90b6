"""Every entry of the actor data files: it is found, it means one thing, it is well formed."""

import re
import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import pipelines.extract
from pipelines.extract import lexicon, office_holders
from pipelines.extract.actors import Gazetteer, Mention

DATA = Path(pipelines.extract.__file__).parent / "data"
SECTORS = {"GOV", "MIL", "COP", "LEG", "JUD", "SPY", "PTY", "OPP", "BUS", "CVL", "ELI", "JRN", "EDU"}
CORE = {"CHN", "JPN", "KOR", "PRK", "RUS", "MNG", "TWN", "USA"}
# A sentence without any other actor; the company makes names count that need their state beside them.
FRAME = "They say that {} was there"


@cache
def table(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text("utf-8"))


STATES = {code: row for code, row in table("states.toml").items() if code != "rules"}
BODIES = {code: row for code, row in table("bodies.toml").items() if code not in {"shared", "needs_state"}}
SHARED = set(table("bodies.toml")["shared"]["names"])


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def alone(gazetteer: Gazetteer, surface: str, frame: str = FRAME) -> Mention | None:
    """The mention that covers exactly the surface form in the frame."""
    text = frame.format(surface)
    start = text.index(surface)
    exact = [m for m in gazetteer.find(text, None) if (m.start, m.end) == (start, start + len(surface))]
    return exact[0] if exact else None


@pytest.mark.parametrize("code", sorted(STATES))
def test_every_name_of_a_state_is_found_with_its_code(gazetteer: Gazetteer, code: str) -> None:
    kinds = {"names": "state", "people": "demonym", "seats": "capital"}
    for key, kind in kinds.items():
        for surface in STATES[code].get(key, ()):
            mention = alone(gazetteer, surface)
            assert mention, surface
            assert (mention.code, mention.kind, mention.sector) == (code, kind, "GOV" if key == "seats" else None), (
                surface
            )


def test_no_name_means_two_states() -> None:
    seen: dict[str, str] = {}
    for code, row in STATES.items():
        assert re.fullmatch("[A-Z]{3}", code)
        for surface in [*row["names"], *row.get("people", ()), *row.get("seats", ())]:
            assert surface not in seen, (surface, seen[surface], code)
            seen[surface] = code
    for code, names in table("places.toml").items():
        for name in names:
            assert name not in seen, (name, seen[name], code)
            seen[name] = code


def test_there_is_every_member_state_of_the_united_nations_and_the_core_is_rich() -> None:
    assert len(STATES) >= 195
    assert set(STATES) >= CORE
    assert set(table("places.toml")) == CORE
    assert set(BODIES) >= CORE


def test_guarded_names_exist() -> None:
    known = {surface for row in STATES.values() for key in ("names", "people", "seats") for surface in row.get(key, ())}
    extra = {"Houston", "Sydney", "Florence", "Virginia", "Carolina"}  # places that are guarded if ever added
    assert set(table("states.toml")["rules"]["given_name_like"]) <= known | extra


@pytest.mark.parametrize("code", sorted(table("places.toml")))
def test_every_place_is_a_place_of_its_state(gazetteer: Gazetteer, code: str) -> None:
    for name in table("places.toml")[code]:
        mention = alone(gazetteer, name)
        assert mention, name
        assert (mention.code, mention.kind, mention.sector) == (code, "place", None), name


ORGANISATIONS = {k: v for k, v in table("organisations.toml").items() if k not in {"groups", "prefixes"}}


@pytest.mark.parametrize("code", sorted(ORGANISATIONS))
def test_every_organisation_is_found(gazetteer: Gazetteer, code: str) -> None:
    for name in ORGANISATIONS[code]["names"]:
        mention = alone(gazetteer, name)
        assert mention, name
        assert mention.code == f"IGO:{code}", name
        assert mention.members == tuple(ORGANISATIONS[code].get("members", ())), name


def test_words_that_name_two_states(gazetteer: Gazetteer) -> None:
    for surface, members in table("organisations.toml")["groups"].items():
        mention = alone(gazetteer, surface)
        assert mention, surface
        assert (mention.code, mention.members) == ("", tuple(members)), surface


@pytest.mark.parametrize("code", sorted(BODIES))
def test_every_body_is_found_with_state_and_sector(gazetteer: Gazetteer, code: str) -> None:
    state = STATES[code]["names"][0]
    for sector, names in BODIES[code].items():
        assert sector in SECTORS
        for name in names:
            mention = alone(gazetteer, name, f"They say that {{}} was there and {state} too")
            assert mention, name
            assert (mention.code, mention.sector) == (code, sector), name


def test_no_body_means_two_states() -> None:
    names = [name for row in BODIES.values() for group in row.values() for name in group]
    assert len(names) == len(set(names))
    assert set(names) >= SHARED
    assert not set(names) & {s for row in STATES.values() for s in [*row["names"], *row.get("seats", ())]}


def test_a_shared_body_alone_is_nobody(gazetteer: Gazetteer) -> None:
    for name in sorted(SHARED):
        code = next(code for code, row in BODIES.items() if any(name in group for group in row.values()))
        assert all(m.code != code for m in gazetteer.find(FRAME.format(name), None)), name


NOT_ACTORS = [(key, phrase) for key, row in table("not_actors.toml").items() if key != "culture" for phrase in row]


@pytest.mark.parametrize("key,phrase", NOT_ACTORS)
def test_what_is_no_actor_gives_none(gazetteer: Gazetteer, key: str, phrase: str) -> None:
    assert gazetteer.find(f"They went by {phrase} again", None) == []


PERSONS = office_holders.load().persons


def test_there_are_enough_office_holders() -> None:
    assert len(PERSONS) >= 350
    assert {state for person in PERSONS for term in person.terms for state in [term.state]} >= CORE


@pytest.mark.parametrize("person", PERSONS, ids=lambda p: p.name)
def test_every_office_holder_is_well_formed_and_found(gazetteer: Gazetteer, person: office_holders.Person) -> None:
    roles = table("titles.toml")["roles"]
    for term in person.terms:
        assert term.role in roles, term
        assert term.sector in SECTORS, term
        assert term.state in STATES or term.state.removeprefix("IGO:") in ORGANISATIONS, term
        assert term.first is None or term.last is None or term.first <= term.last, term
    starts = [term.first for term in person.terms if term.first]
    assert starts == sorted(starts)
    last = person.terms[-1]
    inside = last.last or (last.first + timedelta(days=1) if last.first else date(2024, 1, 1))
    for surface in [person.name, *person.aliases]:
        text = FRAME.format(surface)
        found = [m for m in gazetteer.find(text, inside) if m.start == text.index(surface)]
        assert found, surface
        mention = found[0]
        assert (mention.name, mention.code, mention.sector) == (person.name, last.state, last.sector), surface
        assert not mention.former


def test_no_alias_means_two_persons() -> None:
    seen: dict[str, str] = {}
    for person in PERSONS:
        for surface in {person.name, *person.aliases}:
            assert surface not in seen, (surface, seen[surface], person.name)
            seen[surface] = person.name


def test_a_former_holder_is_former_after_the_last_day() -> None:
    checked = 0
    for person in PERSONS:
        last = person.terms[-1].last
        if last is None or all(term.sector in office_holders.PRIVATE for term in person.terms):
            continue
        assert person.standing(last + timedelta(days=1))[1:] == ("ELI", True), person.name
        checked += 1
    assert checked > 200


@pytest.mark.parametrize("code", sorted(CORE))
def test_each_noun_gives_its_sector_to_the_state(gazetteer: Gazetteer, code: str) -> None:
    adjective = STATES[code]["people"][0]
    nouns = table("nouns.toml")
    titles = {form for form, entry in lexicon.load().entries.items() if entry.kind in {"title", "body"}}
    for group in ("bodies", "people"):
        for sector, words in nouns[group].items():
            for word in words:
                noun = word.removesuffix("*")
                if noun in titles:
                    continue  # the word is a title as well, and the title decides
                text = f"They met {adjective} {noun} there"
                (mention,) = gazetteer.find(text, None)
                assert (mention.code, mention.sector, text[mention.start : mention.end]) == (
                    code,
                    sector,
                    f"{adjective} {noun}",
                ), (noun, sector)


@pytest.mark.parametrize("sector", ["GOV", "MIL", "COP", "SPY"])
def test_each_portfolio_makes_ministry_and_minister(gazetteer: Gazetteer, sector: str) -> None:
    for name in table("nouns.toml")["portfolios"][sector]:
        for form in (f"{name} ministry", f"ministry of {name}"):
            (mention,) = gazetteer.find(f"They met Vietnam's {form} there", None)
            assert (mention.code, mention.sector) == ("VNM", sector), form
        for form in (f"{name} minister", f"deputy {name} minister"):
            (mention,) = gazetteer.find(f"They met Vietnam's {form} there", None)
            assert (mention.code, mention.sector) == ("VNM", "MIL" if sector == "MIL" else "GOV"), form


def test_each_title_gives_its_sector() -> None:
    gazetteer = Gazetteer.load()
    rows = {sector: row["titles"] for sector, row in table("titles.toml").items() if sector != "roles"}
    everything = [title for row in rows.values() for title in row]
    assert len(everything) == len(set(everything))
    for sector, titles in rows.items():
        assert sector in SECTORS
        for title in titles:
            (mention,) = gazetteer.find(f"They met Vietnam's {title} there", None)
            assert (mention.code, mention.sector) == ("VNM", sector), title
