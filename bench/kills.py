"""A press whose processes are killed again and again, against one that is left alone: both must give the same pressing.

`python bench/kills.py [--campaign FOLDER] [--size 90x160] [--kills 20] [--seed N]` prints a line per kill and a table,
and appends JSON lines to out/bench/kills.jsonl. Assembler, compositor, renderer and audio service run as they do
everywhere, on a store of their own. A few seconds after the last kill one of the four is killed (SIGKILL) and comes
back; the press goes on, as a client's does. After every kill each object in the store is read: what its name does not
say is counted as damage. The second press has a store and processes of its own. Ends with status 1 when the two differ.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fancam import client, mesh  # noqa: E402  after the path to it
from fancam.artifacts import ArtifactStore  # noqa: E402
from fancam.errors import NotReady  # noqa: E402
from fancam.settings import ArtifactSettings  # noqa: E402
from fancam.v1.assembler_pb2 import PressResult  # noqa: E402

OUT = ROOT / "out" / "bench" / "kills.jsonl"
VICTIMS = ("assembler", "assembler", "compositor", "renderer", "audio")
"""The assembler twice: it is what holds a press together."""
BETWEEN_S = 2.0, 6.0


@dataclass
class Told:
    """What became of one press."""

    pressing: str = ""
    seconds: float = 0.0
    killed: list[str] = field(default_factory=list)
    damaged: int = 0
    unfinished: int = 0


def damage(store: Path) -> int:
    """Objects whose bytes are not what their name says."""
    found = 0
    for path in store.rglob("*"):
        if path.is_file() and path.parent.name != "index" and "#" not in path.name:
            found += hashlib.sha256(path.read_bytes()).hexdigest() != path.name
    return found


async def pressed(campaign: Path, size: tuple[int, int], kills: int, folder: Path, chance: np.random.Generator) -> Told:
    """Press once in a folder of its own, and kill a process so many times meanwhile."""
    told, began = Told(), time.monotonic()
    settings = ArtifactSettings(url=(folder / "artifacts").as_uri(), cache=str(folder / "cache"))
    place = {"FANCAM_ARTIFACTS_URL": settings.url, "FANCAM_ARTIFACTS_CACHE": settings.cache}
    async with mesh.running(folder=ROOT, data=folder, environment=place, only=set(VICTIMS)) as own:

        async def press() -> PressResult:
            while True:
                try:
                    return await client.press(
                        campaign,
                        artifacts=ArtifactStore(settings),
                        assembler=own.settings.assembler,
                        told=lambda *_: None,
                        width=size[0],
                        height=size[1],
                        encoder="x264",
                    )
                except NotReady:  # killed more often than a client puts up with
                    await asyncio.sleep(1.0)

        work = asyncio.create_task(press())
        while len(told.killed) < kills:
            await asyncio.wait({work}, timeout=chance.uniform(*BETWEEN_S))
            if work.done():
                break
            told.killed.append(str(chance.choice(VICTIMS)))
            own.kill(told.killed[-1])
            told.damaged += damage(folder / "artifacts")
            print(f"{time.monotonic() - began:7.1f} s  killed {told.killed[-1]}", flush=True)
        told.pressing = (await work).summary.id
    told.seconds = time.monotonic() - began
    told.unfinished = sum(1 for _ in (folder / "artifacts").rglob("*#*"))
    return told


async def main() -> int:
    """Both presses, one after the other."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--campaign", type=Path, default=ROOT / "campaigns" / "demo")
    asked.add_argument("--size", default="90x160")
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    given = asked.parse_args()
    width, height = map(int, given.size.split("x"))
    rows = {}
    for name, kills in (("killed", given.kills), ("left alone", 0)):
        with tempfile.TemporaryDirectory(prefix="fancam-kills-") as folder:
            chance = np.random.default_rng(given.seed)
            rows[name] = await pressed(given.campaign, (width, height), kills, Path(folder), chance)
    print(f"\n{'press':12}{'pressing':>14}{'kills':>7}{'damaged':>9}{'unfinished':>12}{'seconds':>9}")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a") as lines:
        for name, told in rows.items():
            kills = len(told.killed)
            shown = f"{told.pressing[:12]:>14}{kills:7}{told.damaged:9}{told.unfinished:12}{told.seconds:9.1f}"
            print(f"{name:12}{shown}")
            lines.write(json.dumps({"name": name, **vars(told), "killed": kills, "seed": given.seed}) + "\n")
    whole = len({told.pressing for told in rows.values()}) == 1 and not any(told.damaged for told in rows.values())
    print("the same pressing, and nothing damaged" if whole else "NOT the same, or damaged")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
