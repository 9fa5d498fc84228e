"""Using a mesh from outside: pressing a campaign over gRPC, making a film over REST. What front ends do, in Python."""

from __future__ import annotations

import asyncio
import io
import json
import mimetypes
import tarfile
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx

from fancam.artifacts import SHARED, ArtifactStore, clear_folder
from fancam.channel import DEADLINE_S, connect
from fancam.errors import Busy, FancamError, InvalidRequest, NotReady, from_call
from fancam.timeline import Timeline
from fancam.v1.assembler_pb2 import PressRequest, PressResult
from fancam.v1.assembler_pb2_grpc import AssemblerServiceStub
from fancam.v1.media_pb2 import Artifact, EncoderFamily

LEFT_OUT = ("source", "__pycache__")
"""Folders of a campaign that are not packed: programs that made its files, and what Python leaves beside them."""

MAX_LOSSES = 5
"""Times that a press is begun again whose assembler died under it; what it had drawn is in the store."""

Told = Callable[[float, str], None]
"""Told how far something is: a fraction and a message."""


class Refused(Exception):  # noqa: N818  named for what the caller reads
    """The gateway answered with a problem."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail", "the gateway refused")))
        self.reason = str(problem.get("reason", ""))
        self.fields = {each["field"]: each["detail"] for each in problem.get("errors", [])}


def pack(folder: Path) -> bytes:
    """A campaign folder as an uncompressed tar; equal files give equal bytes.

    Raises:
        FileNotFoundError: There is no `campaign.yaml` in it.
    """
    if not (folder / "campaign.yaml").is_file():
        raise FileNotFoundError(f"{folder} holds no campaign.yaml")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if not path.is_file() or any(part.startswith(".") or part in LEFT_OUT for part in inside.parts):
                continue
            entry = tarfile.TarInfo(inside.as_posix())
            entry.size, entry.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                tar.addfile(entry, file)
    return packed.getvalue()


async def press(
    folder: Path,
    *,
    artifacts: ArtifactStore,
    assembler: str,
    told: Told,
    width: int = 0,
    height: int = 0,
    encoder: str = "",
) -> PressResult:
    """Compile a campaign folder; waits while somebody else presses, and goes on when the assembler comes back.

    Args:
        folder: The campaign.
        artifacts: The store that the mesh uses.
        assembler: The assembler's address.
        told: Told how far it is.
        width: Size of the film in pixels in place of the campaign's own; 0 keeps that.
        height: As `width`.
        encoder: Family that encodes, such as `x264`; empty: the campaign's, or the best that works.

    Raises:
        InvalidRequest: There is no such family.
        FancamError: What the assembler answered; its `fields` name every fault in the campaign.
    """
    data = await asyncio.to_thread(pack, folder)
    package = await artifacts.put(SHARED, data, "application/x-tar")
    request = PressRequest(package=package, width=width, height=height, encoder=_family(encoder))
    give_up, losses = time.monotonic() + DEADLINE_S["Press"], 0
    async with connect(assembler, "fancam.v1.AssemblerService") as channel:
        while True:
            try:
                return await _press(AssemblerServiceStub(channel), request, told)
            except (Busy, NotReady) as error:
                losses += isinstance(error, NotReady)
                wait_s = error.retry_after_s or 2.0
                if error.reason == "STORE_FULL" or losses > MAX_LOSSES or time.monotonic() + wait_s > give_up:
                    raise
                told(0.0, str(error))
                await asyncio.sleep(wait_s)


async def _press(assembler: AssemblerServiceStub, request: PressRequest, told: Told) -> PressResult:
    """Press once."""
    try:
        async for event in assembler.Press(request, timeout=DEADLINE_S["Press"]):
            if event.WhichOneof("event") == "result":
                result: PressResult = event.result
                return result
            told(event.progress.fraction, event.progress.message)
    except grpc.aio.AioRpcError as error:
        raise from_call(error) from error
    raise FancamError("the press ended without a result")


def _family(encoder: str) -> str:
    """The contract's name of an encoder family."""
    name = f"ENCODER_FAMILY_{(encoder or 'unspecified').upper()}"
    if name not in EncoderFamily.keys():  # noqa: SIM118  an enum of protobuf's is no mapping
        known = ", ".join(sorted(each.removeprefix("ENCODER_FAMILY_").lower() for each in EncoderFamily.keys()[1:]))
        raise InvalidRequest(f"{encoder!r} is no encoder; known: {known}")
    return name


@dataclass
class Visit:
    """One session at a gateway."""

    http: httpx.AsyncClient
    id: str
    token: str

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str = "") -> httpx.Response:
        """Read something of the session.

        Raises:
            Refused: The gateway says no.
        """
        return _checked(await self.http.get(f"/v1/sessions/{self.id}{path}", headers=self._headers))

    async def give(self, name: str, path: Path) -> None:
        """Upload the selfie or the take.

        Raises:
            Refused: It is not taken.
        """
        data = await asyncio.to_thread(path.read_bytes)
        _checked(await self.http.put(f"/v1/sessions/{self.id}/{name}", content=data, headers=self._headers))

    async def cancel(self) -> None:
        """Stop the film."""
        await self.http.post(f"/v1/sessions/{self.id}/cancel", headers=self._headers)

    async def events(self) -> AsyncGenerator[dict[str, Any]]:
        """Every event until the session ends; connections that break are taken up where they broke."""
        last, failures = 0, 0
        while True:
            try:
                headers = {**self._headers, "Last-Event-ID": str(last)}
                url = f"/v1/sessions/{self.id}/events"
                async with self.http.stream("GET", url, headers=headers, timeout=httpx.Timeout(10, read=40)) as reply:
                    if reply.status_code == 204:
                        return
                    if reply.status_code != 200:
                        await reply.aread()
                        _checked(reply)
                    async for line in reply.aiter_lines():
                        if line.startswith("data: "):
                            event = json.loads(line[6:])
                            last, failures = event["number"], 0
                            yield event
                            if event["stage"] == "session" and event["state"] in {"done", "failed", "cancelled"}:
                                return
            except httpx.TransportError:
                failures += 1
                if failures > 60:
                    raise
            await asyncio.sleep(0.5)

    async def collect(self, folder: Path) -> dict[str, Path]:
        """Fetch everything that was made into `folder`; says what lies where."""
        kit = {item["id"]: item["media_type"] for item in (await self.get("/fan-kit")).json()}
        outputs = (await self.get()).json()["links"]["outputs"]
        files = {
            "film.mp4": (await self.get("/film")).content,
            "poster.jpg": (await self.get("/poster")).content,
            "recipe.json": json.dumps((await self.get("/recipe")).json(), indent=2).encode() + b"\n",
        }
        for output in outputs:
            files[f"film-{output}.mp4"] = (await self.get(f"/outputs/{output}")).content
        for item, media_type in kit.items():
            suffix = mimetypes.guess_extension(media_type) or ""
            files[f"fankit/{item}{suffix}"] = (await self.get(f"/fan-kit/{item}")).content
        timeline = Timeline.from_json((await self.get("/timeline")).json())
        files["timeline.txt"] = timeline.text().encode()

        def write() -> dict[str, Path]:
            clear_folder(folder / "fankit")
            for name, data in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            timeline.draw(folder / "timeline.png")
            names = [
                "film.mp4",
                *(f"film-{output}.mp4" for output in outputs),
                "poster.jpg",
                *(["fankit"] if kit else []),
                "recipe.json",
                "timeline.txt",
                "timeline.png",
            ]
            return {name: folder / name for name in names}

        return await asyncio.to_thread(write)


async def register(http: httpx.AsyncClient, campaign: str, pressing: Artifact, operator: str) -> None:
    """Tell the gateway which pressing new sessions of a campaign use.

    Raises:
        Refused: It does not take it.
    """
    address = {"uri": pressing.uri, "size_bytes": pressing.size_bytes, "media_type": pressing.media_type}
    headers = {"Authorization": f"Bearer {operator}"}
    _checked(await http.put(f"/v1/campaigns/{campaign}", json={"pressing": address}, headers=headers))


async def end_reviewer(http: httpx.AsyncClient, by: str, operator: str) -> None:
    """End every key in a reviewer's name that was made until now.

    Raises:
        Refused: This is not the operator's key.
    """
    headers = {"Authorization": f"Bearer {operator}"}
    _checked(await http.post("/v1/reviewers/ended", json={"by": by}, headers=headers))


async def visit(http: httpx.AsyncClient, campaign: str, name: str, locale: str = "") -> Visit:
    """Start a session.

    Raises:
        Refused: The name or the campaign is not taken.
    """
    body = {"campaign": campaign, "name": name, "locale": locale, "consent": True}
    reply = await http.post("/v1/sessions", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    made = _checked(reply).json()
    return Visit(http, made["id"], made["token"])


def _checked(reply: httpx.Response) -> httpx.Response:
    if reply.status_code < 400:
        return reply
    try:
        raise Refused(reply.json())
    except ValueError:
        raise Refused({"detail": f"{reply.status_code} {reply.reason_phrase}"}) from None
