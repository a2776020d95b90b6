"""Bytes to text: by byte-order mark, by what the bytes are, by what is declared, in this order.

Valid UTF-8 with a character beyond ASCII is UTF-8 whatever is declared: legacy Korean, Japanese or Chinese text is
practically never valid UTF-8. Labels mean the superset that publishers really use: euc-kr is cp949, shift_jis cp932,
gb2312 gb18030, latin-1 windows-1252.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

import msgspec

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SUPERSETS: Final = {
    "euc_kr": "cp949", "ks_c_5601": "cp949", "johab": "johab", "shift_jis": "cp932", "gb2312": "gb18030",
    "gbk": "gb18030", "big5": "big5hkscs", "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254",
    "tis-620": "cp874", "iso8859-11": "cp874",
}  # fmt: skip
_ALIASES: Final = {
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
}
_ESCAPED: Final = frozenset({"iso2022_jp", "iso2022_kr", "hz", "utf-7"})
_XML: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]{2,40})""", re.IGNORECASE)
_META: Final = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_HEADER: Final = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_SAMPLE: Final = 100_000
_TOLERATED: Final = 0.1
"""Share of broken sequences among non-ASCII bytes up to which a declared charset is still believed."""


class Decoded(msgspec.Struct, frozen=True):
    """Text, the charset used, and whether bytes had to be replaced."""

    text: str
    charset: str
    damaged: bool


def decode(body: bytes, content_type: str = "") -> Decoded:
    """The text of an XML or HTML document. Never raises."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _forced(body[len(mark) :], name)
    if wide := _wide(body):
        return _forced(body, wide)
    declared = _declared(body, content_type)
    if declared and declared[0] in _ESCAPED:
        return _forced(body, declared[0])
    if (text := _strictly(body, "utf-8")) is not None:
        return Decoded(text, "utf-8", damaged=False)
    for name in declared:
        if (text := _strictly(body, name)) is not None:
            return Decoded(text, name, damaged=False)
    return _guessed(body, declared)


def _wide(body: bytes) -> str:
    head = body[:4]
    forms = {b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be", b"<\0h\0": "utf-16-le", b"<\0r\0": "utf-16-le"}
    return forms.get(head, "")


def _declared(body: bytes, content_type: str) -> list[str]:
    head = body[:4096]
    labels = [match[1].decode("ascii", "replace") for match in (_XML.search(head), _META.search(head)) if match]
    if match := _HEADER.search(content_type):
        labels.append(match[1])
    return list(dict.fromkeys(name for name in map(_codec, labels) if name))


def _codec(label: str) -> str:
    lower = label.lower()
    if lower in _ALIASES:
        return _ALIASES[lower]
    try:
        info = codecs.lookup(lower)
    except (LookupError, ValueError):
        return ""
    # Python's registry also holds transforms (rot13, zlib) that are no charsets.
    return _SUPERSETS.get(info.name, info.name) if info._is_text_encoding else ""  # noqa: SLF001


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except (UnicodeError, LookupError):
        return None


def _forced(body: bytes, name: str) -> Decoded:
    text = body.decode(name, "replace")
    return Decoded(text, name, damaged="\ufffd" in text)


def _guessed(body: bytes, declared: list[str]) -> Decoded:
    beyond = sum(byte > 127 for byte in body[:_SAMPLE]) or 1  # noqa: PLR2004
    for name in (*declared, "utf-8"):
        sample = body[:_SAMPLE].decode(name, "replace")
        if sample.count("\ufffd") / beyond <= _TOLERATED:
            return _forced(body, name)
    import chardet

    guess = _codec(str(chardet.detect(body[:_SAMPLE]).get("encoding") or ""))
    return _forced(body, guess or (declared[0] if declared else "cp1252"))
