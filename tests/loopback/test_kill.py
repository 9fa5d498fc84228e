"""No crash of any process loses a film, doubles it, or leaves a hole in its log."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections import Counter
from pathlib import Path

from fancam.mesh import MODULES
from tests.loopback import tiny
from tests.loopback.conftest import World
from tests.video import measure

# Which process dies when a stage is about to be worked on; the gateway dies with the most calls in flight.
VICTIMS = {
    "recognise": "recognition",
    "sing": "audio",
    "render": "renderer",
    "compose": "compositor",
    "assemble": "assembler",
}


async def test_killing_each_of_the_six_processes_once_loses_nothing(world: World, tmp_path: Path) -> None:
    """SIGKILL to each while it works for one film: one film, a log without gap or double, and no leftovers."""
    fan = await world.fan("Survivor")
    before = {name: member.restarts for name, member in world.mesh.members.items()}
    killed: list[str] = []
    uploads = asyncio.gather(fan.give("selfie", world.selfie), fan.give("take", world.take))

    async for event in fan.events():
        victim = VICTIMS.get(event["stage"])
        if event["state"] == "waiting" and victim and victim not in killed:
            world.mesh.kill(victim)
            killed.append(victim)
            if victim == "renderer":
                world.mesh.kill("gateway")
                killed.append("gateway")
    await uploads

    restarts = {name: member.restarts - before[name] for name, member in world.mesh.members.items()}
    assert sorted(killed) == sorted(MODULES)
    assert restarts == dict.fromkeys(MODULES, 1), "each died once, and none died of another's death"
    assert fan.broken >= 1, "the stream of events broke with the gateway and was taken up again"
    assert fan.seen[-1]["state"] == "done", fan.seen[-1]

    numbers = [event["number"] for event in fan.seen]
    assert numbers == list(range(1, len(numbers) + 1))
    done = Counter((event["stage"], event["item"]) for event in fan.seen if event["state"] == "done")
    assert set(done.values()) == {1}
    assert done["assemble", ""] == 1

    film = tmp_path / "film.mp4"
    film.write_bytes((await fan.get("/film")).content)
    assert measure.decode_warnings(film) == ""
    assert measure.pictures(film).shape[0] == tiny.FRAMES
    folder = world.data / "artifacts" / "sessions" / fan.id
    films = [path for path in folder.iterdir() if path.is_file() and _has_picture_and_sound(path)]
    assert len(films) == 1, "exactly one film was made"


async def test_nothing_outlives_a_killed_worker(world: World) -> None:
    """A renderer that is killed takes its Chrome along, or every crash would cost a gigabyte."""
    await world.mesh.ready()
    victim = world.mesh.members["renderer"].pid
    family = _descendants(victim)
    assert family, "or this test would prove nothing"

    world.mesh.kill("renderer")

    async with asyncio.timeout(60):
        while left := [pid for pid in family if _alive(pid)]:
            await asyncio.sleep(0.1)
    assert not left
    await world.mesh.ready()


def _has_picture_and_sound(path: Path) -> bool:
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", str(path)]
    said = subprocess.run(command, capture_output=True, check=False, text=True).stdout.split()
    return {"video", "audio"} <= set(said)


def _descendants(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z" and os.path.exists(f"/proc/{pid}")
