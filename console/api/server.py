"""The console process: binds, says where it is, serves until told to stop."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path
from typing import Final

import uvicorn

from console.api.app import create_app
from pipelines.settings import Settings
from pipelines.telemetry import write_metrics
from pipelines.wiring.home import Home
from schemas.errors import ConfigError

_METRICS_EVERY: Final = 2.0
_HIGHEST_PORT: Final = 65535
_BACKLOG: Final = 128


def serve(home: Home, settings: Settings, stop: threading.Event) -> None:
    """Serve the pages on `console.bind` until `stop`; where that port is taken, on a free one, and say so.

    The address stands in `home.console_file` while the console runs. ConfigError for an address that cannot be bound.
    """
    listener = bind(settings.console.bind)
    address = address_of(listener)
    server = uvicorn.Server(
        uvicorn.Config(create_app(home), log_level="warning", access_log=False, server_header=False, lifespan="off")
    )
    # In a thread of its own, uvicorn leaves the signals to the process, whose `stop` they set.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="console", daemon=True)
    thread.start()
    _write(home.console_file, address)
    _say(f"pages: {address}/")
    try:
        while thread.is_alive():
            write_metrics(home.metrics, "console")
            if stop.wait(_METRICS_EVERY):
                break
    finally:
        home.console_file.unlink(missing_ok=True)
        server.should_exit = True
        thread.join(5.0)
        listener.close()


def bind(where: str) -> socket.socket:
    """A listening socket on HOST:PORT, else on a free port of HOST. IPv6 hosts stand in brackets."""
    host, _, port = where.rpartition(":")
    if not host or not port.isdigit() or int(port) > _HIGHEST_PORT:
        raise ConfigError(f'setting console.bind: {where!r} is no address; write "127.0.0.1:8642"', "bad_bind")
    wanted = int(port)
    try:
        return _listen(host.strip("[]"), wanted)
    except OSError as error:
        if wanted == 0 or isinstance(error, socket.gaierror | PermissionError):
            raise ConfigError(f"setting console.bind: {where} cannot be bound: {error.strerror}", "bad_bind") from error
    try:
        taken = _listen(host.strip("[]"), 0)
    except OSError as error:
        raise ConfigError(f"setting console.bind: {where} cannot be bound: {error.strerror}", "bad_bind") from error
    _say(f"port {wanted} is taken; the pages take a free one")
    return taken


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def _write(path: Path, address: str) -> None:
    scratch = path.with_name(f".{path.name}")
    scratch.write_text(address + "\n", encoding="utf-8")
    scratch.replace(path)
