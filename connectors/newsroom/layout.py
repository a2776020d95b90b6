"""How an outlet serves its news: address and form of its feed, decided by its id alone so that it never changes."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import msgspec


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """`atom` or else RSS; the whole text in the feed, or a teaser there and the text on the article's page."""

    host: str
    path: str
    atom: bool
    full_text: bool

    @property
    def feed_url(self) -> str:
        """Where the feed is."""
        return f"https://{self.host}{self.path}"


def layout_of(publisher_id: str, host: str, *, alone: bool) -> Layout:
    """`alone`: no other publisher's feed is at this host."""
    dice = hashlib.sha256(publisher_id.encode()).digest()
    return Layout(
        host=host,
        path="/feed.xml" if alone else f"/feeds/{quote(publisher_id, safe='')}.xml",
        atom=dice[0] % 2 == 0,
        full_text=dice[1] % 4 != 0,
    )
