"""The console process: where it listens, what it leaves behind."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request

import pytest

from console.api.server import address_of, bind, serve
from pipelines.settings import ConsoleSettings, Settings
from schemas.errors import ConfigError
from tests.unit.console.conftest import Sample


def test_a_taken_port_is_replaced_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        with bind(f"127.0.0.1:{taken}") as listener:
            assert listener.getsockname()[1] not in {0, taken}
    assert f"port {taken} is taken" in capsys.readouterr().err


@pytest.mark.parametrize(
    "where", ["8642", "127.0.0.1", "127.0.0.1:http", "no-such-host.invalid:1", "192.0.2.1:8642", "127.0.0.1:70000"]
)
def test_an_address_that_cannot_be_bound(where: str) -> None:
    with pytest.raises(ConfigError, match=r"console\.bind"):
        bind(where)


def test_serves_until_told_to_stop(sample: Sample) -> None:
    stop = threading.Event()
    settings = Settings(console=ConsoleSettings(bind="127.0.0.1:0"))
    thread = threading.Thread(target=serve, args=(sample.home, settings, stop))
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not sample.home.console_file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        address = sample.home.console_file.read_text().strip()
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}/readyz", timeout=10) as answer:
            assert answer.status == 200
    finally:
        stop.set()
        thread.join(15)
    assert not thread.is_alive()
    assert not sample.home.console_file.exists()
    assert (sample.home.metrics / "console.prom").exists()


def test_the_address_is_one_that_a_browser_understands() -> None:
    with bind("0.0.0.0:0") as listener:
        assert address_of(listener).startswith("http://127.0.0.1:")
