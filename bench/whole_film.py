"""What a fan's film costs by the press and the splice, against the same film rendered whole: CPU seconds, one run.

`python bench/whole_film.py [--size 360x640]` starts a mesh, presses the demo campaign without its fan-kit, and makes a
film of a new fan and one of a fan whose recipe was drawn before. Then it renders all cuts anew, as a system without a
press does for every fan: all avatars by our renderer, all frames by Remotion with our player, in the same browser
(`bench/remotion`). Remotion's film has no sound, no selfie was read for it and no voice was tuned: ours pays for these.
Ours is split by process: recognition reads the selfie, audio tunes and mixes the voice, the renderer draws avatars, the
compositor shots, the assembler splices and codes sound, the gateway leads them. Prints a table and appends JSON lines
to out/bench/whole_film.jsonl. The goal is 10 times less than whole.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.film import capture, film  # noqa: E402  after the path to it
from bench.remotion.peer import Cut, NoPeer, Remotion, used  # noqa: E402
from fancam import client, mesh  # noqa: E402
from fancam.artifacts import RECIPES, ArtifactStore  # noqa: E402
from fancam.casting import Casting, Part  # noqa: E402
from fancam.keys import Keys  # noqa: E402
from fancam.settings import ArtifactSettings  # noqa: E402
from services.compositor import job  # noqa: E402
from services.compositor.footage import unpack  # noqa: E402
from services.compositor.rehearsal import avatars, document, page_file  # noqa: E402
from services.compositor.service import read_shot  # noqa: E402

OUT = ROOT / "out" / "bench" / "whole_film.jsonl"
CHROMIUM = "/usr/bin/chromium"
SECRET = "of this bench only"  # noqa: S105  and of its mesh, which goes away
GOAL = 10.0

Json = Mapping[str, Any]


def without_kit(folder: Path) -> Path:
    """The demo campaign alone: its fan-kit and its other shapes are no part of the film."""
    shutil.copytree(ROOT / "campaigns" / "demo", folder, ignore=shutil.ignore_patterns("source"))
    campaign = yaml.safe_load((folder / "campaign.yaml").read_text())
    del campaign["fan_kit"], campaign["outputs"]
    (folder / "campaign.yaml").write_text(yaml.safe_dump(campaign, sort_keys=False, allow_unicode=True))
    return folder


def by_process(running: mesh.Mesh) -> Counter[str]:
    """CPU seconds so far of each process of the mesh, with what it started."""
    return Counter({name: used(psutil.Process(member.pid)) for name, member in running.members.items()})


async def every_cut(folder: Path, size: tuple[int, int], fan: Json, casting: Casting) -> list[tuple[Cut, int]]:
    """All cuts of the film, unfolded, and how many avatar frames were drawn for each."""
    campaign = yaml.safe_load((folder / "campaign.yaml").read_text())
    cuts, start = [], 0
    for cut in campaign["cuts"]:
        shot = read_shot(document(folder, cut["shot"]))
        first = cut.get("first_frame", 0)
        frames = cut.get("frames", 0) or shot["frames"] - first
        files: dict[str, Path | bytes] = {
            f"{want.kind}:{want.path}": page_file(folder, want.kind, want.path)
            for want in job.wanted_files(shot, first, frames)
        }
        regions = {}
        for name, slot in avatars(shot):
            recipe = document(folder, slot["recipe"]) if slot.get("recipe") else fan
            assert isinstance(recipe, dict)
            part = Part(recipe, slot["staging"], start, first, frames, *size)
            drawn = await casting.draw(part, lambda *_: None)
            files[f"pass:{name}"] = unpack(name, drawn.clip, first_frame=first).data
            regions[name] = job.Region(
                drawn.left, drawn.top, drawn.width, drawn.height, first + frames, drawn.composition
            )
        told = job.page_job(shot, width=size[0], height=size[1], name="Eileen", passes=regions)
        cuts.append((Cut(told, files, first, frames), frames * len(regions)))
        start += frames
    return cuts


async def measure(data: Path, size: tuple[int, int]) -> None:
    """Press, film, and film whole."""
    environment = {
        "FANCAM_GATEWAY_SECRET": SECRET,
        "FANCAM_GATEWAY_DATABASE": f"sqlite:///{data / 'gateway.sqlite'}",
        "FANCAM_ARTIFACTS_URL": (data / "artifacts").as_uri(),
        "FANCAM_ARTIFACTS_CACHE": str(data / "cache"),
    }
    store = ArtifactStore(ArtifactSettings(url=environment["FANCAM_ARTIFACTS_URL"], cache=str(data / "cache")))
    folder = without_kit(data / "campaign")
    rows: dict[str, float] = {}
    splits: dict[str, Counter[str]] = {}
    async with mesh.running(folder=ROOT, data=data, environment=environment) as running:
        pressed = await client.press(
            folder, artifacts=store, assembler=running.settings.assembler, told=lambda *_: None,
            width=size[0], height=size[1],
        )  # fmt: skip
        async with httpx.AsyncClient(base_url=running.rest, timeout=60) as http:
            await client.register(http, "demo", pressed.pressing, Keys(SECRET.encode()).operator())
            await film(http, "Ada", data)  # everything is warm, shaders too
            shutil.rmtree(data / "artifacts" / RECIPES)
            for name, fan in (("a new fan", "Eileen"), ("a recipe drawn before", "Valentina")):
                before = by_process(running)
                await film(http, fan, data)
                splits[name] = by_process(running)
                splits[name].subtract(before)
                rows[name] = splits[name].total()
            recipe = await recipe_of(http, data / "selfie.jpg")
        shutil.rmtree(data / "artifacts" / RECIPES)
        # Of the renderer alone: a Chrome of another process that ends meanwhile would take its seconds with it.
        until_then = by_process(running)["renderer"]
        casting = Casting(folder, artifacts=store, renderer=running.settings.renderer)
        cuts = await every_cut(folder, size, recipe, casting)
        rows["whole: avatars by our renderer"] = by_process(running)["renderer"] - until_then
    async with Remotion.open(CHROMIUM, data / "remotion") as peer:
        await peer.film([cuts[0][0]], Fraction(24), data / "warm.mp4")
        whole = await peer.film([cut for cut, _ in cuts], Fraction(24), data / "whole.mp4")
    rows["whole: frames by Remotion"] = whole.cpu_s
    frames = sum(cut.frames for cut, _ in cuts)
    report(rows, splits, frames, sum(count for _, count in cuts), whole.gl)


async def recipe_of(http: httpx.AsyncClient, selfie: Path) -> Json:
    """What the mesh sees in a selfie."""
    visit = await client.visit(http, "demo", "Eileen")
    await visit.give("selfie", selfie)
    async for event in visit.events():
        if (event["stage"], event["state"]) == ("recognise", "done"):
            break
    found: Json = (await visit.get("/recipe")).json()["recipe"]
    await visit.cancel()
    return found


def report(
    rows: Mapping[str, float], splits: Mapping[str, Counter[str]], frames: int, avatar_frames: int, gl: str
) -> None:
    """Print and keep; a film of ours also by the process that its seconds were spent in."""
    whole = rows["whole: avatars by our renderer"] + rows["whole: frames by Remotion"]
    print(f"{frames} frames, {avatar_frames} avatars drawn in them when rendered whole; Remotion's GL: {gl}")
    for name, cpu_s in {**rows, "whole: both": whole}.items():
        print(f"  {name:34} {cpu_s:8.1f} CPU s")
        for process, spent_s in splits.get(name, Counter[str]()).most_common():
            print(f"    {process:32} {spent_s:8.1f}")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a") as lines:
        for name in ("a new fan", "a recipe drawn before"):
            for against, theirs in (("rendered whole", whole), ("Remotion alone", rows["whole: frames by Remotion"])):
                print(f"  {name}: {theirs / rows[name]:.1f} times less than {against} (goal {GOAL:g})")
                row = {"name": f"film of {name}", "value": round(rows[name], 2), "unit": "CPU s", "against": against}
                lines.write(json.dumps({**row, "ratio": round(rows[name] / theirs, 4)}) + "\n")
            for process, spent_s in splits[name].items():
                row = {"name": f"film of {name}: {process}", "value": round(spent_s, 2), "unit": "CPU s"}
                lines.write(json.dumps({**row, "against": "the film", "ratio": round(spent_s / rows[name], 4)}) + "\n")


def main() -> None:
    """Measure in a folder that goes away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="720x1280", help="of the film in pixels")
    width, height = (int(part) for part in parser.parse_args().size.split("x"))
    print(f"\nThe demo film at {width}x{height} by the mesh, and rendered whole")
    with tempfile.TemporaryDirectory(prefix="fancam-bench-") as name:
        capture(Path(name))
        try:
            asyncio.run(measure(Path(name), (width, height)))
        except NoPeer as reason:
            print(f"without Remotion there is nothing to compare with: {reason}")


if __name__ == "__main__":
    main()
