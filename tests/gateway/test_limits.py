"""Who asks too often is told when to come again, and keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from gateway.rest.app import readable_from
from gateway.rest.limits import Buckets, Limited

SITE = {"Origin": "https://band.example"}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A door of a still clock: a session may be asked for three times a minute, and an address start two."""
    app = FastAPI()
    app.add_middleware(Limited, requests_per_minute=3, sessions_per_minute=2, clock=lambda: 100.0)

    @app.api_route("/v1/{path:path}", methods=["GET", "POST"])
    async def everything(path: str) -> str:
        return path

    transport = httpx.ASGITransport(readable_from([SITE["Origin"]], app))
    async with httpx.AsyncClient(transport=transport, base_url="http://rest", headers=SITE) as client:
        yield client


async def test_a_session_that_is_asked_for_in_a_loop_waits_alone(http: httpx.AsyncClient) -> None:
    """Whatever is asked of it counts; other sessions and what belongs to none are served on."""
    loop = [await http.get(f"/v1/sessions/one{path}") for path in ("", "/film", "/events", "", "/take")]
    assert [reply.status_code for reply in loop] == [200, 200, 200, 429, 429]
    refused = loop[-1]
    assert (refused.json()["reason"], refused.headers["retry-after"]) == ("TOO_MANY_REQUESTS", "20")
    assert refused.headers["access-control-allow-origin"] == SITE["Origin"], "a page can read when to come again"
    for path in ("/v1/sessions/two", "/v1/campaigns", "/v1/sessions"):
        assert (await http.get(path)).status_code == 200


async def test_an_address_starts_so_many_sessions(http: httpx.AsyncClient) -> None:
    """A script that starts more is refused before anything is made."""
    assert [(await http.post("/v1/sessions")).status_code for _ in range(3)] == [200, 200, 429]


def test_a_bucket_fills_evenly_and_holds_a_minute() -> None:
    """Six a minute: six at once, then one every ten seconds, and never more than six after any pause."""
    now = 100.0
    buckets = Buckets(6, lambda: now)
    assert [buckets.wait_s("a") for _ in range(7)] == [0.0] * 6 + [pytest.approx(10.0)]
    now += 9.0
    assert buckets.wait_s("a") == pytest.approx(1.0)
    now += 1.0
    assert [buckets.wait_s("a"), buckets.wait_s("a")] == [0.0, pytest.approx(10.0)]
    now += 3600.0
    assert [buckets.wait_s("a") for _ in range(7)][5:] == [0.0, pytest.approx(10.0)]
    assert [Buckets(0).wait_s("a") for _ in range(3)] == [0.0] * 3
