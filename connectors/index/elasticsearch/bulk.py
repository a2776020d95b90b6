"""Many writes in one request, each with its own outcome."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from connectors.index.elasticsearch.connection import BUSY, Cluster, is_block, reason
from schemas.errors import QuarantinedError, TransientError

_MOST: Final = 1000
_LARGEST: Final = 8 * 1024 * 1024
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0
CONFLICT, _FORBIDDEN, _BAD = 409, 403, 400
_ENCODER: Final = msgspec.json.Encoder()


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One document to store, or with `document` None to delete.

    With `version` it is stored unless a higher one is there already (`external_gte`); with `create` unless any is.
    """

    index: str
    id: str
    document: Any = None
    version: int | None = None
    create: bool = False


def write(cluster: Cluster, writes: Sequence[Write], *, refresh: bool = False) -> list[bool]:
    """Whether each was carried out: False where a newer or the same document is there, which is no failure.

    What the cluster is too busy for is repeated. TransientError when that does not help in time; QuarantinedError when
    a document does not fit the mapping, after all others were written.
    """
    done = [False] * len(writes)
    refused: list[str] = []
    for part in _parts(range(len(writes)), writes):
        _write_part(cluster, writes, part, done, refused)
    if refresh and writes:
        names = ",".join(sorted({one.index for one in writes}))
        cluster.call(lambda client: client.indices.refresh(index=names), f"refresh {names}")
    if refused:
        raise QuarantinedError(f"{len(refused)} documents were refused; the first: {refused[0]}", "mapping")
    return done


def _write_part(
    cluster: Cluster, writes: Sequence[Write], part: Sequence[int], done: list[bool], refused: list[str]
) -> None:
    until = time.monotonic() + cluster.settings.patience
    pause = _FIRST_PAUSE
    left = list(part)
    while left:
        operations = [line for number in left for line in _lines(writes[number])]
        answer = cluster.call(lambda client, body=operations: client.bulk(operations=body), "write")  # type: ignore[misc]
        again, why = [], ""
        for number, item in zip(left, answer["items"], strict=True):
            (outcome,) = item.values()
            status = outcome["status"]
            if status < _BAD:
                done[number] = True
            elif status in BUSY or (status == _FORBIDDEN and is_block(outcome)):
                again.append(number)
                why = reason(outcome)
            elif status != CONFLICT and not (writes[number].document is None and status == 404):  # noqa: PLR2004
                refused.append(f"{outcome['_index']}/{outcome['_id']}: {status} {reason(outcome)}")
        if again and time.monotonic() + pause > until:
            raise TransientError(f"the cluster does not take {len(again)} documents: {why}", "busy")
        if again:
            time.sleep(pause)  # backoff: the cluster said that it is too busy for these documents
            pause = min(pause * 2, _LONGEST_PAUSE)
        left = again


def _parts(numbers: Iterable[int], writes: Sequence[Write]) -> Iterable[list[int]]:
    part: list[int] = []
    size = 0
    for number in numbers:
        length = sum(map(len, _lines(writes[number])))
        if part and (len(part) == _MOST or size + length > _LARGEST):
            yield part
            part, size = [], 0
        part.append(number)
        size += length
    if part:
        yield part


def _lines(one: Write) -> list[bytes]:
    where: dict[str, Any] = {"_index": one.index, "_id": one.id}
    if one.version is not None:
        where |= {"version": one.version, "version_type": "external_gte"}
    if one.document is None:
        return [_ENCODER.encode({"delete": where})]
    return [_ENCODER.encode({"create" if one.create else "index": where}), _ENCODER.encode(one.document)]
