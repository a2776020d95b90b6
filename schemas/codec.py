"""Bytes to records and back, with a schema stamp and one rule for unknown fields.

The rule: a reader ignores fields that it does not know within the version it knows (adding is compatible); a stamp of
an unknown name or of a later version is quarantined, never guessed at. Encoding is canonical: keys in the order of
the struct's definition, map keys sorted, no blanks, so equal records are equal bytes.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from schemas.errors import QuarantinedError
from schemas.records import RECORDS, Record

R = TypeVar("R", bound=Record)

STAMPS: Final[dict[str, type[Record]]] = {str(record.__struct_config__.tag): record for record in RECORDS}
_ENCODER: Final = msgspec.json.Encoder(order="deterministic", enc_hook=None)
_DECODERS: Final[dict[type[Record], msgspec.json.Decoder[Any]]] = {
    record: msgspec.json.Decoder(record) for record in RECORDS
}
_PREFIXES: Final[dict[type[Record], bytes]] = {
    record: f'{{"schema":"{record.__struct_config__.tag}"'.encode() for record in RECORDS
}


class _Stamp(msgspec.Struct):
    schema: str = ""


_STAMP_DECODER: Final = msgspec.json.Decoder(_Stamp)


def stamp_of(record: Record | type[Record]) -> str:
    """The stamp, for example `signal/1`."""
    return str(record.__struct_config__.tag)


def encode(record: Record) -> bytes:
    """One record as canonical JSON. Equal records give equal bytes."""
    return _ENCODER.encode(record)


def decode(data: bytes, kind: type[R]) -> R:
    """The record of the expected kind; QuarantinedError otherwise.

    Its code is `not_json`, `unknown_schema` (none at all included), `newer_schema`, `wrong_schema` or `invalid`.
    """
    try:
        record: R = _DECODERS[kind].decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _explain(data, kind, error) from error
    if not data.startswith(_PREFIXES[kind]) and not _STAMP_DECODER.decode(data).schema:  # the decoder lets that pass
        raise _unknown("")
    return record


def decode_any(data: bytes) -> Record:
    """Whatever stamped record this is; errors as in `decode`."""
    try:
        stamp = _STAMP_DECODER.decode(data).schema
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise QuarantinedError(f"not a JSON record: {error}", "not_json") from error
    if stamp not in STAMPS:
        raise _unknown(stamp)
    return decode(data, STAMPS[stamp])


def _unknown(stamp: str) -> QuarantinedError:
    name, _, version = stamp.partition("/")
    known = {s.partition("/")[0]: s for s in STAMPS}
    if name in known and version.isdigit():
        return QuarantinedError(f"schema {stamp} is not the {known[name]} that this release reads", "newer_schema")
    return QuarantinedError(f"unknown schema {stamp!r}; known: {', '.join(STAMPS)}", "unknown_schema")


def _explain(data: bytes, kind: type[Record], error: Exception) -> QuarantinedError:
    if not isinstance(error, msgspec.ValidationError):
        return QuarantinedError(f"not a JSON record: {error}", "not_json")
    try:
        stamp = _STAMP_DECODER.decode(data).schema
    except (msgspec.DecodeError, UnicodeDecodeError):
        return QuarantinedError(f"not a JSON record: {error}", "not_json")
    if stamp != stamp_of(kind):
        if stamp in STAMPS:
            return QuarantinedError(f"expected {stamp_of(kind)}, found {stamp}", "wrong_schema")
        return _unknown(stamp)
    return QuarantinedError(f"{stamp}: {error}", "invalid")
