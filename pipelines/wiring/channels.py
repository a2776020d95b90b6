"""Channels of the settings file, made into routes. One kind of channel is one line here and one module there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from connectors.channels.file import FileChannel
from connectors.channels.standard_output import StandardOutputChannel
from connectors.channels.webhook import WebhookChannel
from pipelines.delivery import Route
from pipelines.settings import ChannelEntry, Settings, resolve_secret
from pipelines.wiring.home import Home
from schemas.errors import ConfigError
from schemas.ports.channels import Channel


def _file(name: str, entry: ChannelEntry, settings: Settings, home: Home) -> Channel:
    return FileChannel(name, Path(entry.address).expanduser() if entry.address else home.path / f"{name}.jsonl")


def _standard_output(name: str, entry: ChannelEntry, settings: Settings, home: Home) -> Channel:
    return StandardOutputChannel(name)


def _webhook(name: str, entry: ChannelEntry, settings: Settings, home: Home) -> Channel:
    if not entry.address:
        raise ConfigError(f"channels.{name}.address is missing; write the webhook's address", "no_address")
    secrets = resolve_secret(entry.secret).split()
    return WebhookChannel(name, entry.address, secrets, allow_private=settings.allow_private_addresses)


KINDS: Final[dict[str, Callable[[str, ChannelEntry, Settings, Home], Channel]]] = {
    "file": _file,
    "stdout": _standard_output,
    "webhook": _webhook,
}


def routes(settings: Settings, home: Home) -> list[Route]:
    """A route for each configured channel, with the rules that name it."""
    made = []
    for name, entry in sorted(settings.channels.items()):
        rules = frozenset(rule.id for rule in settings.rules if name in rule.channels)
        channel = KINDS[entry.kind](name, entry, settings, home)
        made.append(Route(channel=channel, states=frozenset(entry.states), rules=rules))
    return made
