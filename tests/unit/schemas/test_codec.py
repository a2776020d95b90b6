from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.conformance.strategies import signals
from schemas import codec
from schemas.errors import QuarantinedError
from schemas.records import Action, Heard, Signal, Tick

TICK = b'{"schema":"tick/1","time":"2023-08-24T00:00:00Z"}'
GOLDEN = Path(__file__).parent / "golden"


def code_of(data: bytes, kind: type[Tick] | None = Tick) -> str:
    with pytest.raises(QuarantinedError) as error:
        codec.decode_any(data) if kind is None else codec.decode(data, kind)
    return error.value.code


def test_unknown_fields_are_ignored_at_every_depth() -> None:
    message = json.loads((GOLDEN / "signal-1.json").read_bytes())
    plain = codec.decode(json.dumps(message).encode(), Signal)
    message["new_field"] = {"deep": [1]}
    message["source"]["new_field"] = 1
    assert codec.decode(json.dumps(message).encode(), Signal) == plain


def test_fields_with_defaults_may_be_missing() -> None:
    tick = codec.decode(TICK, Tick)
    assert (tick.cut, tick.actions, tick.heard) == ({}, 0, 0)
    assert tick.time == datetime(2023, 8, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (TICK.replace(b"}", b',"cut":{"\xff":1}}'), "not_json"),
        (b"[]", "not_json"),
        (b"null", "not_json"),
        (TICK + b"}", "not_json"),
        (b'{"time":"2023-08-24T00:00:00Z"}', "unknown_schema"),
        (TICK.replace(b"tick/1", b"tock/1"), "unknown_schema"),
        (TICK.replace(b"tick/1", b""), "unknown_schema"),
        (TICK.replace(b"tick/1", b"tick/x"), "unknown_schema"),
        (TICK.replace(b"tick/1", b"tick/2"), "newer_schema"),
        (b'{"schema":"tick/1"}', "invalid"),
        (TICK.replace(b"2023-08-24T00:00:00Z", b"yesterday"), "invalid"),
        (TICK.replace(b"}", b',"actions":"three"}'), "invalid"),
        (TICK.replace(b"}", b',"actions":1.5}'), "invalid"),
        (TICK.replace(b"}", b',"cut":null}'), "invalid"),
    ],
)
def test_what_cannot_be_read_is_quarantined_by_cause(data: bytes, code: str) -> None:
    assert code_of(data) == code
    assert code_of(data, None) == code


def test_another_record_than_expected_is_told_apart() -> None:
    assert code_of(b'{"schema":"heard/1","day":"2023-08-24"}') == "wrong_schema"
    assert isinstance(codec.decode_any(b'{"schema":"heard/1","day":"2023-08-24"}'), Heard)


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    escaped = b'{"schema":"action/1","action_id":"\\ud800","kind":"ack","subject":"x","at":"2023-08-24T00:00:00Z"}'
    assert code_of(escaped, None) in {"invalid", "not_json"}
    whole = escaped.replace(b"\\ud800", b"\\ud83d\\ude00")
    action = codec.decode(whole, Action)
    assert action.action_id == "😀"
    assert "😀".encode() in codec.encode(action)


def test_encoding_is_canonical() -> None:
    one = Tick(time=datetime(2023, 8, 24, tzinfo=UTC), cut={"2": 1, "10": 2})
    other = Tick(time=datetime(2023, 8, 24, tzinfo=UTC), cut={"10": 2, "2": 1})
    assert codec.encode(one) == codec.encode(other)
    assert (
        codec.encode(one)
        == b'{"schema":"tick/1","time":"2023-08-24T00:00:00Z","cut":{"10":2,"2":1},"actions":0,"heard":0}'
    )


@settings(deadline=None)
@given(signals())
def test_a_signal_survives(signal: Signal) -> None:
    data = codec.encode(signal)
    assert codec.decode(data, Signal) == codec.decode_any(data) == signal
    assert codec.encode(codec.decode(data, Signal)) == data


@settings(deadline=None)
@given(
    st.binary(max_size=40)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    ).map(lambda v: json.dumps(v).encode())
)
def test_anything_else_is_quarantined(data: bytes) -> None:
    with pytest.raises(QuarantinedError):
        codec.decode_any(data)
