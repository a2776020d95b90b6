"""From atoms to mentions: a state with its nouns, titles and names is one actor.

"South Korean Foreign Minister Park Jin", "Foreign Minister Park Jin of South Korea", "Sung Kim, the U.S. envoy" and
"customs officials in Beijing" are one mention each. The rules look only at the words between two atoms, so the work
is linear in the number of atoms.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from pipelines.extract import gaps
from pipelines.extract.lexicon import GEOGRAPHIC, Lexicon
from pipelines.extract.mention import Mention
from pipelines.extract.names import NAME_BEFORE, NOT_NAMES, DocumentNames, Known, name_at
from pipelines.extract.office_holders import Person
from pipelines.extract.selection import Atom
from pipelines.extract.surnames import with_bare_surnames, with_office

STATELIKE = GEOGRAPHIC | {"org"}


@dataclass(slots=True)
class Chain:
    """What follows a state: nouns, titles and a name that belong to it."""

    next: int
    end: int
    sector: str | None = None
    title: str | None = None
    noun: str | None = None
    name: str | None = None
    person: Person | None = None
    former: bool = False
    trailing: tuple[Mention, ...] = ()


class Composer:
    """One pass over the atoms of one document."""

    def __init__(self, text: str, atoms: list[Atom], on: date | None, lexicon: Lexicon) -> None:
        self._text = text
        self._atoms = atoms
        self._on = on
        self._lexicon = lexicon
        self._states = {atom.entry.code for atom in atoms if atom.entry.kind in GEOGRAPHIC}
        self._bodies: dict[str, set[str]] = {}
        self.names = DocumentNames()
        self.mentions: list[Mention] = []

    def compose(self) -> list[Mention]:
        """All mentions, sorted, non-overlapping."""
        index = 0
        while index < len(self._atoms):
            index = self._read(index)
        return with_bare_surnames(self._text, self._atoms, self.mentions, self.names, self._lexicon.holders, self._on)

    def _read(self, index: int) -> int:
        entry = self._atoms[index].entry
        if entry.kind in STATELIKE:
            return self._state(index)
        if entry.kind == "body":
            common = entry.needs_state or entry.shared
            elsewhere = common and (entry.code not in self._states or self._is_located(index))
            return self._head(index) if elsewhere else self._body(index)
        if entry.kind == "person":
            return self._person(index)
        return index + 1 if entry.kind == "stop" else self._head(index)

    # --- a state first -------------------------------------------------------------------------------------------

    def _state(self, index: int) -> int:
        atoms, first = self._atoms, self._atoms[index]
        last, members = self._compound(index)
        if first.entry.kind == "prefix" and last == index:
            return index + 1
        if atoms[last].entry.kind == "demonym" and self._names_a_style(last):
            return last + 1
        code = members[0] if len(members) == 1 else ""
        prefixed = self._text.endswith(("nti-", "ro-"), 0, first.start)
        chain = Chain(last + 1, atoms[last].end) if prefixed else self._chain(last, code)
        kind = first.entry.kind if first.entry.kind not in {"group", "prefix"} else "state"
        sector = chain.sector or (first.entry.sector if code else None)
        if not code:
            self._add(Mention(first.start, chain.end, "", chain.sector, None, kind, members=members))
            return chain.next
        if chain.title or chain.person:
            self._office(first.start, code, sector, chain)
        elif chain.sector:
            self._remember(chain.noun, code)
            self._add(Mention(first.start, chain.end, code, sector, chain.name, "body", members=first.entry.members))
        else:
            name = first.entry.name if kind == "org" else None
            self._add(Mention(first.start, chain.end, code, sector, name, kind, members=first.entry.members))
        self._spread_left(chain)
        return chain.next

    def _compound(self, index: int) -> tuple[int, tuple[str, ...]]:
        """The last atom of a hyphen compound that begins here, and its states in order, without repeats."""
        atoms = self._atoms
        entry = atoms[index].entry
        members = list(entry.members) if entry.kind == "group" else [entry.code]
        while index + 1 < len(atoms) and atoms[index + 1].entry.kind in STATELIKE:
            gap = self._text[atoms[index].end : atoms[index + 1].start]
            if gap not in gaps.HYPHENS and not (gap == "" and atoms[index].entry.kind == "prefix"):
                break
            index += 1
            entry = atoms[index].entry
            members += entry.members if entry.kind == "group" else [entry.code]
        return index, tuple(dict.fromkeys(members))

    def _names_a_style(self, index: int) -> bool:
        end = self._atoms[index].end
        if index + 1 < len(self._atoms) and self._atoms[index + 1].start == end + 1:
            return False  # a noun that makes an actor stands right beside it
        return gaps.names_a_style(self._text[end : end + 40], self._lexicon.culture)

    def _chain(self, index: int, code: str) -> Chain:
        """Nouns, titles and the name after atom `index`, as far as they belong to the state `code`."""
        atoms = self._atoms
        chain = Chain(index + 1, atoms[index].end)
        while chain.next < len(atoms):
            atom = atoms[chain.next]
            gap = self._text[chain.end : atom.start]
            joined = gaps.joins(gap, self._lexicon.modifiers, possessive=chain.next == index + 1)
            if joined is None:
                break
            entry = atom.entry
            if entry.kind == "person":
                person = self._choose(entry.persons, code)
                ship = chain.sector == "MIL" and not chain.title
                if ship:
                    chain.name, chain.end, chain.next = self._text[atom.start : atom.end], atom.end, chain.next + 1
                    break
                if person is None or person.standing(self._on)[0] != code:
                    break
                chain.person, chain.end, chain.next = person, atom.end, chain.next + 1
                chain.former |= joined
                break
            if entry.kind == "title" and self._belongs_to_another(chain.next, code):
                break
            if entry.kind not in {"noun", "title"} and not (
                entry.kind == "body" and (entry.code == code or entry.shared)
            ):
                break
            self._take(chain, atom, code)
            chain.former |= joined
        self._take_heads(chain)
        if code and chain.title and chain.person is None:
            self._take_name(chain, code)
        return chain

    def _take(self, chain: Chain, atom: Atom, code: str) -> None:
        entry, surface = atom.entry, self._text[atom.start : atom.end]
        chain.sector = chain.sector or entry.sector
        if entry.kind == "title":
            chain.title = surface
        elif entry.kind == "body" and entry.code == code:
            chain.name = entry.name
        chain.noun = chain.noun or surface.lower()
        chain.end, chain.next = atom.end, chain.next + 1

    def _take_heads(self, chain: Chain) -> None:
        """Widens the span by plain heads that keep the sector: "coast guard vessel", "Foreign Ministry report"."""
        while chain.sector and not chain.title:
            hit = re.compile(r" ([a-z-]+)").match(self._text, chain.end)
            blocked = chain.next < len(self._atoms) and hit and self._atoms[chain.next].start < hit.end()
            if hit is None or blocked or hit[1] not in self._lexicon.heads:
                return
            chain.end = hit.end()

    def _belongs_to_another(self, index: int, code: str) -> bool:
        """Whether the title at `index` stands before a person of another state: "in Japan Foreign Minister Wang Yi"."""
        if not code or index + 1 >= len(self._atoms):
            return False
        title, person = self._atoms[index], self._atoms[index + 1]
        if person.entry.kind != "person" or self._text[title.end : person.start] != " ":
            return False
        return all(term.state != code for one in person.entry.persons for term in one.terms)

    # --- names -----------------------------------------------------------------------------------------------------

    def _choose(self, persons: tuple[Person, ...], code: str | None) -> Person | None:
        """The person a full name means: of the state given, in office on the day, else the first of the file."""
        fitting = [p for p in persons if not code or any(term.state == code for term in p.terms)]
        in_term = [p for p in fitting if p.term_on(self._on) is not None]
        chosen = in_term or fitting
        return chosen[0] if chosen else None

    def _take_name(self, chain: Chain, code: str) -> None:
        """The name after a title: directly, after a comma, or after "to China" of an ambassador."""
        atoms, start, nxt, place = self._atoms, chain.end, chain.next, None
        host = atoms[nxt] if nxt < len(atoms) and atoms[nxt].entry.kind in GEOGRAPHIC else None
        if host and gaps.ACCREDITED.fullmatch(self._text[start : host.start]):
            place, start, nxt = host, host.end, nxt + 1
        gap = next((gap for gap in (", ", " ") if self._text.startswith(gap, start)), None)
        if gap is None:
            return
        start += len(gap)
        least = 2 if place or gap == ", " else 1
        end = self._name_end(chain, nxt, start, code, least, gap)
        if end is None:
            return
        if place and gap == ", ":
            # "Japan's ambassador to South Korea, Yasumasa Nagamine": the host keeps a mention of its own.
            chain.trailing = (
                Mention(place.start, place.end, place.entry.code, place.entry.sector, None, place.entry.kind),
                Mention(start, end, code, chain.sector, chain.name, "person"),
            )
        else:
            chain.end = end
        while chain.next < len(atoms) and atoms[chain.next].start < end:
            chain.next += 1

    def _name_end(self, chain: Chain, nxt: int, start: int, code: str, least: int, gap: str) -> int | None:
        """Where the name at `start` ends, if there is one that fits; sets the chain's person or name."""
        atom = self._atoms[nxt] if nxt < len(self._atoms) else None
        if atom and atom.start == start and atom.entry.kind == "person":
            person = self._choose(atom.entry.persons, code)
            if person and any(term.state == code for term in person.terms):
                chain.person, chain.name = person, person.name
                return atom.end
            return None
        if atom and atom.start == start and atom.entry.kind not in {"noun", "title"}:
            return None
        while nxt < len(self._atoms) and self._atoms[nxt].entry.kind in {"noun", "title", "person"}:
            nxt += 1
        stop = self._atoms[nxt].start if nxt < len(self._atoms) else len(self._text)
        name = name_at(self._text, start, stop)
        if name is None or name.count(" ") + 1 < least:
            return None
        end = start + len(name)
        if gap == ", " and self._text[end : end + 1] not in {",", ".", ";", "—", ""}:
            return None
        chain.name = name
        return end

    def _office(self, start: int, code: str, sector: str | None, chain: Chain) -> None:
        """Adds the mention of a holder of an office, named or not, and learns the name."""
        former = chain.former or gaps.is_former(self._text, start)
        name = chain.name
        known: Known | None = None
        if chain.person is None and name and " " not in name:
            known = self.names.surname(name, start)
            if known and known.code != code:
                known = None
            if known is None and chain.title:
                chain.person = self._lexicon.holders.with_title(chain.title, name, code, self._on)
        if chain.person and chain.sector == "MIL" and all(term.sector != "MIL" for term in chain.person.terms):
            chain.person = None  # a namesake: "Colonel Li Xi"
        if chain.person:
            name = chain.person.name
            _, held, has_left = chain.person.standing(self._on)
            # A title without "former" before one who has left: a report of what was done in office.
            sector, has_left = (sector, True) if has_left and chain.title and not former else (held, has_left)
            sector, former = ("ELI" if former else sector), former or has_left
        elif known:
            name, sector, former = known.name, known.sector, former or known.former
        elif former:
            sector = "ELI"
        if name is None:
            start, name = self._apposition(start, code, sector)
        if name:
            self.names.learn(name, code, sector or "GOV", former, start, chain.person)
        kind = "person" if name or not (chain.title or "").endswith("s") else "body"
        self._add(Mention(start, chain.end, code, sector, name, kind, former))
        self.mentions.extend(replace(m, sector=sector, name=name) if m.kind == "person" else m for m in chain.trailing)

    def _apposition(self, start: int, code: str, sector: str | None) -> tuple[int, str | None]:
        """The name before a comma that belongs to the office after it: "Sung Kim, the U.S. envoy"."""
        previous = self.mentions[-1] if self.mentions else None
        same = previous and previous.kind == "person" and previous.code == code and previous.name
        if previous and same and gaps.APPOSED.fullmatch(self._text[previous.end : start]):
            self.mentions.pop()
            return previous.start, previous.name
        hit = NAME_BEFORE.search(self._text, max(0, start - 60), start)
        if hit is None or any(word in NOT_NAMES for word in hit[1].split(" ")):
            return start, None
        begin = hit.start(1)
        covered = any(atom.start < hit.end(1) and begin < atom.end for atom in self._atoms if atom.start < start)
        return (start, None) if covered else (begin, hit[1])

    # --- a body, a person or a bare noun first -----------------------------------------------------------------------

    def _body(self, index: int) -> int:
        atom = self._atoms[index]
        chain = self._chain(index, atom.entry.code)
        if chain.title or chain.person:
            self._office(atom.start, atom.entry.code, atom.entry.sector, chain)
        else:
            self._add(Mention(atom.start, chain.end, atom.entry.code, atom.entry.sector, atom.entry.name, "body"))
        self._remember(self._text[atom.start : atom.end].lower(), atom.entry.code)
        return chain.next

    def _person(self, index: int, start: int | None = None) -> int:
        """A known full name, with the title before it if `start` is the title's."""
        atom = self._atoms[index]
        person = self._choose(atom.entry.persons, None)
        assert person is not None
        code, sector, former = person.standing(self._on)
        begin = atom.start if start is None else start
        if gaps.SHIP.search(self._text, max(0, begin - 12), begin):
            self._add(Mention(begin, atom.end, code, "MIL", self._text[begin : atom.end], "body"))
            return index + 1
        if start is not None and former:
            sector = next(term.sector for term in reversed(person.terms) if term.state == code)
        if gaps.is_former(self._text, begin):
            sector, former = "ELI", True
        self.names.learn(person.name, code, sector, former, begin, person)
        end = with_office(self._text, self._of_state(index + 1, atom.end, code))
        self._add(Mention(begin, end, code, sector, person.name, "person", former))
        while index < len(self._atoms) and self._atoms[index].start < end:
            index += 1
        return index

    def _of_state(self, nxt: int, end: int, code: str | None) -> int:
        """The end of " of South Korea" after a name, if it is there and means the same state."""
        atom = self._atoms[nxt] if nxt < len(self._atoms) else None
        if atom is None or atom.entry.kind not in STATELIKE or code not in {None, atom.entry.code}:
            return end
        return atom.end if gaps.LINK.fullmatch(self._text[end : atom.start]) else end

    def _head(self, index: int) -> int:
        """A noun or title with no state before it: it may follow ("of Japan", "in Beijing") or be known."""
        last, title, sector = self._run(index)
        first, end = self._atoms[index], self._atoms[last].end
        after = last + 1
        follower = self._atoms[after] if after < len(self._atoms) else None
        if follower and follower.entry.kind == "person" and title and self._names(end, follower, sector):
            return self._person(after, first.start)
        if follower and follower.entry.kind in STATELIKE and follower.entry.code:
            gap = self._text[end : follower.start]
            seat = follower.entry.kind in {"capital", "state"}
            located = seat and not title and self._can_be_located(index, last) and gaps.LOCATED.fullmatch(gap)
            if gaps.LINK.fullmatch(gap) or located:
                return self._with_state_after(index, last, after, title, sector)
        if title and (done := self._title_and_name(index, last, title, sector)) is not None:
            return done
        self._by_context(index, last, sector)
        return after

    def _run(self, index: int) -> tuple[int, str | None, str | None]:
        """The run of nouns and titles from `index`: last atom, last title, first sector."""
        title = sector = None
        while True:
            atom = self._atoms[index]
            sector = sector or atom.entry.sector
            if atom.entry.kind == "title":
                title = self._text[atom.start : atom.end]
            following = self._atoms[index + 1] if index + 1 < len(self._atoms) else None
            if following is None or following.entry.kind not in {"noun", "title"}:
                return index, title, sector
            if self._text[atom.end : following.start] != " ":
                return index, title, sector
            index += 1

    def _names(self, end: int, person: Atom, sector: str | None) -> bool:
        """Whether a title that ends at `end` is the person's: a soldier's title needs a soldier."""
        if self._text[end : person.start] not in {" ", ", "}:
            return False
        return sector != "MIL" or any(term.sector == "MIL" for one in person.entry.persons for term in one.terms)

    def _is_located(self, index: int) -> bool:
        """Whether a state follows that says whose body it is: "the Ministry of Commerce in Hanoi"."""
        if index + 1 >= len(self._atoms) or self._atoms[index + 1].entry.kind not in {"state", "capital"}:
            return False
        gap = self._text[self._atoms[index].end : self._atoms[index + 1].start]
        return bool(gaps.LINK.fullmatch(gap) or gaps.LOCATED.fullmatch(gap))

    def _can_be_located(self, index: int, last: int) -> bool:
        """Ministries and officials in a capital belong to it; an embassy or a crowd there need not."""
        surface = self._text[self._atoms[index].start : self._atoms[last].end].lower()
        if any(
            word in surface for word in ("embass", "consul", "mission", "legation", "diplomat", "attach", "delegation")
        ):
            return False
        entry = self._atoms[index].entry
        return entry.institution or entry.sector in {"GOV", "LEG", "JUD", "PTY", "OPP"}

    def _with_state_after(self, index: int, last: int, after: int, title: str | None, sector: str | None) -> int:
        """One mention each, all with the sector: "the foreign ministers of China, Japan and South Korea"."""
        atoms = self._atoms
        begin = atoms[index].start
        state = atoms[after]
        end = state.end
        nxt = after + 1
        chain = Chain(nxt, end, sector, title)
        if title:
            chain.former = gaps.is_former(self._text, begin)
            self._take_name(chain, state.entry.code)
            self._office(begin, state.entry.code, sector, chain)
        else:
            self._remember(self._text[begin : atoms[last].end].lower(), state.entry.code)
            self._add(Mention(begin, end, state.entry.code, sector, None, "body"))
        nxt = chain.next
        while nxt < len(atoms) and atoms[nxt].entry.kind in {"state", "capital"}:
            if self._text[atoms[nxt - 1].end : atoms[nxt].start].removesuffix("the ") not in gaps.LIST:
                break
            atom = atoms[nxt]
            gap = self._text[atom.end : atoms[nxt + 1].start] if nxt + 1 < len(atoms) else ""
            if gaps.joins(gap, self._lexicon.modifiers, possessive=True) is not None:
                break  # "of China and Japan's navy": the last state belongs to its own noun
            self._add(Mention(atom.start, atom.end, atom.entry.code, sector, None, atom.entry.kind))
            nxt += 1
        return nxt

    def _title_and_name(self, index: int, last: int, title: str, sector: str | None) -> int | None:
        """Reads "President Moon", "Foreign Minister Park Jin of South Korea"; the next atom, None if nobody fits."""
        begin, end = self._atoms[index].start, self._atoms[last].end
        after = last + 1
        if not self._text.startswith(" ", end):
            return None
        stop = self._atoms[after].start if after < len(self._atoms) else len(self._text)
        name = name_at(self._text, end + 1, stop)
        if name is None:
            return None
        name_end = end + 1 + len(name)
        with_state = self._of_state(after, name_end, None)
        if with_state != name_end:
            chain = Chain(after + 1, with_state, sector, title, name=name)
            self._office(begin, self._atoms[after].entry.code, sector, chain)
            return after + 1
        known = self.names.surname(name.split(" ")[0] if " " not in name else name, begin) if " " not in name else None
        if known is None and " " not in name:
            person = self._lexicon.holders.with_title(title, name, None, self._on)
            if person:
                code, held, former = person.standing(self._on)
                known = Known(code, held, person.name, former, begin)
                self.names.learn(person.name, code, held, former, begin, person)
        if known is None:
            return None
        former = known.former or gaps.is_former(self._text, begin)
        self._add(Mention(begin, name_end, known.code, "ELI" if former else known.sector, known.name, "person", former))
        return after

    def _by_context(self, index: int, last: int, sector: str | None) -> None:
        """A bare body: "In Seoul, the Defense Ministry", or the only one of its kind that the text has named."""
        first = self._atoms[index]
        if not (first.entry.institution or first.entry.kind == "body"):
            return
        end = self._atoms[last].end
        surface = self._text[first.start : end].lower()
        previous = self.mentions[-1] if self.mentions else None
        code = None
        seat = previous and previous.kind == "capital" and self._text.endswith(("In ", "in "), 0, previous.start)
        if previous and seat and gaps.IN_CAPITAL_THE.match(self._text[previous.end : first.start]):
            code = previous.code
        known = self._bodies.get(self._text[first.start : first.end].lower()) or self._bodies.get(surface)
        if code is None and known and len(known) == 1:
            code = next(iter(known))
        if code:
            self._remember(surface, code)
            self._add(Mention(first.start, end, code, sector, None, "body"))

    def _remember(self, noun: str | None, code: str) -> None:
        if noun:
            self._bodies.setdefault(noun, set()).add(code)
            if noun.endswith(("ministry", "department", "embassy")):
                self._bodies.setdefault(noun.split(" ")[-1], set()).add(code)

    # --- afterwards --------------------------------------------------------------------------------------------------

    def _spread_left(self, chain: Chain) -> None:
        """Gives the noun's sector to both in "Japanese and South Korean officials"."""
        position = len(self.mentions) - 1
        while chain.sector and position > 0:
            here, left = self.mentions[position], self.mentions[position - 1]
            adjective = left.kind == "demonym" or (left.kind == "state" and self._text[left.start : left.end].isupper())
            if left.sector or not adjective or self._text[left.end : here.start] not in gaps.LIST:
                return
            self.mentions[position - 1] = replace(left, sector=chain.sector)
            position -= 1

    def _add(self, mention: Mention) -> None:
        self.mentions.append(mention)
