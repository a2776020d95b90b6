"""JSON Schemas of every record, generated from the structs and committed under `schemas/json/`.

`python -m schemas.json_schema` rewrites them; a test compares. Decoders ignore unknown fields (`schemas.codec`), so
the schemas allow them too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.codec import stamp_of
from schemas.records import RECORDS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FOLDER: Final = Path(__file__).with_name("json")


def generate() -> dict[str, dict[str, Any]]:
    """By stamp (`signal/1`) the schema of one record, whole in itself: what it refers to stands in its `$defs`."""
    return {stamp_of(record): _schema(record) for record in RECORDS}


def file_name(stamp: str) -> str:
    """Where the schema of a stamp lies in `FOLDER`: `signal/1` in `signal-1.json`."""
    return f"{stamp.replace('/', '-')}.json"


def text(schema: dict[str, Any]) -> str:
    """The schema as it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _schema(record: type[Any]) -> dict[str, Any]:
    (root,), parts = msgspec.json.schema_components((record,), ref_template="#/$defs/{name}")
    name = root["$ref"].rpartition("/")[2]
    own = parts.pop(name)
    return {"$schema": DIALECT, "$id": f"detente:{stamp_of(record)}", **own, **({"$defs": parts} if parts else {})}


def _write() -> None:
    for stamp, schema in generate().items():
        (FOLDER / file_name(stamp)).write_text(text(schema), encoding="utf-8")


if __name__ == "__main__":
    _write()
