"""What a reader of alerts lives through, told in signals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

import msgspec
import pytest

from pipelines.alerting.rules import Rule, default_rules, rule_of
from schemas.records import Action, Alert, Factuality, Precision, Publisher, Signal
from tests.fakes.road import Road, midnight
from tests.fakes.signals import FINGERPRINTS, OWNERS, day, signal

PAST = 130
"""Days of ordinary life before anything happens."""
KOREAN, AMERICAN, CHINESE, SISTER = OWNERS


def ordinary(pair: str = "CHN-JPN", last: int = PAST + 60) -> list[Signal]:
    """A visit, a quarrel, a promise, every nine days, each told once."""
    kinds = (("CONSULT", "visit"), ("ACCUSE", "disapprove"), ("AGREE", None), ("REJECT", None))
    return [
        signal(
            pair, *kinds[i % 4], published=n, when=n, publisher=OWNERS[i % 3], quote=f"ordinary {n}", forth=i % 3 == 0
        )
        for i, n in enumerate(range(0, last, 9))
    ]


def ban(start: int = PAST, pair: str = "CHN-JPN") -> list[Signal]:
    """A ban, told by two groups on the day and one the day after; protests and threats in its train."""
    return [
        signal(pair, "SANCTION", "discontinue", published=start, when=start, publisher=KOREAN, quote="China banned all Japanese seafood."),
        signal(pair, "SANCTION", "discontinue", published=start, when=start, publisher=AMERICAN, quote="Beijing bans seafood from Japan."),
        signal(pair, "ACCUSE", "disapprove", published=start, when=start, forth=False, publisher=AMERICAN, quote="Tokyo protested."),
        signal(pair, "THREATEN", None, published=start + 1, when=start + 1, publisher=KOREAN, quote="Beijing warned of further steps."),
        signal(pair, "SANCTION", "discontinue", published=start + 2, when=start + 2, publisher=CHINESE, quote="Customs widened the ban."),
        signal(pair, "ACCUSE", "disapprove", published=start + 3, when=start + 3, publisher=AMERICAN, quote="China condemned Tokyo."),
    ]  # fmt: skip


@cache
def past(pair: str) -> Road:
    road = Road()
    road.days(0, PAST - 1, ordinary(pair))
    return road


def lived(*more: Signal, until: int = PAST + 5, pair: str = "CHN-JPN", rules: Sequence[Rule] = ()) -> Road:
    """Ordinary life up to the day PAST (lived once, and gone on from there), then these signals."""
    road = past(pair).goes_on(rules)
    later = [s for s in (*ordinary(pair), *more) if s.published and s.published.date() >= day(PAST)]
    road.days(PAST, until, later)
    return road


def action(kind: str, subject: str, n: int = 0) -> Action:
    return msgspec.convert(
        {"action_id": f"act{n}", "kind": kind, "subject": subject, "by": "analyst", "at": midnight(PAST).isoformat()},
        Action,
    )


def test_ordinary_life_fires_nothing() -> None:
    assert lived(until=PAST + 60).fired() == []


def test_a_ban_breaks_at_once_and_is_a_change_with_reasons() -> None:
    road = lived(*ban())
    by_rule = {a.rule: a for a in road.fired("CHN-JPN")}
    assert set(by_rule) == {"breaking", "change"}
    breaking = by_rule["breaking"]
    assert breaking.opened == midnight(PAST)
    assert (
        breaking.title
        == "Breaking: sanction (discontinue) by China towards Japan on " + f"{day(PAST).day} {day(PAST):%B %Y}"
    )
    assert {e.quote for e in breaking.evidence} == {
        "China banned all Japanese seafood.",
        "Beijing bans seafood from Japan.",
    }
    change = by_rule["change"]
    assert change.direction == "tension"
    assert change.change is not None
    assert change.change.contributions[0].share > change.change.contributions[-1].share
    assert sum(c.share for c in change.change.contributions) == pytest.approx(1, abs=1e-4)
    assert any(f'"{e.quote}" ({e.publisher})' in change.summary for e in breaking.evidence)
    assert "Limits are pooled, not yet calibrated for this pair." in change.summary
    assert "It would be undone if" in change.summary
    assert all(e.url.startswith("https://") and e.publisher for e in change.evidence)
    assert not change.change.calibrated


def test_the_other_pairs_do_not_notice() -> None:
    assert {a.subject for a in lived(*ban()).alerts} == {"CHN-JPN"}


def test_nothing_is_told_twice_while_it_lasts_and_its_end_is_no_easing() -> None:
    road = lived(*ban(), until=PAST + 60)
    fired = [(a.rule, a.direction) for a in road.fired()]
    assert sorted(fired) == [("breaking", "tension"), ("change", "tension")]
    assert {a.state for a in road.latest.values()} == {"resolved"}
    assert all("no change the other way" in a.summary for a in road.latest.values() if a.rule == "change")


def test_revisions_count_up_without_gaps() -> None:
    road = lived(*ban(), until=PAST + 60)
    for alert_id in road.latest:
        numbers = [a.revision for a in road.alerts if a.alert_id == alert_id]
        assert numbers == list(range(1, len(numbers) + 1))


def alone(owner: Publisher, start: int = PAST) -> list[Signal]:
    """The ban and its train, all by one owner."""
    return [msgspec.structs.replace(s, publisher=owner) for s in ban(start)]


@pytest.mark.parametrize("owner,group", [(CHINESE, "CHN:state"), (KOREAN, "a-media")])
def test_what_one_group_tells_stays_pending_and_names_it(owner: Publisher, group: str) -> None:
    road = lived(*alone(owner))
    assert road.fired() == []
    (pending,) = road.latest.values()
    assert pending.state == "pending"
    assert f"it rests on {group} alone" in pending.summary


def test_a_second_group_makes_the_pending_alert_fire_at_its_own_tick() -> None:
    road = lived(*alone(CHINESE))
    (pending,) = road.latest.values()
    noon = midnight(PAST + 5) + timedelta(hours=12)
    other = [
        signal("CHN-JPN", "SANCTION", "discontinue", published=PAST + 5, when=PAST, publisher=AMERICAN, quote="The ban stands."),
        signal("CHN-JPN", "SANCTION", "discontinue", published=PAST + 5, when=PAST + 2, publisher=AMERICAN, quote="It was widened."),
    ]  # fmt: skip
    assessed = road.tick(noon, other)
    confirmed = [a for a in assessed.alerts if a.rule == "change"]
    assert [(a.alert_id, a.revision, a.state) for a in confirmed] == [
        (pending.alert_id, pending.revision + 1, "firing")
    ]


def test_breaking_fires_within_the_tick_of_the_second_report() -> None:
    road = lived(until=PAST - 1)
    first, second = ban()[:2]
    assert road.tick(midnight(PAST - 1) + timedelta(hours=9), [first], heard=[day(PAST)]).alerts == []
    (alert,) = road.tick(midnight(PAST - 1) + timedelta(hours=9, minutes=3), [second]).alerts
    assert (alert.rule, alert.state, alert.known_at.minute) == ("breaking", "firing", 3)


def test_a_withdrawn_report_takes_its_alert_back_and_the_relation_returns() -> None:
    told = ban()
    road, calm = lived(*told), lived()
    before = road.relation("CHN-JPN", PAST + 5)
    gone = [msgspec.structs.replace(s, status="retracted", revision=2_000_001) for s in told]
    assessed = road.tick(midnight(PAST + 5) + timedelta(hours=3), gone)
    assert {a.state for a in assessed.alerts} == {"retracted"}
    assert {a.state for a in road.latest.values()} == {"retracted"}
    after, expected = road.relation("CHN-JPN", PAST + 5), calm.relation("CHN-JPN", PAST + 5)
    assert (after.level, after.share, after.contributions) == (expected.level, expected.share, expected.contributions)
    assert after.level.value > before.level.value
    road.days(PAST + 6, PAST + 12)
    assert [a for a in road.fired() if a.opened > midnight(PAST + 5)] == []


def test_one_withdrawn_report_of_many_revises() -> None:
    told = ban()
    road = lived(*told)
    gone = msgspec.structs.replace(told[4], status="retracted", revision=2_000_001)
    assessed = road.tick(midnight(PAST + 5) + timedelta(hours=3), [gone])
    (alert,) = assessed.alerts
    assert (alert.rule, alert.state) == ("change", "firing")
    assert gone.signal_id not in {e.signal_id for e in alert.evidence}
    assert alert.revision > 1


def test_a_rejected_signal_leaves_and_comes_back_by_restoring() -> None:
    told = ban()
    road = lived(*told)
    rejects = [action("reject_signal", s.signal_id, i) for i, s in enumerate(told)]
    road.tick(midnight(PAST + 5) + timedelta(hours=1), actions=rejects)
    assert {a.state for a in road.latest.values()} == {"retracted"}
    rejected = road.relation("CHN-JPN", PAST + 5)
    # A new version of the article does not bring a rejected signal back.
    road.tick(midnight(PAST + 5) + timedelta(hours=2), [msgspec.structs.replace(told[0], revision=2_000_001)])
    assert road.relation("CHN-JPN", PAST + 5).level == rejected.level
    restores = [action("restore_signal", s.signal_id, 10 + i) for i, s in enumerate(told)]
    road.tick(midnight(PAST + 5) + timedelta(hours=3), actions=restores)
    assert road.relation("CHN-JPN", PAST + 5).level.value < rejected.level.value


def test_people_acknowledge_and_take_back() -> None:
    road = lived(*ban())
    alerts = {a.rule: a for a in road.latest.values()}
    ack, back = action("ack", alerts["change"].alert_id), action("retract", alerts["breaking"].alert_id, 1)
    assessed = road.tick(midnight(PAST + 5) + timedelta(hours=1), actions=[ack, back])
    assert {(a.rule, a.state) for a in assessed.alerts} == {("change", "acknowledged"), ("breaking", "retracted")}
    assert all("by analyst" in a.summary for a in assessed.alerts)


def test_a_thaw_is_easing() -> None:
    acts = (("CONSULT", "visit"), ("AGREE", None), ("RETREAT", "lift"), ("SUPPORT", "praise"), ("COOPERATE", None))
    thaw = [
        signal("CHN-JPN", *kind, published=PAST + i, when=PAST + i, publisher=OWNERS[i % 2], quote=f"thaw {i}")
        for i, kind in enumerate(acts)
    ]
    visit, promise = thaw[:2]
    assert lived(visit, promise).fired("CHN-JPN") == [], "two deeds, none told by two groups"
    witness = msgspec.structs.replace(visit, signal_id="f" * 32, article_id="f" * 32, publisher=OWNERS[1])
    fired = lived(*thaw, witness).fired("CHN-JPN")
    assert {a.direction for a in fired} == {"easing"}
    assert "change" in {a.rule for a in fired}


def test_a_treaty_between_partners_breaks() -> None:
    treaty = [
        signal(
            "PRK-RUS",
            "SUPPORT",
            "sign",
            reciprocal=True,
            published=PAST,
            when=PAST,
            publisher=p,
            quote=f"treaty {p.id}",
        )
        for p in (KOREAN, AMERICAN)
    ]
    (alert,) = lived(*treaty, pair="PRK-RUS").fired("PRK-RUS")
    assert (alert.rule, alert.direction) == ("breaking", "easing")


def test_monthly_drills_of_allies_do_not_break_each_time() -> None:
    drills = [
        signal(
            "KOR-USA",
            "COOPERATE",
            "joint-drills",
            reciprocal=True,
            published=n,
            when=n,
            publisher=p,
            quote=f"drill {n} {p.id}",
        )
        for n in range(0, 240, 30)
        for p in (KOREAN, AMERICAN)
    ]
    road = Road()
    road.days(0, 240, drills)
    assert len([a for a in road.fired("KOR-USA") if a.rule == "breaking"]) <= 2


def flood(factuality: Factuality, when: tuple[int, int, Precision] | None = None) -> list[Signal]:
    """Forty signals in ten days that tell of a ban, but not as news."""
    return [
        signal(
            "CHN-JPN",
            "SANCTION",
            "discontinue",
            published=PAST + i % 10,
            publisher=OWNERS[i % 4],
            quote=f"flood {i}",
            factuality=factuality,
            when=when,
        )
        for i in range(40)
    ]


QUIET = {
    "an anniversary": flood("historic", (-4000, -3700, "year")),
    "denials": flood("denied"),
    "commentary": flood("opinion"),
    "hypotheses": flood("conditional"),
}


@pytest.mark.parametrize("name", sorted(QUIET))
def test_noise_fires_nothing(name: str) -> None:
    road = lived(*QUIET[name], until=PAST + 30)
    assert road.fired() == []
    assert road.relation("CHN-JPN", PAST + 10).level == lived(until=PAST + 10).relation("CHN-JPN", PAST + 10).level


def test_a_wave_of_copies_by_one_owner_fires_nothing() -> None:
    wave = [
        signal("CHN-JPN", "SANCTION", "discontinue", published=PAST + i // 6, article=f"copy{i}", fingerprint=FINGERPRINTS[i % 2], publisher=(KOREAN, SISTER)[i % 2], quote="ban")
        for i in range(40)
    ]  # fmt: skip
    road = lived(*wave, until=PAST + 30)
    assert road.fired() == []
    assert (
        len(
            {
                e.event_id
                for told in road.told
                for key, (_, _, events) in told.events.items()
                for e in events
                if e.type == "SANCTION"
            }
        )
        == 1
    )


def test_a_saved_search_tells_of_new_signals_once() -> None:
    rule = rule_of({"id": "hotline", "kind": "search", "query": "hotline"})
    road = Road(rules=[*default_rules(), rule])
    road.days(
        0,
        3,
        [signal(published=2, quote="They set up a hotline."), signal(published=3, quote="Nothing.", type_="REJECT")],
    )
    (alert,) = [a for a in road.alerts if a.rule == "hotline"]
    assert (alert.subject, alert.state, alert.evidence[0].quote) == ("hotline", "firing", "They set up a hotline.")


def test_a_rule_of_ones_own_watches_its_pair_and_direction() -> None:
    mine = rule_of({"id": "thaws", "kind": "change", "direction": "easing"})
    theirs = rule_of({"id": "bans", "kind": "change", "dyads": ["CHN-JPN"], "direction": "tension"})
    assert {a.rule for a in lived(*ban(), rules=[mine, theirs]).fired()} == {"bans"}


def test_rules_come_and_go_by_action() -> None:
    road = Road()
    body = {"kind": "search", "query": "seafood"}
    made = msgspec.structs.replace(action("rule", "sea"), body=body)
    road.tick(midnight(0), actions=[made])
    road.assessment.forget()
    assert any(a.rule == "sea" for a in road.tick(midnight(1), ban(1)[:1]).alerts)
    removed = msgspec.structs.replace(action("rule", "sea", 1), body={"removed": True})
    road.tick(midnight(2), actions=[removed])
    assert not any(a.rule == "sea" for a in road.tick(midnight(3), ban(3)[:1]).alerts)


def test_back_fill_alerts_nobody() -> None:
    old = [
        msgspec.structs.replace(s, first_seen=midnight(PAST + 70), published=(s.published or midnight(0)))
        for s in ban(PAST + 30)
    ]
    road = lived(until=PAST + 70)
    road.tick(midnight(PAST + 70) + timedelta(hours=6), old)
    road.days(PAST + 71, PAST + 75)
    assert road.fired() == []


def test_exposure_is_kept_apart_from_the_level() -> None:
    test = signal("PRK-*", "MOBILIZE", "weapons", published=3, when=3, publisher=KOREAN)
    drill = signal("KOR-USA", "COOPERATE", "joint-drills", reciprocal=True, published=4, when=4, aimed_at=("PRK",))
    road, quiet = Road(), Road()
    road.days(0, 6, [test, drill])
    quiet.days(0, 6)
    for pair in ("KOR-PRK", "JPN-PRK"):
        assert road.relation(pair, 6).exposure["7"] > 0
        assert road.relation(pair, 6).level == quiet.relation(pair, 6).level
    assert road.relation("KOR-PRK", 6).exposure["7"] > road.relation("JPN-PRK", 6).exposure["7"]
    assert road.relation("PRK-*", 6).events == 1
    assert road.relation("CHN-RUS", 6).exposure["7"] == 0


def test_a_tick_tells_every_pair_once_a_day_and_touched_ones_between() -> None:
    road = Road()
    road.days(0, 0)
    morning = road.tick(midnight(0) + timedelta(hours=6), [signal(published=1, when=1)])
    assert [(r.dyad, r.at) for r in morning.relations] == [("CHN-JPN", day(1))]
    end = road.tick(midnight(1), heard=[day(1)])
    assert len([r for r in end.relations if r.at == day(1)]) == 28
    late = road.tick(midnight(4), heard=[day(4)])
    assert {r.at for r in late.relations} == {day(2), day(3), day(4)}


def test_alerts_are_records_that_decode() -> None:
    from schemas.codec import decode, encode

    for alert in lived(*ban()).alerts:
        assert decode(encode(alert), Alert) == alert
