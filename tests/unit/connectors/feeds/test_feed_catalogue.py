from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.feeds.catalogue import bundled, export_opml, import_opml
from schemas.errors import ConfigError
from schemas.ports.feeds import FeedSettings


def test_the_bundled_catalogue() -> None:
    feeds = bundled()
    assert len(feeds) >= 130
    assert len({feed.feed_id for feed in feeds}) == len({feed.url for feed in feeds}) == len(feeds)
    languages = [feed.language for feed in feeds]
    assert languages[: languages.count("en")] == ["en"] * languages.count("en")
    for feed in feeds:
        assert ZoneInfo(feed.timezone)
        assert feed.publisher.country == "" or len(feed.publisher.country) == 3
        assert feed.publisher.owner
        if feed.enabled:
            assert feed.url.startswith(("http://", "https://"))
            assert feed.format in {"rss", "atom", "rdf"}
        else:
            assert feed.note
    by_id = {feed.feed_id: feed for feed in feeds}
    assert by_id["xinhua-en-world"].publisher.owner == "CHN:state"
    assert by_id["tass-en-all"].publisher.owner == "RUS:state"
    assert by_id["yonhap-en-all"].publisher.owner == "yonhap"
    assert not by_id["china-daily-en-world"].enabled


def test_opml_and_back() -> None:
    feeds = sorted(bundled(), key=lambda feed: feed.feed_id)
    feeds[0] = msgspec.structs.replace(feeds[0], every=60.0, full_text="page", name='A & "B" <c>')
    assert sorted(import_opml(export_opml(feeds)), key=lambda feed: feed.feed_id) == feeds


def test_another_programs_opml() -> None:
    found = import_opml(
        b'<?xml version="1.0"?><opml version="1.0"><body><outline text="Asia"><outline type="rss" text="NK" '
        b'xmlUrl="https://www.nk.example/feed" language="en-us"/><outline title="Again" xmlUrl="http://www.nk.example/feed/"/>'
        b"</outline><outline text='no feed'/></body></opml>"
    )
    (feed,) = found
    assert (feed.url, feed.name, feed.language, feed.enabled) == ("https://www.nk.example/feed", "NK", "en", True)
    assert (feed.publisher.id, feed.publisher.owner) == ("nk-example", "nk-example")
    assert isinstance(feed, FeedSettings)


@pytest.mark.parametrize(
    "document",
    ["", "<html/>", "<opml", '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><opml>&d;</opml>',
     '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><opml>&b;</opml>'],
)  # fmt: skip
def test_what_is_no_opml(document: str) -> None:
    with pytest.raises(ConfigError, match="no OPML"):
        import_opml(document)
