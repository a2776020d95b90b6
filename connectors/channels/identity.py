"""The id that receivers see."""

from __future__ import annotations

from schemas.records import Alert


def delivery_id(alert: Alert) -> str:
    """`alert_id.revision`: the same for every attempt and channel, so that receivers can drop copies."""
    return f"{alert.alert_id}.{alert.revision}"
