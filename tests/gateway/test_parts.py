"""A file that comes in parts: over connections that break, from parts that are lost, and while it is still sung."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from fancam.errors import FancamError
from gateway import listening
from gateway.uploads import SELFIE
from tests.gateway.conftest import JPEG, WAV, Fan, House


async def part(
    fan: Fan, kind: str, offset: int, content: bytes, *, last: bool = False, **more: Any
) -> tuple[int, str, str]:
    """Send one; status, where the next one begins, and whether all are there."""
    headers = {**fan.headers, "Upload-Offset": str(offset), "Upload-Complete": "?1" if last else "?0"}
    reply = await fan.house.http.patch(f"/v1/sessions/{fan.id}/{kind}", content=content, headers=headers, **more)
    return reply.status_code, reply.headers.get("upload-offset", ""), reply.headers.get("upload-complete", "")


async def come(fan: Fan, kind: str) -> tuple[str, str]:
    """Ask how far an upload has come."""
    reply = await fan.house.http.head(f"/v1/sessions/{fan.id}/{kind}", headers=fan.headers)
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-store")
    return reply.headers["upload-offset"], reply.headers["upload-complete"]


def lying(fan: Fan, scope: str = "*") -> list[Path]:
    """What lies in the store of a fan: in the session's own scope, or in that of its parts."""
    folder = fan.house.folder / "artifacts" / "sessions"
    return [path for path in folder.glob(f"{fan.id}{scope}/**/*") if path.is_file()]


async def test_parts_make_the_file_that_was_cut_up(house: House) -> None:
    """A part sent twice or too early is refused with where to go on; the film is made of the whole file."""
    fan = await house.create()
    assert await come(fan, "take") == ("0", "?0")
    assert await part(fan, "take", 0, WAV[:40]) == (204, "40", "?0")
    assert await part(fan, "take", 90, WAV[90:]) == (409, "40", "?0")
    assert await part(fan, "take", 40, WAV[40:50]) == (204, "50", "?0")
    assert await part(fan, "take", 40, WAV[40:50]) == (409, "50", "?0")
    assert await come(fan, "take") == ("50", "?0")
    assert await part(fan, "take", 50, WAV[50:]) == (204, str(len(WAV)), "?0")
    assert await part(fan, "take", len(WAV), b"", last=True) == (200, str(len(WAV)), "?1")
    # Its answer was lost, and it comes once more.
    assert await part(fan, "take", len(WAV), b"", last=True) == (409, str(len(WAV)), "?1")
    await fan.put("selfie", JPEG)
    await fan.until("session", "done")
    assert (house.folder / "artifacts" / "sessions" / fan.id / hashlib.sha256(WAV).hexdigest()).read_bytes() == WAV


async def test_what_came_before_a_connection_broke_is_kept(house: House) -> None:
    """Half a part is there, and the rest completes the file; no attempt was counted meanwhile."""
    fan = await house.create()
    reader, writer = await asyncio.open_connection(house.http.base_url.host, house.http.base_url.port)
    writer.write(
        f"PATCH /v1/sessions/{fan.id}/selfie HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fan.token}\r\n"
        f"Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Length: {len(JPEG)}\r\n"
        "Expect: 100-continue\r\n\r\n".encode()
    )
    # From now on the gateway reads: what comes reaches it, however soon the connection breaks.
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
    writer.write(JPEG[:70])
    writer.close()
    await writer.wait_closed()
    while (at := await come(fan, "selfie"))[0] == "0":
        await asyncio.sleep(0.02)

    assert at == ("70", "?0")
    assert "selfie" not in {stage["stage"] for stage in (await fan.get()).json()["stages"]}
    assert (await part(fan, "selfie", 70, JPEG[70:], last=True))[0] == 200
    assert (await fan.until("selfie", "done"))["fraction"] == 1.0


async def test_a_take_in_parts_is_heard_while_it_is_sung(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hints come as events between two parts, over plain requests that every browser can send."""
    monkeypatch.setattr(listening, "FORGOTTEN_S", 600.0)  # a machine under load may need longer than a fan
    fan = await house.create()
    live: dict[str, Any] = {"params": {"live": "true"}}
    first, second = WAV + b"S", b"..G"
    assert (await part(fan, "take", 0, first, **live))[0] == 204
    loud = await fan.until("take", "running")
    assert loud["reason"] == "TAKE_LOUD"
    assert (await part(fan, "take", len(first), second, **live))[0] == 204
    heard = await fan.until("take", "running", after=loud["number"])
    assert heard["reason"] == "TAKE_HEARD"
    assert (await part(fan, "take", len(first + second), b"", last=True, **live))[0] == 200
    assert (await fan.until("take", "done"))["number"] > heard["number"]


async def test_hints_come_for_a_second_take_too(house: House) -> None:
    """And asking for the first one's place stays: an abandoned try leaves the input wanted."""
    fan = await house.create()
    await fan.put("take", WAV + b"REJECT")
    asked = await fan.until("take", "retake")
    assert (await part(fan, "take", 0, WAV + b"S", params={"live": "true"}))[0] == 204
    assert (await fan.until("take", "running", after=asked["number"]))["reason"] == "TAKE_LOUD"
    view = (await fan.get()).json()
    assert [problem["errors"][0]["field"] for problem in view["problems"]] == ["take"]


async def test_another_take_begins_at_byte_zero(house: House) -> None:
    """Whatever came before is left behind, complete or not."""
    fan = await house.create()
    await part(fan, "take", 0, WAV + b"the first, and never ended")
    assert await part(fan, "take", 0, WAV, last=True) == (200, str(len(WAV)), "?1")
    assert await part(fan, "take", 0, WAV + b"again", last=True) == (200, str(len(WAV) + 5), "?1")


@pytest.mark.parametrize(
    ("offset", "content", "status", "reason"),
    [
        (0, b"GIF89a" + bytes(100), 415, "UPLOAD_WRONG_TYPE"),
        (0, JPEG + bytes(SELFIE.limit_bytes), 413, "UPLOAD_TOO_LARGE"),
        (-1, JPEG, 422, "INVALID_REQUEST"),
    ],
)
async def test_a_part_is_refused_as_a_file_is(
    house: House, offset: int, content: bytes, status: int, reason: str
) -> None:
    """By its first bytes and by its size, before more is sent; nothing of it counts."""
    fan = await house.create()
    headers = {**fan.headers, "Upload-Offset": str(offset)}
    reply = await house.http.patch(f"/v1/sessions/{fan.id}/selfie", content=content, headers=headers)
    assert (reply.status_code, reply.json()["reason"]) == (status, reason)
    assert await come(fan, "selfie") == ("0", "?0")


async def test_parts_go_when_the_whole_was_taken(house: House) -> None:
    """The recording lies in the store once; what is known of its upload stays, for who lost the last answer."""
    fan = await house.create()
    assert (await part(fan, "take", 0, WAV[:40]))[0] == 204
    assert len(lying(fan, "-take")) == 1
    assert (await part(fan, "take", 40, WAV[40:], last=True))[0] == 200
    assert lying(fan, "-take") == []
    assert await come(fan, "take") == (str(len(WAV)), "?1")


async def test_an_upload_is_complete_when_it_was_taken(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that dies over the last part leaves an upload that goes on with an empty end."""
    fan = await house.create()
    assert (await part(fan, "take", 0, WAV[:40]))[0] == 204

    async def die(*_: object) -> None:
        raise FancamError("as if it had been killed")

    with monkeypatch.context() as patch:
        patch.setattr("gateway.door.Door.take_input", die)
        assert (await part(fan, "take", 40, WAV[40:], last=True))[0] == 500
    assert await come(fan, "take") == (str(len(WAV)), "?0")
    assert await part(fan, "take", len(WAV), b"", last=True) == (200, str(len(WAV)), "?1")
    assert (await fan.until("take", "done"))["fraction"] == 1.0


async def test_parts_open_for_the_fan_alone_and_go_with_the_session(house: House) -> None:
    """No token, no part; and after erasing, none is left."""
    fan = await house.create()
    await fan.until("compose", "done", "bye")
    await part(fan, "take", 0, WAV)
    refused: httpx.Response = await house.http.head(f"/v1/sessions/{fan.id}/take")
    assert refused.status_code == 401
    assert len(lying(fan)) > 0, "or this test would prove nothing"
    await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)
    assert lying(fan) == []
    assert (await part(fan, "take", len(WAV), WAV))[0] == 410
