"""Verbs that read files or standard input and touch no store."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import msgspec
import pytest

from schemas.records import Signal
from tests.unit.console.conftest import Detente

TEXT = "China summoned the Japanese ambassador on Thursday and banned all seafood from Japan."
HTML = f"""<!doctype html><html lang="en"><head><title>Ban</title>
<meta property="article:published_time" content="2023-08-24T09:00:00Z"></head>
<body><article><h1>Ban</h1><p>{TEXT}</p><p>{"A second paragraph tells more of the same story. " * 8}</p></article></body></html>"""
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Relay</title><item><title>Ban</title>
<link>https://relay.example/1</link><guid>g1</guid><pubDate>Thu, 24 Aug 2023 09:00:00 GMT</pubDate>
<description>China banned seafood.</description></item></channel></rss>"""


def feed_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_extract_quotes_are_the_text_at_their_offsets(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(f"Überschrift\n\n{TEXT}", encoding="utf-8")
    ran = detente("extract", str(file), "--published", "2023-08-25")
    assert ran.code == 0
    signals = [msgspec.json.decode(line, type=Signal) for line in ran.out.splitlines()]
    assert signals
    text = file.read_text(encoding="utf-8")
    for signal in signals:
        assert text[signal.evidence.start : signal.evidence.end] == signal.evidence.quote
        assert signal.article_position is None
        assert signal.first_seen is None
        assert signal.status_since is None
        assert str(signal.published) == "2023-08-25 00:00:00+00:00"
    assert {signal.dyad for signal in signals} == {"CHN-JPN"}
    assert ran.err == ""


def test_extract_jsonl_carries_the_id_and_goes_on_after_a_bad_line(
    detente: Detente, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"id": "x7", "text": TEXT, "published": "2023-08-24", "publisher": "relay", "url": "https://relay.example/1"}
    lines = [b'{"id": "no text"}', b"{broken", msgspec.json.encode(good), msgspec.json.encode(good | {"id": 8})]
    feed_stdin(monkeypatch, b"\n".join(lines))
    ran = detente("extract", "-", "--format", "jsonl")
    assert ran.code == 1
    assert {line["input_id"] for line in ran.lines} == {"x7", 8}
    assert {line["publisher"]["id"] for line in ran.lines} == {"relay"}
    assert "line 1" in ran.err
    assert "line 2" in ran.err


def test_the_format_is_known_by_content(detente: Detente, monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (TEXT.encode(), HTML.encode(), msgspec.json.encode({"id": 1, "text": TEXT})):
        feed_stdin(monkeypatch, data)
        ran = detente("extract", "-", "--published", "2023-08-24")
        assert ran.code == 0
        assert "CHN-JPN" in {line["dyad"] for line in ran.lines}
        assert all("<" not in line["evidence"]["quote"] for line in ran.lines)


def test_a_page_without_text_is_refused(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "empty.html"
    file.write_text("<html><body></body></html>")
    ran = detente("extract", str(file))
    assert (ran.code, ran.out) == (1, "")
    assert "empty.html" in ran.err


def test_extract_without_a_date_says_so(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(TEXT)
    ran = detente("extract", str(file))
    assert "--published" in ran.err
    assert {line["published"] for line in ran.lines} == {None}
    assert detente("extract", str(file), "--quiet").err == ""


def test_extract_explains_what_it_did_not_code(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(TEXT)
    assert "outcome: relevant" in detente("extract", str(file), "--explain", "--published", "2023-08-24").err


def test_other_states_only_with_scope_all(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text("France signed a treaty with Germany on Monday.")
    narrow = detente("extract", str(file), "--published", "2023-08-24")
    wide = detente("extract", str(file), "--published", "2023-08-24", "--scope", "all")
    assert narrow.lines == []
    assert [line["dyad"] for line in wide.lines] == ["DEU-FRA"]


def test_classify(detente: Detente, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"id": 1, "text": "China imposed sanctions on Japan on Monday.", "source": "China", "target": "Japan"},
        {"id": 2, "text": "China and Japan lie in Asia.", "source": "China", "target": "Japan"},
    ]
    feed_stdin(monkeypatch, b"\n".join(map(msgspec.json.encode, rows)) + b"\n{}\n")
    ran = detente("classify", "-")
    assert ran.code == 1
    assert [(line["id"], line["type"], line["factuality"]) for line in ran.lines] == [
        (1, "SANCTION", "fact"),
        (2, None, None),
    ]
    assert set(ran.lines[0]) == {"id", "type", "mode", "quad", "factuality", "polarity", "confidence"}


def test_evaluate_counts_right_wrong_and_missed(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    sanction = {"source": ["CHN:GOV"], "target": ["JPN:GOV"], "type": "SANCTION", "factuality": "fact"}
    rows = [
        {"id": 1, "language": "en", "text": "China imposed sanctions on Japan on Monday.", "signals": [sanction]},
        {"id": 2, "language": "en", "text": "China and Japan lie in Asia.", "signals": [sanction]},
        {"id": 3, "language": "en", "text": "China and Japan lie in Asia.", "signals": [sanction | {"optional": True}]},
    ]
    file.write_bytes(b"\n".join(map(msgspec.json.encode, rows)))
    found = {(line["by"], line["of"]): line for line in detente("evaluate", str(file), "--json").lines}
    whole = found["all", "all"]
    assert (whole["right"], whole["wrong"], whole["missed"]) == (1, 0, 1)
    assert (whole["precision"], whole["recall"]) == (1.0, 0.5)
    assert found["type", "SANCTION"]["f1"] == pytest.approx(2 / 3)


def test_feeds_check_says_what_would_be_emitted(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(RSS)
    ran = detente("feeds", "check", str(file), "--json")
    line = ran.lines[0]
    assert set(line) == {"input", "status", "format", "title", "items", "problems"}
    assert (line["input"], line["status"], line["title"]) == (str(file), "ok", "Relay")
    assert line["items"] == [
        {
            "id": "g1",
            "url": "https://relay.example/1",
            "title": "Ban",
            "published": "2023-08-24T09:00:00Z",
            "summary": "China banned seafood.",
        }
    ]
    # The newest item is years old: that is a problem, and problems are exit code 4.
    assert [problem["code"] for problem in line["problems"]] == ["zombie"]
    assert ran.code == 4


def test_feeds_check_goes_on_after_what_is_no_feed(detente: Detente, tmp_path: Path) -> None:
    bad, good = tmp_path / "page.html", tmp_path / "feed.xml"
    bad.write_text("<html><body>no feed</body></html>")
    good.write_text(RSS)
    ran = detente("feeds", "check", str(bad), "http://127.0.0.1:1/feed", str(good), "--json")
    assert [line["status"] for line in ran.lines] == ["failed", "failed", "ok"]
    assert ran.code == 4
    assert ran.lines[0]["problems"][0]["code"] == "html_instead_of_feed"


def test_feeds_page(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(HTML)
    ran = detente("feeds", "page", str(file), "--json")
    assert ran.code == 0
    line = ran.lines[0]
    assert set(line) >= {"input", "title", "text", "published", "authors", "language", "canonical_url"}
    assert line["title"] == "Ban"
    assert line["text"].startswith(TEXT)
    assert line["published"] == "2023-08-24T09:00:00Z"


def test_schema_check(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text('{"schema":"heard/1","day":"2023-08-24"}\n{"schema":"heard/9"}\n{"schema":"noise/1"}\n')
    ran = detente("schema", "check", str(file), "--json")
    assert ran.code == 4
    assert [line.get("code", "ok") for line in ran.lines] == ["ok", "newer_schema", "unknown_schema"]


def test_schema_list_and_show(detente: Detente) -> None:
    names = [line["schema"] for line in detente("schema", "list", "--json").lines]
    assert "signal/1" in names
    shown = detente("schema", "show", "signal").lines[0]
    assert "evidence" in str(shown)


def test_config_tells_value_and_origin(detente: Detente, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "detente.toml").write_text("tick_seconds = 2.5\n")
    monkeypatch.setenv("DETENTE_CONSOLE__BIND", "127.0.0.1:0")
    rows = {line["key"]: line for line in detente("config", "explain", "--json", "--data", str(tmp_path)).lines}
    assert rows["tick_seconds"] == {"key": "tick_seconds", "value": 2.5, "origin": f"file {tmp_path / 'detente.toml'}"}
    assert rows["console.bind"]["origin"] == "environment DETENTE_CONSOLE__BIND"
    assert rows["profile"]["origin"] == "default"
    shown = detente("config", "show", "--data", str(tmp_path))
    assert "tick_seconds = 2.5" in shown.out
    assert "properties" in detente("config", "schema").out


def test_rules_check(detente: Detente, tmp_path: Path) -> None:
    (tmp_path / "detente.toml").write_text(
        """
[[rules]]
id = "fine"
kind = "search"
query = "hotline"
[[rules]]
id = "fine"
dyads = ["JPN-CHN"]
channels = ["nowhere"]
[[rules]]
id = "change"
[[rules]]
id = "broken"
kind = "search"
query = "(hotline"
"""
    )
    ran = detente("rules", "check", "--json", "--data", str(tmp_path))
    assert ran.code == 4
    codes = [[problem["code"] for problem in line["problems"]] for line in ran.lines]
    assert codes == [[], ["duplicate_id", "unknown_dyad", "unknown_channel"], ["duplicate_id"], ["bad_query"]]
    assert detente("rules", "list", "--data", str(tmp_path)).code == 2


def test_configured_rules_come_after_the_shipped_ones(detente: Detente, tmp_path: Path) -> None:
    (tmp_path / "detente.toml").write_text('[[rules]]\nid = "lines"\nkind = "search"\nquery = "hotline"\n')
    listed = detente("rules", "list", "--json", "--data", str(tmp_path)).lines
    assert [(line["id"], line["origin"]) for line in listed] == [
        ("change", "shipped"),
        ("breaking", "shipped"),
        ("lines", "settings"),
    ]
    assert detente("rules", "check", "--data", str(tmp_path)).code == 0
