"""How actors are found in running text: composition, names, terms of office, and the traps of place names."""

import json
import subprocess
import sys
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.actors import Gazetteer, Mention

DAY = date(2023, 7, 20)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def short(text: str, mentions: list[Mention]) -> list[str]:
    """Each mention as `words=CODE:SECTOR`; compounds as `words=A+B`."""
    rows = []
    for m in mentions:
        code = m.code or "+".join(m.members)
        rows.append(f"{text[m.start : m.end]}={code}" + (f":{m.sector}" if m.sector else ""))
    return rows


STATES = [
    ("China said the US and the U.K. had agreed.", ["China=CHN", "US=USA", "U.K.=GBR"]),
    ("It told us that US$5 billion was lost in the U.S.", ["U.S.=USA"]),
    ("BEIJING, July 5 -- CHINA has SAID nothing", ["BEIJING=CHN:GOV", "CHINA=CHN"]),
    ("ties with Japan.On July 5 Russia spoke", ["Japan=JPN", "Russia=RUS"]),
    ("Japan’s and China's plans", ["Japan=JPN", "China=CHN"]),
    ("the DPRK, the ROK and the PRC", ["DPRK=PRK", "ROK=KOR", "PRC=CHN"]),
    (
        "Pyongyang told Seoul; the Kremlin told the White House",
        ["Pyongyang=PRK:GOV", "Seoul=KOR:GOV", "Kremlin=RUS:GOV", "White House=USA:GOV"],
    ),
    ("They met in Hokkaido and Hong Kong", ["Hokkaido=JPN", "Hong Kong=CHN"]),
    ("Soviet troops crossed", ["Soviet troops=RUS:MIL"]),
    ("NATO and the European Union met ASEAN", ["NATO=IGO:NATO", "European Union=IGO:EU", "ASEAN=IGO:ASEAN"]),
]
COMPOUNDS = [
    ("the U.S.-Japan-South Korea drill", ["U.S.-Japan-South Korea=USA+JPN+KOR"]),
    ("Sino-Russian ties and Russo-Japanese talks", ["Sino-Russian=CHN+RUS", "Russo-Japanese=RUS+JPN"]),
    ("a China–Japan pact", ["China–Japan=CHN+JPN"]),
    ("Japan and China met", ["Japan=JPN", "China=CHN"]),
    ("the inter-Korean hotline", ["inter-Korean=KOR+PRK"]),
    ("cross-strait talks", ["cross-strait=CHN+TWN"]),
    ("the Chinese-owned firm in Japan", ["Chinese-owned firm=CHN:BUS", "Japan=JPN"]),
    ("U.S.-South Korean forces", ["U.S.-South Korean forces=USA+KOR:MIL"]),
    ("AUKUS condemned it", ["AUKUS=IGO:AUKUS"]),
]
BODIES = [
    ("Chinese customs held the ships", ["Chinese customs=CHN:GOV"]),
    ("a Japanese coast guard vessel", ["Japanese coast guard vessel=JPN:COP"]),
    ("the South Korean military said", ["South Korean military=KOR:MIL"]),
    ("two Russian long-range bombers", ["Russian long-range bombers=RUS:MIL"]),
    ("a U.S. spy plane and Chinese nationals", ["U.S. spy plane=USA:MIL", "Chinese nationals=CHN:CVL"]),
    ("Japanese lawmakers visited", ["Japanese lawmakers=JPN:LEG"]),
    ("China's Foreign Ministry spoke", ["China's Foreign Ministry=CHN:GOV"]),
    ("Vietnam's Ministry of National Defence", ["Vietnam's Ministry of National Defence=VNM:MIL"]),
    ("the Ministry of Commerce in Beijing", ["Ministry of Commerce in Beijing=CHN:GOV"]),
    ("customs officials in Beijing", ["customs officials in Beijing=CHN:GOV"]),
    ("protesters in Seoul shouted", ["Seoul=KOR:GOV"]),
    ("China's embassy in Seoul protested", ["China's embassy=CHN:GOV", "Seoul=KOR:GOV"]),
    ("In Seoul, the Defense Ministry objected", ["Seoul=KOR:GOV", "Defense Ministry=KOR:MIL"]),
    ("China's Xinhua and the Pentagon", ["China's Xinhua=CHN:JRN", "Pentagon=USA:MIL"]),
    ("KCNA, the Duma, the Kuomintang and TSMC", ["KCNA=PRK:JRN", "Duma=RUS:LEG", "Kuomintang=TWN:OPP", "TSMC=TWN:BUS"]),
    ("Japanese and South Korean officials", ["Japanese=JPN:GOV", "South Korean officials=KOR:GOV"]),
    ("U.S. and Japanese troops", ["U.S.=USA:MIL", "Japanese troops=JPN:MIL"]),
    ("Pakistan's National Assembly voted", ["Pakistan's National Assembly=PAK:LEG"]),
    ("Seoul said the National Assembly voted", ["Seoul=KOR:GOV", "National Assembly=KOR:LEG"]),
    ("The National Assembly voted", []),
    ("China Airlines and Air China fly", ["China Airlines=TWN:BUS", "Air China=CHN:BUS"]),
    (
        "the Chinese foreign ministry spoke; the ministry repeated it",
        ["Chinese foreign ministry=CHN:GOV", "ministry=CHN:GOV"],
    ),
    (
        "the Chinese foreign ministry and Japan's foreign ministry; the ministry",
        ["Chinese foreign ministry=CHN:GOV", "Japan's foreign ministry=JPN:GOV"],
    ),
    ("Taiwan's National Development Fund", ["Taiwan=TWN"]),
    ("anti-Japanese demonstrators", ["Japanese=JPN"]),
]
OFFICES = [
    ("Chinese Foreign Minister Wang Yi met him", ["Chinese Foreign Minister Wang Yi=CHN:GOV"]),
    ("Foreign Minister Park Jin of South Korea left", ["Foreign Minister Park Jin of South Korea=KOR:GOV"]),
    ("Japan's prime minister spoke", ["Japan's prime minister=JPN:GOV"]),
    ("the South Korean president spoke", ["South Korean president=KOR:GOV"]),
    ("Japanese Ambassador to China Hideo Tarumi came", ["Japanese Ambassador to China Hideo Tarumi=JPN:GOV"]),
    ("Russia recalled its ambassador to Japan", ["Russia=RUS", "Japan=JPN"]),
    (
        "Japan's ambassador to South Korea, Taro Yamano, left",
        ["Japan's ambassador=JPN:GOV", "South Korea=KOR", "Taro Yamano=JPN:GOV"],
    ),
    ("Sung Kim, the U.S. envoy, arrived", ["Sung Kim, the U.S. envoy=USA:GOV"]),
    (
        "Bilahari Tan, the Singaporean foreign minister, said",
        ["Bilahari Tan, the Singaporean foreign minister=SGP:GOV"],
    ),
    (
        "The foreign ministers of China, Japan and South Korea met",
        ["foreign ministers of China=CHN:GOV", "Japan=JPN:GOV", "South Korea=KOR:GOV"],
    ),
    ("Chinese Defence Minister Li Shangfu stayed", ["Chinese Defence Minister Li Shangfu=CHN:MIL"]),
    ("the late Xi Jinping aide and the Biden administration", ["Xi Jinping=CHN:ELI", "Biden administration=USA:GOV"]),
    ("NATO Secretary General Jens Stoltenberg spoke", ["NATO Secretary General Jens Stoltenberg=IGO:NATO:GOV"]),
    ("In Japan Foreign Minister Wang Yi said", ["Japan=JPN", "Foreign Minister Wang Yi=CHN:GOV"]),
    ("the Yoon Suk Yeol administration in South Korea", ["Yoon Suk Yeol administration=KOR:GOV", "South Korea=KOR"]),
    ("the leaders of China and Japan's navy", ["leaders of China=CHN:GOV", "Japan's navy=JPN:MIL"]),
    ("the carrier Ronald Reagan sailed", ["Ronald Reagan=USA:MIL"]),
]
TRAPS = [
    "The ship crossed the South China Sea, the East China Sea and the Sea of Japan.",
    "Fog lay on the Korea Strait, the Taiwan Strait and the Korean Peninsula.",
    "He lives in New York, was born in Moscow, Idaho, and votes in Washington state.",
    "A North Korean film won, and so did a Japanese horror movie.",
    "It hangs in the Bank of China tower.",
    "The turkey was cooked; let us polish the china in May.",
    "Michael Jordan, Denzel Washington and Chad Johnson played.",
    "The Korean War and the Indo-Pacific were in the book.",
    "The George Washington left port.",
    "Chinatown, Koreatown and the Japan Cup.",
    "Trump Tower is tall and the North Sea is cold.",
    "Mr Li and Mrs Kim opened a shop; Wang and Park helped, and Lee paid.",
    "The south of the country was dry, the North was wet.",
]


@pytest.mark.parametrize("text,expected", STATES + COMPOUNDS + BODIES + OFFICES)
def test_what_is_found(gazetteer: Gazetteer, text: str, expected: list[str]) -> None:
    assert short(text, gazetteer.find(text, DAY)) == expected


@pytest.mark.parametrize("text", TRAPS)
def test_what_is_no_actor(gazetteer: Gazetteer, text: str) -> None:
    assert short(text, gazetteer.find(text, date(1999, 1, 1))) == []


CONTEXT = [
    ("North Korea fired. The North said so, the South did not.", ["North Korea=PRK", "North=PRK", "South=KOR"]),
    ("Pyongyang spoke of the North Pacific and the south coast.", ["Pyongyang=PRK:GOV"]),
    (
        "Taiwan protested; the mainland did not, and the island stayed calm.",
        ["Taiwan=TWN", "mainland=CHN", "island=TWN"],
    ),
    ("Taiwan looked at Okinawa; the island was calm.", ["Taiwan=TWN", "Okinawa=JPN"]),
    ("Ships left the mainland for the island.", []),
    ("Tokyo asked Korea.", ["Tokyo=JPN:GOV", "Korea=KOR"]),
    ("The Commerce Ministry spoke of China.", ["Commerce Ministry=CHN:GOV", "China=CHN"]),
    ("The commerce ministry spoke of India.", ["India=IND"]),
]


@pytest.mark.parametrize("text,expected", CONTEXT)
def test_what_only_the_document_decides(gazetteer: Gazetteer, text: str, expected: list[str]) -> None:
    assert short(text, gazetteer.find(text, date(1999, 1, 1))) == expected


NAMES = [
    # a full name or a title teaches the surname, before that it is nobody
    (
        "South Korean Foreign Minister Park Jin came. Park spoke.",
        DAY,
        ["South Korean Foreign Minister Park Jin=KOR:GOV", "Park=KOR:GOV"],
    ),
    (
        "Park spoke. South Korean Foreign Minister Park Jin came.",
        DAY,
        ["South Korean Foreign Minister Park Jin=KOR:GOV"],
    ),
    ("Chinese envoy Zhu Bailun came. Zhu spoke.", DAY, ["Chinese envoy Zhu Bailun=CHN:GOV", "Zhu=CHN:GOV"]),
    (
        "Xi Jinping met Sergei Lavrov; Xi and Lavrov smiled",
        DAY,
        ["Xi Jinping=CHN:GOV", "Sergei Lavrov=RUS:GOV", "Xi=CHN:GOV", "Lavrov=RUS:GOV"],
    ),
    ("President Yoon met Prime Minister Kishida", DAY, ["President Yoon=KOR:GOV", "Prime Minister Kishida=JPN:GOV"]),
    (
        "Kim Jong Un, Kim Jong-un, Kim Jong-Un",
        DAY,
        ["Kim Jong Un=PRK:GOV", "Kim Jong-un=PRK:GOV", "Kim Jong-Un=PRK:GOV"],
    ),
    ("Abe Shinzo and Shinzo Abe", date(2015, 5, 1), ["Abe Shinzo=JPN:GOV", "Shinzo Abe=JPN:GOV"]),
    # serving heads of state among themselves
    ("Abe and Putin agreed", date(2016, 12, 16), ["Abe=JPN:GOV", "Putin=RUS:GOV"]),
    ("Abe and Sato agreed", date(2016, 12, 16), []),
    ("Mr Abe spoke", date(2016, 12, 16), ["Abe=JPN:GOV"]),
    ("Lee and Kim won the doubles", date(2025, 9, 1), []),
]


@pytest.mark.parametrize("text,on,expected", NAMES)
def test_names_learned_within_the_document(gazetteer: Gazetteer, text: str, on: date, expected: list[str]) -> None:
    assert short(text, gazetteer.find(text, on)) == expected


TERMS = [
    # text, day, code, sector, former
    ("Prime Minister Abe spoke", date(2019, 5, 1), "JPN", "GOV", False),
    ("Shinzo Abe spoke", date(2019, 5, 1), "JPN", "GOV", False),
    ("Shinzo Abe spoke", date(2020, 9, 16), "JPN", "GOV", False),
    ("Shinzo Abe spoke", date(2020, 9, 17), "JPN", "ELI", True),
    ("Shinzo Abe spoke", date(2010, 5, 1), "JPN", "ELI", True),
    ("Shinzo Abe spoke", date(2012, 10, 1), "JPN", "OPP", False),
    ("Shinzo Abe spoke", date(2000, 1, 1), "JPN", "ELI", False),
    ("former Prime Minister Shinzo Abe spoke", date(2021, 5, 1), "JPN", "ELI", True),
    ("Japan's former prime minister Shinzo Abe spoke", date(2021, 5, 1), "JPN", "ELI", True),
    ("Japan's former foreign minister spoke", date(2021, 5, 1), "JPN", "ELI", True),
    ("former Japanese ambassador Taro Yamano spoke", date(2021, 5, 1), "JPN", "ELI", True),
    ("Prime Minister Junichiro Koizumi flew there", date(2022, 9, 17), "JPN", "GOV", True),
    ("Donald Trump spoke", date(2018, 1, 1), "USA", "GOV", False),
    ("Donald Trump spoke", date(2022, 1, 1), "USA", "ELI", True),
    ("Donald Trump spoke", date(2025, 3, 1), "USA", "GOV", False),
    ("President Moon spoke", date(2019, 1, 1), "KOR", "GOV", False),
    ("South Korean President Moon spoke", date(2023, 1, 1), "KOR", "GOV", True),
    ("Yoon Suk Yeol spoke", date(2020, 1, 1), "KOR", "JUD", False),
    ("Thae Yong-ho spoke", date(2015, 1, 1), "PRK", "GOV", False),
    ("Thae Yong-ho spoke", date(2022, 1, 1), "KOR", "LEG", False),
    ("Mark Rutte spoke", date(2015, 1, 1), "NLD", "GOV", False),
    ("Mark Rutte spoke", date(2025, 1, 1), "IGO:NATO", "GOV", False),
    ("Otto Warmbier died", date(2019, 1, 1), "USA", "CVL", False),
]


@pytest.mark.parametrize("text,on,code,sector,former", TERMS)
def test_terms_of_office(gazetteer: Gazetteer, text: str, on: date, code: str, sector: str, former: bool) -> None:
    (mention,) = gazetteer.find(text, on)
    assert (mention.code, mention.sector, mention.former) == (code, sector, former)


def test_a_title_before_its_term_means_nobody(gazetteer: Gazetteer) -> None:
    assert gazetteer.find("Prime Minister Abe spoke", date(1960, 5, 1)) == []


def test_without_a_date_the_latest_office_counts(gazetteer: Gazetteer) -> None:
    (mention,) = gazetteer.find("Sergei Shoigu spoke", None)
    assert (mention.code, mention.sector, mention.former) == ("RUS", "GOV", False)


@pytest.mark.parametrize(
    "text,answer",
    [
        ("The council voted to mend the bridge.", False),
        ("Michael Jordan scored; France beat Spain.", False),
        ("A Chinaman's chance, said the Rusian.", False),
        ("Tokyo protested.", True),
        ("the inter-Korean line", True),
        ("Sino-Indian talks", True),
        ("KCNA reported it", True),
        ("Sergei Lavrov flew to Cairo", True),
        ("the U.S. team", True),
    ],
)
def test_the_gate(gazetteer: Gazetteer, text: str, answer: bool) -> None:
    assert gazetteer.relevant(text) is answer


PIECES = st.sampled_from(
    [
        "China",
        "Chinese",
        "Japan",
        "'s",
        "-",
        "–",
        ",",
        ".",
        "the",
        "of",
        "in",
        "to",
        "and",
        "former",
        "Foreign",
        "Minister",
        "President",
        "Park",
        "Jin",
        "Kim",
        "Abe",
        "Wang",
        "Yi",
        "Tokyo",
        "North",
        "South",
        "Korea",
        "Korean",
        "U.S.",
        "ambassador",
        "ministry",
        "coast",
        "guard",
        "vessel",
        "officials",
        "Sino-",
        "Taiwan",
        "mainland",
        "island",
        "é",
    ]
)


@given(st.lists(PIECES, max_size=40), st.sampled_from([" ", "", ", "]))
@settings(max_examples=300, deadline=None)
def test_mentions_are_sorted_apart_and_inside_the_text(pieces: list[str], glue: str) -> None:
    text = glue.join(pieces)
    mentions = Gazetteer.load().find(text, DAY)
    assert all(0 <= m.start < m.end <= len(text) for m in mentions)
    assert all(a.end <= b.start for a, b in pairwise(mentions))
    assert all(bool(m.code) or len(m.members) > 1 for m in mentions)
    assert not any(text[m.start : m.end].endswith(("'s", "’s")) for m in mentions)
    assert mentions == Gazetteer.load().find(text, DAY)


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_text_is_survived(text: str) -> None:
    assert isinstance(Gazetteer.load().find(text, DAY), list)
    assert Gazetteer.load().relevant(text) in {True, False}


def test_the_exchange_of_states_keeps_the_structure(gazetteer: Gazetteer) -> None:
    one = "Chinese Foreign Ministry officials told Japan's coast guard that Tokyo was wrong."
    other = "Russian Foreign Ministry officials told India's coast guard that New Delhi was wrong."
    swap = {"CHN": "RUS", "JPN": "IND"}
    left, right = gazetteer.find(one, DAY), gazetteer.find(other, DAY)
    assert [(swap[m.code], m.sector, m.kind) for m in left] == [(m.code, m.sector, m.kind) for m in right]


def test_two_processes_find_the_same() -> None:
    code = (
        "import json, datetime; from pipelines.extract.actors import Gazetteer;"
        "t = 'President Kim met Wang Yi; Kim and the North told Seoul, the Diet and U.S.-Japan forces of Antonio Costa.';"
        "print(json.dumps([[m.start, m.end, m.code, m.sector, m.name, m.members] for m in Gazetteer.load().find(t, datetime.date(2024, 6, 1))]))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(p for p in sys.path if p)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(json.loads(runs[0])) >= 5
