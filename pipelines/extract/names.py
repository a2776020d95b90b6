"""Personal names in the text: their shape, and what the document has taught about them so far."""

import re
from dataclasses import dataclass

from pipelines.extract.office_holders import Person
from pipelines.extract.romanisation import COMMON, surname_of
from pipelines.extract.selection import FUNCTION_WORDS

_WORD = r"[A-ZÀ-ÞĀ-Ž][\wÀ-ž]*(?:[-'’](?!s\b)[\wÀ-ž]+)*"
_PARTICLE = r"(?:van|von|der|den|de|la|le|bin|ibn|al|du|da|dos|el|ul)"
NAME = re.compile(rf"{_WORD}\.?(?: (?:{_PARTICLE} )*{_WORD}){{0,3}}")
NAME_BEFORE = re.compile(rf"({_WORD}(?: (?:{_PARTICLE} )*{_WORD}){{1,3}}), (?:the |its |an? |who is )?$")
CAPITALISED = re.compile(_WORD)
NOT_NAMES = FUNCTION_WORDS | {
    "Ministry",
    "Party",
    "Committee",
    "Office",
    "Council",
    "Agency",
    "Department",
    "I",
    "We",
    "Sea",
    "Street",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What a surname means in this document. `since` is the offset at which the full name or the title stood."""

    code: str
    sector: str
    name: str
    former: bool
    since: int


def name_at(text: str, start: int, stop: int) -> str | None:
    """The run of capitalised words that begins at `start` and ends before `stop`, without weekdays and months."""
    hit = NAME.match(text, start, stop)
    if hit is None:
        return None
    words = hit[0].split(" ")
    for position, word in enumerate(words):
        if word in NOT_NAMES:
            words = words[:position]
            break
    return " ".join(words) or None


class DocumentNames:
    """Surnames learned while the document is read."""

    def __init__(self) -> None:
        self._known: dict[str, list[Known]] = {}

    def learn(self, name: str, code: str, sector: str, former: bool, since: int, person: Person | None = None) -> None:
        """Remembers the surname of a full name, or of "title surname"."""
        surname = person.surname if person else surname_of(name, code)
        known = Known(code, sector, name, former, since)
        self._known.setdefault(surname, []).append(known)
        if code == "MNG" and " " in name:
            # Mongolians go by the given name, written first or last.
            for word in name.split():
                self._known.setdefault(word, []).append(known)

    def surname(self, word: str, position: int) -> Known | None:
        """Whom a bare surname means here: the latest so called before, or, for a rare surname, the first after."""
        candidates = self._known.get(word)
        if not candidates:
            return None
        earlier = [known for known in candidates if known.since <= position]
        if earlier:
            return earlier[-1]
        return None if word in COMMON else candidates[0]

    def __bool__(self) -> bool:
        return bool(self._known)

    def __contains__(self, word: str) -> bool:
        return word in self._known
