"""`detente doctor`: everything checked, each with its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.cli import output
from console.cli.session import Given, Session
from schemas.errors import DetenteError
from schemas.ports.clock import SystemClock

if TYPE_CHECKING:
    from pipelines.wiring.doctor import Finding

_PROBLEMS: Final = 4
_OK: Final = 200
_MARKS: Final = {"ok": "ok  ", "note": "note", "problem": "BAD "}


def doctor(*, session: Given) -> int:
    """Every dependency, file, permission and setting checked, each with its remedy; exit code 4 where one is bad.

    Says which feeds answered and when, and when each pair's own baseline will be ready.
    """
    from pipelines.wiring.doctor import examine

    session.configure_logging(quiet=True)
    found = [*examine(session.loaded, session.home, SystemClock().now()), _console(session)]
    if session.json:
        output.lines(found)
    for finding in found if not session.json else []:
        output.text(f"{_MARKS[finding.status]}  {finding.check:<16}{finding.detail}")
        if finding.remedy:
            output.text(f"{'':22}→ {finding.remedy}")
    return _PROBLEMS if any(finding.status == "problem" for finding in found) else 0


def _console(session: Session) -> Finding:
    from pipelines.wiring.doctor import Finding

    try:
        address = session.home.console_file.read_text(encoding="utf-8").strip()
    except OSError:
        return Finding(check="console", status="note", detail="not running", remedy="`detente run` serves it")
    from connectors.net import HttpClient

    try:
        answer = HttpClient(allow_private=True, pause=0.0, total_timeout=5.0).get(f"{address}/healthz")
    except DetenteError:
        return Finding(
            check="console", status="note", detail=f"no answer at {address}", remedy="`detente run` serves it"
        )
    if answer.status != _OK:
        remedy = "see the messages of `detente run`"
        return Finding(check="console", status="problem", detail=f"{address} answers {answer.status}", remedy=remedy)
    return Finding(check="console", status="ok", detail=address)
