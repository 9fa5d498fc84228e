"""The REST face as one app: its routes, its OpenAPI, and which pages may read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from gateway.door import Door
from gateway.rest import campaigns, inputs, progress, results, reviews, sessions, shares, stream
from gateway.rest.bounds import Bounded
from gateway.rest.compressed import Compressed
from gateway.rest.guarded import Guarded
from gateway.rest.limits import Limited
from gateway.rest.problems import Problem, install
from gateway.rest.schema import EventView

PREFLIGHT_S = 600
"""As long as a browser remembers what a page of another web site may send."""

# In this order: `HEAD /sessions/{session}/{kind}` of the inputs would answer for the film, too.
_ROUTERS = (
    campaigns.router,
    sessions.router,
    progress.router,
    results.router,
    stream.router,
    inputs.router,
    shares.router,
    shares.page,
    reviews.router,
    reviews.page,
)


def readable_from(origins: Sequence[str], app: FastAPI) -> ASGIApp:
    """Let pages of other web sites read every answer of the app, failures too; none leaves it as it is.

    No cookie is ever sent or read: the session's token is the only key, and a page has it or has it not.

    Args:
        origins: As browsers send them, for example `https://band.example`.
        app: What is read.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"),
        allow_headers=(
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-None-Match",
            "Last-Event-ID",
            "Range",
            "Upload-Complete",
            "Upload-Offset",
        ),
        expose_headers=(
            "Accept-Ranges",
            "Content-Disposition",
            "Content-Length",
            "Content-Range",
            "ETag",
            "Retry-After",
            "Upload-Complete",
            "Upload-Offset",
        ),
        max_age=PREFLIGHT_S,
    )


def create_app(
    door: Door, *, pages: shares.Pages, requests_per_minute: int = 0, sessions_per_minute: int = 0
) -> FastAPI:
    """The REST face of a gateway.

    Args:
        door: What is behind it.
        pages: Of shared films.
        requests_per_minute: How often one session may be asked for; 0 for any number.
        sessions_per_minute: How many sessions one address may start; 0 for any number.
    """
    app = FastAPI(
        title="Fancam",
        version="1",
        summary="A selfie, a name and a sung line become a music video.",
        openapi_url="/v1/openapi.json",
        docs_url="/v1/docs",
        redoc_url=None,
    )
    app.state.door = door
    app.state.pages = pages
    install(app)
    for each in _ROUTERS:
        app.include_router(each)
    app.add_middleware(Limited, requests_per_minute=requests_per_minute, sessions_per_minute=sessions_per_minute)
    app.add_middleware(Bounded)
    app.add_middleware(Guarded)
    app.add_middleware(Compressed)

    @app.get("/v1/health", tags=["operation"])
    async def health() -> dict[str, str]:
        """Say that REST is served; the mesh's own health is a gRPC matter."""
        return {"status": "serving"}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            template = "#/components/schemas/{model}"
            for model in (Problem, EventView):
                described = model.model_json_schema(ref_template=template)
                schema["components"]["schemas"] |= {**described.pop("$defs", {}), model.__name__: described}
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app
