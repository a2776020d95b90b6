"""The templates, with the filters that turn records into words. Everything is escaped unless it is markup of ours."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
import msgspec

from console.web.words import band_class, percent, short_day, signed, signed_percent
from pipelines.alerting.render import state_name
from schemas.records import Signal

_UNSAFE: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Pages:
    """Renders views. Thread-safe."""

    def __init__(self) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("console.web", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            signed=signed,
            percent=percent,
            signed_percent=signed_percent,
            day=short_day,
            minute=minute,
            state=state_name,
            shade=band_class,
            link=safe_link,
            kind=kind_of,
            data=as_data,
            reason=reason,
            words=lambda text: " ".join(str(text).split()),
        )

    def render(self, template: str, view: Any) -> str:
        """One page."""
        return self._templates.get_template(template).render(view=view)

    def render_problem(self, status: int, message: str) -> str:
        """The page of an error."""
        return self._templates.get_template("problem.html").render(status=status, message=message, view=None)


def minute(moment: datetime) -> str:
    """Such as "24 Aug 2023, 00:00"."""
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def safe_link(url: str) -> str:
    """The address where it is one of the web, else "": what a feed gives must not become a script."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def kind_of(signal: Signal) -> str:
    """Such as "sanction · discontinue"."""
    return signal.type.lower() + (f" · {signal.mode}" if signal.mode else "")


def reason(value: Any) -> str:
    """One part of a signal's `why`: words as they are, lists joined, spans as ranges."""
    if isinstance(value, list | tuple):
        plain = all(isinstance(part, int) for part in value)
        return ("–" if plain else ", ").join(reason(part) for part in value)
    return str(value)


def as_data(value: Any) -> str:
    """JSON for a data block of a page: nothing in it can end the block."""
    text = msgspec.json.encode(value).decode("utf-8")
    for letter, escaped in _UNSAFE.items():
        text = text.replace(letter, escaped)
    return text
