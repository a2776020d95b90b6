"""Messages of version 1 that must decode for ever.

A record that gains a field gets a new file with it, and its old file stays beside it as `NAME-1.WHY.json`: it must
still decode, and lose nothing when it is encoded again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas import codec
from schemas.records import RECORDS, Article, Signal

GOLDEN = Path(__file__).parent / "golden"
MESSAGES = sorted(GOLDEN.glob("*-1*.json"))


def holds(old: Any, new: Any) -> bool:
    """Whether `new` says all that `old` says, in the same order, and perhaps more."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [key for key in new if key in old] == list(old) and all(holds(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(holds, old, new))
    return type(old) is type(new) and bool(old == new)


def test_every_record_has_a_message() -> None:
    assert {codec.stamp_of(record).replace("/", "-") for record in RECORDS} <= {path.stem for path in MESSAGES}


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_decodes_and_encodes_to_the_same(path: Path) -> None:
    message = path.read_bytes().rstrip(b"\n")
    record = codec.decode_any(message)
    again = codec.encode(record)
    assert codec.decode(again, type(record)) == record
    assert holds(json.loads(message), json.loads(again))
    if "." not in path.stem:
        assert again == message


@pytest.mark.parametrize("path", [path for path in MESSAGES if "." not in path.stem], ids=lambda path: path.stem)
def test_a_message_gives_every_field(path: Path) -> None:
    record = codec.decode_any(path.read_bytes())
    assert set(json.loads(path.read_bytes())) == {"schema", *record.__struct_fields__}


def test_evidence_of_the_message_lies_in_its_article() -> None:
    article = codec.decode((GOLDEN / "article-1.json").read_bytes(), Article)
    signal = codec.decode((GOLDEN / "signal-1.json").read_bytes(), Signal)
    evidence = signal.evidence
    assert article.text[evidence.start : evidence.end] == evidence.quote
    spans = (evidence.source_span, evidence.trigger_span, evidence.target_span)
    assert [article.text[span[0] : span[1]] for span in spans if span] == ["Beijing", "banned", "Japan"]
    assert signal.article_id == article.article_id
    assert signal.first_seen == article.first_seen
    assert signal.key == "CHN-JPN"
