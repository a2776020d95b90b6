"""The words between two atoms, and what they say about whether both name one actor."""

import re
from collections.abc import Set as AbstractSet

HYPHENS = frozenset("-–/‑")
LIST = frozenset({", ", " and ", ", and ", " or ", " & "})
LINK = re.compile(r" (?:of|for) (?:the )?$")
LOCATED = re.compile(r" in (?:the )?$")
ACCREDITED = re.compile(r",? (?:to|in|at) (?:the )?$")
IN_CAPITAL_THE = re.compile(r"^,? (?:the |its )?$")
FORMER = re.compile(r"\b(?:[Ff]ormer|[Ee]x|[Oo]ne-time|[Rr]etired|[Ll]ate|[Oo]nce)[ -]$")
APPOSED = re.compile(r", (?:the |its |who is )?(?:former )?")
SHIP = re.compile(r"\b(?:USS|carrier|destroyer|submarine|cruiser) $")
_POSSESSIVE = re.compile(r"['’]s?(?= )|['’]s?$")
_BASED = re.compile(r"-(?:based|owned|run|flagged|operated|controlled|registered|funded|backed|linked)\b")
_FORMER_WORDS = frozenset({"former", "ex-", "retired", "late", "one-time"})
_NO_ATTRIBUTE = frozenset({"and", "or", "in", "to", "with"})
MAX_MODIFIERS = 5
MAX_LENGTH = 70  # five long modifiers


def joins(gap: str, modifiers: AbstractSet[str], *, possessive: bool) -> bool | None:
    """None if the gap parts two actors; else whether it says "former".

    Between a state and its noun may stand a possessive ending or "-based" (only if `possessive`) and up to five
    words of the closed list `modifiers`, or figures: "Japan's two newly elected", "-owned fishing".
    """
    if gap == " ":
        return False
    if not gap or len(gap) > MAX_LENGTH or "\n\n" in gap:
        return None
    if possessive:
        gap = _POSSESSIVE.sub("", gap, count=1) if gap[0] in "'’" else _BASED.sub("", gap, count=1)
    if not gap or not gap[0].isspace():
        return None
    words = gap.replace("then-", "").replace("ex-", "ex- ").split()
    if len(words) > MAX_MODIFIERS or not all(_modifies(word, modifiers) for word in words):
        return None
    return any(word in _FORMER_WORDS for word in words)


def _modifies(word: str, modifiers: AbstractSet[str]) -> bool:
    return word in modifiers or word.lower() in modifiers or word[0].isdigit()


def names_a_style(following: str, culture: AbstractSet[str]) -> bool:
    """Whether the text after a demonym makes it a style or an origin: "(North Korean) film", "(Japanese) horror movie".

    `culture` is the closed list of such nouns; one lower-case word may stand before the noun.
    """
    if not following.startswith(" "):
        return False
    words = [word.strip(".,;:!?\"'”’") for word in following.split(" ")[1:3]]
    if words[0] in culture:
        return True
    attribute = words[0].isalpha() and words[0].islower() and words[0] not in _NO_ATTRIBUTE
    return attribute and len(words) > 1 and words[1] in culture


def is_former(text: str, start: int) -> bool:
    """Whether "former", "ex-", "late" or the like stands right before `start`."""
    return bool(FORMER.search(text, max(0, start - 10), start))
