"""Strangers send anything: a clear answer that names the field, no crash, no growth, and a session that goes on."""

from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import psutil
import pytest

from tests.loopback.conftest import World

GROWTH_BYTES = 150_000_000
"""What a process may grow by over all bad inputs: arenas and caches, but no decoded bomb (one is 7.5 GB)."""


def bomb() -> bytes:
    """A well-formed PNG of 50,000 x 50,000 black pixels in a few megabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    deflate = zlib.compressobj(1)
    row = bytes(1 + 50_000)
    # A hundredth of the rows is enough for a decoder that believes the header to allocate all of them.
    rows = b"".join(deflate.compress(row) for _ in range(500)) + deflate.flush()
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def ten_hours() -> bytes:
    """A WAV whose header promises ten hours; a second of it is there."""
    data_bytes, second = 36_000 * 96_000, bytes(96_000)
    return (
        b"RIFF" + struct.pack("<I", 36 + data_bytes) + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 48_000, 96_000, 2, 16)
        + b"data" + struct.pack("<I", data_bytes) + second
    )  # fmt: skip


# What is sent as which input, and the status and reason that the door answers.
AT_THE_DOOR = {
    "empty selfie": ("selfie", b"", 422, "UPLOAD_EMPTY"),
    "text as selfie": ("selfie", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "UPLOAD_WRONG_TYPE"),
    "sound as selfie": ("selfie", ten_hours()[:2000], 415, "UPLOAD_WRONG_TYPE"),
    "bomb": ("selfie", bomb(), 422, "IMAGE_TOO_LARGE"),
    "huge selfie": ("selfie", b"\xff\xd8\xff" + bytes(21_000_000), 413, "UPLOAD_TOO_LARGE"),
    "empty take": ("take", b"", 422, "UPLOAD_EMPTY"),
    "picture as take": ("take", bomb()[:2000], 415, "UPLOAD_WRONG_TYPE"),
    "ten hours": ("take", ten_hours(), 422, "TAKE_TOO_LONG"),
    "huge take": ("take", b"fLaC" + bytes(51_000_000), 413, "UPLOAD_TOO_LARGE"),
}


async def test_every_bad_input_gets_a_clear_answer_and_the_film_is_still_made(world: World) -> None:
    """One session goes through all of it, and ends with its film; no process died or grew."""
    fan = await world.fan()
    pids = {name: member.pid for name, member in world.mesh.members.items()}
    sizes = {name: _size(pid) for name, pid in pids.items()}

    for what, (field, content, status, reason) in AT_THE_DOOR.items():
        reply = await world.http.put(f"/v1/sessions/{fan.id}/{field}", content=content, headers=fan.headers)
        assert (reply.status_code, reply.json()["reason"]) == (status, reason), what
        assert reply.headers["content-type"] == "application/problem+json", what
        assert reply.json()["errors"][0]["field"] == field, what

    # What only a decoder can tell is told by the session.
    for field, content, reasons in (
        ("selfie", world.selfie[: len(world.selfie) // 3], {"NOT_AN_IMAGE"}),
        ("selfie", _blank_jpeg(), {"NO_FACE", "TOO_DARK", "TOO_BRIGHT", "TOO_BLURRED"}),
        ("take", b"fLaC" + bytes(2000), {"NOT_AUDIO"}),
        ("take", _silence(), {"TAKE_SILENT"}),
    ):
        known = len([event for event in fan.seen if event["state"] == "retake" and event["stage"] == field])
        assert (await fan.give(field, content)).status_code == 200
        async with contextlib.aclosing(fan.events()) as events:
            async for _ in events:
                retakes = [event for event in fan.seen if event["state"] == "retake" and event["stage"] == field]
                if len(retakes) > known:
                    break
        assert retakes[-1]["reason"] in reasons, retakes[-1]
        problems = (await fan.get()).json()["problems"]
        assert field in {error["field"] for problem in problems for error in problem["errors"]}

    await fan.give("selfie", world.selfie)
    await fan.give("take", world.take)
    await fan.until("session", "done")
    assert {name: member.pid for name, member in world.mesh.members.items()} == pids
    for name in ("gateway", "recognition", "audio"):
        assert _size(pids[name]) - sizes[name] < GROWTH_BYTES, name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "NAME_EMPTY"),
        (" \t ", "NAME_EMPTY"),
        ("x" * 10_000, "NAME_TOO_LONG"),
        ("x" * 30, "NAME_TOO_LONG"),
        ("a\x00b", "NAME_UNPRINTABLE"),
        ("\x1b[31m", "NAME_UNPRINTABLE"),
        ("\ufdd0", "NAME_UNPRINTABLE"),
    ],
)
async def test_a_bad_name_is_refused_by_name(world: World, name: str, reason: str) -> None:
    """Problem details say that it is the name, and why."""
    body = {"campaign": "tiny", "name": name, "consent": True}
    reply = await world.http.post("/v1/sessions", json=body)

    assert (reply.status_code, reply.json()["reason"]) == (422, reason)
    assert [error["field"] for error in reply.json()["errors"]] == ["name"]


@pytest.mark.parametrize("name", ["Zoë", "李雷", "محمد", "प्रिया", "Nguyễn", "O'Brien", "👩🏽‍🎤"])
async def test_names_of_the_world_are_welcome(world: World, name: str) -> None:
    """Every script, combining marks, joiners and emoji."""
    fan = await world.fan(name)
    assert (await fan.get()).json()["name"] == name
    assert (await fan.until("name", "done"))["state"] == "done"
    await world.http.post(f"/v1/sessions/{fan.id}/cancel", headers=fan.headers)


def _size(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)


def _blank_jpeg() -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (640, 480), (120, 130, 140)).save(file, "JPEG")
    return file.getvalue()


def _silence() -> bytes:
    data = bytes(2 * 48_000 * 4)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 48_000, 96_000, 2, 16)
        + b"data" + struct.pack("<I", len(data)) + data
    )  # fmt: skip


def test_the_bomb_is_a_bomb(tmp_path: Path) -> None:
    """Its header claims what it should, or the tests above would prove nothing."""
    assert struct.unpack(">II", bomb()[16:24]) == (50_000, 50_000)
    assert len(bomb()) < 2_000_000
