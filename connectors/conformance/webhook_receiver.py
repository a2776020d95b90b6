"""A real HTTP server on loopback that receives webhooks and can be told to misbehave."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the receiver does with a request: answer, never answer, or break the connection."""

    status: int = 204
    headers: dict[str, str] = {}
    manner: Literal["answer", "hang", "break"] = "answer"


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One request; header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class WebhookReceiver:
    """A context manager. Answers 204 unless `then` lined up something else; `requests` holds all that came."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self._answers: list[Answer] = []
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def then(self, *answers: Answer) -> None:
        """Line up answers for the next requests."""
        self._answers += answers

    def ids(self) -> list[str]:
        """`webhook-id` of every request, in order."""
        return [request.headers.get("webhook-id", "") for request in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append(Received(path=self.path, headers=headers, body=body))
                self._do(receiver._answers.pop(0) if receiver._answers else Answer())

            def _do(self, answer: Answer) -> None:
                if answer.manner != "answer":
                    self.close_connection = True
                    if answer.manner == "hang":
                        receiver._ended.wait()
                    return
                self.send_response_only(answer.status)  # without a Date: the answer may bring its own
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        return Handler
