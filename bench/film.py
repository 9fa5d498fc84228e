"""How long a fan waits: the demo film by the whole mesh, from the last input to the finished film.

`python bench/film.py [--size 180x320]` starts a mesh of its own, presses the demo campaign and makes films of it: a
first one, a second one of the same face under another name (its passes are found, not drawn), and two at once. Then
the door alone: sessions made a second, and what a listener costs. Prints a table with the critical path's shares, and
appends JSON lines to out/bench/film.jsonl. The goal is 90 s on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil

from fancam import client, mesh
from fancam.artifacts import ArtifactStore
from fancam.keys import Keys
from fancam.settings import ArtifactSettings
from fancam.timeline import Timeline

ROOT = Path(__file__).resolve().parents[1]
CAMPAIGN = ROOT / "campaigns" / "demo"
OUT = Path("out/bench/film.jsonl")
SECRET = "of this bench only"  # noqa: S105  and of its mesh, which goes away
GOAL_S = 90.0
SESSIONS, CALLERS, LISTENERS = 200, 10, 300


async def film(http: httpx.AsyncClient, name: str, inputs: Path) -> Timeline:
    """One film; its timeline."""
    visit = await client.visit(http, "demo", name)
    await asyncio.gather(visit.give("selfie", inputs / "selfie.jpg"), visit.give("take", inputs / "take.wav"))
    async for event in visit.events():
        if event["state"] in {"failed", "retake"}:
            raise RuntimeError(f"{event['stage']}: {event['message']}")
    return Timeline.from_json((await visit.get("/timeline")).json())


def shares(timeline: Timeline) -> dict[str, float]:
    """Seconds of the critical path per process."""
    found: dict[str, float] = {}
    for link in timeline.path:
        found[link.lane] = found.get(link.lane, 0.0) + link.seconds
    return found


def note(name: str, value: float, against: float | None = None, unit: str = "s") -> None:
    """Print one figure and keep it."""
    ratio = value / against if against else None
    print(f"  {name:44} {value:9.2f} {unit}" + (f"   {ratio:5.2f} of {against:g} {unit}" if ratio is not None else ""))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    row = {"name": name, "value": round(value, 3), "unit": unit, "against": against, "ratio": ratio and round(ratio, 4)}
    with OUT.open("a") as lines:
        lines.write(json.dumps(row) + "\n")


def capture(data: Path) -> None:
    """Make a fan's selfie and take."""
    for program, made in (("selfie.py", "selfie.jpg"), ("take.py", "take.wav")):
        command = [sys.executable, str(CAMPAIGN / "source" / program), str(data / made)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


async def measure(data: Path, width: int, height: int) -> None:
    """Press and film."""
    environment = {
        "FANCAM_GATEWAY_SECRET": SECRET,
        "FANCAM_GATEWAY_DATABASE": f"sqlite:///{data / 'gateway.sqlite'}",
        "FANCAM_ARTIFACTS_URL": (data / "artifacts").as_uri(),
        "FANCAM_ARTIFACTS_CACHE": str(data / "cache"),
    }
    store = ArtifactStore(ArtifactSettings(url=environment["FANCAM_ARTIFACTS_URL"], cache=str(data / "cache")))
    began = time.monotonic()
    async with mesh.running(folder=ROOT, data=data, environment=environment) as running:
        note("mesh: from nothing to six ready processes", time.monotonic() - began)
        for what in ("press: everything drawn", "press: the same again"):
            began = time.monotonic()
            pressed = await client.press(
                CAMPAIGN,
                artifacts=store,
                assembler=running.settings.assembler,
                told=lambda *_: None,
                width=width,
                height=height,
            )
            note(what, time.monotonic() - began)
        async with httpx.AsyncClient(base_url=running.rest, timeout=60) as http:
            await client.register(http, "demo", pressed.pressing, Keys(SECRET.encode()).operator())
            first = await film(http, "Eileen", data)
            note("film: after the last input", first.film_after_last_input_s, GOAL_S)
            for lane, seconds in sorted(shares(first).items(), key=lambda each: -each[1]):
                if lane != "input":
                    note(f"film: of which {lane}", seconds, first.film_after_last_input_s)
            second = await film(http, "Valentina", data)
            note("film: a second name for the same face", second.film_after_last_input_s, first.film_after_last_input_s)
            both = await asyncio.gather(film(http, "Sally", data), film(http, "Mae", data))
            last = max(timeline.film_after_last_input_s for timeline in both)
            note("film: the later of two at once, same face", last, second.film_after_last_input_s)
            await door(http, running.members["gateway"].pid)


async def door(http: httpx.AsyncClient, pid: int) -> None:
    """Sessions and listeners, while no film is made."""
    took: list[float] = []
    began = time.monotonic()

    async def create() -> None:
        for _ in range(SESSIONS // CALLERS):
            called = time.monotonic()
            await client.visit(http, "demo", "Ada")
            took.append(time.monotonic() - called)

    await asyncio.gather(*(create() for _ in range(CALLERS)))
    note(f"door: sessions made by {CALLERS} callers", SESSIONS / (time.monotonic() - began), unit="1/s")
    note("door: a session made, 99 % within", 1000 * statistics.quantiles(took, n=100)[98], 300.0, unit="ms")

    visit = await client.visit(http, "demo", "Ada")
    gateway = psutil.Process(pid)
    before = gateway.memory_info().rss
    limits = httpx.Limits(max_connections=LISTENERS + 10)
    async with httpx.AsyncClient(base_url=http.base_url, timeout=60, limits=limits) as many:
        listeners = [client.Visit(many, visit.id, visit.token).events() for _ in range(LISTENERS)]
        await asyncio.gather(*(anext(listener) for listener in listeners))
        note(
            f"door: memory per listener, of {LISTENERS}",
            (gateway.memory_info().rss - before) / LISTENERS / 1024,
            60,
            "KiB",
        )
        await visit.cancel()
        began = time.monotonic()
        await asyncio.gather(*(_last(listener) for listener in listeners))
        note(f"door: an event to all {LISTENERS}", 1000 * (time.monotonic() - began), unit="ms")


async def _last(events: AsyncIterator[dict[str, Any]]) -> None:
    async for _ in events:
        pass


def main() -> None:
    """Measure in a folder that goes away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="", help="another size than the campaign's own, for example 180x320")
    size: str = parser.parse_args().size
    width, height = (int(part) for part in size.split("x")) if size else (0, 0)
    print(f"film: the demo campaign{' at ' + size if size else ''}, everything on this machine")
    with tempfile.TemporaryDirectory(prefix="fancam-bench-") as folder:
        capture(Path(folder))
        asyncio.run(measure(Path(folder), width, height))


if __name__ == "__main__":
    main()
