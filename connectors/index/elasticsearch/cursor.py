"""Cursors: a point in time of the index and a place in its order, sealed so that only an unchanged one comes back."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, Final

import msgspec

from schemas.errors import ConfigError
from schemas.query import Query
from schemas.query_syntax import render

_VERSION: Final = 1
_SEAL_BYTES: Final = 12


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The snapshot that the pages are of, the last hit's place in the order, and the total."""

    snapshot: str
    after: tuple[Any, ...]
    total: int


def sealed(cursor: Cursor, query: Query, sort: str, secret: bytes) -> str:
    """The cursor as opaque text, bound to its query, order and index."""
    body = bytes((_VERSION,)) + msgspec.msgpack.encode(cursor)
    return base64.urlsafe_b64encode(_seal(body, query, sort, secret) + body).decode().rstrip("=")


def opened(text: str, query: Query, sort: str, secret: bytes) -> Cursor:
    """The cursor; ConfigError when it is not exactly one that this index gave for this query and order."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise refused() from error
    body = raw[_SEAL_BYTES:]
    if not body or raw[:_SEAL_BYTES] != _seal(body, query, sort, secret) or body[0] != _VERSION:
        raise refused()
    cursor = msgspec.msgpack.decode(body[1:], type=Cursor)
    if sealed(cursor, query, sort, secret) != text:  # the last character of base64 has bits to spare
        raise refused()
    return cursor


def refused() -> ConfigError:
    """What is said of a cursor that is none, or whose snapshot is gone."""
    return ConfigError(
        "this cursor is too old or does not belong to this query, order and index; start again without a cursor",
        "bad_cursor",
    )


def _seal(body: bytes, query: Query, sort: str, secret: bytes) -> bytes:
    bound = msgspec.msgpack.encode((sort, render(query)))
    return hashlib.blake2b(bound + body, digest_size=_SEAL_BYTES, key=secret).digest()
