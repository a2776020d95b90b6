"""One fast pass over a feed's XML before anything else reads it: what it is, whether it is whole, where its entries
stand, what it takes back (RFC 6721), and whether it is an attack.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

import msgspec

_TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_ENTRY_NAMES: Final = frozenset({"item", "entry"})
_MOST_ATTRIBUTES: Final = 200
_ALL_ATTRIBUTES: Final = 200_000
_DEEPEST: Final = 200
"""Elements within elements: feeds have ten, attacks on recursive readers thousands."""
_MOST_EXPANSION: Final = 1_000_000
"""Bytes that a document's own entities may add."""
_LONGEST_ENTITY: Final = 200

_SUBSET: Final = re.compile(rb"<!DOCTYPE[^\[<>]{0,1000}\[", re.IGNORECASE)
_SUBSET_END: Final = re.compile(rb"\]\s*>")
_ENTITY: Final = re.compile(rb"""<!ENTITY\s+(%?\s*[\w.:-]+)\s+(?:"([^"]*)"|'([^']*)'|(\w+))""", re.IGNORECASE)
_TRUNCATED: Final = frozenset({3, 5, 6, 20})
"""Expat's codes for no element, unclosed token, partial character, unclosed CDATA section."""


class Tombstone(msgspec.Struct, frozen=True):
    """An entry taken back: its id, when, why, and its address and title where given."""

    ref: str
    when: str = ""
    title: str = ""
    comment: str = ""
    link: str = ""


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """`error` is "", `truncated` or `not_wellformed`. `entries` are byte ranges of whole entries, in order; `elements`
    counts the elements within each, `outside` those in none.
    """

    root: str = ""
    namespace: str = ""
    entries: tuple[tuple[int, int], ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    elements: tuple[int, ...] = ()
    outside: int = 0
    error: str = ""
    deep: bool = False


class _Stop(Exception):  # noqa: N818
    """Ends the pass early."""


class _Scanner:
    def __init__(self, document: bytes) -> None:
        self.path: list[str] = []
        self.root = self.namespace = ""
        self.entries: list[tuple[int, int]] = []
        self.tombstones: list[Tombstone] = []
        self.elements: list[int] = []
        self.count = 0
        self.deep = False
        self._attributes = 0
        self._document = document
        self._start = self._entry_depth = -1
        self._before = 0
        self._tomb: dict[str, str] | None = None
        self._text: list[str] = []
        self.parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._characters

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if not self.path:
            self.root, self.namespace = local.lower(), namespace
        self.path.append(local)
        self.count += 1
        self._attributes += len(attributes)
        # The feed parser looks attributes up one by one: a hundred thousand in one element take it minutes.
        if len(self.path) > _DEEPEST or len(attributes) > _MOST_ATTRIBUTES or self._attributes > _ALL_ATTRIBUTES:
            self.deep = True
            raise _Stop
        if self._start < 0 and local in _ENTRY_NAMES and len(self.path) in {2, 3}:
            self._start, self._entry_depth = self.parser.CurrentByteIndex, len(self.path)
            self._before = self.count - 1
        elif namespace == _TOMBSTONES and local == "deleted-entry":
            self._tomb = {"ref": attributes.get("ref", ""), "when": attributes.get("when", "")}
        elif self._tomb is not None and local == "link" and namespace == _ATOM:
            self._tomb["link"] = attributes.get("href", "")
        self._text = []

    def _characters(self, data: str) -> None:
        if self._tomb is not None:
            self._text.append(data)

    def _close(self, name: str) -> None:
        depth = len(self.path)
        local = self.path.pop()
        if self._tomb is not None:
            if name == f"{_TOMBSTONES} comment":
                self._tomb["comment"] = "".join(self._text).strip()
            elif local == "title":
                self._tomb["title"] = "".join(self._text).strip()
            elif name == f"{_TOMBSTONES} deleted-entry":
                self.tombstones.append(Tombstone(**self._tomb))
                self._tomb = None
        if depth == self._entry_depth and local in _ENTRY_NAMES:
            at = self.parser.CurrentByteIndex
            end = self._document.find(b">", at) + 1
            self.entries.append((self._start, end))
            self.elements.append(self.count - self._before)
            self._start = self._entry_depth = -1


def scan(document: bytes) -> Scan:
    """The pass itself, over UTF-8. Never raises."""
    scanner = _Scanner(document)
    error = ""
    try:
        scanner.parser.Parse(document, True)  # noqa: FBT003
    except _Stop:
        error = "not_wellformed"
    except expat.ExpatError as failure:
        error = "truncated" if failure.code in _TRUNCATED else "not_wellformed"
    return Scan(
        root=scanner.root,
        namespace=scanner.namespace,
        entries=tuple(scanner.entries),
        tombstones=tuple(scanner.tombstones),
        elements=tuple(scanner.elements),
        outside=scanner.count - sum(scanner.elements),
        error=error,
        deep=scanner.deep,
    )


def entity_bomb(document: bytes) -> str:
    """Why the document's own entity declarations are refused, "" where they are none or harmless."""
    head = document[:200_000]
    subset = _SUBSET.search(head[:8192])
    if subset is None:
        return ""
    end = _SUBSET_END.search(head, subset.end())
    if end is None:
        return "an endless list of declarations"
    added = 0
    for name, double, single, external in _ENTITY.findall(head[subset.end() : end.start()]):
        value = double or single
        if external or name.startswith(b"%"):
            return f"entity {name.decode('utf-8', 'replace')} refers to something outside"
        if b"&" in value.replace(b"&#", b"") or len(value) > _LONGEST_ENTITY:
            return f"entity {name.decode('utf-8', 'replace')} is nested or long"
        added += len(value) * document.count(b"&" + name + b";")
    return f"entities add {added} bytes" if added > _MOST_EXPANSION else ""
