"""`detente alerts`: the inbox, one alert in full, and what people do with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

from console.cli import dates, lookup, output
from console.cli.session import Given, Session
from console.cli.verdict import ARROW, stamp
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from schemas.ports.index import Hit
    from schemas.records import Action, ActionKind, Alert, Contribution

STATES: Final = ("pending", "firing", "acknowledged", "resolved", "retracted")


def list_alerts(
    *,
    state: tuple[Literal["pending", "firing", "acknowledged", "resolved", "retracted"], ...] = (),
    dyad: str = "",
    rule: str = "",
    since: str = "",
    faded: bool = False,
    limit: int = 50,
    cursor: str = "",
    session: Given,
) -> int:
    """Alerts that fired, in their latest revision, newest first.

    Parameters
    ----------
    state
        Only these states; may be repeated.
    dyad
        Only this pair.
    rule
        Only this rule.
    since
        Only those opened on or after this day.
    faded
        Also what only pends, or pended and faded without firing. `--state pending` shows the first.
    limit
        Most alerts to print (50).
    cursor
        Continue after the page that printed this cursor.
    """
    first = dates.day(since, "--since")
    page = session.stores.alerts.list(
        states=state,
        subject=dates.dyad(dyad, "--dyad") if dyad else "",
        rule=rule,
        since=dates.midnight(first) if first else None,
        told=not faded and "pending" not in state,
        limit=limit,
        cursor=cursor,
    )
    if session.json:
        output.lines(page.items)
    else:
        rows = [
            (a.alert_id[:12], stamp(a.opened), a.subject, ARROW[a.direction], a.state, a.rule, a.title)
            for a in page.items
        ]
        output.table(("id", "opened", "pair", "direction", "state", "rule", "title"), rows)
    if page.cursor:
        output.say(f"{len(page.items)} of {page.total} alerts; the next ones: add --cursor '{page.cursor}'")
    return 0


def show(alert: str, /, *, session: Given) -> int:
    """One alert: what changed and why, each quoted sentence with its share, publisher and address, the owners, what
    speaks against it, what would undo it, its revisions, and what people did with it.

    Parameters
    ----------
    alert
        Id of the alert, or a prefix of at least six characters.
    """
    found = lookup.alert(session, alert)
    stores = session.stores
    counter = list(lookup.quoted(stores.index, found.change.counter_evidence if found.change else ()))
    actions = stores.actions.list(subject=found.alert_id)
    revisions = stores.alerts.revisions(found.alert_id)
    if session.json:
        against = [_as_evidence(part, hits) for part, hits in counter]
        history = [{"revision": r.revision, "known_at": r.known_at, "state": r.state} for r in revisions]
        output.line(output.with_fields(found, counter_evidence=against, revisions=history, actions=actions))
        return 0
    _head(found)
    _evidence(found)
    _counter(counter)
    _history(revisions, actions)
    return 0


def ack(alert: str, /, *, comment: str = "", session: Given) -> int:
    """I have seen it.

    Parameters
    ----------
    alert
        Id of the alert, or a prefix of it.
    comment
        What to add.
    """
    return _act(session, alert, "ack", comment, "acknowledged")


def comment(alert: str, text: str, /, *, session: Given) -> int:
    """Add a comment.

    Parameters
    ----------
    alert
        Id of the alert, or a prefix of it.
    text
        The comment.
    """
    if not text.strip():
        raise ConfigError("an empty comment says nothing; write detente alerts comment ID TEXT", "no_text")
    return _act(session, alert, "comment", text, "noted")


def rate(alert: str, verdict: Literal["useful", "not"], /, *, comment: str = "", session: Given) -> int:
    """Was it useful? Counted per rule.

    Parameters
    ----------
    alert
        Id of the alert, or a prefix of it.
    verdict
        useful or not.
    comment
        Why.
    """
    return _act(session, alert, "rate", comment, f"rated {verdict}", verdict=verdict)


def retract(alert: str, /, *, comment: str = "", session: Given) -> int:
    """This alert was wrong; it is retracted at the next tick.

    Parameters
    ----------
    alert
        Id of the alert, or a prefix of it.
    comment
        Why.
    """
    return _act(session, alert, "retract", comment, "retracted from the next tick on")


def deliveries(alert: str, /, *, session: Given) -> int:
    """Every attempt to hand it to a channel.

    Parameters
    ----------
    alert
        Id of the alert, or a prefix of it.
    """
    found = lookup.alert(session, alert)
    attempts = session.stores.deliveries.attempts(found.alert_id)
    if session.json:
        output.lines(attempts)
    else:
        rows = [(a.revision, a.channel, a.attempt, stamp(a.at), a.outcome, a.detail) for a in attempts]
        output.table(("revision", "channel", "attempt", "at", "outcome", "detail"), rows)
    return 0


def _act(session: Session, prefix: str, kind: ActionKind, text: str, done: str, **body: str) -> int:
    from pipelines.wiring.actions import act

    found = lookup.alert(session, prefix)
    action = act(session.stores, kind, found.alert_id, body | {"rule": found.rule} | ({"text": text} if text else {}))
    if session.json:
        output.line(action)
    else:
        output.say(f"{found.alert_id[:12]}: {done}")
    return 0


def _head(alert: Alert) -> None:
    output.text(alert.title)
    output.text(f"{alert.subject}  {ARROW[alert.direction]}  {alert.state}  revision {alert.revision}")
    output.text(
        f"opened {stamp(alert.opened)}, updated {stamp(alert.updated)} UTC, rule {alert.rule}, {alert.alert_id}"
    )
    output.text()
    output.text(alert.summary)
    change = alert.change
    if change is None:
        return
    output.text()
    output.text(f"  {'share':<14}{change.before:.0%} before, {change.after:.0%} now")
    output.text(f"  {'surprise':<14}{change.score:.1f} (p {change.probability:.2g} under no change)")
    output.text(f"  {'seen by':<14}{', '.join(change.detectors)}")
    output.text(f"  {'owners':<14}{len(change.owners)}: {', '.join(change.owners)}")
    output.text(f"  {'publishers':<14}{len(change.publishers)}: {', '.join(change.publishers)}")
    output.text(f"  {'reports':<14}{change.clusters} independent texts")


def _evidence(alert: Alert) -> None:
    output.text()
    output.text("What it rests on")
    for item in alert.evidence:
        when = f"  {item.event_date.start}" if item.event_date else ""
        output.text(f"  {item.share:>5.0%}  {item.type}{when}  {item.signal_id}")
        output.text(f"         “{' '.join(item.quote.split())}”")
        output.text(f"         {item.publisher}  {item.url}")


def _counter(counter: Sequence[tuple[Contribution, list[Hit]]]) -> None:
    output.text()
    output.text("What speaks against it" if counter else "Nothing in the same days speaks against it.")
    for part, hits in counter:
        for hit in hits[:1]:
            signal = hit.signal
            output.text(f"  {part.share:>5.0%}  {signal.type}  {signal.signal_id}")
            output.text(f"         “{' '.join(signal.evidence.quote.split())}”")
            output.text(f"         {signal.publisher.name if signal.publisher else ''}  {signal.url}")


def _history(revisions: Sequence[Alert], actions: Sequence[Action]) -> None:
    output.text()
    output.text("Its history")
    for revision in revisions:
        output.text(f"  {stamp(revision.known_at)}  revision {revision.revision}  {revision.state}")
    for action in actions:
        said = action.body.get("text", action.body.get("verdict", ""))
        output.text(f"  {stamp(action.at)}  {action.kind} by {action.by or '?'}  {said}")


def _as_evidence(part: Contribution, hits: Sequence[Hit]) -> dict[str, object]:
    return {
        "event_id": part.event_id,
        "share": part.share,
        "quotes": [
            {
                "signal_id": hit.signal.signal_id,
                "quote": hit.signal.evidence.quote,
                "url": hit.signal.url,
                "publisher": hit.signal.publisher.name if hit.signal.publisher else "",
                "type": hit.signal.type,
            }
            for hit in hits
        ],
    }
