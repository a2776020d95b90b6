"""Constructions of wire reports, each with a sentence that no sample article holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.extract.coder import Coder
from schemas.records import Article, Publisher, Signal


def coded(text: str, home: str = "", published: str = "2023-02-05") -> set[str]:
    """ "CHN>JPN SUPPORT:praise fact", "CHN=JPN CONSULT fact" of a text from a paper of `home`."""
    when = datetime.fromisoformat(published).replace(tzinfo=UTC)
    article = Article(
        article_id="0" * 32,
        text=text,
        language="en",
        published=when,
        first_seen=when,
        version_seen=when,
        publisher=Publisher(id="sample", name="Sample", country=home),
    )
    return {_line(s) for s in Coder.load().extract(article).signals}


def _line(signal: Signal) -> str:
    target = signal.target.code if signal.target else ""
    mode = f":{signal.mode}" if signal.mode else ""
    return f"{signal.source.code}{'=' if signal.reciprocal else '>'}{target} {signal.type}{mode} {signal.factuality}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("An F-22 shot down a Chinese weather balloon off Alaska.", "USA>CHN ASSAULT:destroy fact"),
        ("The downing of a Chinese airship by a U.S. jet angered many.", "USA>CHN ASSAULT:destroy fact"),
        ("Two Tu-95s flew near Hokkaido on Friday.", "RUS>JPN MOBILIZE fact"),
        ("China began a day of joint exercises off Taiwan.", "CHN>TWN MOBILIZE:troops fact"),
        ("North Korea floated balloons with garbage into South Korea.", "PRK>KOR COERCE:restrict fact"),
        ("Japan will not resume talks with Russia on fishing, it said.", "JPN>RUS SANCTION:withdraw fact"),
        ("Russia pulled out of a dialogue with Japan on the islands.", "RUS>JPN SANCTION:withdraw fact"),
        ("Russia halted visa-free visits of Japanese citizens.", "RUS>JPN SANCTION:withdraw fact"),
        ("Japan cancelled defence talks with China.", "JPN>CHN SANCTION:withdraw fact"),
        ("China shut its door to Japanese goods.", "CHN>JPN SANCTION:discontinue fact"),
        ("Japan told two Russian diplomats at the embassy to leave.", "JPN>RUS SANCTION:expel fact"),
        ("The United States took three Chinese firms off its entity list.", "USA>CHN RETREAT:lift fact"),
        ("Japan returned South Korea to its list of preferential partners.", "JPN>KOR RETREAT:lift fact"),
        ("Japan restarted issuing visas to Chinese visitors.", "JPN>CHN RETREAT:access fact"),
        ("Vladimir Putin gave Kim Jong Un a white horse.", "RUS>PRK AID fact"),
        ("Joe Biden said he would visit Mongolia once the situation allowed.", "USA>MNG AGREE:consult conditional"),
        ("Taiwanese jets stayed; Chinese jets crossed the median line of the strait.", "CHN>TWN MOBILIZE fact"),
        ("Russian bombers entered the air defence zone, Japan's army said.", "RUS>JPN MOBILIZE fact"),
        ("Tokyo told Beijing by phone that the flight was an infringement of its airspace.", "JPN>CHN ACCUSE:disapprove fact"),
        ("Russia has violated the ceasefire repeatedly, Japan's Foreign Ministry said.", "JPN>RUS ACCUSE:allege fact"),
        ("Park Jin decided with Wang Yi to establish a dialogue.", "CHN=KOR AGREE:consult fact"),
        ("China reinstated its fisheries agreement with Japan.", "CHN>JPN RETREAT fact"),
        ("Vladimir Putin ordered the army to punish Japan for the raid.", "RUS>JPN THREATEN fact"),
        ("China put off an exercise near Taiwan.", "CHN>TWN RETREAT fact"),
        (
            "Prime Minister Fumio Kishida announced sanctions against Russia after its army had shelled Ukraine.",
            "RUS>UKR ASSAULT fact",
        ),
        ("Chinese jets crossed the strait, Taiwan's army said. It condemned the flights.", "TWN>CHN ACCUSE:disapprove fact"),
    ],
)  # fmt: skip
def test_is_coded(text: str, wanted: str) -> None:
    assert wanted in coded(text)


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("China began a day of joint exercises off Taiwan.", "CHN=TWN COOPERATE:joint-drills fact"),
        ("China punished two American firms for sending missiles to Taiwan.", "CHN>TWN AID fact"),
        ("North Korea ships shells to Russia, according to the United States.", "PRK>USA AID fact"),
        ("Tokyo had insisted by letter that China lift its ban on Japanese beef.", "CHN>JPN RETREAT:lift fact"),
        ("To suspend talks with China would harm all, President Joe Biden said.", "USA>CHN SANCTION:withdraw fact"),
        ("In 1939 soldiers of Mongolia and Russia fought side by side.", "MNG=RUS ASSAULT fact"),
        (
            "Tokyo told Beijing by phone that the flight was an infringement of its airspace.",
            "CHN=JPN CONSULT:phone fact",
        ),
        ("Japan let the staff of its embassy in Moscow leave Russia.", "JPN>RUS RETREAT:release fact"),
        ("Pictures released by Seoul show North Korean soldiers at work.", "KOR>PRK RETREAT:release fact"),
    ],
)
def test_is_not_coded(text: str, unwanted: str) -> None:
    assert unwanted not in coded(text)


def test_the_ministry_of_no_named_state_is_the_publishers() -> None:
    text = "Seoul was calm. North Korea fired shells on Friday. The Defence Ministry urged Pyongyang to stop."
    assert "KOR>PRK REQUEST fact" in coded(text, home="KOR")
    assert "KOR>PRK REQUEST fact" not in coded(text)


def test_a_past_date_under_a_plan_is_history() -> None:
    found = coded("Japan said it would hold talks with South Korea on the export curbs imposed on it in 2019.")
    assert not any("SANCTION" in line and line.endswith(" fact") for line in found)
