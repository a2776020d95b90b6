"""From raw string matches to atoms: whole words, longest first, with the readings that depend on the document."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ahocorasick_rs import AhoCorasick

from pipelines.extract.lexicon import CORE, GEOGRAPHIC, Entry

FUNCTION_WORDS = frozenset(
    """A After Against All Although Also An And Another Are As Asked At Because Before Behind Between Both But By Can
    Could Despite Did Do Does During Each Earlier Either Even Ever For From Given Has Have Having How However If
    In Instead Into Is It Its Just Last Late Later Like Mr Mr. Mrs Mrs. Ms Ms. Dr Dr. Meanwhile Most Near
    Neither No Nor Not Now Of Off On Once One Only Or Over Per Perhaps Should Since So Some Soon Still Such Than
    That The Their Then There These They This Those Though Through Thus To Today Tomorrow Under Unless Unlike
    Until Upon Was Were What When Whenever Where Whereas Whether Which While Who Whose Why Will With Within
    Without Would Yet Yesterday Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March
    April May June July August September October November December Jan. Feb. Aug. Sept. Oct. Nov. Dec. Asian
    European Western Eastern Northern Southern Republican Republicans Democratic Democrats""".split()  # noqa: SIM905 (a list of strings reads worse)
)
_WORD_BEFORE = re.compile(r"([^\W\d_][\w.'’-]*) $")
_SENTENCE_END = re.compile(r"(?!(?:Capt|Prof|Brig|Cmdr|Sept|Messrs)\.)[\w'’-]{4,}\.")
"""A word with a full stop that is no title or initial: what follows "on Monday." begins a sentence."""
_WORD_AFTER = re.compile(r" ([^\W\d_][\w'’-]*)")
_BOTH_KOREAS = re.compile(r"\b(?:North|South)(?= (?:and|or) (?:North|South) Korea\b)")
_NORTH_SOUTH = re.compile(
    r"(?:(?<=\b[Tt]he )|(?<=\band )|(?<=\b[Bb]oth )|(?<=\bbetween )|(?<=\bfrom ))(North|South)"
    r"\b(?!-)(?! (?:[A-Z]|of\b|coast\b))"
)
_MAINLAND = re.compile(r"\b[Mm]ainland\b")
_ISLAND = re.compile(
    r"(?:(?<=\b[Tt]he )|(?<=\bself-ruled )|(?<=\bself-governing )|(?<=\bself-governed )|(?<=\bdemocratic )"
    r"|(?<=\bdemocratically governed ))island\b(?! (?:of|chain|group|nation|state|country|countries|province)\b)"
)
_OTHER_ISLAND = re.compile(
    r"\b(?:Senkakus?|Diaoyu|Dokdo|Takeshima|Hokkaido|Okinawa|Guam|Jeju|Kinmen|Matsu|Pratas|Itu Aba|islets?|Yonaguni|"
    r"Ieodo|Honshu|Kyushu|Hainan|Sakhalin|Palau|Nauru|Tuvalu|Kiribati|Orchid Island|Green Island|Yeonpyeong|Singapore|"
    r"Kuril|Woody Island|Iturup|Kunashir|Lanyu|Ishigaki|Sri Lanka|Fiji)\b"
)
_KOREAN = re.compile(r"\b(?:Korea|Kim|Panmunjom|Hwasong|DMZ|ICBM|[Mm]issiles?|[Pp]eninsula|unification|Ulchi)\b")
KOREAS = frozenset({"KOR", "PRK"})


@dataclass(slots=True)
class Atom:
    """A surface form at its place in the text, with its entry."""

    start: int
    end: int
    entry: Entry


class Selector:
    """Finds the atoms of a text with one automaton over all surface forms."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        surfaces = list(entries)
        self._entries = [entries[surface] for surface in surfaces]
        self._automaton = AhoCorasick(surfaces)

    def select(self, text: str) -> list[Atom]:
        """Atoms in order of the text, none overlapping, each on word boundaries; ambiguous ones already weeded."""
        atoms = self._longest(text, self._whole_words(text))
        extra = list(_conditional(text, atoms))
        if extra:
            atoms = _without_overlaps([*atoms, *extra])
        return [atom for atom in atoms if not atom.entry.guarded or _stands_alone(text, atom, atoms)]

    def _whole_words(self, text: str) -> Iterator[tuple[int, int, int]]:
        size = len(text)
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if start and (text[start - 1].isalnum() or text[start - 1] == "_") and text[start].isalnum():
                # "relations.On": a missing space still has its full stop; two letters in a row are one word.
                continue
            if end < size and (text[end].isalnum() or text[end] in "_$") and text[end - 1] not in ".-":
                continue
            yield start, -end, index

    def _longest(self, text: str, hits: Iterator[tuple[int, int, int]]) -> list[Atom]:
        atoms: list[Atom] = []
        reached = 0
        for start, negative_end, index in sorted(hits):
            if start >= reached:
                reached = -negative_end
                atoms.append(Atom(start, reached, self._entries[index]))
        return atoms


def _without_overlaps(atoms: list[Atom]) -> list[Atom]:
    kept: list[Atom] = []
    for atom in sorted(atoms, key=lambda a: (a.start, -a.end)):
        if not kept or atom.start >= kept[-1].end:
            kept.append(atom)
    return kept


@lru_cache(maxsize=32)
def _state(code: str) -> Entry:
    return Entry("state", code)


def _conditional(text: str, atoms: list[Atom]) -> Iterator[Atom]:
    """States that only the rest of the text makes so: "the North", "the mainland", "the island"."""
    codes = {atom.entry.code for atom in atoms if atom.entry.kind in GEOGRAPHIC or atom.entry.kind == "body"}
    codes |= {term.state for atom in atoms for person in atom.entry.persons for term in person.terms}
    for hit in _BOTH_KOREAS.finditer(text):
        yield Atom(hit.start(), hit.end(), _state("PRK" if hit[0] == "North" else "KOR"))
    if codes & KOREAS or any(atom.entry.kind == "group" for atom in atoms) or _KOREAN.search(text):
        for hit in _NORTH_SOUTH.finditer(text):
            yield Atom(hit.start(), hit.end(), _state("PRK" if hit[0] == "North" else "KOR"))
    if "TWN" in codes or "Hong Kong" in text or "Macau" in text:
        ends = {atom.end for atom in atoms if atom.entry.kind in GEOGRAPHIC}
        starts = {atom.start for atom in atoms if atom.entry.kind in GEOGRAPHIC}
        for hit in _MAINLAND.finditer(text):
            if hit.start() - 1 not in ends and hit.end() + 1 not in starts:
                yield Atom(hit.start(), hit.end(), _state("CHN"))
    if "TWN" in codes and not _OTHER_ISLAND.search(text):
        for hit in _ISLAND.finditer(text):
            yield Atom(hit.start(), hit.end(), _state("TWN"))


def _stands_alone(text: str, atom: Atom, atoms: list[Atom]) -> bool:
    """Whether no capitalised neighbour makes another name of it: not "Michael Jordan", not "Trump Tower"."""
    before = _WORD_BEFORE.search(text, max(0, atom.start - 30), atom.start)
    if before and before[1][0].isupper() and before[1] not in FUNCTION_WORDS and not _SENTENCE_END.fullmatch(before[1]):
        covered = any(other.end == atom.start - 1 for other in atoms)
        if not covered and not before[1].endswith(("'s", "’s")):
            return False
    after = _WORD_AFTER.match(text, atom.end)
    if after and after[1][0].isupper() and after[1] not in FUNCTION_WORDS:
        return any(other.start == atom.end + 1 for other in atoms)
    return True


class Gate:
    """The cheap first question, whether a text names a core state at all."""

    KINDS = frozenset({"state", "demonym", "capital", "body"})

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        chosen = [
            surface
            for surface, entry in entries.items()
            if (entry.kind in self.KINDS and entry.code in CORE and not entry.needs_state)
            or entry.kind in {"group", "prefix"}
            or (entry.kind == "person" and any(term.state in CORE for p in entry.persons for term in p.terms))
        ]
        self._automaton = AhoCorasick(chosen)

    def opens(self, text: str) -> bool:
        """True at the first whole-word mention of a core state, its bodies or office-holders."""
        size = len(text)
        for _, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            closed = end == size or not text[end].isalnum() or text[end - 1] == "-"
            if closed and (start == 0 or not text[start - 1].isalnum()):
                return True
        return False
