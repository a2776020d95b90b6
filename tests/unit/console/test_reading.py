"""Verbs that read a data directory: what they find, and its forms."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from pipelines.wiring.stores import Stores
from schemas import topics
from schemas.codec import decode
from schemas.records import Action, Alert, Relation, Signal
from tests.unit.console.conftest import Detente, Sample, add_dead_letter


def test_search_gives_signals_newest_first(detente: Detente, sample: Sample) -> None:
    ran = detente("search", "hotline", "--json", "--data", sample.path)
    assert ran.code == 0
    assert [line["signal_id"] for line in ran.lines] == [sample.signals[2].signal_id, sample.signals[1].signal_id]
    assert {line["rejected"] for line in ran.lines} == {False}
    assert msgspec.json.decode(ran.out.splitlines()[0], type=Signal) == sample.signals[2]


@pytest.mark.parametrize(
    "flags,found",
    [
        (["--source", "chn"], {1, 3}),
        (["--target", "CHN"], {2}),
        (["--dyad", "JPN-CHN"], {1, 2, 3}),
        (["--dyad", "CHN-KOR"], set()),
        (["--type", "sanction"], {1}),
        (["--factuality", "conditional"], {3}),
        (["--publisher", "kanto"], {2}),
        (["--language", "en", "--since", "2023-08-25"], {2, 3}),
        (["--until", "2023-08-25"], {1, 2}),
        (["--since", "2023-08", "--until", "2023-08"], {1, 2, 3}),
        (["type:SANCTION", "OR", "type:ACCUSE"], {1, 2}),
        (["NOT", "hotline"], {1}),
        (["status:retracted"], set()),
    ],
)
def test_search_flags(detente: Detente, sample: Sample, flags: list[str], found: set[int]) -> None:
    ran = detente("search", *flags, "--json", "--data", sample.path)
    assert {int(line["signal_id"], 16) for line in ran.lines} == found


def test_search_pages_by_cursor(detente: Detente, sample: Sample) -> None:
    first = detente("search", "--limit", "2", "--json", "--data", sample.path)
    cursor = first.err.split("--cursor ")[1].strip()
    second = detente("search", "--limit", "2", "--cursor", cursor, "--json", "--data", sample.path)
    ids = [line["signal_id"] for line in first.lines + second.lines]
    assert ids == [signal.signal_id for signal in reversed(sample.signals)]
    assert second.err == ""


def test_search_as_table_csv_and_markdown(detente: Detente, sample: Sample) -> None:
    plain = detente("search", "banned", "--data", sample.path).out
    assert "“China banned seafood from Japan on Thursday.”" in plain
    assert "https://nippon-relay.example/0" in plain
    rows = list(csv.DictReader(io.StringIO(detente("search", "--csv", "--data", sample.path).out)))
    assert [row["type"] for row in rows] == ["CONSULT", "ACCUSE", "SANCTION"]
    assert rows[2]["url"] == "https://nippon-relay.example/0"
    table = detente("search", "--markdown", "--data", sample.path).out.splitlines()
    assert len(table) == 5
    assert table[0].startswith("| published | who |")


def test_a_rejected_signal_is_marked_and_restored(detente: Detente, sample: Sample) -> None:
    identity = sample.signals[0].signal_id
    ran = detente("signals", "reject", identity, "--comment", "not about Japan", "--json", "--data", sample.path)
    assert ran.code == 0
    assert ran.lines[0]["kind"] == "reject_signal"
    found = detente("search", "banned", "--json", "--data", sample.path).lines
    assert [line["rejected"] for line in found] == [True]
    assert "[rejected]" in detente("search", "banned", "--data", sample.path).out
    shown = detente("signals", "show", identity, "--json", "--data", sample.path).lines[0]
    assert shown["actions"][0]["body"] == {"text": "not about Japan"}
    detente("signals", "restore", identity, "--data", sample.path)
    found = detente("search", "banned", "--json", "--data", sample.path).lines
    assert [line["rejected"] for line in found] == [False]


def test_what_people_do_lies_in_the_action_topic(detente: Detente, sample: Sample) -> None:
    detente("signals", "confirm", sample.signals[1].signal_id, "--data", sample.path)
    detente("alerts", "ack", "a1b2c3", "--comment", "seen", "--data", sample.path)
    detente("alerts", "rate", "a1b2c3", "useful", "--data", sample.path)
    detente("alerts", "comment", "a1b2c3", "to be watched", "--data", sample.path)
    detente("alerts", "retract", "a1b2c3", "--data", sample.path)
    stores = Stores(sample.home)
    actions = [decode(stored.value, Action) for stored in stores.log.read(topics.ACTION, 0, 0, 10)]
    stores.close()
    assert [(a.kind, a.subject) for a in actions] == [
        ("confirm_signal", sample.signals[1].signal_id),
        ("ack", sample.alert.alert_id),
        ("rate", sample.alert.alert_id),
        ("comment", sample.alert.alert_id),
        ("retract", sample.alert.alert_id),
    ]
    assert actions[2].body == {"rule": "change", "verdict": "useful"}
    assert len({action.action_id for action in actions}) == 5


def test_ratings_are_counted_by_rule_each_alert_once(detente: Detente, sample: Sample) -> None:
    detente("alerts", "rate", "a1b2c3", "not", "--data", sample.path)
    detente("alerts", "rate", "a1b2c3", "useful", "--data", sample.path)
    rules = {line["id"]: line for line in detente("rules", "list", "--json", "--data", sample.path).lines}
    assert rules["change"]["ratings"] == {"useful": 1}
    assert rules["breaking"]["ratings"] == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ["signals", "show", "0" * 32],
        ["signals", "reject", "0" * 32],
        ["alerts", "show", "ffffff"],
        ["alerts", "ack", "ffffff"],
        ["deadletters", "show", "ffffff"],
    ],
)
def test_what_does_not_exist(detente: Detente, sample: Sample, arguments: list[str]) -> None:
    ran = detente(*arguments, "--data", sample.path)
    assert (ran.code, ran.out) == (1, "")
    assert "detente" in ran.err
    stores = Stores(sample.home)
    assert stores.log.end_offsets(topics.ACTION) == {0: 0}
    stores.close()


def test_signal_in_full(detente: Detente, sample: Sample) -> None:
    shown = detente("signals", "show", sample.signals[0].signal_id, "--data", sample.path).out
    for part in ("CHN GOV", "→ JPN", "SANCTION", "“China banned", "test.rule", "https://nippon-relay.example/0"):
        assert part in shown


def test_relations_of_all_pairs(detente: Detente, sample: Sample) -> None:
    ran = detente("relations", "--json", "--data", sample.path)
    assert [line["dyad"] for line in ran.lines] == ["CHN-JPN", "JPN-KOR"]
    table = detente("relations", "--data", sample.path).out
    assert "-5.0" in table
    assert "tension" in table


def test_relations_of_one_pair_day_by_day(detente: Detente, sample: Sample) -> None:
    ran = detente(
        "relations", "jpn-chn", "--since", "2023-08-23", "--until", "2023-08-25", "--json", "--data", sample.path
    )
    states = [msgspec.json.decode(line, type=Relation) for line in ran.out.splitlines()]
    assert [(str(s.at), s.level.value) for s in states] == [("2023-08-23", -2), ("2023-08-24", -3), ("2023-08-25", -4)]


@pytest.mark.parametrize(
    "flags,day",
    [([], "2023-08-26"), (["--at", "2023-08-24"], "2023-08-24"), (["--as-of", "2023-08-24T00:00:00Z"], "2023-08-23")],
)
def test_state_at_a_day_and_as_of_a_time(detente: Detente, sample: Sample, flags: list[str], day: str) -> None:
    ran = detente("relations", "CHN-JPN", *flags, "--json", "--data", sample.path)
    assert [line["at"] for line in ran.lines] == [day]


def test_state_of_a_pair_leads_to_its_quotes(detente: Detente, sample: Sample) -> None:
    shown = detente("relations", "CHN-JPN", "--data", sample.path).out
    assert "level    -5.0" in shown
    assert "z +2.5" in shown
    assert "-75%" in shown
    assert "“China banned seafood from Japan on Thursday.”" in shown
    assert "Nippon Relay  https://nippon-relay.example/0" in shown


def test_changes_and_events(detente: Detente, sample: Sample) -> None:
    ran = detente("relations", "CHN-JPN", "--changes", "--json", "--data", sample.path)
    assert [line["direction"] for line in ran.lines] == ["tension"]
    assert detente("relations", "JPN-KOR", "--changes", "--json", "--data", sample.path).lines == []
    assert detente("relations", "CHN-JPN", "--events", "--json", "--data", sample.path).code == 0


def test_alerts_list(detente: Detente, sample: Sample) -> None:
    ran = detente("alerts", "list", "--json", "--data", sample.path)
    assert [msgspec.json.decode(line, type=Alert) for line in ran.out.splitlines()] == [sample.alert]
    assert "a1b2c3d4e5f6" in detente("alerts", "list", "--data", sample.path).out
    for flags in (["--state", "resolved"], ["--dyad", "CHN-KOR"], ["--rule", "breaking"], ["--since", "2024-01-01"]):
        assert detente("alerts", "list", *flags, "--json", "--data", sample.path).lines == []
    both = detente("alerts", "list", "--state", "resolved", "--state", "firing", "--json", "--data", sample.path)
    assert len(both.lines) == 1


def test_alert_in_full(detente: Detente, sample: Sample) -> None:
    shown = detente("alerts", "show", "a1b2c3", "--data", sample.path).out
    for part in (
        "tension above its usual share",
        "Conflict makes up 90 %",
        "40% before, 90% now",
        "kanto-group, relay-group",
        "100%  SANCTION",
        "“China banned seafood from Japan on Thursday.”",
        "https://nippon-relay.example/0",
        "What speaks against it",
        "“China and Japan may talk on the hotline.”",
        "revision 1  firing",
    ):
        assert part in shown
    as_json = detente("alerts", "show", "a1b2c3", "--json", "--data", sample.path).lines[0]
    assert as_json["alert_id"] == sample.alert.alert_id
    assert as_json["counter_evidence"][0]["quotes"][0]["quote"] == "China and Japan may talk on the hotline."
    assert as_json["revisions"][0]["state"] == "firing"


def test_deliveries(detente: Detente, sample: Sample) -> None:
    assert detente("alerts", "deliveries", "a1b2c3", "--json", "--data", sample.path).lines == []


def test_dead_letters(detente: Detente, sample: Sample) -> None:
    assert detente("deadletters", "list", "--json", "--data", sample.path).lines == []
    letter = add_dead_letter(sample)
    assert [line["code"] for line in detente("deadletters", "list", "--json", "--data", sample.path).lines] == [
        "not_json"
    ]
    assert detente("deadletters", "list", "--stage", "decode", "--json", "--data", sample.path).lines == []
    shown = detente("deadletters", "show", letter.deadletter_id[:8], "--data", sample.path).out
    assert "not a JSON record" in shown
    assert '{"x"' in shown
