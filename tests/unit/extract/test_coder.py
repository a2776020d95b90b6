from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.coder import CODER, CODER_RELEASE, LONGEST_ARTICLE, Coder
from schemas import identity, ontology
from schemas.records import Article, Publisher, Signal

PUBLISHED = "2023-07-20"


def article(text: str, published: str = PUBLISHED, **fields: object) -> Article:
    when = datetime.fromisoformat(published).replace(tzinfo=UTC)
    return Article(
        article_id="0" * 32,
        text=text,
        language="en",
        published=when,
        first_seen=when,
        version_seen=when,
        publisher=Publisher(id="sample", name="Sample", country="JPN"),
        **fields,  # type: ignore[arg-type]
    )


def signals(text: str, published: str = PUBLISHED) -> tuple[Signal, ...]:
    return Coder.load().extract(article(text, published)).signals


def line(signal: Signal) -> str:
    """ "CHN>JPN SUPPORT:praise fact", "CHN=JPN CONSULT fact", "PRK> MOBILIZE:weapons fact"."""
    target = signal.target.code if signal.target else ""
    sign = "=" if signal.reciprocal else ">"
    mode = f":{signal.mode}" if signal.mode else ""
    return f"{signal.source.code}{sign}{target} {signal.type}{mode} {signal.factuality}"


def coded(text: str, published: str = PUBLISHED) -> set[str]:
    return {line(s) for s in signals(text, published)}


SEED = Path(__file__).parents[4] / "shared" / "data" / "seed-article.txt"

TYPES = [
    ("Japan and China agreed on Tuesday to hold talks on fishing.", "CHN=JPN AGREE:consult fact"),
    ("Kim Jong Un invited Vladimir Putin to Pyongyang.", "PRK>RUS AGREE:invitation fact"),
    ("South Korea offered North Korea vaccines.", "KOR>PRK AGREE:aid fact"),
    ("Xi Jinping and Joe Biden spoke by telephone on Tuesday.", "CHN=USA CONSULT:phone fact"),
    ("Foreign Minister Park Jin visited China last week.", "KOR>CHN CONSULT:visit fact"),
    ("Russia thanked North Korea for its support.", "RUS>PRK SUPPORT:praise fact"),
    ("Mongolia and Russia signed a treaty in Ulaanbaatar.", "MNG=RUS SUPPORT:sign fact"),
    ("Japan apologised to South Korea for the remark.", "JPN>KOR CONCEDE fact"),
    ("South Korea and the United States held a joint drill.", "KOR=USA COOPERATE:joint-drills fact"),
    ("China delivered 20 tonnes of rice to North Korea.", "CHN>PRK AID fact"),
    ("Japan lifted its ban on exports to South Korea.", "JPN>KOR RETREAT:lift fact"),
    ("North Korea released three American prisoners.", "PRK>USA RETREAT:release fact"),
    ("Beijing urged Tokyo to stop the discharge.", "CHN>JPN REQUEST fact"),
    ("Seoul condemned North Korea's launch.", "KOR>PRK ACCUSE:disapprove fact"),
    ("North Korea accused South Korea of flying drones over Pyongyang.", "PRK>KOR ACCUSE:allege fact"),
    ("Beijing opened an anti-dumping inquiry into Japanese steel.", "CHN>JPN ACCUSE:investigate fact"),
    ("Moscow rejected a Japanese proposal for talks.", "RUS>JPN REJECT fact"),
    ("North Korea threatened to strike Seoul.", "PRK>KOR THREATEN fact"),
    ("Protesters in Seoul rallied outside the Japanese embassy.", "KOR>JPN PROTEST:demo fact"),
    ("China banned imports of Taiwanese pineapples.", "CHN>TWN SANCTION:discontinue fact"),
    ("South Korea expelled two Russian diplomats.", "KOR>RUS SANCTION:expel fact"),
    ("North Korea fired a ballistic missile over Japan.", "PRK>JPN MOBILIZE:weapons fact"),
    ("Chinese coast guard ships entered Japanese waters.", "CHN>JPN MOBILIZE fact"),
    ("China detained two Japanese businessmen.", "CHN>JPN COERCE:arrest fact"),
    ("Russian forces attacked a Japanese ship.", "RUS>JPN ASSAULT fact"),
]


@pytest.mark.parametrize("text, expected", TYPES)
def test_each_type_with_its_direction(text: str, expected: str) -> None:
    assert expected in coded(text)


SIGNS = [  # the noun's sign is not the act's
    ("China suspended military drills near Taiwan.", "CHN>TWN RETREAT fact"),
    ("The U.S. extended sanctions against North Korea.", "USA>PRK SANCTION:discontinue fact"),
    ("North Korea suspended the hotline with South Korea.", "PRK>KOR SANCTION:withdraw fact"),
    ("Tokyo ended its boycott of the Beijing forum.", "JPN>CHN RETREAT:lift fact"),
    ("The two Koreas restored their hotline on Tuesday.", "KOR=PRK COOPERATE fact"),
    ("Japan postponed the foreign minister's visit to China.", "JPN>CHN REJECT:meet fact"),
    ("Japan cancelled a meeting with China.", "JPN>CHN REJECT:meet fact"),
    ("Washington does not seek decoupling from China.", "USA>CHN SUPPORT fact"),
]


@pytest.mark.parametrize("text, expected", SIGNS)
def test_sign_is_the_acts_not_the_nouns(text: str, expected: str) -> None:
    assert expected in coded(text)
    assert len({ontology.polarity_of(s.score) for s in signals(text)}) == 1


DIRECTIONS = [
    ("Fumio Kishida was received by Xi Jinping in Beijing.", "JPN>CHN CONSULT:visit fact"),
    ("Xi Jinping received Fumio Kishida in Beijing.", "JPN>CHN CONSULT:visit fact"),
    ("Wang Yi and Park Jin met in Jakarta on Friday.", "CHN=KOR CONSULT:third-party fact"),
    ("Wang Yi and Park Jin met in Seoul on Friday.", "CHN>KOR CONSULT:visit fact"),
    ("Two Chinese fishermen were detained by the Japan Coast Guard.", "JPN>CHN COERCE:arrest fact"),
    ("Japan's protest to China was lodged on Tuesday.", "JPN>CHN ACCUSE:disapprove fact"),
    ("Tokyo rejected Beijing's demand that the buoy stay.", "JPN>CHN REJECT fact"),
    ("Tokyo said Beijing had detained two Japanese businessmen.", "CHN>JPN COERCE:arrest fact"),
]


@pytest.mark.parametrize("text, expected", DIRECTIONS)
def test_who_to_whom(text: str, expected: str) -> None:
    found = coded(text)
    assert expected in found
    reverse = f"{expected[4:7]}>{expected[:3]}{expected[7:]}" if expected[3] == ">" else ""
    assert reverse not in found


FACTUALITIES = [
    ("Foreign Minister Park Jin will visit China next week.", "KOR>CHN AGREE:consult scheduled"),
    ("Prime Minister Kishida said he hoped to visit North Korea.", "JPN>PRK AGREE:consult intended"),
    ("The United States did not impose sanctions on China.", "USA>CHN SANCTION:discontinue denied"),
    ("If North Korea attacks South Korea, Japan will be ready.", "PRK>KOR ASSAULT conditional"),
    ("In 1950, North Korea invaded South Korea.", "PRK>KOR ASSAULT historic"),
    ("Russian and American officials are to meet next week to discuss tourism.", "RUS=USA AGREE:consult scheduled"),
    ("The U.S. keeps trying to suppress China, an editorial said.", "USA>CHN COERCE:restrict opinion"),
    ("Beijing denied that it had threatened Tokyo.", "CHN>JPN REJECT fact"),
    ("Japan will lift its export controls on South Korea, its trade ministry said.", "JPN>KOR RETREAT:lift fact"),
]


@pytest.mark.parametrize("text, expected", FACTUALITIES)
def test_whether_it_happened(text: str, expected: str) -> None:
    assert expected in coded(text)


SILENT = [
    "China marked the anniversary of the Japanese invasion of Manchuria.",
    "A North Korean film won a prize in Moscow.",
    "Chicago beat Wuhan 3-1 in a friendly match on Sunday.",
    "Japan's women beat China 2-0 in the semi-final of the Asian Cup on Friday.",
    "Seoul stocks fell on China data on Monday.",
    "South Korean exports to China rose by 4 percent in May.",
    "It is not in the interest of the United States to decouple from China or to fight a war with it.",
    "A war between China and the United States cannot be ruled out.",
    "China and Japan should promote cooperation.",
    "Asked whether Seoul would retaliate against Tokyo, a spokesman declined to speculate.",
    "Relations between China and Japan have warmed.",
    "Seoul did not say that Tokyo had refused to hold talks.",
]


@pytest.mark.parametrize("text", SILENT)
def test_no_fact_where_nothing_happened(text: str) -> None:
    assert [x for x in coded(text) if x.endswith((" fact", " scheduled"))] == []


def test_a_missile_into_the_sea_is_no_act_towards_japan() -> None:
    found = signals("A North Korean missile fell in the Sea of Japan on Tuesday.")
    assert [line(s) for s in found] == ["PRK> MOBILIZE:weapons fact"]
    assert found[0].dyad is None
    assert found[0].key == "PRK-*"


def test_missing_space_after_the_full_stop() -> None:
    found = signals(
        "Officials spoke of better relations.On July 5, Premier Li Qiang met Japanese lawmakers in Beijing."
    )
    assert [line(s) for s in found] == ["JPN>CHN CONSULT:visit fact"]
    assert found[0].evidence.quote.startswith("On July 5")


def test_four_different_two_countries_in_one_article() -> None:
    text = (
        "China and Japan held talks on fishing. The two countries agreed to open a hotline. In Seoul, South Korea and "
        "the United States began a drill. The two allies agreed to repeat it. Russia and Mongolia signed a treaty. The "
        "two neighbours agreed to build a pipeline. North Korea and Taiwan quarrelled. The two sides agreed to meet."
    )
    agreed = [(s.source.code, s.target and s.target.code) for s in signals(text) if s.type == "AGREE"]
    assert agreed == [("CHN", "JPN"), ("KOR", "USA"), ("MNG", "RUS"), ("PRK", "TWN")]


def test_it_takes_up_the_subject_of_the_sentence_before() -> None:
    text = "Despite Washington's objections, China went on with its plans. It expelled two Japanese diplomats."
    assert coded(text) == {"CHN>JPN SANCTION:expel fact"}


def test_negation_reaches_into_the_complement_and_no_further() -> None:
    assert coded("Tokyo has not expelled any Russian diplomats.") == {"JPN>RUS SANCTION:expel denied"}
    assert "JPN>RUS SANCTION:expel fact" in coded("Tokyo expelled two Russian diplomats but did not say why.")


def test_third_party_is_aimed_at_and_no_target() -> None:
    found = signals("Russia and China held joint naval drills aimed at the United States.")
    assert [(line(s), s.aimed_at) for s in found] == [("CHN=RUS COOPERATE:joint-drills fact", ("USA",))]


def test_three_together_are_three_pairs() -> None:
    found = coded("South Korea, Japan and the United States staged a trilateral drill off Jeju.")
    assert found == {f"{pair} COOPERATE:joint-drills fact" for pair in ("JPN=KOR", "JPN=USA", "KOR=USA")}


def test_who_meets_two_does_not_make_the_two_meet() -> None:
    found = coded("China has resumed exchanges with Japan and South Korea.")
    assert {x[:7] for x in found} == {"CHN=JPN", "CHN=KOR"}


def test_reporter_is_kept_apart_from_the_source() -> None:
    (found,) = signals("Tokyo said Beijing had detained two Japanese businessmen.")
    assert (found.source.code, found.reporter) == ("CHN", "JPN")
    (own,) = signals("Tokyo said it had expelled two Russian diplomats.")
    assert own.reporter is None


def test_the_date_is_the_acts_own() -> None:
    (found,) = signals("On July 5, South Korea expelled two Russian diplomats.")
    assert found.event_date is not None
    assert (found.event_date.start.isoformat(), found.event_date.precision) == ("2023-07-05", "day")
    (undated,) = signals("South Korea expelled two Russian diplomats, the first since 2018.")
    assert undated.event_date is None
    assert undated.factuality == "fact"


def test_every_field_of_a_signal() -> None:
    text = "Relations are old. Beijing strongly condemned Tokyo for the discharge of treated water on Tuesday."
    made = Coder.load().extract(article(text, version=3, fingerprint="ab" * 128))
    (found,) = made.signals
    start, end = found.evidence.start, found.evidence.end
    assert made.outcome == "relevant"
    assert found.evidence.quote == text[start:end]
    assert text[slice(*found.evidence.trigger_span or ())] == "condemned"
    assert text[slice(*found.evidence.source_span or ())] == "Beijing"
    assert text[slice(*found.evidence.target_span or ())] == "Tokyo"
    assert found.revision == identity.signal_revision(3, CODER_RELEASE) == 3_000_000 + CODER_RELEASE
    assert (found.dyad, found.quad, found.score, found.polarity, found.cameo_root) == ("CHN-JPN", 3, -2.0, -1, "09")
    assert found.tracks == ("wastewater",)
    assert "environment" in found.contexts
    assert found.why["rule"] == "accuse.condemn"
    assert found.why["coder"] == found.coder == CODER
    assert (found.language, found.publisher and found.publisher.id, found.fingerprint) == ("en", "sample", "ab" * 128)
    assert found.article_position is None
    assert found.status_since is None
    assert 0 < found.confidence < 1


def test_equal_sentences_have_different_ids() -> None:
    text = "Beijing condemned Tokyo. Later that day came more. Beijing condemned Tokyo."
    ids = [s.signal_id for s in signals(text)]
    assert len(ids) == len(set(ids)) == 2


def test_semicolons_bound_the_quote() -> None:
    found = signals("Beijing condemned Tokyo; Moscow thanked Pyongyang; the sun shone.")
    assert {s.evidence.quote for s in found} == {"Beijing condemned Tokyo", "Moscow thanked Pyongyang"}


@pytest.mark.parametrize(
    "text, language, outcome",
    [("", "en", "empty"), ("日本と中国", "ja", "unsupported_language"), ("The baker sold bread.", "en", "irrelevant")],
)
def test_outcomes(text: str, language: str, outcome: str) -> None:
    made = Coder.load().extract(msgspec.structs.replace(article(text), language=language))
    assert (made.outcome, made.signals) == (outcome, ())


def test_long_articles_are_cut_and_say_so() -> None:
    text = "Beijing condemned Tokyo. " + "The weather was fine. " * 2_500 + "Moscow thanked Pyongyang."
    assert len(text) > LONGEST_ARTICLE
    made = Coder.load().extract(article(text))
    assert made.outcome == "cut"
    assert {line(s) for s in made.signals} == {"CHN>JPN ACCUSE:disapprove fact"}


def test_scope_all_keeps_pairs_of_other_states() -> None:
    text = "France condemned Germany for the decision."
    coder = Coder.load()
    assert coder.extract(article(text)).signals == ()
    assert [line(s) for s in coder.extract(article(text), scope="all").signals] == ["FRA>DEU ACCUSE:disapprove fact"]


def test_the_same_bytes_whatever_came_before() -> None:
    text = "Japan and China agreed to hold talks. They signed a memorandum in Tokyo on Monday."
    first = Coder.load().extract(article(text))
    Coder.load().extract(article("Seoul expelled two Russian diplomats. Moscow protested."))
    assert Coder.load().extract(article(text)) == first


def test_discarded_triggers_say_why() -> None:
    made = Coder.load().extract(
        article("China and Japan should promote cooperation. Tokyo refused to meet North Korea.")
    )
    assert any(d.why.startswith("content of 'refuse'") for d in made.discarded)


@pytest.mark.parametrize(
    "text, source, target, type_",
    [
        ("Freedonia's minister condemned Sylvania for the raid.", "Freedonia's minister", "Sylvania", "ACCUSE"),
        ("The rebels of Graustark agreed with the crown on a truce.", "The rebels of Graustark", "the crown", "AGREE"),
        ("Ruritania banned all imports from Graustark.", "Ruritania", "Graustark", "SANCTION"),
        ("Shares of the brewer fell on Monday.", "the brewer", "Monday", None),
    ],
)
def test_classify_takes_the_actors_as_given(text: str, source: str, target: str, type_: str | None) -> None:
    found = Coder.load().classify(text, source, target)
    assert found.type == type_
    assert (found.quad is None) == (type_ is None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["Beijing", "Tokyo", "they", "the two countries", "condemned", "agreed to meet", "if", ",", ".", ";", "\n", "“", "not", "on July 5", "在", "Seoul's", "visit", "was", "by", "(", "U.S.", "2019"]), max_size=40))  # fmt: skip
def test_nothing_crashes_and_every_quote_is_exact(words: list[str]) -> None:
    text = " ".join(words)
    for signal in Coder.load().extract(article(text)).signals:
        assert signal.evidence.quote == text[signal.evidence.start : signal.evidence.end]
        assert signal.source.code != (signal.target.code if signal.target else "")
        if signal.reciprocal:
            assert signal.target is not None
            assert signal.source.code < signal.target.code


def test_a_table_of_names_does_not_hang() -> None:
    text = " ".join(["China Japan 3.4 5.6 Russia"] * 800)
    began = time.process_time()
    Coder.load().extract(article(text))
    assert time.process_time() - began < 5


# Every name of one set stands for the same role as its neighbour in the other set.
EXCHANGE = [
    ("Chinese", "Russian"), ("China", "Russia"), ("Beijing", "Moscow"), ("Xi Jinping", "Vladimir Putin"),
    ("Japanese", "Mongolian"), ("Japan", "Mongolia"), ("Tokyo", "Ulaanbaatar"),
]  # fmt: skip
EXCHANGED = (
    "Japanese officials and Chinese diplomats met in Tokyo on July 12 for talks on trade. The two sides agreed to open "
    "a hotline. Beijing condemned Tokyo for detaining two Chinese sailors, and Japan rejected the accusation. China has "
    "banned imports of fish from Japan. Xi Jinping invited the Japanese prime minister to Beijing. It may lift the ban "
    "if talks go well."
)


def _swap(text: str, pairs: list[tuple[str, str]]) -> str:
    pattern = re.compile("|".join(re.escape(a) for a, _ in sorted(pairs, key=lambda p: -len(p[0]))))
    return pattern.sub(lambda m: dict(pairs)[m.group()], text)


def test_exchanged_actors_give_exchanged_signals() -> None:
    codes = {"CHN": "RUS", "JPN": "MNG"}
    before = sorted(_roles(signals(EXCHANGED), codes))
    after = sorted(_roles(signals(_swap(EXCHANGED, EXCHANGE)), {}))
    assert len(before) >= 6
    assert before == after


def _roles(found: tuple[Signal, ...], codes: dict[str, str]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for s in found:
        a, b = codes.get(s.source.code, s.source.code), s.target.code if s.target else ""
        b = codes.get(b, b)
        if s.reciprocal:
            a, b = sorted((a, b))
        rows.append((a, b, s.type, str(s.mode), s.factuality, str(s.event_date and s.event_date.start)))
    return rows


@pytest.mark.skipif(not SEED.exists(), reason="the article is given beside the project and not part of it")
def test_the_article_the_project_was_created_from() -> None:
    text = SEED.read_text(encoding="utf-8")
    found = signals(text)
    lines = {line(s) for s in found}
    wanted = {
        "JPN>CHN AGREE:consult intended", "CHN=JPN COOPERATE fact", "CHN=KOR CONSULT fact", "KOR>CHN CONSULT:visit fact",
        "CHN=KOR CONSULT:third-party fact", "CHN=KOR AGREE fact", "CHN=USA SANCTION:withdraw fact", "USA>CHN SUPPORT fact",
        "USA>CHN AGREE fact", "IGO:NATO>JPN AGREE:invitation fact", "IGO:NATO>KOR AGREE:invitation fact",
        "USA>KOR CONSULT:visit fact", "JPN=KOR AGREE:consult scheduled", "JPN=USA AGREE:consult scheduled",
        "KOR=USA AGREE:consult scheduled", "USA>CHN COERCE:restrict opinion",
    }  # fmt: skip
    assert len(wanted & lines) >= 14
    for words in ("escalat", "decouple their economies", "military conflict", "cannot be ruled out", "should promote"):
        assert [line(s) for s in found if words in s.evidence.quote and s.factuality == "fact"] == []
    for s in found:
        assert s.evidence.quote == text[s.evidence.start : s.evidence.end]
