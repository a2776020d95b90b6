from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.net.addresses import literal, permitted, refusal, system_resolver
from connectors.net.failures import RefusedError
from connectors.net.target import joined, target_of
from schemas.errors import DetenteError, UnreachableError

REFUSED = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "::1": "loopback",
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "::": "unspecified",
    "10.1.2.3": "private",
    "172.16.0.1": "private",
    "192.168.1.1": "private",
    "fc00::1": "private",
    "fd12:3456::1": "private",
    "100.64.0.1": "shared",
    "169.254.1.1": "link-local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "169.254.169.254": "metadata",
    "168.63.129.16": "metadata",
    "100.100.100.200": "metadata",
    "192.0.0.192": "metadata",
    "fd00:ec2::254": "metadata",
    "224.0.0.1": "multicast",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
    "240.0.0.1": "private",
    "255.255.255.255": "private",
    "192.0.0.8": "reserved",
    "192.0.2.1": "private",
    "198.18.0.1": "benchmark",
    "198.51.100.7": "private",
    "203.0.113.9": "private",
    "192.88.99.1": "6to4 relay",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::ffff:0:127.0.0.1": "IPv4-translated",
    "::127.0.0.1": "reserved",
    "::a00:1": "reserved",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b::169.254.169.254": "NAT64",
    "64:ff9b:1::a00:1": "NAT64",
    "2002:7f00:1::": "6to4",
    "2002:a9fe:a9fe::1": "6to4",
    "2001:0:5ef5:79fd::1": "Teredo",
    "2001:db8::1": "private",
    "3fff::1": "documentation",
    "fec0::1": "site-local",
    "100::1": "discard",
    "5f00::1": "segment routing",
    "2a00:1450:4001:800::5efe:7f00:1": "ISATAP",
    "2a00:1450:4001:800:200:5efe:a00:1": "ISATAP",
    "no address": "unreadable",
}  # fmt: skip


@pytest.mark.parametrize("address, why", REFUSED.items())
def test_addresses_that_may_not_be_visited(address: str, why: str) -> None:
    assert refusal(address) == why


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "192.0.1.1", "2606:4700:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_pass(address: str) -> None:
    assert refusal(address) == ""


@given(st.ip_addresses())
def test_what_passes_is_global_unicast(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if not refusal(ip):
        assert ip.is_global
        assert not ip.is_multicast


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0x0.0x0.0x1", "017700000001", "0",
     "134744072", "127.0.0.1.", "127.000.000.001"],
)  # fmt: skip
def test_odd_spellings_of_ipv4(host: str) -> None:
    with pytest.raises(RefusedError):
        permitted(host, 80, system_resolver(2), allow_private=False)


@pytest.mark.parametrize("host", ["news.example", "1und1.example", "0xdead.example", "3com.example"])
def test_names_are_no_literals(host: str) -> None:
    assert literal(host) is None


def test_one_private_address_spoils_a_name() -> None:
    with pytest.raises(RefusedError, match=r"news\.example leads to 10\.0\.0\.5, a private address"):
        permitted("news.example", 443, lambda _h, _p: ["8.8.8.8", "10.0.0.5"], allow_private=False)
    assert permitted("news.example", 443, lambda _h, _p: ["8.8.8.8", "8.8.8.8"], allow_private=False) == ["8.8.8.8"]
    assert permitted("news.example", 443, lambda _h, _p: ["10.0.0.5"], allow_private=True) == ["10.0.0.5"]


def test_a_name_without_address_is_unreachable() -> None:
    with pytest.raises(UnreachableError) as caught:
        permitted("nowhere.example", 80, lambda _h, _p: [], allow_private=False)
    assert caught.value.code == "dns"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_systems_own_names_of_loopback(host: str) -> None:
    with pytest.raises(RefusedError):
        permitted(host, 80, system_resolver(2), allow_private=False)


@pytest.mark.parametrize(
    "url, code",
    [
        ("ftp://news.example/x", "scheme_refused"),
        ("file:///etc/passwd", "scheme_refused"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "scheme_refused"),
        ("javascript:alert(1)", "scheme_refused"),
        ("//news.example/x", "scheme_refused"),
        ("news.example/x", "scheme_refused"),
        ("http://good.example@127.0.0.1/", "userinfo_refused"),
        ("http://user:pw@news.example/", "userinfo_refused"),
        ("http:///path", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://news.example:99999/", "bad_url"),
        ("http://news.example:x/", "bad_url"),
        ("http://%31%32%37.0.0.1/", "bad_url"),
        ("http://news example/", "bad_url"),
        ("http://news.example\\@127.0.0.1/", "userinfo_refused"),
        ("http://" + "a" * 300 + ".example/", "bad_url"),
        ("http://news.example/" + "a" * 9000, "bad_url"),
    ],
)
def test_addresses_that_are_refused_as_text(url: str, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        target_of(url)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "url, spelled",
    [
        ("HTTPS://News.Example:443/a b?q=한 국#top", "https://news.example/a%20b?q=%ED%95%9C%20%EA%B5%AD"),
        ("http://news.example", "http://news.example/"),
        ("http://news.example.:8080/x", "http://news.example:8080/x"),
        ("https://뉴스.example/", "https://xn--vg1b002a.example/"),
        ("http://①②⑦.⓪.⓪.①/", "http://127.0.0.1/"),
        ("http://[2606:4700::1111]/x%20y", "http://[2606:4700::1111]/x%20y"),
        ("http://news.example/\r\nHost: evil", "http://news.example/Host:%20evil"),
    ],
)
def test_one_spelling(url: str, spelled: str) -> None:
    assert target_of(url).url == spelled


@given(st.text(max_size=80))
def test_taking_apart_never_raises_anything_else(text: str) -> None:
    for url in (text, f"http://{text}", f"http://{text}/{text}", joined("https://news.example/a", text)):
        try:
            target = target_of(url)
        except DetenteError:
            continue
        assert target.url.isascii()
        assert target_of(target.url) == target
