from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from schemas.json_schema import FOLDER, file_name, generate, text

GOLDEN = Path(__file__).parent / "golden"


def test_the_committed_schemas_are_those_of_the_structs() -> None:
    expected = {file_name(stamp): text(schema) for stamp, schema in generate().items()}
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert committed == expected, "run: python -m schemas.json_schema"


@pytest.mark.parametrize("stamp", generate())
def test_the_golden_message_fits_and_a_spoiled_one_does_not(stamp: str) -> None:
    schema = generate()[stamp]
    jsonschema.Draft202012Validator.check_schema(schema)
    message = json.loads((GOLDEN / file_name(stamp)).read_bytes())
    jsonschema.validate(message, schema, jsonschema.Draft202012Validator)
    for spoiled in (message | {"schema": "other/1"}, {key: message[key] for key in message if key != "schema"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(spoiled, schema, jsonschema.Draft202012Validator)
