from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.charset import decode
from connectors.feeds.plaintext import normalised, one_line, plain_text


@pytest.mark.parametrize(
    "fragment, text",
    [
        ("plain words", "plain words"),
        ("a &amp; b &#8220;c&#8221; &eacute;", "a & b “c” é"),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p>One<br>and <b>a</b> half.</p>\n<p>Two.</p>", "One and a half.\n\nTwo."),
        ("One.<br><br>Two.<br/><br/>Three.", "One.\n\nTwo.\n\nThree."),
        ("<div>One.<div>Two.</div>Three.</div>", "One.\n\nTwo.\n\nThree."),
        ("<ul><li>a</li><li>b</li></ul>tail", "a\n\nb\n\ntail"),
        ("x<script>alert(1)</script>y<style>p{}</style><!-- z -->w", "xyw"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("<p>A\u00a0b\tc\r\nd</p>", "A b c d"),
        ("&lt;p&gt;twice&lt;/p&gt;", "<p>twice</p>"),
        ("<img src=x alt=y>", ""),
        ("", ""),
        ("<h2>Head</h2>Body<hr>End", "Head\n\nBody\n\nEnd"),
        ("<a href='x'>link</a>ed", "linked"),
        ("Ko\u0301rea", "Kórea"),
        ("\ud55c\u200b\uae00\ufeff \u202eright\u202c \x00\x07x", "한글 right x"),
    ],
)
def test_html_to_text(fragment: str, text: str) -> None:
    assert plain_text(fragment) == text


def test_paragraphs() -> None:
    assert normalised(" a\nb \r\n\r\n\r\n c\u2029\u2029d\x0b\x0b") == "a b\n\nc\n\nd"
    assert one_line("a\n\nb  c") == "a b c"


@given(st.text(alphabet=st.characters(), max_size=200))
def test_normal_form(text: str) -> None:
    clean = normalised(text)
    assert normalised(clean) == clean
    assert clean.encode() is not None
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(c) == "Cc" for c in clean.replace("\n", ""))
    assert "\n" not in clean.replace("\n\n", "")


@given(st.text(alphabet="<>&;ab/p= '\"!-#x0", max_size=200))
def test_any_fragment(fragment: str) -> None:
    assert plain_text(fragment) == normalised(plain_text(fragment))


@pytest.mark.parametrize(
    "fragment",
    [
        "<div>" * 100_000,
        "<p>x</p>" * 100_000,
        "<" * 500_000,
        "&" * 500_000,
        "<a b=" * 100_000,
        "<!--" * 100_000,
        "x" * 1_000_000,
    ],
    ids=["deep", "wide", "open", "amp", "attributes", "comments", "long"],
)
def test_hostile_fragments_take_under_a_second_or_two(fragment: str) -> None:
    start = time.process_time()
    plain_text(fragment)
    assert time.process_time() - start < 2


KOREAN, JAPANESE, CHINESE = "북한이 미사일을 발사했다 똠방각하", "北朝鮮がミサイルを発射した①髙", "朝鲜发射导弹㐀"
TRADITIONAL, RUSSIAN, WESTERN = "北韓發射飛彈", "КНДР запустила ракету", "“Café” – naïve €5"


@pytest.mark.parametrize(
    "text, written, label, header",
    [
        (KOREAN, "cp949", "euc-kr", ""),
        (KOREAN, "cp949", "ks_c_5601-1987", ""),
        (KOREAN, "cp949", "", "text/xml; charset=EUC-KR"),
        (KOREAN, "utf-8", "euc-kr", ""),
        (KOREAN, "utf-16", "", ""),
        (KOREAN, "utf-16-le", "utf-16", ""),
        (KOREAN, "utf-8-sig", "euc-kr", "text/xml; charset=iso-8859-1"),
        (JAPANESE, "cp932", "shift_jis", ""),
        (JAPANESE[:-2], "euc_jp", "euc-jp", ""),
        (JAPANESE[:-2], "iso2022_jp", "iso-2022-jp", ""),
        (CHINESE, "gb18030", "gb2312", ""),
        (CHINESE, "gb18030", "gbk", "text/xml; charset=gb2312"),
        (TRADITIONAL, "big5", "big5", ""),
        (RUSSIAN, "cp1251", "windows-1251", ""),
        (RUSSIAN, "koi8_r", "koi8-r", ""),
        (WESTERN, "cp1252", "iso-8859-1", ""),
        (WESTERN, "utf-8", "", "text/xml; charset=us-ascii"),
        (WESTERN, "utf-8", "no-such-charset", ""),
        (WESTERN, "utf-8", "rot13", ""),
    ],
)
def test_charsets(text: str, written: str, label: str, header: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else "<?xml version='1.0'?>"
    decoded = decode(f"{declaration}<rss>{text * 20}</rss>".encode(written), header)
    assert text * 20 in decoded.text
    assert not decoded.damaged


@pytest.mark.parametrize(
    "text, written", [(KOREAN, "cp949"), (JAPANESE, "cp932"), (RUSSIAN, "cp1251"), (CHINESE[:-1], "gb18030")]
)
def test_undeclared_charsets_are_guessed(text: str, written: str) -> None:
    assert text * 40 in decode(f"<rss>{text * 40}</rss>".encode(written)).text


def test_a_few_broken_bytes_do_not_change_the_charset() -> None:
    body = (f"<?xml version='1.0' encoding='utf-8'?><rss>{KOREAN * 50}".encode())[:-1] + b"\xff\xc0</rss>"
    decoded = decode(body)
    assert KOREAN * 49 in decoded.text
    assert (decoded.charset, decoded.damaged) == ("utf-8", True)


@given(st.binary(max_size=300))
def test_any_bytes(body: bytes) -> None:
    assert decode(body, body.decode("latin-1")).text.encode("utf-8", "surrogatepass") is not None
