"""The REST door: keys, problems, repeats, ranges, and streams of events."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import grpc
import httpx
import pytest
from fastapi import FastAPI

from fancam.v1 import gateway_pb2, gateway_pb2_grpc
from gateway.rest.app import readable_from
from gateway.rest.files import byte_range
from gateway.rest.problems import install
from tests.gateway.conftest import JPEG, WAV, Fan, House
from tests.traces import contents

BODY = {"campaign": "tiny", "name": "Ada", "consent": True}


async def test_a_session_opens_with_its_own_token_only(house: House) -> None:
    """No token, another session's and the operator's are all refused alike."""
    fan, other = await house.create(), await house.create()
    for headers in ({}, other.headers, house.operator, {"Authorization": f"Basic {fan.token}"}):
        for method, path in (("GET", ""), ("GET", "/film"), ("DELETE", ""), ("PUT", "/selfie"), ("POST", "/cancel")):
            reply = await house.http.request(method, f"/v1/sessions/{fan.id}{path}", headers=headers)
            assert (reply.status_code, reply.json()["reason"]) == (401, "TOKEN_NEEDED")
    assert (await fan.get()).status_code == 200


async def test_a_signed_link_opens_what_it_names_and_nothing_else(house: House) -> None:
    """For players that send no headers; it neither writes nor opens another path, and ends with its hour."""
    fan = await house.create()
    await fan.film()
    link = (await fan.get()).json()["links"]["film"]
    assert (await house.http.get(link)).status_code == 200
    assert (await house.http.get(link.replace("/film", "/poster"))).status_code == 401
    assert (await house.http.delete(link.replace("/film", ""))).status_code == 401
    expires = link.split("expires=")[1].split("&")[0]
    assert (await house.http.get(link.replace(expires, str(int(expires) + 1)))).status_code == 401
    assert (await house.http.get(link.replace(expires, "1"))).status_code == 401


async def test_without_consent_nothing_is_taken(house: House) -> None:
    """No session is made."""
    reply = await house.http.post("/v1/sessions", json={**BODY, "consent": False})
    assert (reply.status_code, reply.json()["reason"]) == (422, "CONSENT_MISSING")
    assert reply.json()["errors"][0]["field"] == "consent"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({**BODY, "name": 7}, "name"),
        ({**BODY, "locale": "<script>"}, "locale"),
        ({**BODY, "favourite_colour": "red"}, "favourite_colour"),
        ({**BODY, "pressing": {"uri": "sessions/x/y", "size_bytes": 1, "media_type": "x/y"}}, "pressing.uri"),
        ([], "body"),
    ],
)
async def test_a_body_that_is_wrong_names_the_field(house: House, body: Any, field: str) -> None:
    """Problem details with one entry per fault."""
    reply = await house.http.post("/v1/sessions", json=body)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in reply.json()["errors"]]


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b'{"name": "\\ud800", "campaign": "tiny", "consent": true}', b"null", b"[" * 50_000]
)
async def test_a_body_that_is_no_json_is_the_callers_fault(house: House, content: bytes) -> None:
    """Never a 5xx, also for lone surrogates and deep nests; what is wrong is named."""
    reply = await house.http.post("/v1/sessions", content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code == 422, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["errors"][0]["field"] in {"body", "name"}


async def test_a_body_without_its_type_is_told_which_to_name(house: House) -> None:
    """The commonest slip with curl."""
    reply = await house.http.post("/v1/sessions", content=b'{"campaign": "tiny"}')
    assert reply.status_code == 422
    assert "Content-Type: application/json" in reply.json()["detail"]


async def test_a_body_that_is_huge_is_refused(house: House) -> None:
    """Announced or not."""
    announced = await house.http.post("/v1/sessions", content=b" " * 1_000_000)

    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 10_000

    unannounced = await house.http.post("/v1/sessions", content=endless())
    for reply in (announced, unannounced):
        assert (reply.status_code, reply.json()["reason"]) == (413, "UPLOAD_TOO_LARGE")


async def test_what_is_not_there_is_a_problem_too(house: House) -> None:
    """Unknown campaigns, paths, methods and results that are not ready."""
    fan = await house.create()
    unknown = await house.http.post("/v1/sessions", json={**BODY, "campaign": "other"})
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "CAMPAIGN_UNKNOWN")
    film = await fan.get("/film")
    assert (film.status_code, film.json()["reason"], film.headers["retry-after"]) == (404, "FILM_NOT_READY", "2")
    for method, path, status in (("GET", "/v1/nothing", 404), ("PATCH", "/v1/sessions", 405)):
        reply = await house.http.request(method, path)
        assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
        assert f"{method} {path}" in reply.json()["detail"]


async def test_what_was_deleted_is_gone_for_who_had_it(house: House) -> None:
    """Its token and its links hear 410, whatever they ask for; who has neither learns nothing of it."""
    fan = await house.create()
    link = (await fan.get()).json()["links"]["events"]
    for _ in range(2):
        deleted = await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)
    assert (deleted.status_code, deleted.json()["reason"]) == (410, "SESSION_GONE")
    for reply in (
        await fan.get(),
        await fan.get("/film"),
        await fan.get("/events"),
        await fan.put("selfie", JPEG),
        await fan.post("cancel"),
        await house.http.get(link),
    ):
        assert (reply.status_code, reply.json()["reason"]) == (410, "SESSION_GONE")
        assert "retry-after" not in reply.headers
    assert (await house.http.get(f"/v1/sessions/{fan.id}")).status_code == 401
    held = await house.http.get(f"/v1/sessions/{fan.id}/review/mix", headers=house.operator)
    assert (held.status_code, held.json()["reason"]) == (404, "SESSION_UNKNOWN")


async def test_nobody_waits_for_what_will_never_come(house: House) -> None:
    """Retry-After is said while a thing may still be made; not of one that is none, nor after the session's end."""
    fan = await house.create()
    paths = {
        "/film": "FILM_NOT_READY",
        "/recipe": "RECIPE_NOT_READY",
        "/fan-kit/wave": "FAN_KIT_ITEM_UNKNOWN",
        "/stream/film.m3u8": "STREAM_NOT_READY",
    }
    for path, reason in paths.items():
        reply = await fan.get(path)
        assert (reply.status_code, reply.json()["reason"], reply.headers.get("retry-after")) == (404, reason, "2")
    await fan.post("cancel")
    for path, reason in {**paths, "/outputs/round": "OUTPUT_UNKNOWN"}.items():
        reply = await fan.get(path)
        assert (reply.status_code, reply.json()["reason"], reply.headers.get("retry-after")) == (404, reason, None)
    other = await house.create()
    reply = await other.get("/outputs/round")
    assert (reply.json()["reason"], reply.headers.get("retry-after")) == ("OUTPUT_UNKNOWN", None), "no such shape"


async def test_texts_are_compressed_for_who_takes_them(house: House) -> None:
    """And equal what others get; what is short, already compressed, or still coming is left as it is."""
    fan = await house.create()
    film = await fan.film()
    for path in ("/v1/openapi.json", f"/v1/sessions/{fan.id}"):
        plain = await house.http.get(path, headers={**fan.headers, "Accept-Encoding": "identity, gzip;q=0"})
        small = await house.http.get(path, headers={**fan.headers, "Accept-Encoding": "br, gzip"})
        assert "content-encoding" not in plain.headers
        assert (small.headers["content-encoding"], small.headers["vary"]) == ("gzip", "Accept-Encoding")
        assert int(small.headers["content-length"]) < int(plain.headers["content-length"]) / 2
        assert small.json().keys() == plain.json().keys()
    whole = await fan.get("/film")
    assert (whole.content, "content-encoding" in whole.headers) == (film, False)
    for path in ("/v1/health", f"/v1/sessions/{fan.id}/events"):
        reply = await house.http.get(path, headers=fan.headers)
        assert "content-encoding" not in reply.headers


async def test_only_operators_set_campaigns(house: House) -> None:
    """And only pressings of that campaign."""
    address = {
        "uri": house.pressing.uri,
        "size_bytes": house.pressing.size_bytes,
        "media_type": house.pressing.media_type,
    }
    refused = await house.http.put("/v1/campaigns/tiny", json={"pressing": address})
    assert (refused.status_code, refused.json()["reason"]) == (401, "OPERATOR_KEY_NEEDED")
    wrong = await house.http.put("/v1/campaigns/other", json={"pressing": address}, headers=house.operator)
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "WRONG_CAMPAIGN")
    lost = {**address, "uri": "shared/" + "1" * 64}
    missing = await house.http.put("/v1/campaigns/tiny", json={"pressing": lost}, headers=house.operator)
    assert (missing.status_code, missing.json()["reason"]) == (404, "ARTIFACT_MISSING")


async def test_front_ends_learn_what_to_capture(house: House) -> None:
    """Size, length and the line of the song."""
    campaigns = (await house.http.get("/v1/campaigns")).json()
    assert [campaign["id"] for campaign in campaigns] == ["tiny"]
    one = (await house.http.get("/v1/campaigns/tiny")).json()
    assert (one["length_s"], one["personal_s"], one["take_end_s"]) == (4.0, 3.0, 2.0)


async def test_repeating_a_request_with_its_key_makes_one_session(house: House) -> None:
    """Fifty at once: one session, fifty equal answers; another body with the key is refused."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    replies = await asyncio.gather(*(house.http.post("/v1/sessions", json=BODY, headers=headers) for _ in range(50)))
    assert {reply.status_code for reply in replies} == {201}
    made = {(reply.json()["id"], reply.json()["token"]) for reply in replies}
    assert len(made) == 1
    house.fans.append(Fan(house, *made.pop()))
    other = await house.http.post("/v1/sessions", json={**BODY, "name": "Bob"}, headers=headers)
    assert (other.status_code, other.json()["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    short = await house.http.post("/v1/sessions", json=BODY, headers={"Idempotency-Key": "1"})
    assert short.status_code == 422, "a key that can be guessed would open another's session"


async def test_a_form_is_as_good_as_a_body(house: House) -> None:
    """What an HTML page sends without a line of script."""
    fan = await house.create()
    files = {"file": ("me.jpg", JPEG, "image/jpeg")}
    reply = await fan.post("selfie", files=files)
    assert reply.json() == {"input": "selfie", "attempt": 1, "size_bytes": len(JPEG), "media_type": "image/jpeg"}
    empty = await fan.post("selfie", data={"note": "no file"}, files={"other": ("", b"")})
    assert empty.status_code in {415, 422}
    assert empty.json()["errors"][0]["field"] == "selfie"


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
async def test_a_form_that_is_none_names_its_input(house: House, kind: str) -> None:
    """Without a boundary, or with one that never comes."""
    fan = await house.create()
    headers = {**fan.headers, "Content-Type": kind}
    reply = await house.http.put(f"/v1/sessions/{fan.id}/selfie", content=b"junk", headers=headers)
    assert (reply.status_code, reply.json()["reason"]) == (422, "INVALID_REQUEST")
    assert reply.json()["errors"][0]["field"] == "selfie"


async def test_an_upload_leaves_nothing_behind_when_it_is_refused(house: House) -> None:
    """Neither in the folder of uploads nor in the store."""
    fan = await house.create()
    # The shot of the name alone is the one thing that is kept before a selfie is there.
    await fan.until("compose", "done", "bye")
    kept = [path for path, _ in contents(house.folder / "artifacts" / "sessions" / fan.id)]
    assert (await fan.put("selfie", b"GIF89a" + bytes(100))).status_code == 415
    assert [path for path in (house.folder / "cache" / "uploads").rglob("*") if path.is_file()] == []
    assert [path for path, _ in contents(house.folder / "artifacts" / "sessions" / fan.id)] == kept


async def test_a_film_is_served_in_ranges(house: House) -> None:
    """Players seek: any part, the end, a resumed download, and an honest answer to nonsense."""
    fan = await house.create()
    whole = await fan.film()
    size = len(whole)

    async def ask(range_: str, **headers: str) -> tuple[int, bytes, str]:
        reply = await fan.get("/film", headers={"Range": range_, **headers})
        return reply.status_code, reply.content, reply.headers.get("content-range", "")

    assert await ask("bytes=0-9") == (206, whole[:10], f"bytes 0-9/{size}")
    assert await ask("bytes=10-") == (206, whole[10:], f"bytes 10-{size - 1}/{size}")
    assert await ask("bytes=-5") == (206, whole[-5:], f"bytes {size - 5}-{size - 1}/{size}")
    assert await ask(f"bytes=5-{size * 2}") == (206, whole[5:], f"bytes 5-{size - 1}/{size}")
    assert (await ask(f"bytes={size}-"))[0::2] == (416, f"bytes */{size}")
    assert (await ask("bytes=0-1,5-6"))[0] == 200
    assert (await ask("pages=1-2"))[0] == 200
    head = await house.http.head(f"/v1/sessions/{fan.id}/film", headers=fan.headers)
    assert (head.status_code, head.headers["content-length"], head.headers["accept-ranges"]) == (
        200,
        str(size),
        "bytes",
    )
    etag = head.headers["etag"]
    assert (await fan.get("/film", headers={"If-None-Match": etag})).status_code == 304
    assert (await ask("bytes=0-9", **{"If-Range": etag}))[0] == 206
    assert (await ask("bytes=0-9", **{"If-Range": '"another"'}))[0] == 200


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=99-", (99, 100)),
        ("bytes=100-", (0, 0)),
        ("bytes=-0", (0, 0)),
        ("bytes=-500", (0, 100)),
        ("bytes=7-3", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes", None),
        ("", None),
    ],
)
def test_ranges_are_read_as_the_standard_says(header: str, expected: tuple[int, int] | None) -> None:
    """RFC 9110, section 14: the last byte is included, and a range that makes no sense is no range."""
    assert byte_range(header, 100) == expected


async def test_who_asks_again_is_told_only_what_is_new(house: House) -> None:
    """The same links and no body until something happens; the answer says when all of it will be deleted."""
    fan = await house.create()
    # The one shot that needs nothing but the name is the last thing that happens before a selfie is there.
    await fan.until("compose", "done", "bye")
    first = await fan.get()
    etag = {"If-None-Match": first.headers["etag"]}
    again = await fan.get(headers=etag)
    # Links are made anew every ten minutes, which may have been just now.
    if again.status_code != 304:
        etag = {"If-None-Match": again.headers["etag"]}
        again = await fan.get(headers=etag)
    assert (again.status_code, again.content) == (304, b"")
    await fan.put("selfie", JPEG)
    later = await fan.get(headers=etag)
    assert later.status_code == 200
    created, expires = (datetime.fromisoformat(later.json()[name]) for name in ("created", "expires"))
    assert timedelta(hours=1) <= expires - created < timedelta(hours=1, minutes=1)


async def test_a_file_is_looked_at_or_saved_by_its_name(house: House) -> None:
    """Every file answers HEAD, and any link saves it when the page of another site asks for that."""
    fan = await house.create()
    await fan.film()
    links = (await fan.get()).json()["links"]
    for link in (links["film"], links["poster"], *links["fan_kit"].values()):
        head = await house.http.head(link)
        assert (head.status_code, head.content, head.headers["content-disposition"][:7]) == (200, b"", "inline;")
        assert (await house.http.get(link)).headers["content-length"] == head.headers["content-length"]
    saved = await house.http.get(f"{links['film']}&download=true")
    assert saved.headers["content-disposition"] == 'attachment; filename="fancam-tiny.mp4"'
    assert saved.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_an_answer_is_kept_by_no_cache_and_taken_for_nothing_else(house: House) -> None:
    """Names, tokens, links and failures; what says otherwise of itself keeps its word."""
    fan = await house.create()
    for reply in (await fan.get("/fan-kit"), await fan.get("/film"), await house.http.get("/v1/nothing")):
        assert (reply.headers["cache-control"], reply.headers["x-content-type-options"]) == ("no-store", "nosniff")
        assert reply.headers["referrer-policy"] == "no-referrer"
    assert (await fan.get()).headers["cache-control"] == "private, no-cache"


async def test_events_resume_where_they_broke(house: House) -> None:
    """Any number of cuts: no gap, no double, and 204 when there is nothing left."""
    fan = await house.create()
    await fan.film()
    everything = [event["number"] async for event in fan.events()]

    seen: list[int] = []
    while True:
        events = fan.events(after=seen[-1] if seen else 0)
        try:
            seen.append((await anext(events))["number"])
        except StopAsyncIteration:
            break
        finally:
            await events.aclose()  # type: ignore[attr-defined]

    assert seen == everything
    assert (await fan.get("/events", headers={"Last-Event-ID": str(seen[-1])})).status_code == 204
    assert (await fan.get(f"/events?after={seen[-1]}")).status_code == 204
    stream = await fan.get("/events")
    assert stream.text.startswith("retry: 1000\n\nid: 1\ndata: {")
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_a_take_is_heard_while_it_comes(house: House) -> None:
    """With `?live=true` hints are told as events before the body has ended, each once, and the film is made as ever."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    told = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield WAV + b"S"
        # The rest is only sent once the hint has been read.
        await asyncio.wait_for(told.wait(), 60)
        yield b"S"
        yield b"G"

    async def watch() -> dict[str, Any]:
        event = await fan.until("take", "running")
        told.set()
        return event

    url = f"/v1/sessions/{fan.id}/take?live=true"
    hint, given = await asyncio.gather(watch(), house.http.put(url, content=body(), headers=fan.headers))

    assert given.status_code == 200
    assert (hint["reason"], hint["message"]) == ("TAKE_LOUD", "a little softer, or further from the microphone")
    await fan.until("session", "done")
    heard = [
        event["reason"] async for event in fan.events() if event["stage"] == "take" and event["state"] == "running"
    ]
    assert heard in (["TAKE_LOUD"], ["TAKE_LOUD", "TAKE_HEARD"])


async def test_the_same_events_come_over_grpc(house: House) -> None:
    """For services; and the funnel for the scaler."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV)
    async with grpc.aio.insecure_channel(house.grpc_target) as channel:
        stub = gateway_pb2_grpc.GatewayServiceStub(channel)
        events = [
            reply.event
            async for reply in stub.WatchSession(gateway_pb2.WatchSessionRequest(session=fan.id), timeout=60)
        ]
        funnel = await stub.GetDemand(gateway_pb2.GetDemandRequest(campaign="tiny"), timeout=30)
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            async for _ in stub.WatchSession(gateway_pb2.WatchSessionRequest(session="nobody-here"), timeout=30):
                pass
    assert [event.number for event in events] == [event["number"] async for event in fan.events()]
    assert {each.state: each.sessions for each in funnel.funnel}["done"] >= 1
    assert unknown.value.code() == grpc.StatusCode.NOT_FOUND


async def test_the_timeline_explains_the_wait(house: House) -> None:
    """The critical path leads from an input to the film without a hole."""
    fan = await house.create()
    await fan.film()
    timeline = (await fan.get("/timeline")).json()
    path = timeline["critical_path"]
    assert path[0]["lane"] == "input"
    assert path[-1]["name"] == "assemble"
    for earlier, later in itertools.pairwise(path):
        assert later["start_s"] - earlier["end_s"] <= 0.0101
    assert (await fan.get("/timeline.txt")).text.startswith("Last input at")


async def test_the_description_of_the_door_is_complete(house: House) -> None:
    """OpenAPI names every operation once, says what it is for, and holds the schema of problems and events."""
    document = (await house.http.get("/v1/openapi.json")).json()
    operations = [
        operation
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in {"get", "put", "post", "delete", "head"}
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation.get("description") for operation in operations)
    of_sessions = {path: each for path, each in document["paths"].items() if path.startswith("/v1/sessions/")}
    assert all(operation["security"] for each in of_sessions.values() for operation in each.values())
    kit = ["image/jpeg", "image/webp", "application/pdf", "application/zip"]
    for path, kinds in (("film", ["video/mp4"]), ("poster", ["image/jpeg"]), ("fan-kit/{item}", kit)):
        file = of_sessions["/v1/sessions/{session}/" + path]["get"]
        assert {status: list(file["responses"][status].get("content", {})) for status in ("200", "206", "304")} == {
            "200": kinds,
            "206": kinds,
            "304": [],
        }
        assert {"Range", "If-None-Match", "session"} <= {parameter["name"] for parameter in file["parameters"]}
    assert list(of_sessions["/v1/sessions/{session}/timeline.txt"]["get"]["responses"]["200"]["content"]) == [
        "text/plain"
    ]
    assert {"Problem", "EventView", "SessionView", "CampaignView"} <= set(document["components"]["schemas"])
    assert (await house.http.get("/v1/docs")).status_code == 200


async def test_no_film_is_promised_while_an_input_has_to_be_given_again(house: House) -> None:
    """The estimate is negative from the retake on, and a time again once everything is there."""
    fan = await house.create()
    await fan.put("take", WAV)
    await fan.put("selfie", JPEG + b"NO_FACE")
    retake = await fan.until("selfie", "retake")
    assert retake["estimate_s"] < 0
    await fan.put("selfie", JPEG)
    async for event in fan.events(retake["number"]):
        if event["stage"] == "selfie":
            assert event["estimate_s"] > 0
            break
    await fan.until("session", "done")


async def test_pages_of_another_web_site_read_nothing_by_default(house: House) -> None:
    """Browsers keep an answer without this header to themselves."""
    reply = await house.http.get("/v1/campaigns", headers={"Origin": "https://band.example"})
    assert reply.status_code == 200
    assert "access-control-allow-origin" not in reply.headers


async def test_pages_of_a_named_web_site_read_answers_and_failures() -> None:
    """Asked for in advance or not, also where the app breaks; every other site still reads nothing."""
    app = FastAPI()
    install(app)

    @app.get("/breaks")
    async def breaks() -> None:
        raise RuntimeError("on purpose")

    transport = httpx.ASGITransport(readable_from(["https://band.example"], app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://rest") as http:
        ours, theirs = {"Origin": "https://band.example"}, {"Origin": "https://other.example"}
        for path, status in (("/breaks", 500), ("/nothing", 404)):
            reply = await http.get(path, headers=ours)
            assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (status, ours["Origin"])
            assert reply.headers["content-type"] == "application/problem+json"
            assert "ETag" in reply.headers["access-control-expose-headers"]
            assert "access-control-allow-credentials" not in reply.headers
            assert "access-control-allow-origin" not in (await http.get(path, headers=theirs)).headers
            # A cache keeps what a player fetched apart from what a page fetched.
            assert "Origin" in (await http.get(path)).headers["vary"]
        asks = {
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, last-event-id, range",
        }
        assert (await http.options("/breaks", headers={**ours, **asks})).status_code == 200
        assert (await http.options("/breaks", headers={**theirs, **asks})).status_code == 400
