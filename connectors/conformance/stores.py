"""The suites of ports AlertStore, ActionStore and DeliveryLog."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.conformance.samples import START, action, after, alert, delivery
from schemas.errors import ConfigError
from schemas.ports.channels import DeliveryLog, Owed
from schemas.ports.index import ActionStore, AlertStore
from schemas.records import Alert

OpenAlertStore: TypeAlias = Callable[[], AlertStore]
OpenActionStore: TypeAlias = Callable[[], ActionStore]
OpenDeliveryLog: TypeAlias = Callable[[], DeliveryLog]

_REVISIONS = st.builds(
    lambda n, revision, state, rule, opened: alert(
        f"alert{n:02}", revision, state=state, rule=rule, opened=after(days=opened[n % len(opened)])
    ),
    st.integers(0, 9),
    st.integers(1, 3),
    st.sampled_from(["firing", "resolved"]),
    st.sampled_from(["change", "breaking"]),
    st.just((0, 2, 1, 1)),
)


def ids(alerts: tuple[Alert, ...] | list[Alert]) -> list[tuple[str, int]]:
    """Ids and revisions."""
    return [(one.alert_id, one.revision) for one in alerts]


class AlertStoreConformance:
    """Subclass with a fixture `open_alerts`; each call opens the same, at first empty store once more."""

    @pytest.fixture
    def open_alerts(self) -> OpenAlertStore:
        raise NotImplementedError

    @pytest.fixture
    def fresh_alerts(self) -> OpenAlertStore:
        """Each call opens another empty store."""
        raise NotImplementedError

    def test_revisions_come_back_whole(self, open_alerts: OpenAlertStore) -> None:
        sent = [alert("abcdef01", 1), alert("abcdef01", 2, state="resolved", change=None)]
        assert open_alerts().put(sent) == sent
        store = open_alerts()
        assert store.get("abcdef01") == sent[1]
        assert store.get("abcdef01", 1) == sent[0]
        assert store.get("abcdef01", 3) is None
        assert store.get("nothing") is None
        assert store.revisions("abcdef01") == sent
        assert store.revisions("nothing") == []

    def test_putting_again_changes_nothing_and_names_only_what_is_new(self, open_alerts: OpenAlertStore) -> None:
        store = open_alerts()
        first = alert("abcdef01", 1)
        store.put([first])
        second = alert("abcdef01", 2)
        assert store.put([alert("abcdef01", 1, title="another"), second, second]) == [second]
        assert store.put([]) == []
        assert store.revisions("abcdef01") == [first, second]

    def test_the_latest_is_the_highest_revision_whatever_the_order(self, open_alerts: OpenAlertStore) -> None:
        store = open_alerts()
        for revision in (2, 3, 1):
            store.put([alert("abcdef01", revision)])
        latest = store.get("abcdef01")
        assert latest is not None
        assert latest.revision == 3
        assert ids(store.list().items) == [("abcdef01", 3)]

    def test_a_prefix_of_six_will_do_when_it_is_unique(self, open_alerts: OpenAlertStore) -> None:
        store = open_alerts()
        store.put([alert("abcdef01"), alert("abcdef01", 2), alert("abcdeg01"), alert("abc%ef_1"), alert("abcdef")])
        store.put([alert("fedcba01"), alert("fedcba02")])
        assert ids(store.revisions("abcdeg")) == [("abcdeg01", 1)]
        assert ids(store.revisions("abcdef0")) == [("abcdef01", 1), ("abcdef01", 2)]
        assert ids(store.revisions("abcdef")) == [("abcdef", 1)]  # a whole id is meant, though others begin with it
        assert store.get("abcde") is None
        assert store.get("%%%%%%") is None
        assert store.get("abcde_") is None
        with pytest.raises(ConfigError, match="fedcba01, fedcba02"):
            store.get("fedcba")

    def test_lists_show_the_latest_revision_newest_first(self, open_alerts: OpenAlertStore) -> None:
        store = open_alerts()
        store.put(
            [alert("b", opened=after(days=1)), alert("a", opened=after(days=1)), alert("c", opened=after(days=2))]
        )
        store.put([alert("a", 2, opened=after(days=1), state="resolved", subject="JPN-KOR", rule="breaking")])
        store.put([alert("old", opened=START)])
        everything = [("c", 1), ("a", 2), ("b", 1), ("old", 1)]
        page = store.list()
        assert (ids(page.items), page.total, page.cursor) == (everything, 4, "")
        assert ids(store.list(states=["resolved"]).items) == [("a", 2)]
        assert ids(store.list(states=["firing", "pending"]).items) == [("c", 1), ("b", 1), ("old", 1)]
        assert ids(store.list(subject="JPN-KOR").items) == [("a", 2)]
        assert ids(store.list(rule="change", since=after(days=1)).items) == [("c", 1), ("b", 1)]
        assert ids(store.list(since=after(days=2, microseconds=1)).items) == []

    def test_only_what_somebody_was_told(self, open_alerts: OpenAlertStore) -> None:
        store = open_alerts()
        store.put(
            [alert("faded", state="pending"), alert("faded", 2, state="resolved"), alert("waits", state="pending")]
        )
        store.put([alert("fired", 2, state="resolved"), alert("fired", state="firing")])
        store.put(
            [alert("seen", state="acknowledged"), alert("gone", state="firing"), alert("gone", 2, state="retracted")]
        )
        assert sorted(ids(store.list(told=True).items)) == [("fired", 2), ("gone", 2), ("seen", 1)]
        assert ids(store.list(told=True, states=["resolved"]).items) == [("fired", 2)]
        assert store.list(told=True, limit=1).total == 3

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        revisions=st.lists(_REVISIONS, max_size=25),
        states=st.sampled_from([(), ("firing",), ("firing", "resolved")]),
        limit=st.integers(1, 4),
    )
    def test_pages_together_are_the_whole_list(
        self, fresh_alerts: OpenAlertStore, revisions: list[Alert], states: tuple[str, ...], limit: int
    ) -> None:
        store = fresh_alerts()
        first: dict[tuple[str, int], Alert] = {}
        for one in revisions:
            first.setdefault((one.alert_id, one.revision), one)
        store.put(revisions)
        latest = {name: one for (name, _), one in sorted(first.items())}
        wanted = [one for one in latest.values() if not states or one.state in states]
        wanted.sort(key=lambda one: (-one.opened.timestamp(), one.alert_id))
        found: list[Alert] = []
        cursor = ""
        for _ in range(len(wanted) + 1):
            page = store.list(states=states, limit=limit, cursor=cursor)
            assert page.total == len(wanted)
            found += page.items
            cursor = page.cursor
            if not cursor:
                break
            assert len(page.items) == limit
        assert found == wanted

    def test_an_alert_that_comes_while_paging_moves_no_other(self, open_alerts: OpenAlertStore) -> None:
        store = open_alerts()
        store.put([alert(f"alert{n}", opened=after(days=n)) for n in range(4)])
        first = store.list(limit=2)
        store.put([alert("new", opened=after(days=9)), alert("alert0", 2)])
        second = store.list(limit=2, cursor=first.cursor)
        assert ids(first.items + second.items) == [("alert3", 1), ("alert2", 1), ("alert1", 1), ("alert0", 2)]

    @pytest.mark.parametrize("cursor", ["x", "00", "5b5d", "[1,2]", "🙂"])
    def test_a_foreign_cursor_is_a_config_error(self, open_alerts: OpenAlertStore, cursor: str) -> None:
        with pytest.raises(ConfigError):
            open_alerts().list(cursor=cursor)


class ActionStoreConformance:
    """Subclass with a fixture `open_actions`; each call opens the same, at first empty store once more."""

    @pytest.fixture
    def open_actions(self) -> OpenActionStore:
        raise NotImplementedError

    def test_actions_come_by_time_then_id(self, open_actions: OpenActionStore) -> None:
        later, b, a = action("c", at=after(seconds=1)), action("b"), action("a", until=after(days=1), body={"n": [1]})
        store = open_actions()
        store.put([later, b])
        store.put([])
        store.put([a])
        assert open_actions().list() == [a, b, later]

    def test_an_action_that_comes_again_is_the_same_action(self, open_actions: OpenActionStore) -> None:
        store = open_actions()
        store.put([action("a"), action("a", by="another")])
        store.put([action("a", kind="comment")])
        assert store.list() == [action("a")]
        assert store.counts("ack") == {"alert": 1}

    def test_they_are_found_by_kind_and_subject_and_counted(self, open_actions: OpenActionStore) -> None:
        store = open_actions()
        made = [
            action("a", kind="rate", subject="x"),
            action("b", kind="rate", subject="y"),
            action("c", kind="ack", subject="x"),
            action("d", kind="rate", subject="x"),
        ]
        store.put(made)
        assert [one.action_id for one in store.list("rate")] == ["a", "b", "d"]
        assert [one.action_id for one in store.list(subject="x")] == ["a", "c", "d"]
        assert [one.action_id for one in store.list("rate", "x")] == ["a", "d"]
        assert store.list("silence") == []
        assert dict(store.counts("rate")) == {"x": 2, "y": 1}
        assert dict(store.counts("silence")) == {}


class DeliveryLogConformance:
    """Subclass with a fixture `open_deliveries`; each call opens the same, at first empty log once more."""

    @pytest.fixture
    def open_deliveries(self) -> OpenDeliveryLog:
        raise NotImplementedError

    def test_nothing_is_owed_at_first(self, open_deliveries: OpenDeliveryLog) -> None:
        log = open_deliveries()
        assert log.due(after(days=1000)) == []
        assert log.next_due() is None
        assert log.attempts("a") == []

    def test_what_is_owed_comes_due_earliest_first(self, open_deliveries: OpenDeliveryLog) -> None:
        log = open_deliveries()
        log.owe("a", 1, ["desk", "archive"], after(hours=2))
        log.owe("b", 3, ["desk"], after(hours=1))
        log.owe("c", 1, [], START)
        again = open_deliveries()
        assert again.next_due() == after(hours=1)
        assert again.due(after(hours=1) - timedelta(microseconds=1)) == []
        debts = again.due(after(hours=2))
        assert debts == [
            Owed(alert_id="b", revision=3, channel="desk", attempt=1, due=after(hours=1)),
            Owed(alert_id="a", revision=1, channel="archive", attempt=1, due=after(hours=2)),
            Owed(alert_id="a", revision=1, channel="desk", attempt=1, due=after(hours=2)),
        ]
        assert again.due(after(hours=2), limit=1) == debts[:1]

    def test_owing_again_changes_neither_an_open_nor_a_finished_debt(self, open_deliveries: OpenDeliveryLog) -> None:
        log = open_deliveries()
        log.owe("a", 1, ["desk", "archive"], START)
        log.record(delivery("a"))
        log.owe("a", 1, ["desk", "archive", "new"], after(days=-1))
        assert [(one.channel, one.due) for one in log.due(after(days=9))] == [
            ("new", after(days=-1)),
            ("archive", START),
        ]

    def test_a_retry_is_owed_until_its_time_with_the_next_number(self, open_deliveries: OpenDeliveryLog) -> None:
        log = open_deliveries()
        log.owe("a", 1, ["desk"], START)
        log.record(delivery("a", 1, outcome="retry", detail="503"), retry_at=after(seconds=5))
        assert log.due(START) == []
        assert log.next_due() == after(seconds=5)
        (debt,) = log.due(after(seconds=5))
        assert debt.attempt == 2
        log.record(delivery("a", 2))
        assert log.next_due() is None
        assert [(one.attempt, one.outcome, one.detail) for one in log.attempts("a")] == [
            (1, "retry", "503"),
            (2, "delivered", "204"),
        ]

    def test_an_attempt_logged_twice_or_late_moves_nothing(self, open_deliveries: OpenDeliveryLog) -> None:
        log = open_deliveries()
        log.owe("a", 1, ["desk"], START)
        for _ in range(2):
            log.record(delivery("a", 1, outcome="retry"), retry_at=after(seconds=5))
        log.record(delivery("a", 2, outcome="retry"), retry_at=after(minutes=5))
        log.record(delivery("a", 1))
        assert [(one.attempt, one.due) for one in log.due(after(days=1))] == [(3, after(minutes=5))]
        log.record(delivery("a", 3))
        log.record(delivery("a", 3, outcome="retry"), retry_at=after(hours=1))
        assert log.next_due() is None
        assert [one.outcome for one in log.attempts("a")] == ["retry", "retry", "delivered"]

    def test_attempts_are_listed_by_revision_channel_and_number(self, open_deliveries: OpenDeliveryLog) -> None:
        log = open_deliveries()
        order = [(1, "archive", 1), (1, "desk", 1), (1, "desk", 2), (2, "archive", 1)]
        for revision, channel, attempt in reversed(order):
            log.record(delivery("a", attempt, revision=revision, channel=channel))
        log.record(delivery("b"))
        assert [(one.revision, one.channel, one.attempt) for one in log.attempts("a")] == order
        assert [one.attempt for one in log.attempts("a", 1)] == [1, 1, 2]
        assert log.attempts("a", 1)[0] == delivery("a", channel="archive")
