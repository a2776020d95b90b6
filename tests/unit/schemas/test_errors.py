from __future__ import annotations

import copy
import pickle

import pytest

from schemas import errors


def kinds(root: type[errors.DetenteError]) -> list[type[errors.DetenteError]]:
    return [root, *(kind for below in root.__subclasses__() for kind in kinds(below))]


OURS = [kind for kind in kinds(errors.DetenteError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", OURS)
def test_errors_survive_pickling(kind: type[errors.DetenteError]) -> None:
    for error in (kind("a sentence"), kind("a sentence", "a_code")):
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(again) is kind
            assert (str(again), again.message, again.code) == ("a sentence", "a sentence", error.code)


@pytest.mark.parametrize("kind", [errors.TransientError, errors.UnreachableError])
def test_the_time_to_wait_survives_too(kind: type[errors.TransientError]) -> None:
    again = pickle.loads(pickle.dumps(kind("busy", retry_after=2.5)))
    assert again.retry_after == 2.5
    assert pickle.loads(pickle.dumps(kind("busy"))).retry_after is None


def test_there_are_four_kinds() -> None:
    assert {kind.__name__ for kind in errors.DetenteError.__subclasses__() if kind in OURS} == {
        "ConfigError",
        "TransientError",
        "TerminalError",
        "QuarantinedError",
    }
    assert len({kind("x").code for kind in OURS}) == len(OURS)
