"""docs/cli.md is the command's own account, and no verb is missing from it or from the contract's list."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from console.cli.reference import reference
from console.cli.verbs import GROUPS, VERBS, Verb

ROOT = Path(__file__).parents[3]
PAGE = reference()


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs/cli.md").read_text(encoding="utf-8") == PAGE, "python -m console.cli.reference > docs/cli.md"


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.path)
def test_every_verb_is_documented_with_each_of_its_parameters(verb: Verb) -> None:
    module, _, name = verb.target.partition(":")
    function = getattr(import_module(module), name)
    assert function.__doc__
    section = PAGE.partition(f"\n## {verb.path}\n")[2].partition("\n## ")[0]
    assert section.startswith("\n`detente")
    for line in section.splitlines():
        assert not re.fullmatch(r"- `[^`]+`: ?", line), f"{verb.path}: {line} says nothing"


def test_groups_are_those_of_the_verbs() -> None:
    assert {verb.group for verb in VERBS} - {""} == set(GROUPS)


def test_readme_points_to_the_page() -> None:
    assert "docs/cli.md" in (ROOT / "README.md").read_text(encoding="utf-8")
