"""The search language that people type, and its way back: `parse` and `render`.

    hotline "joint drill"                 words and phrases of the quote; all must match
    any:"hotline channel"                 at least one of the words
    source:CHN type:(AGREE OR CONSULT)    a field has a value, or one of several
    dyad:CHN-JPN published:2023-08        a day, month or year stands for all of it
    day:[2023-01-01 TO 2023-02-01]        both ends included; with } instead of ] the last is left out
    confidence:>=0.7 day:<2024            comparisons
    reporter:*                            the field has some value; a single * matches everything
    NOT type:ACCUSE, -denied, (a OR b)    AND binds closer than OR and may be left out

Fields are those of `schemas.query_fields`. Whatever is not understood is a ConfigError that says where and what is
known; nothing is guessed. Times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal, NoReturn, TypeVar

from schemas import query_literals as literals
from schemas.errors import ConfigError
from schemas.query import EVERYTHING, NOTHING, And, Exists, Not, Or, Query, Range, Term, Terms, Text, Value, normal
from schemas.query_fields import FIELDS, MAX_DEPTH, ORDERED, Field, check, check_type, check_value, nearest

T = TypeVar("T")

MAX_LENGTH: Final = 8000
"""Longest query that is read, in characters."""

_QUOTES: Final = {'"': '"', "“": "”"}
_BLANKS: Final = re.compile(r"\s*")
_NAME: Final = re.compile(r"([A-Za-z_]+):")
_BARE: Final = re.compile(r'[^\s()"“”\[\]{}]+')
_PLAIN_WORD: Final = re.compile(r'[^\s()"“”\[\]{}:\\*-][^\s()"“”\[\]{}:\\*]*')
_PLAIN_VALUE: Final = re.compile(r'[^\s()"“”\[\]{}\\*<>=][^\s()"“”\[\]{}\\*]*|[A-Z:]+-\*')
_KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "TO"})
_MATCHES: Final[dict[str, Literal["any", "all"]]] = {"any": "any", "all": "all"}


def parse(text: str) -> Query:
    """The query that the text means, in normal form; ConfigError with position otherwise. "" means everything."""
    if len(text) > MAX_LENGTH:
        raise ConfigError(f"query too long: {len(text)} characters, at most {MAX_LENGTH}", "query_too_large")
    query = normal(_Parser(text).whole())
    check(query)
    return query


def render(query: Query) -> str:
    """A text that `parse` reads as `normal(query)`; ConfigError for a tree that `check` refuses."""
    check(query)
    return _rendered(normal(query))


class _Parser:
    """Recursive descent over the text; `at` is the next character, never a blank between two steps."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def whole(self) -> Query:
        self._blanks()
        query = self._either() if self.at < len(self.text) else EVERYTHING
        if self.at < len(self.text):
            self._unexpected()
        return query

    def _either(self) -> Query:
        parts = [self._both()]
        while self._keyword("OR"):
            parts.append(self._both())
        return Or(tuple(parts))

    def _both(self) -> Query:
        parts = [self._one()]
        while self._keyword("AND") or not self._at_end_of_part():
            parts.append(self._one())
        return And(tuple(parts))

    def _at_end_of_part(self) -> bool:
        return self.at >= len(self.text) or self.text[self.at] == ")" or self._peek_word() == "OR"

    def _one(self) -> Query:
        negated = self._keyword("NOT") or self._minus()
        if not negated and not self._take("("):
            return self._leaf()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._fail(self.at, f"nested deeper than {MAX_DEPTH}", "query_too_large")
        inner = Not(self._one()) if negated else self._closed(self._either())
        self.depth -= 1
        return inner

    def _closed(self, query: Query) -> Query:
        if not self._take(")"):
            self._fail(self.at, "missing )")
        return query

    def _leaf(self) -> Query:
        if self.at >= len(self.text):
            self._fail(self.at, "something must follow here")
        if self.text[self.at] in _QUOTES:
            return Text(self._quoted(), "phrase")
        name = _NAME.match(self.text, self.at)
        if name:
            return self._field(name)
        if self._peek_word() == "*":
            self._word()
            return EVERYTHING
        words = [self._plain_word()]
        while self._more_words():
            words.append(self._plain_word())
        return Text(" ".join(words), "all")

    def _more_words(self) -> bool:
        word = self._peek_word()
        return bool(word) and word not in _KEYWORDS and word[0] not in "-*" and not _NAME.match(word)

    def _plain_word(self) -> str:
        word = self._peek_word()
        if not word:
            self._unexpected()
        if word in _KEYWORDS:
            self._fail(self.at, f'{word} stands where a word is expected; to search for it write all:"{word}"')
        if not _PLAIN_WORD.fullmatch(word):
            self._fail(self.at, f"put {word!r} into quotation marks; there are no wildcards")
        return self._word()

    def _field(self, name: re.Match[str]) -> Query:
        start, key = self.at, name[1].lower()
        if key not in FIELDS and key not in _MATCHES:
            self._fail(start, f"unknown field {name[1]!r}{nearest(key, (*FIELDS, *_MATCHES))}", "unknown_field")
        self.at = name.end()
        if self.text[self.at : self.at + 1].isspace():
            self._fail(self.at, f"a value must follow {key}: without blanks")
        if key in _MATCHES:
            return Text(self._raw()[0], _MATCHES[key])
        return self._values(FIELDS[key])

    def _values(self, field: Field) -> Query:
        if self._star():
            return Exists(field.name)
        opening = self.text[self.at : self.at + 1]
        if opening in {"[", "{"}:
            return self._range(field)
        if opening in {"<", ">"}:
            return self._comparison(field)
        if not self._take("("):
            return self._literal(field).equals(field.name)
        found = [self._literal(field)]
        while self._keyword("OR"):
            found.append(self._literal(field))
        self._closed(EVERYTHING)
        if all(one.exact for one in found):
            return Terms(field.name, tuple(one.value for one in found))
        return Or(tuple(one.equals(field.name) for one in found))

    def _comparison(self, field: Field) -> Query:
        self._ordered(field)
        strict = self.text[self.at + 1 : self.at + 2] != "="
        upwards = self.text[self.at] == ">"
        self.at += 1 if strict else 2
        bound = self._bound(field)
        edge = bound.low if upwards != strict else bound.high
        if upwards:
            return NOTHING if edge is None else Range(field.name, gte=edge)
        return Range(field.name, lt=edge)

    def _range(self, field: Field) -> Query:
        self._ordered(field)
        from_first = self.text[self.at] == "["
        self.at += 1
        low = self._end(field)
        if not self._keyword("TO"):
            self._fail(self.at, "a range is written [FROM TO UNTIL]")
        high = self._end(field)
        with_last = self._take("]")
        if not with_last and not self._take("}"):
            self._fail(self.at, "missing ] or }")
        lt = None if high is None else high.high if with_last else high.low
        if low is None:
            return Range(field.name, lt=lt)
        gte = low.low if from_first else low.high
        return NOTHING if gte is None else Range(field.name, gte=gte, lt=lt)

    def _ordered(self, field: Field) -> None:
        if field.kind not in ORDERED:
            self._fail(self.at, f"field {field.name!r} has no order: write {field.name}:VALUE", "bad_range")

    def _end(self, field: Field) -> literals.Literal | None:
        self._blanks()
        return None if self._star() else self._bound(field)

    def _bound(self, field: Field) -> literals.Literal:
        start, literal = self._read(field)
        self._checked(start, lambda: check_type(field, literal.value))
        return literal

    def _literal(self, field: Field) -> literals.Literal:
        start, literal = self._read(field)
        self._checked(start, lambda: check_value(field, literal.value))
        return literal

    def _read(self, field: Field) -> tuple[int, literals.Literal]:
        self._blanks()
        start = self.at
        text, quoted = self._raw()
        if not quoted and "*" in text and field.kind != "dyad":
            self._fail(start, f"there are no wildcards; put {text!r} into quotation marks if it is meant so")
        return start, self._checked(start, lambda: literals.read(field, text))

    def _checked(self, start: int, step: Callable[[], T]) -> T:
        try:
            return step()
        except ConfigError as error:
            self._fail(start, error.message, error.code)

    def _raw(self) -> tuple[str, bool]:
        if self.text[self.at : self.at + 1] in _QUOTES:
            return self._quoted(), True
        if not self._peek_word():
            self._fail(self.at, "a value must follow here")
        return self._word(), False

    def _quoted(self) -> str:
        start, closing = self.at, _QUOTES[self.text[self.at]]
        letters: list[str] = []
        self.at += 1
        while self.text[self.at : self.at + 1] != closing:
            self.at += self.text[self.at : self.at + 1] == "\\"
            if self.at >= len(self.text):
                self._fail(start, "this quotation mark is never closed")
            letters.append(self.text[self.at])
            self.at += 1
        self.at += 1
        self._blanks()
        return "".join(letters)

    def _peek_word(self) -> str:
        match = _BARE.match(self.text, self.at)
        return match[0] if match else ""

    def _word(self) -> str:
        word = self._peek_word()
        self.at += len(word)
        self._blanks()
        return word

    def _keyword(self, word: str) -> bool:
        if self._peek_word() != word:
            return False
        self._word()
        return True

    def _star(self) -> bool:
        return self._keyword("*")

    def _minus(self) -> bool:
        if self.text[self.at : self.at + 1] != "-":
            return False
        if not self.text[self.at + 1 : self.at + 2].strip():
            self._fail(self.at, "what is left out must follow - at once")
        self.at += 1
        return True

    def _take(self, letter: str) -> bool:
        if self.text[self.at : self.at + 1] != letter:
            return False
        self.at += 1
        self._blanks()
        return True

    def _blanks(self) -> None:
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks else self.at

    def _unexpected(self) -> NoReturn:
        self._fail(self.at, f"unexpected {self.text[self.at]!r}")

    def _fail(self, at: int, message: str, code: str = "bad_query") -> NoReturn:
        raise ConfigError(f"query, character {at + 1}: {message}", code)


def _rendered(query: Query) -> str:
    if isinstance(query, And):
        return " AND ".join(_inner(part) for part in query.of) or "*"
    if isinstance(query, Or):
        return " OR ".join(_inner(part) for part in query.of)
    if isinstance(query, Not):
        return f"NOT {_inner(query.of)}"
    if isinstance(query, Text):
        return _rendered_text(query)
    if isinstance(query, Exists):
        return f"{query.field}:*"
    if isinstance(query, Term):
        return f"{query.field}:{_value(query.value)}"
    if isinstance(query, Terms):
        return f"{query.field}:({' OR '.join(_value(value) for value in query.values)})"
    return _rendered_range(query)


def _inner(query: Query) -> str:
    text = _rendered(query)
    return f"({text})" if isinstance(query, And | Or) and query.of else text


def _rendered_text(query: Text) -> str:
    if query.match == "phrase":
        return _quote(query.text)
    words = query.text.split(" ")
    if query.match == "all" and all(_PLAIN_WORD.fullmatch(word) and word not in _KEYWORDS for word in words):
        return query.text
    return f"{query.match}:{_quote(query.text)}"


def _rendered_range(query: Range) -> str:
    low = "*" if query.gte is None else _value(query.gte)
    if query.lt is None:
        return f"{query.field}:>={low}"
    return f"{query.field}:[{low} TO {_value(query.lt)}}}"


def _value(value: Value) -> str:
    text = literals.written(value)
    plain = not isinstance(value, str) or (_PLAIN_VALUE.fullmatch(text) and text not in _KEYWORDS)
    return text if plain else _quote(text)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
