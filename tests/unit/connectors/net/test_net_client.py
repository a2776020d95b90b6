from __future__ import annotations

import gzip
import pickle
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connectors.net import HttpClient, OversizeError, RefusedError, retry_after
from connectors.net.politeness import Politeness
from schemas.errors import ConfigError, DetenteError, QuarantinedError, TransientError, UnreachableError

if TYPE_CHECKING:
    from tests.unit.connectors.conftest import Site


def local(**options: object) -> HttpClient:
    return HttpClient(allow_private=True, **options)  # type: ignore[arg-type]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(DetenteError) as caught:
        call()
    assert pickle.loads(pickle.dumps(caught.value)).code == caught.value.code
    return caught.value.code


def test_an_answer(site: Site) -> None:
    site.routes["/x?q=1"] = lambda h: site.reply(h, 200, b"hello", ETag='"v1"')
    with local() as client:
        answer = client.get(f"{site.origin}/x?q=1", {"If-None-Match": '"v0"'})
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"hello", '"v1"')
    assert answer.url == f"{site.origin}/x?q=1"
    assert 0 < answer.elapsed < 5
    _, _, _, sent = site.seen[0]
    assert sent["if-none-match"] == '"v0"'
    assert sent["user-agent"].startswith("detente/")


def test_errors_are_answers(site: Site) -> None:
    site.routes["/gone"] = lambda h: site.reply(h, 410, b"gone")
    with local() as client:
        assert client.get(f"{site.origin}/gone").status == 410
        assert client.get(f"{site.origin}/nowhere").status == 404


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/x", "http://localhost:{port}/x", "http://2130706433:{port}/x",
                                 "http://127.1:{port}/x", "http://[::ffff:127.0.0.1]:{port}/x", "http://0:{port}/x",
                                 "http://①②⑦.⓪.⓪.①:{port}/x", "http://127.0.0.1.:{port}/x"])  # fmt: skip
def test_loopback_is_refused_in_every_spelling(site: Site, url: str) -> None:
    site.routes["/x"] = lambda h: site.reply(h, 200, b"secret")
    with HttpClient(pause=0) as client:
        assert code_of(lambda: client.get(url.format(port=site.port))) in {"address_refused", "odd_address"}
        assert code_of(lambda: client.post(url.format(port=site.port), b"{}")) in {"address_refused", "odd_address"}
    assert site.seen == []


def test_a_name_that_leads_inside_is_refused(site: Site) -> None:
    with HttpClient(resolver=lambda _h, _p: ["127.0.0.1"]) as client:
        assert code_of(lambda: client.get(f"http://news.example:{site.port}/x")) == "address_refused"
    assert site.seen == []


def test_dns_that_changes_between_check_and_connect(site: Site) -> None:
    """Whatever is connected to was checked: the name is asked once a connection, and its answer is used."""
    site.routes["/x"] = lambda h: site.reply(h, 200, b"secret")
    answers = [["203.0.114.1"], ["127.0.0.1"], ["127.0.0.1"]]
    asked: list[str] = []
    tried: list[str] = []

    def changing(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    with HttpClient(resolver=changing, connect_timeout=0.2, total_timeout=1, pause=0) as client:
        inner = client._backend._inner
        connect = inner.connect_tcp

        def watched(host: str, *rest: object, **named: object) -> object:
            tried.append(host)
            return connect(host, *rest, **named)  # type: ignore[arg-type]

        inner.connect_tcp = watched  # type: ignore[method-assign, assignment]
        assert code_of(lambda: client.get(f"http://news.example:{site.port}/x")) in {"connect", "timeout"}
        assert (asked, tried) == (["news.example"], ["203.0.114.1"])
        assert code_of(lambda: client.get(f"http://news.example:{site.port}/x")) == "address_refused"
        assert tried == ["203.0.114.1"]
    assert site.seen == []


def test_redirects_are_followed_and_permanent_ones_reported(site: Site) -> None:
    site.routes["/a"] = lambda h: site.reply(h, 301, Location="/b")
    site.routes["/b"] = lambda h: site.reply(h, 308, Location=f"{site.origin}/c")
    site.routes["/c"] = lambda h: site.reply(h, 302, Location="d")
    site.routes["/d"] = lambda h: site.reply(h, 200, b"there")
    with local() as client:
        answer = client.get(f"{site.origin}/a")
    assert (answer.body, answer.url, answer.moved) == (b"there", f"{site.origin}/d", f"{site.origin}/c")


def test_too_many_redirects(site: Site) -> None:
    site.routes["/loop"] = lambda h: site.reply(h, 302, Location="/loop")
    with local() as client:
        assert code_of(lambda: client.get(f"{site.origin}/loop")) == "too_many_redirects"
    assert len(site.seen) == 6


@pytest.mark.parametrize("location", ["http://127.0.0.1:{port}/in", "http://[::1]:{port}/in", "http://2130706433/in",
                                      "http://169.254.169.254/latest/meta-data", "file:///etc/passwd",
                                      "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "//127.1/"])  # fmt: skip
def test_a_redirect_inside_is_refused(site: Site, location: str) -> None:
    """The first address is the operator's own gateway-like exception; what it redirects to is not."""
    site.routes["/in"] = lambda h: site.reply(h, 200, b"secret")
    site.routes["/out"] = lambda h: site.reply(h, 302, Location=location.format(port=site.port))
    with HttpClient(resolver=lambda _h, _p: ["127.0.0.1"], pause=0) as client:
        client._backend._trusted = frozenset({("news.example", site.port)})
        code = code_of(lambda: client.get(f"http://news.example:{site.port}/out"))
    assert code in {"address_refused", "odd_address", "scheme_refused"}
    assert [path for _, _, path, _ in site.seen] == ["/out"]


def test_credentials_do_not_follow_a_redirect_to_another_origin(site: Site) -> None:
    site.routes["/a"] = lambda h: site.reply(h, 302, Location=f"http://localhost:{site.port}/b")
    site.routes["/b"] = lambda h: site.reply(h, 200)
    with local() as client:
        client.get(f"{site.origin}/a", {"Authorization": "Bearer t", "X-Kept": "1"})
    assert "authorization" in site.seen[0][3]
    assert "authorization" not in site.seen[1][3]
    assert site.seen[1][3]["x-kept"] == "1"


def test_size_limits(site: Site) -> None:
    site.routes["/large"] = lambda h: site.reply(h, 200, b"x" * 1001)
    site.routes["/fits"] = lambda h: site.reply(h, 200, b"x" * 1000)
    site.routes["/bomb"] = lambda h: site.reply(h, 200, gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
    with local(max_bytes=1000) as client:
        assert len(client.get(f"{site.origin}/fits").body) == 1000
        with pytest.raises(OversizeError):
            client.get(f"{site.origin}/large")
        assert code_of(lambda: client.get(f"{site.origin}/bomb")) == "decompression_bomb"


def test_an_endless_body_is_cut(site: Site) -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        while sent < 200_000_000:
            handler.wfile.write(b"x" * 65536)
            sent += 65536

    site.routes["/endless"] = endless
    with local(max_bytes=100_000) as client:
        assert code_of(lambda: client.get(f"{site.origin}/endless")) == "too_large"
    assert sent < 100_000_000


@pytest.mark.parametrize(
    "encoding, pack",
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda b: zlib.compress(b)[2:-4]),
        ("gzip", lambda b: gzip.compress(b[:10]) + gzip.compress(b[10:])),
        ("identity", bytes),
        ("", bytes),
    ],
)
def test_encodings(site: Site, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    text = "여러 말 ".encode() * 5000
    site.routes["/x"] = lambda h: site.reply(h, 200, pack(text), Content_Encoding=encoding)
    with local() as client:
        assert client.get(f"{site.origin}/x").body == text


@pytest.mark.parametrize(
    "encoding, body, code",
    [
        ("br", b"x", "unknown_encoding"),
        ("gzip, gzip", b"x", "unknown_encoding"),
        ("gzip", b"this is no gzip", "bad_encoding"),
        ("gzip", gzip.compress(b"x" * 9999, mtime=0)[:-9], "truncated"),
    ],
)
def test_broken_encodings(site: Site, encoding: str, body: bytes, code: str) -> None:
    site.routes["/x"] = lambda h: site.reply(h, 200, body, Content_Encoding=encoding)
    with local() as client:
        assert code_of(lambda: client.get(f"{site.origin}/x")) == code


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_dripping_server_is_left(site: Site, where: str) -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"" if where == "headers" else b"Content-Length: 900\r\n\r\n"))
        while not stop.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    site.routes["/drip"] = drip
    with local(total_timeout=0.4) as client:
        start = time.monotonic()
        assert code_of(lambda: client.get(f"{site.origin}/drip")) == "timeout"
        assert time.monotonic() - start < 2
    stop.set()


def test_unreachable(site: Site) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with local() as client:
        assert code_of(lambda: client.get(f"http://127.0.0.1:{port}/")) == "connect"

    def cut_off(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nonly this")
        handler.close_connection = True

    def nonsense(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"\0\0 what\r\n\r\n")
        handler.close_connection = True

    site.routes["/cut"] = cut_off
    site.routes["/nonsense"] = nonsense
    with local() as client:
        assert code_of(lambda: client.get(f"{site.origin}/cut")) == "protocol"
        assert code_of(lambda: client.get(f"{site.origin}/nonsense")) == "protocol"


def test_a_silent_name_service_has_a_limit() -> None:
    def never(_host: str, _port: int) -> list[str]:
        raise OSError("name service silent for 5 s")

    with HttpClient(resolver=never) as client, pytest.raises(UnreachableError, match="silent") as caught:
        client.get("http://news.example/")
    assert caught.value.code == "dns"


def test_bad_request_headers() -> None:
    with local() as client:
        assert code_of(lambda: client.get("http://127.0.0.1:9/", {"X-Name": "한국"})) == "bad_request"


def test_post_follows_no_redirect_and_keeps_little(site: Site) -> None:
    site.routes["/hook"] = lambda h: site.reply(h, 200, b"y" * 100_000)
    site.routes["/moved"] = lambda h: site.reply(h, 307, Location="/hook")
    with local() as client:
        answer = client.post(f"{site.origin}/hook", b'{"a":1}', {"webhook-id": "1.2"}, timeout=3)
        assert (answer.status, len(answer.body)) == (200, 65536)
        assert client.post(f"{site.origin}/moved", b"{}").status == 307
    assert [path for _, _, path, _ in site.seen] == ["/hook", "/moved"]
    assert site.bodies[0] == b'{"a":1}'
    assert site.seen[0][3]["webhook-id"] == "1.2"


def test_the_gateway_gets_every_request_with_the_original_host(site: Site) -> None:
    site.routes["/feed.xml"] = lambda h: site.reply(h, 301, Location="https://other.example:8443/b")
    site.routes["/b"] = lambda h: site.reply(h, 200, b"there")
    with HttpClient(gateway=site.origin) as client:
        answer = client.get("https://news.example/feed.xml")
    assert (answer.body, answer.url) == (b"there", "https://other.example:8443/b")
    assert [(host, path) for _, host, path, _ in site.seen] == [
        ("news.example", "/feed.xml"),
        ("other.example:8443", "/b"),
    ]


@pytest.mark.parametrize("gateway", ["http://127.0.0.1:1/path", "127.0.0.1:80", "ftp://x.example"])
def test_a_bad_gateway_is_a_setting(gateway: str) -> None:
    with pytest.raises(ConfigError, match="write an origin"):
        HttpClient(gateway=gateway)


class Stopwatch:
    def __init__(self) -> None:
        self.at = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.at += seconds


def test_a_pause_between_requests_to_one_host() -> None:
    watch = Stopwatch()
    manners = Politeness(1.5, watch, watch.sleep)
    for host in ("a", "b", "a", "a"):
        with manners.turn(host):
            watch.at += 0.25
    assert watch.slept == [1.25, 1.5]


def test_a_host_that_asks_for_silence_gets_it() -> None:
    watch = Stopwatch()
    manners = Politeness(0, watch, watch.sleep)
    manners.silence("a", 60)
    with pytest.raises(TransientError) as caught, manners.turn("a"):
        pass
    assert (caught.value.code, caught.value.retry_after) == ("host_paused", 60)
    with manners.turn("b"):
        pass
    watch.at += 57
    with manners.turn("a"):
        pass
    assert watch.slept == [3]


def test_one_request_at_a_time_per_host() -> None:
    manners = Politeness(0, time.monotonic, time.sleep)
    inside, most = 0, 0

    def visit() -> None:
        nonlocal inside, most
        with manners.turn("a"):
            inside += 1
            most = max(most, inside)
            time.sleep(0.01)
            inside -= 1

    threads = [threading.Thread(target=visit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert most == 1


def test_retry_after_is_remembered_but_not_on_loopback(site: Site) -> None:
    site.routes["/x"] = lambda h: site.reply(h, 429, Retry_After="120")
    with local(resolver=lambda _h, _p: ["127.0.0.1"]) as client:
        assert client.get(f"http://news.example:{site.port}/x").status == 429
        assert code_of(lambda: client.get(f"http://news.example:{site.port}/y")) == "host_paused"
        assert client.get(f"{site.origin}/x").status == 429
        assert client.get(f"{site.origin}/x").status == 429


NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "99999999999"}, 7 * 86400.0),
        ({"retry-after": "Thu, 01 Jan 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 2026 12:01:00 GMT", "date": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2015 12:01:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "١٢"}, None),
        ({}, None),
    ],
)
def test_retry_after_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_connections_are_kept(site: Site) -> None:
    site.routes["/x"] = lambda h: site.reply(h, 200, str(h.client_address[1]).encode())
    with local() as client:
        assert len({client.get(f"{site.origin}/x").body for _ in range(5)}) == 1


def test_tls_keeps_name_for_sni_and_certificate(tmp_path: Path) -> None:
    certificate, key = _self_signed(tmp_path, "news.example")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    names: list[str | None] = []
    context.sni_callback = lambda _s, name, _c: names.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            raw, _ = listener.accept()
            raw.settimeout(5)
            try:
                with context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            except OSError:
                raw.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    trusting = ssl.create_default_context(cafile=str(certificate))
    port = listener.getsockname()[1]
    with local(resolver=lambda _h, _p: ["127.0.0.1"], ssl_context=trusting) as client:
        assert client.get(f"https://news.example:{port}/").body == b"ok"
        assert code_of(lambda: client.get(f"https://other.example:{port}/")) == "connect"
    thread.join(5)
    listener.close()
    assert names == ["news.example", "other.example"]


def _self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def test_refusals_name_the_setting(site: Site) -> None:
    with HttpClient() as client, pytest.raises(RefusedError, match="allow_private_addresses = true"):
        client.get(site.origin)
    assert issubclass(RefusedError, QuarantinedError)
