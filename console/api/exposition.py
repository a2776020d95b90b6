"""`/metrics`: the counters of all processes of a data directory as one valid exposition."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector


class _Joined(Collector):
    """Families of several files, each family once, each sample with the process that wrote it."""

    def __init__(self, families: dict[str, Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """In the order of the names."""
        yield from (self._families[name] for name in sorted(self._families))


def joined(folder: Path) -> bytes:
    """All `*.prom` files of the folder in the text format, with the label `process`. A damaged file is left out."""
    families: dict[str, Metric] = {}
    for path in sorted(folder.glob("*.prom")):
        try:
            read = list(text_string_to_metric_families(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
        for family in read:
            into = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                into.add_sample(
                    sample.name,
                    {**sample.labels, "process": path.stem},
                    sample.value,
                    sample.timestamp,
                )
    return generate_latest(_Joined(families))
