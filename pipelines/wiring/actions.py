"""What people do, written to the action topic: the one way in which anything typed or clicked enters Detente.

The action topic is the record; the evaluator reads it at the next tick. So that a person sees at once what they did,
the two projections that need no decision (the list of actions, the mark on a rejected signal) are made here too: they
are idempotent, and the evaluator makes them again.
"""

from __future__ import annotations

import getpass
import uuid
from typing import Any

from pipelines.wiring.stores import Stores
from schemas import topics
from schemas.envelope import to_log
from schemas.records import Action, ActionKind


def act(stores: Stores, kind: ActionKind, subject: str, body: dict[str, Any] | None = None, by: str = "") -> Action:
    """Append one action about a signal, alert or other subject, and return it. `by` defaults to the user's name."""
    action = Action(
        action_id=uuid.uuid4().hex,
        kind=kind,
        subject=subject,
        by=by or _user(),
        at=stores.clock.now(),
        body=body or {},
    )
    stores.log.append(topics.ACTION, [to_log(action)])
    stores.actions.put([action])
    if kind in {"reject_signal", "restore_signal"}:
        stores.index.set_rejected(subject, rejected=kind == "reject_signal")
    return action


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
