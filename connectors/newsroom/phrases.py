"""Sentence patterns with choices and slots, and the bank of them in `data/phrases`.

`[a|b]` is a choice (it may nest and may be empty), `{name}` a slot; what fills it is the caller's affair.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Final, TypeVar

import msgspec

Fill = Callable[[str], str]
T = TypeVar("T")


class Slot(msgspec.Struct, frozen=True):
    """A place to be filled."""

    name: str


class Choice(msgspec.Struct, frozen=True):
    """One of several sequences, each as likely as the others."""

    options: tuple[Template, ...]


class Template(msgspec.Struct, frozen=True):
    """A pattern, parsed."""

    parts: tuple[str | Slot | Choice, ...]

    def expand(self, fill: Fill, rng: Random) -> str:
        """The pattern as text; `fill` gives each slot its words."""
        out: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, Slot):
                out.append(fill(part.name))
            else:
                out.append(pick(part.options, rng).expand(fill, rng))
        return "".join(out)


_PIECE: Final = re.compile(r"\{[\w.]+\}|[\[\]|]|[^\[\]|{}]+")
_ARTICLE: Final = re.compile(r"\b([Aa])n? (\w[\w-]*)")
_SPOKEN_CONSONANT: Final = re.compile(r"(?:US|UN|U)(?![a-z])|[Uu]ni(?:[tfvqo]|$)|[Ee]u|[Uu]s[eu]|one(?![a-z])")
_SPOKEN_VOWEL: Final = re.compile(r"[aeiouAEIOU]|hour|hono|heir|ROK|8|11\b|18\b|MRI|FBI")


def pick(options: tuple[T, ...], rng: Random) -> T:
    """One of them; quicker than Random.choice, and the same on every version of Python."""
    return options[int(rng.random() * len(options))]


@cache
def template(pattern: str) -> Template:
    """Parses a pattern; ValueError names one whose brackets do not match."""
    stack: list[list[list[str | Slot | Choice]]] = [[[]]]
    for piece in _PIECE.findall(pattern):
        if piece == "[":
            stack.append([[]])
        elif len(stack) == 1 and piece in {"|", "]"}:
            raise ValueError(f"brackets do not match in pattern {pattern!r}")
        elif piece == "|":
            stack[-1].append([])
        elif piece == "]":
            done = stack.pop()
            stack[-1][-1].append(Choice(tuple(Template(tuple(option)) for option in done)))
        elif piece.startswith("{"):
            stack[-1][-1].append(Slot(piece[1:-1]))
        else:
            stack[-1][-1].append(piece)
    if len(stack) != 1 or "".join(_PIECE.findall(pattern)) != pattern:
        raise ValueError(f"brackets do not match in pattern {pattern!r}")
    return Template(tuple(stack[0][0]))


def templates(patterns: list[str]) -> tuple[Template, ...]:
    """Parses several."""
    return tuple(template(pattern) for pattern in patterns)


def sentence(text: str, end: str = ".") -> str:
    """Spaces, articles ("a", "an"), the first letter and the full stop of a sentence put right."""
    text = " ".join(text.split()).replace(" ,", ",").replace(" ;", ";").replace(" .", ".").strip()
    text = _ARTICLE.sub(_article, text)
    if text[:1].isdigit() and end:
        text = f"Some {text}"
    text = text[:1].upper() + text[1:]
    return text if not end or text.endswith((".", "?", "!")) else text + end


def _article(match: re.Match[str]) -> str:
    letter, word = match.group(1), match.group(2)
    vowel = _SPOKEN_VOWEL.match(word) and not _SPOKEN_CONSONANT.match(word)
    return f"{letter}{'n' if vowel else ''} {word}"


@cache
def bank(name: str) -> dict[str, Any]:
    """One file of `data/phrases`, by its stem."""
    path = files("connectors.newsroom") / "data" / "phrases" / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8"))
