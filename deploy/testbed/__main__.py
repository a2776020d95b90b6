"""The testbed's command line: `python -m deploy.testbed up|down|status|kill [SERVICE...] [--secure] [--wipe]`."""

from __future__ import annotations

import argparse
import sys
from typing import Final, Protocol

from deploy.testbed.cache import MissingError
from deploy.testbed.elasticsearch import Elasticsearch
from deploy.testbed.kafka import Kafka
from deploy.testbed.process import Process, StartError

SERVICES: Final = ("kafka", "elasticsearch")


class Server(Protocol):
    """What every server of the testbed can do."""

    @property
    def name(self) -> str:
        """Name of its folder."""
        ...

    @property
    def address(self) -> str:
        """Where clients find it."""
        ...

    @property
    def process(self) -> Process:
        """Its process."""
        ...

    def up(self) -> None:
        """Start and wait. Idempotent."""
        ...

    def down(self, *, wipe: bool = False) -> None:
        """Stop. Idempotent."""
        ...

    def kill(self) -> None:
        """SIGKILL."""
        ...


def server(name: str, *, secure: bool) -> Server:
    """The server of that name."""
    return Kafka(secure=secure) if name == "kafka" else Elasticsearch(secure=secure)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when done, 1 when a server did not start, 3 when the machine or an index lacks something."""
    parser = argparse.ArgumentParser(prog="python -m deploy.testbed", description=__doc__)
    parser.add_argument("verb", choices=("up", "down", "status", "kill"))
    parser.add_argument("services", nargs="*", help=f"of {', '.join(SERVICES)}; all of them where none is named")
    parser.add_argument("--secure", action="store_true", help="the server with passwords and TLS, on ports of its own")
    parser.add_argument("--wipe", action="store_true", help="down: remove the data too")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.services) - set(SERVICES))
    if unknown:
        parser.error(f"no service {', '.join(unknown)}; there are {', '.join(SERVICES)}")
    try:
        for name in given.services or SERVICES:
            print(_do(given.verb, server(name, secure=given.secure), wipe=given.wipe), flush=True)
    except MissingError as error:
        print(error, file=sys.stderr)
        return 3
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _do(verb: str, one: Server, *, wipe: bool) -> str:
    if verb == "up":
        one.up()
    elif verb == "down":
        one.down(wipe=wipe)
    elif verb == "kill":
        one.kill()
    pid = one.process.pid
    return f"{one.name}: up, {one.address}, process {pid}, log {one.process.log}" if pid else f"{one.name}: down"


if __name__ == "__main__":
    sys.exit(main())
