import pickle
from datetime import UTC, datetime

import msgspec
import pytest

from pipelines.beam.steps import Decoded, Failure, code_article, dead_letter, decode_article, explained
from pipelines.extract.coder import CODER_RELEASE, Extraction
from schemas.codec import encode
from schemas.errors import QuarantinedError
from schemas.ports.log import StoredRecord
from schemas.records import Article, Heard, Position, Publisher

AT = datetime(2024, 1, 2, tzinfo=UTC)
ARTICLE = Article(
    article_id="a" * 32,
    text="China banned Japanese seafood.",
    published=AT,
    first_seen=AT,
    version_seen=AT,
    publisher=Publisher(id="p", name="P"),
)


def stored(value: bytes, offset: int = 5) -> StoredRecord:
    return StoredRecord(topic="news.article.v1", partition=2, offset=offset, key="k", value=value, appended=AT)


class Silent:
    """A coder that finds nothing, to see what the steps add by themselves."""

    def extract(self, article: Article) -> Extraction:
        return Extraction(signals=(), outcome="irrelevant", discarded=())


class Broken:
    def extract(self, article: Article) -> Extraction:
        raise AssertionError("a retracted article must not be read")


def test_an_article_is_decoded_with_its_position() -> None:
    decoded = decode_article(stored(encode(ARTICLE)))
    assert decoded.article == ARTICLE
    assert decoded.position == Position(partition=2, offset=5)


@pytest.mark.parametrize(
    "value,code",
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (encode(ARTICLE)[:-10], "not_json"),
        (encode(Heard(day=AT.date())), "wrong_schema"),
        (encode(ARTICLE).replace(b"article/1", b"article/2"), "newer_schema"),
        (encode(ARTICLE).replace(b"article/1", b"poem/1"), "unknown_schema"),
        (encode(ARTICLE).replace(b'"version":1', b'"version":"one"'), "invalid"),
    ],
)
def test_what_is_no_article_is_refused_with_its_reason(value: bytes, code: str) -> None:
    with pytest.raises(QuarantinedError) as caught:
        decode_article(stored(value))
    assert caught.value.code == code


def test_a_fingerprint_and_a_revision_are_given() -> None:
    coded = code_article(Silent(), decode_article(stored(encode(ARTICLE))))
    assert coded.article.fingerprint
    assert coded.revision == 1_000_000 + CODER_RELEASE
    assert coded.outcome == "irrelevant"


def test_a_retracted_article_holds_no_signal_and_is_not_read() -> None:
    retracted = Article(**{f: getattr(ARTICLE, f) for f in ARTICLE.__struct_fields__} | {"status": "retracted"})
    decoded = Decoded(retracted, Position(partition=0, offset=0))
    assert code_article(Broken(), decoded).outcome == "retracted"


@pytest.mark.parametrize(
    "error,expected",
    [
        (QuarantinedError("too late", "late"), ("too late", "late")),
        (ValueError("no"), ("no", "ValueError")),
        (KeyError(), ("KeyError()", "KeyError")),
        (RuntimeError("a 'quoted' \"word\"", 3), ("a 'quoted' \"word\"", "3")),
    ],
)
def test_a_reason_survives_its_repr(error: Exception, expected: tuple[str, str]) -> None:
    assert explained(type(error), repr(error)) == expected


def test_a_dead_letter_is_the_same_each_time_and_holds_the_record() -> None:
    failure: Failure = (QuarantinedError, "QuarantinedError('x', 'invalid')", [])
    letters = [dead_letter(stored(b"half a rec"), failure) for _ in range(2)]
    assert letters[0] == letters[1]
    assert (letters[0].code, letters[0].original.offset) == ("invalid", 5)
    assert letters[0].original.value == "aGFsZiBhIHJlYw=="


def test_steps_survive_pickling() -> None:
    decoded = decode_article(stored(encode(ARTICLE)))
    assert pickle.loads(pickle.dumps(decoded)) == decoded


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"published": datetime(2023, 8, 24)}, "invalid_time"),  # noqa: DTZ001 - without zone, on purpose
        ({"first_seen": datetime(2023, 8, 24)}, "invalid_time"),  # noqa: DTZ001 - the same
        ({"version_seen": datetime(1, 1, 1, tzinfo=UTC)}, "invalid_time"),
        ({"version": 10**15}, "invalid_version"),
        ({"version": 0}, "invalid_version"),
    ],
)
def test_an_article_that_no_store_could_hold_is_refused(changes: dict[str, object], code: str) -> None:
    moment = datetime(2023, 8, 24, tzinfo=UTC)
    article = Article(
        article_id="a", published=moment, first_seen=moment, version_seen=moment, publisher=Publisher(id="p", name="P")
    )
    record = stored(msgspec.json.encode(msgspec.structs.replace(article, **changes)))
    with pytest.raises(QuarantinedError) as refused:
        decode_article(record)
    assert refused.value.code == code
