"""`detente signals`: one signal with its explanation, and what people say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.cli import lookup, output
from console.cli.search import marks_of
from console.cli.session import Given, Session

if TYPE_CHECKING:
    from schemas.ports.index import Hit
    from schemas.records import ActionKind, Article

_DONE: Final = {
    "reject_signal": "rejected: it counts nowhere from the next tick on",
    "restore_signal": "restored: it counts again from the next tick on",
    "confirm_signal": "confirmed",
}


def show(signal: str, /, *, session: Given) -> int:
    """One signal: who, whom, what, whether, when; the sentence in its article; which rule and words made it.

    Parameters
    ----------
    signal
        Id of the signal.
    """
    hit = lookup.signal(session, signal)
    actions = session.stores.actions.list(subject=signal)
    if session.json:
        output.line(output.with_fields(hit.signal, rejected=hit.rejected, actions=actions))
        return 0
    _print(hit, session.stores.articles.get(hit.signal.article_id, hit.signal.article_version))
    for action in actions:
        output.text(f"{action.at:%Y-%m-%d %H:%M}  {action.kind} by {action.by or '?'}  {action.body.get('text', '')}")
    return 0


def reject(signal: str, /, *, comment: str = "", session: Given) -> int:
    """This signal is wrong: it counts nowhere from the next tick on. The decision survives every recomputation.

    Parameters
    ----------
    signal
        Id of the signal.
    comment
        Why.
    """
    return _act(session, signal, "reject_signal", comment)


def restore(signal: str, /, *, comment: str = "", session: Given) -> int:
    """Undo a rejection.

    Parameters
    ----------
    signal
        Id of the signal.
    comment
        Why.
    """
    return _act(session, signal, "restore_signal", comment)


def confirm(signal: str, /, *, comment: str = "", session: Given) -> int:
    """This signal is right.

    Parameters
    ----------
    signal
        Id of the signal.
    comment
        Why.
    """
    return _act(session, signal, "confirm_signal", comment)


def _act(session: Session, identity: str, kind: ActionKind, comment: str) -> int:
    from pipelines.wiring.actions import act

    lookup.signal(session, identity)
    action = act(session.stores, kind, identity, {"text": comment} if comment else {})
    if session.json:
        output.line(action)
    else:
        output.say(_DONE[kind])
    return 0


def _print(hit: Hit, article: Article | None) -> None:
    signal = hit.signal
    whom = f" {'↔' if signal.reciprocal else '→'} {_actor(signal.target)}" if signal.target else ""
    marks = "".join(f"  [{mark}]" for mark in marks_of(hit))
    output.text(f"{_actor(signal.source)}{whom}{marks}")
    when = signal.event_date
    facts = {
        "what": signal.type + (f":{signal.mode}" if signal.mode else ""),
        "score": f"{signal.score:+g} (quadrant {signal.quad}, CAMEO {signal.cameo_root})",
        "whether": signal.factuality + (f", says {signal.reporter}" if signal.reporter else ""),
        "when": f"{when.start} .. {when.end} ({when.precision})" if when else "no date of its own",
        "aimed at": ", ".join(signal.aimed_at),
        "about": ", ".join(signal.contexts),
        "confidence": f"{signal.confidence:.2f}",
        "published": f"{signal.published:%Y-%m-%d %H:%M} UTC" if signal.published else "",
        "publisher": signal.publisher.name if signal.publisher else "",
        "owner": signal.publisher.owner if signal.publisher else "",
        "address": signal.url,
        "article": article.title if article else "",
    }
    for name, value in facts.items():
        if value:
            output.text(f"  {name:<12}{value}")
    output.text(f"  {'quote':<12}“{' '.join(signal.evidence.quote.split())}”")
    output.text("  why")
    for name, reason in signal.why.items():
        output.text(f"    {name:<14}{reason}")
    output.text(f"  {'made by':<12}{signal.coder}, revision {signal.revision}, id {signal.signal_id}")


def _actor(actor: object) -> str:
    parts = [getattr(actor, name) for name in ("code", "sector", "name")]
    return " ".join(part for part in parts if part)
