"""Which IP addresses may be visited: public unicast only, whatever the spelling.

`ipaddress.is_global` alone passes NAT64 and 6to4 forms of loopback, multicast and site-local addresses, and
getaddrinfo accepts `2130706433`, `0x7f.1` and `127.1`; so tunnels and embedded addresses are refused as such.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final

from connectors.net.failures import RefusedError
from schemas.errors import UnreachableError

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port to IP addresses in text form, best first. Raises OSError where there are none."""

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAMED: Final[tuple[tuple[str, str], ...]] = (
    ("169.254.169.254/32", "metadata"),
    ("168.63.129.16/32", "metadata"),  # Azure's wire server, a public address by its number
    ("100.100.100.200/32", "metadata"),
    ("192.0.0.192/32", "metadata"),
    ("fd00:ec2::/32", "metadata"),
    ("0.0.0.0/8", "unspecified"),
    ("100.64.0.0/10", "shared"),
    ("192.0.0.0/24", "reserved"),
    ("192.88.99.0/24", "6to4 relay"),
    ("198.18.0.0/15", "benchmark"),
    ("::ffff:0:0/96", "IPv4-mapped"),
    ("::ffff:0:0:0/96", "IPv4-translated"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "NAT64"),
    ("100::/64", "discard"),
    ("2001::/32", "Teredo"),
    ("2001::/23", "reserved"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fec0::/10", "site-local"),
)
_NETWORKS: Final = tuple((ipaddress.ip_network(network), name) for network, name in _NAMED)
_ISATAP: Final = re.compile(rb"^.{8}[\x00\x02]\x00\x5e\xfe", re.DOTALL)
_ODD: Final = re.compile(r"^(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?$", re.IGNORECASE)


def refusal(address: str | IPAddress) -> str:
    """Why this address may not be visited, for example `loopback`; "" for a public unicast address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0] if isinstance(address, str) else address)
    except ValueError:
        return "unreadable"
    for network, name in _NETWORKS:
        if ip.version == network.version and ip in network:
            return name
    if isinstance(ip, ipaddress.IPv6Address) and _ISATAP.match(ip.packed):
        return "ISATAP"
    return _by_property(ip)


def _by_property(ip: IPAddress) -> str:
    names = (
        ("loopback", ip.is_loopback),
        ("unspecified", ip.is_unspecified),
        ("link-local", ip.is_link_local),
        ("multicast", ip.is_multicast),
        ("private", ip.is_private),
        ("reserved", ip.is_reserved or not ip.is_global),
    )
    return next((name for name, holds in names if holds), "")


def literal(host: str) -> IPAddress | None:
    """The address that the host spells, None for a name; RefusedError `odd_address` for `127.1`, `0x7f000001` ..."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host.partition("%")[0])
        except ValueError as error:
            raise RefusedError(f"{host} is no IPv6 address", "bad_url") from error
    try:
        return ipaddress.IPv4Address(host.rstrip("."))
    except ValueError:
        if _ODD.match(host):
            raise RefusedError(f"{host} is an odd spelling of an IPv4 address: write a.b.c.d", "odd_address") from None
        return None


def permitted(host: str, port: int, resolver: Resolver, *, allow_private: bool) -> list[str]:
    """The addresses to connect to, in the resolver's order.

    One address that may not be visited spoils the name: a record set that mixes public and private addresses is the
    usual form of a rebinding attack. Raises RefusedError, or UnreachableError (`dns`) for a name without address.
    """
    try:
        spelled = literal(host)
    except RefusedError:
        if not allow_private:
            raise
        spelled = None
    try:
        found = [str(spelled)] if spelled is not None else list(dict.fromkeys(resolver(host, port)))
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"no address for {host}: {error}", "dns") from error
    if not found:
        raise UnreachableError(f"no address for {host}", "dns")
    if not allow_private:
        for address in found:
            if why := refusal(address):
                raise RefusedError(
                    f"{host} leads to {address}, a {why} address; allow_private_addresses = true permits it"
                )
    return found


def system_resolver(timeout: float) -> Resolver:
    """The name service of the system, with a time limit in seconds, which getaddrinfo itself does not have."""

    def resolve(host: str, port: int) -> list[str]:
        outcome: list[list[str] | OSError] = []

        def look_up() -> None:
            try:
                answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                outcome.append([str(answer[4][0]) for answer in answers])
            except (OSError, UnicodeError) as error:
                outcome.append(error if isinstance(error, OSError) else OSError(str(error)))

        worker = threading.Thread(target=look_up, name="resolve", daemon=True)
        worker.start()
        worker.join(timeout)
        if not outcome:
            raise OSError(f"name service silent for {timeout:g} s")
        if isinstance(outcome[0], OSError):
            raise outcome[0]
        return outcome[0]

    return resolve
