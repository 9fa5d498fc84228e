"""Pressing a campaign and making a film from the command line, on the mesh that runs already or on one of our own."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import typer
from grpc_health.v1.health_pb2 import HealthCheckResponse

from fancam import client, mesh, pressreport
from fancam.artifacts import ArtifactStore
from fancam.errors import FancamError
from fancam.keys import Keys, Reviewer, secret_of
from fancam.settings import ArtifactSettings, GatewaySettings, MeshSettings
from fancam.terminal import OUT, Board, console
from fancam.v1.assembler_pb2 import PressResult

STAGES = ("name", "recognise", "render", "compose", "stills", "sing", "assemble")


@asynccontextmanager
async def some_mesh() -> AsyncIterator[MeshSettings]:
    """The mesh that runs already, or one of our own for the length of the block."""
    settings = MeshSettings.load()
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(base_url=settings.rest, timeout=2) as http:
            if (await http.get("/v1/health")).status_code == 200:
                console.print(f"using the mesh at {settings.rest}")
                yield settings
                return
    if "//127.0.0.1" not in settings.rest and "//localhost" not in settings.rest:
        raise FancamError(f"no gateway answers at {settings.rest}")
    states: dict[str, str] = {}
    with console.status("starting the mesh") as status:

        def changed(member: mesh.Member) -> None:
            states[member.name] = member.state
            waiting = [name for name, state in states.items() if state != "ready"]
            status.update(f"starting the mesh: {', '.join(waiting)}" if waiting else "the mesh is ready")

        began = time.monotonic()
        async with contextlib.AsyncExitStack() as stack:
            own = await stack.enter_async_context(mesh.running(folder=Path.cwd(), data=OUT, changed=changed))
            status.stop()
            console.print(f"the mesh is ready after {time.monotonic() - began:.1f} s; logs are in {OUT / 'logs'}")
            yield own.settings


@asynccontextmanager
async def a_renderer() -> AsyncIterator[str]:
    """The address of the renderer that runs already, or of one of our own for the length of the block."""
    settings = MeshSettings.load()
    if await mesh.health(settings.renderer) == HealthCheckResponse.SERVING:
        yield settings.renderer
        return
    with console.status("starting the renderer"):
        async with contextlib.AsyncExitStack() as stack:
            own = await stack.enter_async_context(mesh.running(folder=Path.cwd(), data=OUT, only=("renderer",)))
            yield own.settings.renderer


async def press(folder: Path, size: tuple[int, int], encoder: str, out: Path) -> None:
    """Press a campaign, and report what it took and what a film will cost.

    Args:
        folder: The campaign's.
        size: Width and height; 0 and 0 are the campaign's own.
        encoder: Family of encoders; the best that works, if empty.
        out: Where the report goes.

    Raises:
        FancamError: There is no campaign, or what the assembler answered.
    """
    look_at_campaign(folder)
    async with some_mesh() as settings:
        result = await pressed(settings, folder, *size, encoder)
    console.print(pressreport.table(result))
    console.print("\n".join(["", *pressreport.summary(result)]), highlight=False)
    for path in await asyncio.to_thread(pressreport.write, result, out):
        console.print(f"  {path}", highlight=False)


async def pressed(settings: MeshSettings, folder: Path, width: int, height: int, encoder: str = "") -> PressResult:
    """Press a campaign and register it."""
    began = time.monotonic()
    with Board() as board:
        result = await client.press(
            folder,
            artifacts=ArtifactStore(ArtifactSettings.load()),
            assembler=settings.assembler,
            told=lambda fraction, message: board.tell("press", min(fraction, 0.99), message),
            width=width,
            height=height,
            encoder=encoder,
        )
        board.tell("press", 1.0, f"{len(result.summary.cuts)} cuts in {time.monotonic() - began:.1f} s")
    campaign = str(result.summary.campaign.id)
    async with httpx.AsyncClient(base_url=settings.rest, timeout=30) as http:
        await client.register(http, campaign, result.pressing, operators_key())
    return result


def operators_key() -> str:
    """The key of the gateway that shares our settings."""
    return _keys().operator()


def reviewers_link(by: str, *, campaign: str, days: int, at: str) -> str:
    """The page for reviewers, with a key of that gateway behind the `#`, which browsers send nowhere.

    Args:
        by: Who reviews.
        campaign: The only one that they see; empty for every one.
        days: How long the key holds.
        at: The gateway's address as people reach it.
    """
    now = int(time.time())
    key = _keys().reviewer(Reviewer(by.strip()[:80], campaign, now + days * 24 * 3600, now))
    return f"{at.rstrip('/')}/review/#key={key}"


async def end_reviewer(by: str, *, at: str) -> None:
    """End every key in a name that was made until now, at the gateway at this address.

    Raises:
        Refused: It is not the gateway that shares our settings.
    """
    async with httpx.AsyncClient(base_url=at, timeout=30) as http:
        await client.end_reviewer(http, by.strip()[:80], operators_key())


def _keys() -> Keys:
    gateway = GatewaySettings.load()
    return Keys(secret_of(gateway.secret, gateway.folder()))


async def film(folder: Path, *, selfie: Path, take: Path, name: str, out: Path, size: tuple[int, int]) -> None:
    """Make one film, showing how far it is.

    Args:
        folder: The campaign's.
        selfie: A picture of the fan.
        take: The sung line.
        name: What is written on the screen.
        out: Where the results go.
        size: Width and height; 0 and 0 are the campaign's own.

    Raises:
        FancamError: A file is missing or empty, or the mesh does not answer.
        Refused: The gateway does not take something.
    """
    # Before the work, not after it: what the gateway will not take, and a film that cannot be kept.
    look_at_campaign(folder)
    for path in (selfie, take):
        if not path.is_file():
            raise FancamError(f"there is no file {path}")
        if path.stat().st_size == 0:
            raise FancamError(f"{path} is empty")
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    looker = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway.uploads", str(selfie), str(take))
    if await looker.wait():
        raise typer.Exit(1)
    async with some_mesh() as settings:
        campaign = (await pressed(settings, folder, *size)).summary.campaign.id
        async with httpx.AsyncClient(base_url=settings.rest, timeout=60) as http:
            visit = await client.visit(http, campaign, name)
            try:
                await asyncio.gather(visit.give("selfie", selfie), visit.give("take", take))
                await _watched(visit)
            except BaseException:
                with contextlib.suppress(httpx.HTTPError):
                    await asyncio.shield(visit.cancel())
                raise
            made = await visit.collect(out)
    console.print()
    for what, path in made.items():
        console.print(f"  [bold]{what:16}[/] {path}")
    first = made["timeline.txt"].read_text().splitlines()[0]
    console.print(f"\n[green]{first}[/]")


async def _watched(visit: client.Visit) -> None:
    """Show a session's progress until it ends.

    Raises:
        Refused: An input has to be given again, or the session failed.
    """
    fractions: dict[str, dict[str, float]] = {}
    with Board() as board:
        async for event in visit.events():
            stage = event["stage"]
            # A film is a film without its stills and its other shapes.
            extra = stage == "stills" or (stage == "assemble" and event["item"])
            if event["state"] in {"retake", "failed", "cancelled", "review"} and not extra:
                raise client.Refused({"detail": f"{stage}: {event['message']}", "reason": event["reason"]})
            if stage not in STAGES:
                continue
            items = fractions.setdefault(stage, {})
            items[event["item"]] = event["fraction"]
            message = " ".join(part for part in (event["item"], event["message"]) if part)
            if event["state"] == "done":
                message = f"{event['item']} done".strip()
            left = f"  · film in {event['estimate_s']:.0f} s" if event["estimate_s"] > 0 else ""
            board.tell(stage, sum(items.values()) / len(items), message + left)


def look_at_campaign(folder: Path) -> None:
    """See that there is a campaign.

    Raises:
        FancamError: There is none.
    """
    if not (folder / "campaign.yaml").is_file():
        raise FancamError(f"{folder} holds no campaign.yaml")
