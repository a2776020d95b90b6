"""An answer, read within limits."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from connectors.net.failures import OversizeError
from schemas.errors import QuarantinedError, TransientError

_GZIP_OR_ZLIB: Final = 47
"""zlib's window bits for "gzip or zlib, by its header"."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """Status, headers (lower-case names), decoded body, the address that answered, seconds taken.

    `moved` is the address to use from now on where permanent redirects (301, 308) led on, else "".
    """

    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    elapsed: float
    moved: str = ""


def retry_after(headers: dict[str, str], now: datetime) -> float | None:
    """Seconds that the server asks us to wait, from its seconds or date form; None where it does not ask.

    A date is taken relative to the server's own Date header, else to `now`.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), 7 * 86400.0)
    try:
        until = _utc(parsedate_to_datetime(value))
    except (TypeError, ValueError, OverflowError):
        return None
    try:
        start = _utc(parsedate_to_datetime(headers.get("date", "")))
    except (TypeError, ValueError, OverflowError):
        start = now
    return min(max(0.0, (until - start).total_seconds()), 7 * 86400.0)


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def read_body(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """All chunks, decoded and at most `limit` bytes; never holds more than the limit and one chunk.

    Raises OversizeError, QuarantinedError (`unknown_encoding`, `bad_encoding`), TransientError (`truncated`).
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _plain(chunks, limit)
    if name in {"gzip", "x-gzip", "deflate"}:
        return _inflated(chunks, limit)
    raise QuarantinedError(f"content encoding {encoding[:40]!r} was not asked for", "unknown_encoding")


def _plain(chunks: Iterable[bytes], limit: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise OversizeError(f"more than {limit} bytes", "too_large")
    return bytes(body)


def _inflated(chunks: Iterable[bytes], limit: int) -> bytes:
    body = bytearray()
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    first, taken = True, 0
    for chunk in chunks:
        data, taken = chunk, taken + len(chunk)
        while data:
            if decoder.eof:  # a further gzip member
                decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
            try:
                body += decoder.decompress(data, limit + 1 - len(body))
            except zlib.error as error:
                if not first:
                    raise QuarantinedError(f"broken compression: {error}", "bad_encoding") from error
                first, decoder = False, zlib.decompressobj(-zlib.MAX_WBITS)  # deflate without its wrapper
                continue
            first = False
            if len(body) > limit:
                raise OversizeError(f"{taken} bytes decompress to more than {limit}", "decompression_bomb")
            data = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if taken and not decoder.eof:
        raise TransientError("the compressed body ends early", "truncated")
    return bytes(body)
