"""What the gazetteer finds in a text: a mention of an actor or of a place whose state is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of text that names an actor: `text[start:end]`, offsets in characters.

    - `code`: ISO 3166-1 alpha-3 of the state, or `IGO:X`. Empty for a compound, whose parts are in `members`.
    - `sector`: GOV, MIL, COP, LEG, JUD, SPY, PTY, OPP, BUS, CVL, ELI, JRN or EDU; None where the words do not say
      ("China", "Chinese exports"). A capital carries GOV, because it acts only as the seat of its government.
    - `name`: canonical name of a person or a named body.
    - `kind`: state, demonym, capital, place, body, person or org. Whether a capital or a place is an actor or only
      where something happened is for the sentence to decide.
    - `former`: the person held the office, or is called "former", at the date asked for; the sector then is ELI.
    - `members`: the states of a compound ("U.S.-Japan-South Korea") in the order of the text, or of a small fixed
      grouping (AUKUS).
    """

    start: int
    end: int
    code: str
    sector: str | None
    name: str | None
    kind: str
    former: bool = False
    members: tuple[str, ...] = ()
