"""The suite of port FeedStore, together with the log that it appends to."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.conformance.feed_steps import OpenFeedStore, commit_until_killed, state, stored
from connectors.conformance.log_steps import everything
from connectors.conformance.processes import Child
from connectors.conformance.samples import START, after, article
from schemas.codec import decode
from schemas.ports.feeds import KnownArticle
from schemas.ports.log import EventLog
from schemas.records import Article, Heard
from schemas.topics import ARTICLE, HEARD


def articles(log: EventLog) -> list[tuple[str, int]]:
    """Ids and versions in the article topic."""
    found = [decode(record.value, Article) for record in everything(log, ARTICLE)]
    return sorted((one.article_id, one.version) for one in found)


def heard(log: EventLog) -> list[date]:
    """Days in the heard topic, in order."""
    return [decode(record.value, Heard).day for record in everything(log, HEARD)]


class FeedStoreConformance:
    """Subclass with a fixture `open_feeds`: each call opens the same, at first empty store and its log once more."""

    @pytest.fixture
    def open_feeds(self) -> OpenFeedStore:
        raise NotImplementedError

    def test_nothing_is_known_at_first(self, open_feeds: OpenFeedStore) -> None:
        feeds, _ = open_feeds()
        assert feeds.state("harbour") is None
        assert feeds.states() == []
        assert feeds.known(["a"]) == {}
        assert feeds.known([]) == {}

    def test_the_state_of_a_feed_comes_back_whole_and_the_last_one_counts(self, open_feeds: OpenFeedStore) -> None:
        feeds, log = open_feeds()
        feeds.commit(state("b"), [])
        feeds.commit(state("a", failures=3, problem="404 — nicht gefunden"), [])
        feeds.commit(state("b", next_due=after(hours=1), newest=START), [])
        again, _ = open_feeds()
        assert again.state("a") == state("a", failures=3, problem="404 — nicht gefunden")
        assert again.states() == [
            state("a", failures=3, problem="404 — nicht gefunden"),
            state("b", next_due=after(hours=1), newest=START),
        ]
        assert articles(log) == []

    def test_a_version_is_stored_known_and_appended(self, open_feeds: OpenFeedStore) -> None:
        feeds, log = open_feeds()
        positions = feeds.commit(state(), [stored("a"), stored("b")])
        records = [log.read(ARTICLE, place.partition, place.offset, 1)[0] for place in positions]
        assert [decode(record.value, Article) for record in records] == [article("a"), article("b")]
        assert [record.key for record in records] == ["a", "b"]
        assert records[0].headers["ce_type"] == "detente.article.v1"
        assert open_feeds()[0].known(["b", "c"]) == {
            "b": KnownArticle(
                article_id="b",
                version=1,
                content_hash="content b 1",
                item_hash="item b 1",
                status="active",
                first_seen=START,
            )
        }

    def test_the_latest_version_is_the_one_that_is_known(self, open_feeds: OpenFeedStore) -> None:
        feeds, _ = open_feeds()
        feeds.commit(state(), [stored("a", 2, status="corrected"), stored("b")])
        feeds.commit(state(), [stored("a", 10, status="retracted"), stored("a", 9)])
        known = feeds.known(["a", "b"])
        assert (known["a"].version, known["a"].status, known["a"].content_hash) == (10, "retracted", "content a 10")
        assert known["b"].version == 1

    def test_a_version_that_is_stored_is_not_appended_again(self, open_feeds: OpenFeedStore) -> None:
        feeds, log = open_feeds()
        feeds.commit(state(), [stored("a")])
        positions = feeds.commit(state(failures=1), [stored("a"), stored("a", 2), stored("b"), stored("b")])
        assert len(positions) == 2
        assert articles(log) == [("a", 1), ("a", 2), ("b", 1)]
        assert feeds.state("harbour") == state(failures=1)

    def test_a_day_is_heard_once(self, open_feeds: OpenFeedStore) -> None:
        feeds, log = open_feeds()
        first, second = date(2024, 3, 1), date(2024, 3, 2)
        feeds.commit(state(), [], [first])
        feeds.commit(state("other"), [stored("a")], [first, second, second])
        assert heard(log) == [first, second]

    def test_many_articles_can_be_asked_for_at_once(self, open_feeds: OpenFeedStore) -> None:
        feeds, _ = open_feeds()
        names = [f"article {n} “quoted”" for n in range(3_000)]
        feeds.commit(state(), [stored(name) for name in names])
        assert sorted(feeds.known(names)) == sorted(names)

    def test_what_fails_leaves_nothing(self, open_feeds: OpenFeedStore) -> None:
        feeds, log = open_feeds()
        broken = stored("b", text="\ud800")  # no UTF-8 can hold it: the encoding of the record fails
        with pytest.raises(UnicodeEncodeError):
            feeds.commit(state(), [stored("a"), broken], [date(2024, 3, 1)])
        assert feeds.states() == []
        assert feeds.known(["a", "b"]) == {}
        assert articles(log) == []
        assert heard(log) == []

    def test_whenever_it_is_killed_store_and_log_agree(self, open_feeds: OpenFeedStore) -> None:
        done = 0
        for _ in range(3):
            with Child(commit_until_killed, open_feeds, done) as child:
                for _ in range(8):
                    done = child.hear()
                child.kill()  # somewhere in the middle of what follows
            feeds, log = open_feeds()
            in_log = articles(log)
            known = sorted((one.article_id, one.version) for one in feeds.known([name for name, _ in in_log]).values())
            assert in_log == known
            assert len(in_log) >= done
            last = feeds.state("harbour")
            assert last is not None
            assert last.failures == len(in_log)
            assert len(heard(log)) == len(in_log)
            done = len(in_log)
