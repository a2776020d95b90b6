"""A record as a message of the log: its key, its canonical bytes, and CloudEvents 1.0 headers in binary mode."""

from __future__ import annotations

from datetime import datetime
from functools import singledispatch

from schemas.codec import encode, stamp_of
from schemas.ports.log import LogRecord
from schemas.records import Action, Alert, Article, DeadLetter, Heard, Record, Signal, Tick


@singledispatch
def address(record: Record) -> tuple[str, str, datetime | None]:
    """Key in the log, deterministic event id, and time of a record."""
    raise TypeError(f"{type(record).__name__} does not travel through the log")


@address.register
def _(record: Article) -> tuple[str, str, datetime | None]:
    return record.article_id, f"{record.article_id}.{record.version}", record.version_seen


@address.register
def _(record: Signal) -> tuple[str, str, datetime | None]:
    return record.key, f"{record.signal_id}.{record.revision}", record.status_since or record.first_seen


@address.register
def _(record: Tick) -> tuple[str, str, datetime | None]:
    return "tick", f"tick.{record.time.isoformat()}", record.time


@address.register
def _(record: Heard) -> tuple[str, str, datetime | None]:
    return "heard", f"heard.{record.day.isoformat()}", None


@address.register
def _(record: Action) -> tuple[str, str, datetime | None]:
    return record.subject, record.action_id, record.at


@address.register
def _(record: Alert) -> tuple[str, str, datetime | None]:
    return record.alert_id, f"{record.alert_id}.{record.revision}", record.known_at


@address.register
def _(record: DeadLetter) -> tuple[str, str, datetime | None]:
    return record.deadletter_id, f"{record.deadletter_id}.{record.attempts}", record.last_failed


def to_log(record: Record) -> LogRecord:
    """The message for `EventLog.append`. Equal records give equal messages."""
    key, event, time = address(record)
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event,
        "ce_source": "/detente",
        "ce_type": f"detente.{stamp_of(record).replace('/', '.v')}",
        "content-type": "application/json",
    }
    if time is not None:
        headers["ce_time"] = time.isoformat().replace("+00:00", "Z")
    return LogRecord(key=key, value=encode(record), headers=headers)
