"""Persons and their terms of office: who was what, for which state, on a given day."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib.resources import files

from pipelines.extract.romanisation import surname_of

PRIVATE = frozenset({"BUS", "CVL", "EDU", "JRN"})
HEADS = frozenset({"president", "prime minister", "premier", "supreme leader"})
FILES = ("office_holders_core.toml", "office_holders_abroad.toml")


@dataclass(frozen=True, slots=True)
class Term:
    """One office of one person; `first` and `last` are days in office, None where open."""

    role: str
    sector: str
    state: str
    first: date | None
    last: date | None

    def covers(self, day: date) -> bool:
        """Whether the office was held on this day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Person:
    """An office-holder: canonical name, other spellings, surname, terms in order of time."""

    name: str
    aliases: tuple[str, ...]
    surname: str
    surname_alone: bool
    terms: tuple[Term, ...]

    @cached_property
    def state(self) -> str:
        """The state of the latest office."""
        return self.terms[-1].state

    def term_on(self, day: date | None) -> Term | None:
        """The term that covers the day, the latest to begin if several do; without a day, the latest term."""
        if day is None:
            return self.terms[-1]
        held = [term for term in self.terms if term.covers(day)]
        return held[-1] if held else None

    def standing(self, day: date | None) -> tuple[str, str, bool]:
        """State, sector and whether the person is a former office-holder on the day.

        Before the first term: the state of that term and sector ELI, not former. Between terms and after the last:
        the state of the last office left, ELI, former. Private persons (BUS, CVL, JRN, EDU) never become former.
        """
        term = self.term_on(day)
        if term is not None:
            return term.state, term.sector, False
        assert day is not None
        if all(one.sector in PRIVATE for one in self.terms):
            return self.state, self.terms[-1].sector, False
        left = [term for term in self.terms if term.last is not None and term.last < day]
        return (left[-1].state, "ELI", True) if left else (self.terms[0].state, "ELI", False)


@dataclass(frozen=True)
class OfficeHolders:
    """All persons, with the index from surname to persons."""

    persons: tuple[Person, ...]
    titles_of_role: Mapping[str, frozenset[str]]

    @cached_property
    def by_surname(self) -> Mapping[str, tuple[Person, ...]]:
        """Persons by surname (and by each one-word alias)."""
        index: dict[str, list[Person]] = {}
        for person in self.persons:
            for key in dict.fromkeys([person.surname, *(alias for alias in person.aliases if " " not in alias)]):
                index.setdefault(key, []).append(person)
        return {key: tuple(value) for key, value in index.items()}

    @cached_property
    def heads(self) -> Mapping[str, tuple[Person, ...]]:
        """Persons who have led a state or its government, by surname."""
        return {
            surname: led
            for surname, persons in self.by_surname.items()
            if (led := tuple(p for p in persons if any(term.role in HEADS for term in p.terms)))
        }

    def with_title(self, title: str, surname: str, state: str | None, day: date | None) -> Person | None:
        """The one office-holder in term whom "title surname" means: "President Moon" in 2019, None if not exactly one.

        With `state` given ("South Korean President Moon") only that state's persons count; then a person out of term
        serves too if no other fits, since "then President" and the report of an older event are common.
        """
        wanted = title.lower()
        fitting = [
            (person, term)
            for person in self.by_surname.get(surname, ())
            for term in person.terms
            if wanted in self.titles_of_role.get(term.role, ()) and state in {None, term.state}
        ]
        in_term = list(dict.fromkeys(p for p, term in fitting if day is None or term.covers(day)))
        if len(in_term) == 1:
            return in_term[0]
        if state is None or in_term:
            return None
        ever = list(dict.fromkeys(p for p, _ in fitting))
        return ever[0] if len(ever) == 1 else None


def _person(name: str, raw: Mapping[str, object]) -> Person:
    rows = raw["terms"]
    aliases = raw.get("aliases", [])
    assert isinstance(rows, list)
    assert isinstance(aliases, list)
    terms = tuple(_term(name, row) for row in rows)
    surname = str(raw.get("surname") or surname_of(name, terms[-1].state))
    return Person(name, tuple(aliases), surname, bool(raw.get("surname_alone")), terms)


def _term(name: str, row: list[str]) -> Term:
    """`[role, sector, state, first, last]`; dates are YYYY, YYYY-MM or YYYY-MM-DD, last may be missing (still held)."""
    role, sector, state, first, *rest = row
    try:
        return Term(role, sector, state, _first_day(first), _last_day(rest[0]) if rest else None)
    except ValueError as error:
        raise ValueError(f"office-holder {name!r}: term {row}: {error}") from error


def _first_day(text: str) -> date | None:
    if not text:
        return None
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    return date(year, month, day)


def _last_day(text: str) -> date | None:
    """The last day of the year, month or day named."""
    if not text:
        return None
    parts = [int(part) for part in text.split("-")]
    match parts:
        case [year]:
            return date(year, 12, 31)
        case [year, month]:
            after = date(year + month // 12, month % 12 + 1, 1)
            return date.fromordinal(after.toordinal() - 1)
        case _:
            return date(*parts)


@lru_cache(maxsize=1)
def load() -> OfficeHolders:
    """All office-holders of the data files; ValueError names the entry that is malformed."""
    data = files("pipelines.extract") / "data"
    persons = [
        _person(name, raw) for file in FILES for name, raw in tomllib.loads((data / file).read_text("utf-8")).items()
    ]
    roles = tomllib.loads((data / "titles.toml").read_text("utf-8"))["roles"]
    return OfficeHolders(tuple(persons), {role: frozenset(titles) for role, titles in roles.items()})
