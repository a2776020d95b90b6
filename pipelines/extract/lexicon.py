"""The surface forms of the data files: every string the gazetteer looks for, with what it means."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pipelines.extract import office_holders
from pipelines.extract.office_holders import OfficeHolders, Person
from pipelines.extract.romanisation import variants

CORE = ("CHN", "JPN", "KOR", "MNG", "PRK", "RUS", "TWN", "USA")
GEOGRAPHIC = frozenset({"state", "demonym", "capital", "place", "group", "prefix"})
MIN_UPPERCASED = 4  # "US" and "UK" are upper-case already; "Xi" in capitals would be a roman numeral


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of a surface form.

    `kind` is a mention's kind, or "noun" and "title" (words that need a state or a name beside them), "group" (two
    states in one word), "prefix" (Sino-), "stop" (no actor). `institution` marks nouns that can be located ("the
    foreign ministry in Seoul"); `guarded` forms are dropped between other capitalised words; `needs_state` is a body
    that counts only when its state is named in the text too; `shared` is a body that other states have as well.
    """

    kind: str
    code: str = ""
    sector: str | None = None
    name: str | None = None
    institution: bool = False
    guarded: bool = False
    needs_state: bool = False
    shared: bool = False
    members: tuple[str, ...] = ()
    persons: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Lexicon:
    """All surface forms, and the closed word lists that the composition of mentions needs."""

    entries: Mapping[str, Entry]
    modifiers: frozenset[str]
    heads: frozenset[str]
    culture: frozenset[str]
    holders: OfficeHolders


def read(name: str) -> dict[str, Any]:
    """One data file as a table."""
    return tomllib.loads((files("pipelines.extract") / "data" / name).read_text("utf-8"))


@lru_cache(maxsize=1)
def load() -> Lexicon:
    """The lexicon from the data files; ValueError if one surface form means two things of equal rank."""
    nouns, stops = read("nouns.toml"), read("not_actors.toml")
    holders = office_holders.load()
    entries: dict[str, Entry] = {}
    # Later groups win over earlier ones: a specific reading over a generic one.
    for group in (
        _nouns(nouns),
        _titles(nouns),
        _places(),
        _states(),
        _organisations(),
        _bodies(),
        _persons(holders),
        ((phrase, Entry("stop")) for key, phrases in stops.items() if key != "culture" for phrase in phrases),
    ):
        entries.update(group)
    return Lexicon(
        entries=entries,
        modifiers=frozenset(_spelled(nouns["modifiers"]["words"])),
        heads=frozenset(nouns["heads"]["words"]),
        culture=frozenset(stops["culture"]["words"]),
        holders=holders,
    )


def _states() -> Iterator[tuple[str, Entry]]:
    table = read("states.toml")
    guarded = frozenset(table.pop("rules")["given_name_like"])
    for code, state in table.items():
        for key, kind in (("names", "state"), ("people", "demonym"), ("seats", "capital")):
            for surface in state.get(key, ()):
                sector = "GOV" if kind == "capital" else None
                entry = Entry(kind, code, sector, guarded=surface in guarded)
                yield surface, entry
                if len(surface) >= MIN_UPPERCASED and surface[0].isupper():
                    yield surface.upper(), entry
    for surface in ("Korea", "Koreas", "KOREA"):
        yield surface, Entry("state", "KOR")
    for surface in ("Korean", "Koreans", "KOREAN"):
        yield surface, Entry("demonym", "KOR")


def _places() -> Iterator[tuple[str, Entry]]:
    for code, names in read("places.toml").items():
        for name in names:
            yield name, Entry("place", code)
            if name.isalpha() and len(name) >= MIN_UPPERCASED:
                yield name.upper(), Entry("place", code)


def _organisations() -> Iterator[tuple[str, Entry]]:
    table = read("organisations.toml")
    groups, prefixes = table.pop("groups"), table.pop("prefixes")
    for code, organisation in table.items():
        members = tuple(organisation.get("members", ()))
        for name in organisation["names"]:
            yield name, Entry("org", f"IGO:{code}", name=organisation["names"][0], members=members)
    for surface, codes in groups.items():
        yield surface, Entry("group", members=tuple(codes))
    for surface, code in prefixes.items():
        yield f"{surface}-", Entry("prefix", code)


def _bodies() -> Iterator[tuple[str, Entry]]:
    table = read("bodies.toml")
    shared = frozenset(table.pop("shared", {}).get("names", ()))
    wanting = table.pop("needs_state", {})
    for code, sectors in table.items():
        for sector, names in sectors.items():
            for name in names:
                yield name, Entry("body", code, sector, name, institution=True, shared=name in shared)
    for code, sectors in wanting.items():
        for sector, names in sectors.items():
            for name in names:
                for form in cases([name]):
                    yield form, Entry("body", code, sector, name, institution=True, needs_state=True, shared=True)


def _persons(holders: OfficeHolders) -> Iterator[tuple[str, Entry]]:
    by_surface: dict[str, list[Person]] = {}
    for person in holders.persons:
        full = [person.name, *person.aliases, *([person.surname] if person.surname_alone else ())]
        full += [other for name in full for other in variants(name, person.state)]
        for surface in dict.fromkeys(full):
            for form in dict.fromkeys((surface, surface.upper() if " " in surface else surface)):
                by_surface.setdefault(form, []).append(person)
    for surface, persons in by_surface.items():
        yield surface, Entry("person", guarded=" " not in surface, persons=tuple(persons))


def _nouns(table: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    for group, institution in (("people", False), ("bodies", True)):
        for sector, words in table[group].items():
            entry = Entry("noun", sector=sector, institution=institution)
            forms = _spelled(_inflected(words))
            # "Chinese nationals", but not "Taiwan's National Development Fund".
            for form in cases(forms) if institution else forms:
                yield form, entry
    for sector, names in table["portfolios"].items():
        entry = Entry("noun", sector=sector, institution=True)
        for name in names:
            for form in cases(_spelled(_ministry_forms(name))):
                yield form, entry


def _titles(table: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    titles = {key: value for key, value in read("titles.toml").items() if key != "roles"}
    for sector, portfolios in table["portfolios"].items():
        # The police and the spy ministries' heads are ministers first.
        entry = Entry("title", sector="MIL" if sector == "MIL" else "GOV")
        for name in portfolios:
            for form in cases(_spelled(_minister_forms(name))):
                yield form, entry
    for sector, group in titles.items():
        words = [word for title in group["titles"] for word in (title, _plural(title))]
        for form in cases(_spelled(words)):
            yield form, Entry("title", sector=sector)


def _ministry_forms(name: str) -> Iterator[str]:
    yield from (f"{name} ministry", f"{name} ministries", f"ministry of {name}", f"ministry for {name}")
    yield from (f"department of {name}", f"{name} department", f"{name} bureau", f"{name} agency")


def _minister_forms(name: str) -> Iterator[str]:
    for rank in ("", "vice ", "deputy ", "deputy prime minister and ", "first vice ", "parliamentary vice "):
        yield from (f"{rank}{name} minister", f"{rank}{name} ministers")
        yield from (f"{rank}minister of {name}", f"{rank}minister for {name}")
    yield from (f"vice minister of {name}", f"secretary of {name}", f"deputy secretary of {name}")


def _inflected(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word.endswith("*"):
            yield word[:-1]
        else:
            yield word
            yield _plural(word)


def _plural(phrase: str) -> str:
    head, separator, rest = phrase.partition(" of ")
    if head.endswith("y") and head[-2:-1] not in "aeiou":
        head = head[:-1] + "ies"
    elif head.endswith("man"):
        head = head[:-3] + "men"
    elif head.endswith(("s", "ch", "sh", "x")):
        head += "es"
    elif not head.endswith("."):
        head += "s"
    return head + separator + rest


SPELLINGS = (
    ("defence", "defense"),
    ("labour", "labor"),
    ("centre", "center"),
    ("theatre", "theater"),
    ("self-defence", "self-defense"),
)


def _spelled(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield word
        for british, american in SPELLINGS:
            if british in word:
                yield word.replace(british, american)


SMALL_WORDS = frozenset({"of", "and", "the", "for", "to"})


def cases(words: Iterable[str]) -> Iterator[str]:
    """Each phrase in lower case as given, with its first letter capital, and in title case."""
    for word in words:
        yield word
        yield word[:1].upper() + word[1:]
        yield " ".join(part if part in SMALL_WORDS else _capital(part) for part in word.split(" "))


def _capital(word: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-")) if word != "d'affaires" else word
