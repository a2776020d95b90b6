"""Identity is content: every id is the first 128 bits of the SHA-256 of the record's canonical fields, as hex.

The canonicalisation of addresses is frozen: `tests/unit/schemas/golden/ids.toml` holds cases that must never change,
since an id that moved would make every stored record a stranger.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from schemas.records import EventDate, Publisher

_TRACKING_PREFIXES: Final = ("utm_", "ga_", "pk_", "mc_", "_hs", "at_")
_TRACKING: Final = frozenset(
    {
        "cmpid", "fbclid", "feature", "from", "gclid", "guccounter", "igshid", "mkt_tok", "ncid", "ocid", "output",
        "ref", "ref_src", "rss", "s_cid", "smid", "spm", "src", "source", "share", "yclid", "msclkid",
    }
)  # fmt: skip
"""Names that say where a reader came from. `cid` and the like stay: on some sites they are the article's number, and
two articles taken for one are worse than one taken for two."""
_SCHEMES: Final = frozenset({"http", "https"})
_DEFAULT_PORTS: Final = frozenset({None, 80, 443})
_HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f.:]+")
_PATH_SAFE: Final = "/:@!$&'()*+,;=-._~"


def digest(*fields: str | float | None) -> str:
    """First 128 bits of the SHA-256 of the fields as a JSON array, 32 hex digits."""
    return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()[:32]


def canonical_url(url: str) -> str:
    """One spelling for one page: https, lower-case host, no default port, fragment, tracking parameter or last slash.

    Returns "" for what is not an http(s) address. Never raises; idempotent.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES or not host:
        return ""
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
        url.encode()
    except UnicodeError:
        return ""
    if not _HOST.fullmatch(host):
        return ""
    netloc = f"[{host}]" if ":" in host else host
    if port not in _DEFAULT_PORTS:
        netloc = f"{netloc}:{port}"
    path = quote(unquote(parts.path, errors="surrogateescape"), safe=_PATH_SAFE, errors="surrogateescape")
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")  # bytes of any encoding survive
    query = sorted((k, v) for k, v in pairs if not _tracks(k.lower()))
    return urlunsplit(("https", netloc, path.rstrip("/"), urlencode(query, errors="surrogateescape"), ""))


def _tracks(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def normalised_sentence(text: str) -> str:
    """What makes two printings of a sentence equal: NFKC, case folded, white space collapsed, no final stop."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(" .")


def content_hash(title: str, text: str) -> str:
    """Recognises an unchanged article, whatever the white space."""
    return digest("content", " ".join(title.split()), " ".join(text.split()))


def article_id(publisher: Publisher, url: str, guid: str, content: str) -> str:
    """Publisher and canonical address, else publisher and guid, else the content hash."""
    canonical = canonical_url(url)
    if canonical:
        return digest("article", publisher.id, "url", canonical)
    if guid:
        return digest("article", publisher.id, "guid", guid)
    return digest("article", publisher.id, "content", content)


def signal_id(
    article: str,
    source: str,
    target: str | None,
    type_: str,
    mode: str | None,
    factuality: str,
    quote: str,
    ordinal: int,
) -> str:
    """`source` and `target` are actor codes; `ordinal` counts equals within the article from 0, in text order."""
    return digest("signal", article, source, target, type_, mode, factuality, normalised_sentence(quote), ordinal)


def event_id(source: str, target: str | None, family: str, when: EventDate, *, reciprocal: bool) -> str:
    """Source, target, reciprocal, family, day or range."""
    return digest("event", source, target, reciprocal, family, when.start.isoformat(), when.end.isoformat())


def change_id(dyad: str, direction: str, at: date) -> str:
    """Dyad, direction, day."""
    return digest("change", dyad, direction, at.isoformat())


def alert_id(rule: str, subject: str, direction: str | None, opened: datetime | str) -> str:
    """Rule, subject, direction and the time of the tick that opened it (for `breaking` the matter_id instead)."""
    opening = opened if isinstance(opened, str) else opened.isoformat()
    return digest("alert", rule, subject, direction, opening)


def deadletter_id(topic: str, partition: int, offset: int) -> str:
    """Of a record that lies in the log."""
    return digest("deadletter", topic, partition, offset)


def deadletter_id_of_content(stage: str, content: bytes) -> str:
    """Of something that never reached the log."""
    return digest("deadletter", stage, hashlib.sha256(content).hexdigest())


def signal_revision(article_version: int, coder_release: int) -> int:
    """article_version x 1,000,000 + coder release number."""
    return article_version * 1_000_000 + coder_release
