"""The committed briefs: what the tool makes, at the rates intended, in sound and varied English, and blind to turns."""

from __future__ import annotations

import json
import re
import tomllib
from calendar import day_name, month_name
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from connectors.newsroom.briefs import ALIKE, FEWEST_WORDS, MOST_WORDS, Seen, four_grams, jaccard, word
from connectors.newsroom.library import bundled, load
from connectors.newsroom.phrases import bank, sentence, template
from connectors.newsroom.routine import OTHER_KINDS, Kind, Routine, draw, kinds, pairs, read, table
from schemas import ontology
from schemas.fingerprint import HASHES, fingerprint
from tools.make_briefs import DATA, FIRST, LAST, SEED, make

DAYS = (LAST - FIRST).days + 1
REQUIRED = {turn.dyad for turn in bundled().turns}


@pytest.fixture(scope="module")
def rows() -> list[Routine]:
    return read((DATA / "routine.csv").read_text("utf-8"))


@pytest.fixture(scope="module")
def briefs() -> dict[str, dict[str, Any]]:
    lines = (DATA / "articles-briefs.jsonl").read_text("utf-8").splitlines()
    return {entry["id"]: entry for entry in map(json.loads, lines)}


def events(rows: list[Routine]) -> list[Routine]:
    return [row for row in rows if row.kind not in OTHER_KINDS]


def kind(row: Routine) -> Kind:
    return kinds()[row.kind]


def test_the_committed_files_are_what_the_tool_makes() -> None:
    routine, articles = make(SEED)
    assert routine == (DATA / "routine.csv").read_text("utf-8")
    assert articles == (DATA / "articles-briefs.jsonl").read_text("utf-8")


def test_another_seed_makes_other_briefs() -> None:
    assert make(1, FIRST, FIRST + timedelta(days=9)) != make(2, FIRST, FIRST + timedelta(days=9))


def test_every_row_has_its_brief_by_one_outlet(rows: list[Routine], briefs: dict[str, dict[str, Any]]) -> None:
    assert [row.id for row in rows] == list(briefs)
    for row in rows:
        brief = briefs[row.id]
        assert brief["publisher"]["id"] == row.publisher
        assert brief["url"].startswith(f"https://{row.publisher}.example/sample/brief/{row.date:%Y/%m/%d}/")
        assert row.published.date() - row.date in {timedelta(0), timedelta(days=1)}
    assert len({brief["url"] for brief in briefs.values()}) == len(briefs)


def test_the_newsroom_loads_them_with_the_rest(briefs: dict[str, dict[str, Any]]) -> None:
    library = bundled()
    assert set(briefs) < {article.id for article in library.articles}
    described = {
        name: {p.country for a in library.articles if (p := a.publisher).id == name} for name in bank("outlets")
    }
    assert described == {name: {outlet["country"]} for name, outlet in bank("outlets").items()}


def test_the_table_reads_back(rows: list[Routine]) -> None:
    assert read(table(rows)) == rows


def test_all_pairs_have_the_rate_and_the_share_intended(rows: list[Routine]) -> None:
    number = Counter(row.dyad for row in events(rows))
    hostile = Counter(row.dyad for row in events(rows) if kind(row).conflict)
    assert len(pairs()) == 28
    for dyad, pair in pairs().items():
        spread = (DAYS * pair.rate * (1 - pair.rate)) ** 0.5
        assert abs(number[dyad] - DAYS * pair.rate) < 3.3 * spread, dyad
        spread = (number[dyad] * pair.conflict * (1 - pair.conflict)) ** 0.5
        assert abs(hostile[dyad] - number[dyad] * pair.conflict) < 3.3 * spread, dyad


def test_pairs_of_required_turns_are_the_busy_ones() -> None:
    assert REQUIRED
    assert {dyad for dyad, pair in pairs().items() if pair.rate == 0.3} == REQUIRED
    assert all(0.02 <= pair.rate <= 0.15 for dyad, pair in pairs().items() if dyad not in REQUIRED)


def test_a_tenth_are_no_events(rows: list[Routine]) -> None:
    assert 0.085 < 1 - len(events(rows)) / len(rows) < 0.115


def test_a_day_is_drawn_without_looking_at_other_days() -> None:
    whole = draw(SEED, date(2022, 7, 25), date(2022, 8, 10))
    alone = draw(SEED, date(2022, 8, 2), date(2022, 8, 4))
    assert [row for row in whole if date(2022, 8, 2) <= row.date <= date(2022, 8, 3)] == [
        row for row in alone if row.date <= date(2022, 8, 3)
    ]


def test_days_around_turns_and_in_quiet_windows_are_like_all_others(rows: list[Routine]) -> None:
    marked: dict[str, set[date]] = {dyad: set() for dyad in pairs()}
    library = bundled()
    spans = [(t.dyad, t.date - timedelta(days=30), t.date + timedelta(days=30)) for t in library.turns]
    spans += [(q.dyad, q.first, q.last) for q in library.quiet]
    for dyad, first, last in spans:
        marked[dyad] |= {first + timedelta(days=i) for i in range((last - first).days + 1)} if dyad else set()
    inside = [row for row in events(rows) if row.date in marked[row.dyad]]
    meant = sum(len({d for d in days if FIRST <= d <= LAST}) * pairs()[dyad].rate for dyad, days in marked.items())
    hostile = sum(pairs()[row.dyad].conflict for row in inside)
    assert len(inside) > 300
    assert abs(len(inside) - meant) < 3 * meant**0.5
    assert abs(sum(kind(row).conflict for row in inside) - hostile) < 3 * (hostile / 2) ** 0.5


def test_years_are_alike(rows: list[Routine]) -> None:
    for dyad in sorted(REQUIRED):
        yearly = Counter(row.date.year for row in events(rows) if row.dyad == dyad and row.date.year < 2024)
        assert max(yearly.values()) - min(yearly.values()) < 4 * (2 * 110) ** 0.5, dyad


def test_material_kinds_come_back_within_a_year(rows: list[Routine]) -> None:
    for dyad in sorted(REQUIRED):
        for quads in ({2}, {4}):
            own = [
                row.date
                for row in events(rows)
                if row.dyad == dyad and row.type and ontology.event_types()[row.type].quad in quads
            ]
            gaps = [b - a for a, b in zip([FIRST, *own], [*own, LAST], strict=True)]
            assert max(gaps) < timedelta(days=330), (dyad, quads)


def test_deeds_that_belong_to_turns_are_kept_out(rows: list[Routine], briefs: dict[str, dict[str, Any]]) -> None:
    assert not {row.kind for row in rows if row.dyad == "PRK-RUS"} & {"aid", "joint_drill", "port_call"}
    texts = " ".join(brief["text"] + " " + brief["title"] for brief in briefs.values()).lower()
    for said in ("seafood", "balloon", "treaty", "accord ", "wastewater", "treated water", "memorandum", "invasion"):
        assert said not in texts, said


def test_no_office_holder_is_named(briefs: dict[str, dict[str, Any]]) -> None:
    path = Path(__file__).parents[4] / "pipelines/extract/data/office_holders_core.toml"
    names = set(re.findall(r'"([A-Z][\w-]+ (?:[A-Z][\w-]+ ?)+)"', path.read_text("utf-8")))
    assert "Fumio Kishida" in names
    texts = " ".join(brief["text"] for brief in briefs.values())
    assert not {name for name in names if name in texts and name not in bank("lists")["third"]}


def test_the_intended_coding_is_of_the_ontology(rows: list[Routine]) -> None:
    for row in rows:
        assert (row.type, row.mode, row.factuality) == (kind(row).type, kind(row).mode, kind(row).factuality)
        assert not row.reciprocal or row.source < row.target
        assert "-".join(sorted((row.source, row.target))) == row.dyad
    for entry in kinds().values():
        if entry.type and entry.name not in OTHER_KINDS:
            assert (ontology.score_of(entry.type, entry.mode or None) < 0) == entry.conflict, entry.name


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_kind_has_a_dozen_sentence_patterns(name: str) -> None:
    entry = kinds()[name]
    assert len(set(entry.leads)) >= 12
    assert len(set(entry.titles)) >= 3
    assert all(group in bank("seconds") for group in entry.seconds)


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_pattern_of_a_kind_can_be_worded(name: str, rows: list[Routine]) -> None:
    row = next(row for row in rows if row.kind == name)
    openings = {word(row, Random(i))["text"][:12] for i in range(30)}
    assert len(openings) > 6


def test_dates_in_the_text_are_those_of_the_event(rows: list[Routine], briefs: dict[str, dict[str, Any]]) -> None:
    weekdays = re.compile(rf"\b({'|'.join(day_name)})\b(?! next week)")
    dates = re.compile(rf"\b[Oo]n ({'|'.join(list(month_name)[1:])}) (\d+)")
    dated = 0
    for row in rows:
        text = briefs[row.id]["text"]
        assert set(weekdays.findall(text)) <= {day_name[row.date.weekday()]}, text
        if row.kind != "scheduled":
            assert set(dates.findall(text)) <= {(month_name[row.date.month], str(row.date.day))}, text
        dated += bool(weekdays.search(text) or dates.search(text))
        if row.published.date() != row.date:
            assert weekdays.search(text) or dates.search(text), text
    assert dated > 0.9 * len(rows)


def test_the_text_is_clean(briefs: dict[str, dict[str, Any]]) -> None:
    wrong = re.compile(
        r"[{}\[\]|]|  | [,.;]|\.\.|,,|\ba (?=[aeio])(?!one|eu)|\ban (?=[bcdfgjklmnpqrstvwxz])|\ba A|\b(\w+) \1\b"
    )
    for brief in briefs.values():
        assert FEWEST_WORDS <= len(brief["text"].split()) <= MOST_WORDS
        assert len(brief["title"]) <= 95
        for part in (brief["text"], brief["title"]):
            assert not wrong.search(part), part
            assert part[0].isupper() or part[0] in '"0123456789', part
        assert brief["text"].endswith((".", '."', '"')), brief["text"]


def test_no_two_briefs_are_alike(briefs: dict[str, dict[str, Any]]) -> None:
    texts = [brief["text"] for brief in briefs.values()]
    prints = np.array([np.frombuffer(bytes.fromhex(fingerprint(text)), dtype=">u4") for text in texts], dtype=np.uint32)
    grams = [four_grams(text) for text in texts]
    alike, closest = set(), 0.0
    for i in range(1, len(texts)):
        same = (prints[:i] == prints[i]).sum(axis=1) / HASHES
        closest = max(closest, float(same.max()))
        alike |= {i for j in np.flatnonzero(same > 0.25) if jaccard(grams[i], grams[int(j)]) > 0.5}
    assert len(alike) < 0.03 * len(texts)
    assert closest < 0.7


def test_seen_refuses_what_it_has_and_keeps_what_is_new() -> None:
    seen = Seen()
    text = "Japan lodged a protest with China on Tuesday over a map on a government website, a spokesperson said."
    assert seen.add(text)
    assert not seen.add(text.replace("Tuesday", "Monday"))
    assert seen.add("Ferry services between Busan and Fukuoka resumed on Friday after a break of three months.")
    assert 0 < ALIKE < 1


@pytest.mark.parametrize(
    "said, meant",
    [
        ("a American plane", "An American plane."),
        ("a US plane and a ROK ship", "A US plane and an ROK ship."),
        ("an unit of a hour", "A unit of an hour."),
        ("a 18 day visit by a  Indian envoy , late", "An 18 day visit by an Indian envoy, late."),
        ("14 ships left", "Some 14 ships left."),
        ("is it", "Is it."),
        ("an one-day visit, a European, a umbrella", "A one-day visit, a European, an umbrella."),
    ],
)
def test_sentences_are_put_right(said: str, meant: str) -> None:
    assert sentence(said) == meant


@pytest.mark.parametrize("pattern", ["[a|b", "a]b]", "x {y"])
def test_a_broken_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match="brackets"):
        template(pattern)


def test_choices_nest_and_may_be_empty() -> None:
    said = {template("[a|[b|c] {x}|]").expand(lambda name: name.upper(), Random(i)) for i in range(60)}
    assert said == {"a", "b X", "c X", ""}


def test_the_folder_is_one_that_the_library_reads(tmp_path: Path, briefs: dict[str, dict[str, Any]]) -> None:
    chosen = list(briefs.values())[:50]
    (tmp_path / "articles.jsonl").write_text("\n".join(json.dumps(entry) for entry in chosen), "utf-8")
    assert len(load(tmp_path).articles) == 50


def test_pair_topics_name_their_own_states() -> None:
    for dyad, entry in bank("pairs").items():
        for direction in entry.get("topics", {}):
            if ">" in direction:
                assert "-".join(sorted(direction.split(">"))) == dyad, direction
        for text in [*entry["conflicts"], *entry["cooperations"]]:
            name, *direction, weight = text.split(" ")
            assert name in kinds()
            assert float(weight) > 0
            assert not direction or "-".join(sorted(direction[0].split(">"))) == dyad, text


def test_phrase_files_are_toml_without_surprises() -> None:
    for path in sorted((DATA / "phrases").glob("*.toml")):
        assert tomllib.loads(path.read_text("utf-8")) == bank(path.stem)
