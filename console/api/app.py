"""Routes: each page as HTML and, at the same address with `.json`, as data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from console.api import views
from console.api.exposition import joined
from console.api.shelf import Shelf
from console.web.pages import Pages
from pipelines.wiring.home import Home
from schemas.errors import ConfigError, DetenteError

_STATIC: Final = Path(__file__).parents[1] / "web" / "static"
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_NOT_FOUND: Final = 404
_BAD_REQUEST: Final = 400
_UNAVAILABLE: Final = 503
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def create_app(home: Home, *, hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")) -> FastAPI:
    """The application over one data directory. `hosts` are the names under which it answers: a page of another site
    that points its own name at this machine gets nothing.
    """
    app = FastAPI(title="Detente", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    shelf, pages = Shelf(home), Pages()
    _guard(app, pages)
    _health(app, shelf)
    _read(app, shelf, pages)
    return app


def _guard(app: FastAPI, pages: Pages) -> None:
    @app.middleware("http")
    async def headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.update(_HEADERS)
        return response

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return _problem(request, pages, error.status_code, str(error.detail))

    @app.exception_handler(DetenteError)
    async def failed(request: Request, error: DetenteError) -> Response:
        return _problem(request, pages, _BAD_REQUEST if isinstance(error, ConfigError) else _UNAVAILABLE, error.message)


def _health(app: FastAPI, shelf: Shelf) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return _json({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> Response:
        try:
            shelf.check()
        except DetenteError as error:
            return _json({"status": "not ready", "why": error.message}, _UNAVAILABLE)
        return _json({"status": "ready"})

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(joined(shelf.home.metrics), media_type="text/plain; version=0.0.4; charset=utf-8")


def _read(app: FastAPI, shelf: Shelf, pages: Pages) -> None:
    def page(path: str, template: str, view: Callable[..., views.View | None], parameter: str = "") -> None:
        """Register a page and its twin. With a parameter, its value is handed to the view."""

        def found(request: Request) -> views.View:
            made = view(shelf, request.path_params[parameter]) if parameter else view(shelf)
            if made is None:
                raise HTTPException(_NOT_FOUND, f"there is no {path.strip('/').partition('s/')[0]} of that name")
            return made

        def twin(request: Request) -> Response:
            return _json(found(request))

        def html(request: Request) -> Response:
            return _html(pages.render(template, found(request)))

        # The twin first: "{dyad}" would take "CHN-JPN.json" for a name.
        app.add_api_route("/index.json" if path == "/" else f"{path}.json", twin, methods=["GET"])
        app.add_api_route(path, html, methods=["GET"])

    page("/", "front.html", views.front)
    page("/pairs/{dyad}", "pair.html", views.pair, "dyad")
    page("/alerts/{alert}", "alert.html", views.alert, "alert")
    page("/signals/{signal}", "signal.html", views.signal, "signal")

    @app.get("/search.json")
    def search_json(q: str = "", cursor: str = "") -> Response:
        return _json(views.search(shelf, q, cursor))

    @app.get("/search")
    def search(q: str = "", cursor: str = "") -> Response:
        try:
            return _html(pages.render("search.html", views.search(shelf, q, cursor)))
        except ConfigError as error:
            empty = views.SearchPage(
                now=shelf.now(), sampled=shelf.sampled, query=q, signals=(), total=0, problem=error.message
            )
            return _html(pages.render("search.html", empty), _BAD_REQUEST)


def _problem(request: Request, pages: Pages, status: int, message: str) -> Response:
    """RFC 9457 problem details for programs, a page for people."""
    if request.url.path.endswith(".json"):
        body = _ENCODER.encode({"type": "about:blank", "status": status, "title": message})
        return Response(body, status_code=status, media_type="application/problem+json")
    return _html(pages.render_problem(status, message), status)


def _json(value: Any, status: int = 200) -> Response:
    return Response(_ENCODER.encode(value), status_code=status, media_type="application/json")


def _html(text: str, status: int = 200) -> Response:
    return Response(text, status_code=status, media_type="text/html; charset=utf-8")
