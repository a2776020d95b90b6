"""The pages and their twins over a small data directory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

import console.web
from console.api.app import create_app
from console.api.views import parts_of
from console.web.pages import as_data, safe_link
from console.web.words import band_class, signed, state_in_words
from tests.unit.console.conftest import Sample, state

STATIC = Path(console.web.__file__).parent / "static"
VOID = {"meta", "link", "input", "img", "br"}


class Balance(HTMLParser):
    """Complains where elements are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.inline = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"href", "src"}:
                self.links.append((tag, value or ""))
            self.inline += name == "style" or name.startswith("on")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(html: str) -> Balance:
    page = Balance()
    page.feed(html)
    page.close()
    assert page.open == []
    assert page.inline == 0, "inline styles and handlers are forbidden by the content policy"
    return page


@pytest.fixture
def client(sample: Sample) -> Iterator[TestClient]:
    with TestClient(create_app(sample.home), base_url="http://127.0.0.1") as opened:
        yield opened


PAGES = [
    "/",
    "/pairs/CHN-JPN",
    "/pairs/MNG-TWN",
    "/alerts/a1b2c3",
    f"/signals/{1:032x}",
    "/search",
    "/search?q=hotline",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_formed_and_asks_no_other_host(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = checked(answer.text)
    for tag, url in page.links:
        if tag in {"script", "link", "img"}:
            assert url.startswith("/static/")
            assert client.get(url).status_code == 200
        elif url.startswith("/"):
            assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_twin(client: TestClient, path: str) -> None:
    twin = re.search(r'This page as data: <a href="([^"]+)"', client.get(path).text)
    assert twin is not None
    answer = client.get(twin[1].replace("&amp;", "&"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["now"].endswith("Z")


def test_front_leads_from_numbers_to_quotes(client: TestClient) -> None:
    html = client.get("/").text
    assert "China and Japan: tension above its usual share" in html
    assert "China banned seafood from Japan on Thursday." in html
    assert 'href="https://nippon-relay.example/0"' in html
    cell = re.search(r'<td class="n2"><a href="/pairs/CHN-JPN" title="([^"]+)">−5.0</a>', html)
    assert cell is not None
    assert cell[1] == "China and Japan: tension, −5.0 (−6.5 to −3.5)"
    front = client.get("/index.json").json()
    assert len(front["matrix"]) == 8
    assert [front["matrix"][n][n] for n in range(8)] == [None] * 8
    assert front["matrix"][0][1]["level"] == front["matrix"][1][0]["level"] == -5


def test_what_a_feed_says_is_escaped(client: TestClient) -> None:
    html = client.get("/").text
    assert "Kanto &lt;Courier&gt;" in html
    assert "<Courier>" not in html


def test_pair_page(client: TestClient) -> None:
    html = client.get("/pairs/CHN-JPN").text
    assert "At the end of 26 August 2023 the relation of China and Japan was one of tension: level −5.0" in html
    assert "−75 %" in html
    assert "/static/vendor/uplot/uPlot.iife.min.js" in html
    pair = client.get("/pairs/CHN-JPN.json").json()
    assert pair["series"][0] == ["2023-08-22", -1.0, -2.5, 0.5]
    assert [alert["alert_id"][:6] for alert in pair["alerts"]] == ["a1b2c3"]
    assert pair["evidence"][0]["signals"][0]["signal"]["url"] == "https://nippon-relay.example/0"
    assert "Nothing is known of this pair yet" in client.get("/pairs/MNG-TWN").text


def test_alert_page(client: TestClient) -> None:
    html = client.get("/alerts/a1b2c3").text
    for part in ("Conflict makes up 90 %", "kanto-group, relay-group", "may talk on the hotline", "revision 1: firing"):
        assert part in html


def test_signal_page_marks_who_does_what_to_whom(client: TestClient, sample: Sample) -> None:
    html = client.get(f"/signals/{1:032x}").text
    assert '<mark class="is-source" title="source">China</mark>' in html
    assert '<mark class="is-trigger" title="trigger">banned</mark>' in html
    assert '<mark class="is-target" title="target">Japan</mark>' in html
    assert "".join(text for _, text in parts_of(sample.signals[0])) == sample.signals[0].evidence.quote


@pytest.mark.parametrize("path", ["/pairs/CHN-XXX", "/alerts/ffffff", "/signals/none", "/nowhere"])
def test_what_is_not_there(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 404
    checked(page.text)
    twin = client.get(f"{path}.json")
    assert twin.status_code == 404
    assert twin.headers["content-type"] == "application/problem+json"
    assert twin.json()["status"] == 404


def test_a_query_that_cannot_be_read(client: TestClient) -> None:
    page = client.get("/search", params={"q": "foo:<b>"})
    assert page.status_code == 400
    assert "unknown field" in page.text
    checked(page.text)
    assert client.get("/search.json", params={"q": "(a"}).status_code == 400
    assert client.get("/search.json", params={"cursor": "made up"}).status_code == 400


def test_headers_forbid_what_the_pages_do_not_need(client: TestClient) -> None:
    for path in ("/", "/index.json", "/nowhere", "/static/style.css"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_another_sites_name_gets_nothing(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_only_reading(client: TestClient) -> None:
    assert client.post("/").status_code == 405


def test_health_and_readiness(client: TestClient, sample: Sample) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_not_ready_without_a_readable_database(sample: Sample) -> None:
    for file in sample.home.path.glob("index.db*"):
        file.unlink()
    sample.home.index_file.write_bytes(b"no database" * 500)
    with TestClient(create_app(sample.home), base_url="http://127.0.0.1") as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "index.db" in answer.json()["why"]
        assert client.get("/healthz").status_code == 200
        checked(client.get("/").text)


def test_metrics_of_all_processes_are_one_exposition(client: TestClient, sample: Sample) -> None:
    sample.home.metrics.mkdir()
    for process, number in (("feeds", 3), ("extract", 4)):
        (sample.home.metrics / f"{process}.prom").write_text(
            "# HELP detente_inputs_total Inputs.\n# TYPE detente_inputs_total counter\n"
            f'detente_inputs_total{{stage="s",outcome="o"}} {number}\n'
            "# HELP detente_seconds Time.\n# TYPE detente_seconds histogram\n"
            'detente_seconds_bucket{le="1.0"} 1\ndetente_seconds_bucket{le="+Inf"} 1\n'
            "detente_seconds_count 1\ndetente_seconds_sum 0.5\n"
        )
    (sample.home.metrics / "broken.prom").write_text("{{{ not metrics")
    text = client.get("/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted = {sample.labels["process"]: sample.value for sample in families["detente_inputs"].samples}
    assert counted == {"feeds": 3, "extract": 4}
    assert families["detente_seconds"].type == "histogram"
    assert len(re.findall("# TYPE detente_inputs_total", text)) == 1
    assert len(text.splitlines()) == len(set(text.splitlines()))


def test_metrics_before_anything_ran(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://", "http://[", ""]
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert safe_link(url) == ""


def test_a_data_block_cannot_be_left() -> None:
    assert "<" not in as_data({"a": "</script><script>"})


@pytest.mark.parametrize(
    "level,shade",
    [(-9, "n3"), (-6, "n2"), (-3, "n1"), (-1, "zero"), (0.99, "zero"), (1, "p1"), (3, "p2"), (6, "p3"), (9, "p3")],
)
def test_shades_are_symmetric_steps(level: float, shade: str) -> None:
    assert band_class(level) == shade


@pytest.mark.parametrize("value,text", [(0.04, "0.0"), (-0.04, "0.0"), (-1.26, "−1.3"), (2, "+2.0")])
def test_signed_numbers(value: float, text: str) -> None:
    assert signed(value) == text


def test_state_in_words_says_when_a_share_is_unusual(sample: Sample) -> None:
    from datetime import date

    words = " ".join(state_in_words(state("CHN-JPN", date(2023, 8, 26), -4.0)))
    assert "conflict made up 80 % of what passed between them, against 40 % usually, which is unusual (z +2.5)" in words
    assert "In the last 30 days too little happened to compare" in words
    assert "lately worse than in the long run" in words
    assert "4 events reported by 2 independent ownership groups" in words


def test_the_vendored_plot_library_carries_its_licence() -> None:
    folder = STATIC / "vendor/uplot"
    assert "MIT" in (folder / "LICENSE").read_text()
    assert "1.6" in (folder / "uPlot.iife.min.js").read_text()[:200]


def test_the_style_asks_no_other_host() -> None:
    for file in [*STATIC.glob("*.css"), *STATIC.glob("*.js")]:
        assert not re.search(r"url\(|@import|https?:", file.read_text()), file.name
