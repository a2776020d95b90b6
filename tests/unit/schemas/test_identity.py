from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import identity
from schemas.records import EventDate, Publisher

CASES = tomllib.loads((Path(__file__).parent / "golden" / "ids.toml").read_text(encoding="utf-8"))


def _article_id(publisher: str, url: str, guid: str, content: str) -> str:
    return identity.article_id(Publisher(id=publisher, name="Any Name"), url, guid, content)


def _event_id(
    source: str, target: str | None, family: str, start: str, end: str, precision: Any, reciprocal: bool
) -> str:
    when = EventDate(start=date.fromisoformat(start), end=date.fromisoformat(end), precision=precision)
    return identity.event_id(source, target, family, when, reciprocal=reciprocal)


MAKERS: dict[str, Callable[..., str]] = {
    "article_id": _article_id,
    "signal_id": identity.signal_id,
    "event_id": _event_id,
    "change_id": lambda dyad, direction, at: identity.change_id(dyad, direction, date.fromisoformat(at)),
    "alert_id": identity.alert_id,
    "deadletter_id": identity.deadletter_id,
    "deadletter_id_of_content": lambda stage, content: identity.deadletter_id_of_content(stage, content.encode()),
    "content_hash": identity.content_hash,
}


@pytest.mark.parametrize("found, canonical", CASES["urls"])
def test_canonical_addresses_never_change(found: str, canonical: str) -> None:
    assert identity.canonical_url(found) == canonical
    assert identity.canonical_url(canonical) == canonical


@pytest.mark.parametrize("case", CASES["ids"], ids=lambda case: f"{case['of']}-{case['is'][:6]}")
def test_ids_never_change(case: dict[str, Any]) -> None:
    arguments = [None if value == "null" else value for value in case["from"]]
    assert MAKERS[case["of"]](*arguments) == case["is"]


def test_every_kind_of_id_has_a_case() -> None:
    assert {case["of"] for case in CASES["ids"]} == set(MAKERS)
    assert len(CASES["urls"]) >= 60


def test_an_id_is_the_first_half_of_the_sha256_of_a_json_array() -> None:
    fields = ["alert", "change", "CHN-JPN", "tension", "2023-08-24T06:00:00+00:00"]
    plain = hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()
    opened = datetime(2023, 8, 24, 6, tzinfo=UTC)
    assert identity.alert_id("change", "CHN-JPN", "tension", opened) == plain[:32]
    assert identity.digest("ü", None, 1, True) == hashlib.sha256('["ü",null,1,true]'.encode()).hexdigest()[:32]


def test_fields_do_not_run_into_one_another() -> None:
    assert identity.digest("ab", "c") != identity.digest("a", "bc")


ODD = st.text(
    alphabet=st.characters(codec="utf-8")
    | st.sampled_from(["\ud800", "\udcff"])
    | st.sampled_from("a/%?&=.:[]@#é日-1;+ ")
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(("https://news.example/", "http://", "http://news.example/?", "")), ODD)
def test_any_text_gives_an_address_or_none(start: str, rest: str) -> None:
    canonical = identity.canonical_url(start + rest)
    assert identity.canonical_url(canonical) == canonical
    assert canonical == "" or canonical.encode("ascii").startswith(b"https://")


def test_bytes_of_other_encodings_stay_apart() -> None:
    assert identity.canonical_url("https://a.example/?q=%B1%B9") != identity.canonical_url(
        "https://a.example/?q=%B1%BA"
    )


def test_revisions_order_by_version_then_coder() -> None:
    assert identity.signal_revision(1, 999_999) < identity.signal_revision(2, 1) == 2_000_001
