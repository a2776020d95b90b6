"""The last pass over a document: surnames that stand alone."""

import re
from datetime import date

from pipelines.extract.mention import Mention
from pipelines.extract.names import CAPITALISED, DocumentNames, Known
from pipelines.extract.office_holders import HEADS, OfficeHolders, Person
from pipelines.extract.romanisation import EAST_ASIAN
from pipelines.extract.selection import FUNCTION_WORDS, Atom

_OFFICE_OF = re.compile(r"(?:['’]s?)? (?:[Aa]dministration|[Gg]overnment|[Cc]abinet|[Oo]ffice)\b")
_HONORIFIC = re.compile(r"\b(?:M[rs]s?\.?|Chairman|Comrade) $")
_BEFORE = re.compile(r"([A-Z][\w'’-]*) $")
_AFTER = re.compile(r" ([A-Z][\w'’-]*)")


def with_office(text: str, end: int) -> int:
    """The end of a name widened by the office that acts for it: "the Biden administration", "Yoon's office"."""
    hit = _OFFICE_OF.match(text, end)
    return hit.end() if hit else end


def with_bare_surnames(
    text: str,
    atoms: list[Atom],
    mentions: list[Mention],
    names: DocumentNames,
    holders: OfficeHolders,
    on: date | None,
) -> list[Mention]:
    """The mentions and, where none stands yet, the surnames that the document explains.

    A surname is explained by a full name or a title (`names`). Beyond that, the surname of a head of state or
    government in office counts after "Mr", or where the text names another such head: "Abe and Putin agreed". A
    Chinese or Korean surname needs a partner who bears none, because "Lee and Kim" may be anybody.
    """
    free = _free_words(text, atoms, mentions)
    leaders = {word: person for word, _, _ in free if word not in names and (person := _leader(word, holders, on))}
    if not names and not leaders:
        return mentions
    company = {m.name for m in mentions if m.kind == "person" and m.name} | {p.name for p in leaders.values()}
    found: list[Mention] = []
    for word, start, end in free:
        known = names.surname(word, start)
        if known is None and (person := leaders.get(word)):
            known = _as_leader(text, start, person, company, holders, on)
        if known and not _inside_a_name(text, start, end, mentions, atoms):
            stop = with_office(text, end)
            found.append(Mention(start, stop, known.code, known.sector, known.name, "person", known.former))
    return sorted([*mentions, *found], key=lambda m: m.start) if found else mentions


def _free_words(text: str, atoms: list[Atom], mentions: list[Mention]) -> list[tuple[str, int, int]]:
    """Capitalised words under no mention and no atom of another meaning."""
    taken = [(atom.start, atom.end) for atom in atoms if atom.entry.kind in {"stop", "place", "body"}]
    spans = sorted([*((m.start, m.end) for m in mentions), *taken])
    words: list[tuple[str, int, int]] = []
    cursor = 0
    for hit in CAPITALISED.finditer(text):
        while cursor < len(spans) and spans[cursor][1] <= hit.start():
            cursor += 1
        if cursor == len(spans) or spans[cursor][0] >= hit.end():
            words.append((hit[0], hit.start(), hit.end()))
    return words


def _leader(word: str, holders: OfficeHolders, on: date | None) -> Person | None:
    """The one head of state or government in office on the day who has this surname."""
    serving = [
        person
        for person in holders.heads.get(word, ())
        if on and any(term.role in HEADS and term.sector == "GOV" and term.covers(on) for term in person.terms)
    ]
    return serving[0] if len(serving) == 1 else None


def _as_leader(
    text: str, start: int, person: Person, company: set[str], holders: OfficeHolders, on: date | None
) -> Known | None:
    code, sector, former = person.standing(on)
    partners = {
        other.name
        for surname, persons in holders.heads.items()
        if person.surname not in EAST_ASIAN or surname not in EAST_ASIAN or surname == "Xi"
        for other in persons
        if other.name in company and other.state != code and other.term_on(on)
    }
    if partners or _HONORIFIC.search(text, max(0, start - 10), start):
        return Known(code, sector, person.name, former, start)
    return None


def _inside_a_name(text: str, start: int, end: int, mentions: list[Mention], atoms: list[Atom]) -> bool:
    """Whether a capitalised neighbour makes another name of the word: "Kim Hong-gyun", "Park Avenue"."""
    before = _BEFORE.search(text, max(0, start - 25), start)
    if before and before[1] not in FUNCTION_WORDS and not before[1].endswith(("'s", "’s")):
        beside = any(m.end == start - 1 for m in mentions) or any(
            a.end == start - 1 and a.entry.kind in {"title", "noun"} for a in atoms
        )
        if not beside and not _HONORIFIC.search(text, max(0, start - 10), start):
            return True
    after = _AFTER.match(text, end)
    return bool(after and after[1] not in FUNCTION_WORDS and not _OFFICE_OF.match(text, end))
