"""Draws one frame of every cut of a campaign: `python -m services.compositor.sheet FOLDER SHEET.png < timeline.json`.

The timeline is what `python -m services.assembler.check FOLDER --json` says. Frames are drawn by the compositor's page
in Chrome, as films are, and avatars by a renderer; without one, figures stand in for them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from fancam.artifacts import ArtifactStore
from fancam.casting import Casting, Part
from fancam.errors import FancamError
from fancam.settings import ArtifactSettings, CompositorSettings
from media.sheet import Cell, labelled
from services.compositor import job
from services.compositor.footage import unpack
from services.compositor.rehearsal import (
    BadDocument,
    Fan,
    avatars,
    company,
    document,
    page_file,
    short_footage,
    stand_in,
)
from services.compositor.service import PAGE, read_shot
from stage.errors import StageError
from stage.host import Stage
from stage.page import Page
from stage.webgl import Gl

WIDTH_PX = 240
"""Of a frame on the sheet."""


class Sheet:
    """A campaign's frames, one after another on one page."""

    def __init__(self, folder: Path, timeline: dict[str, Any], casting: Casting | None) -> None:
        self._folder = folder
        self._timeline = timeline
        self._casting = casting
        self._fan: Fan = company(folder)[0]
        width, height = timeline["width"], timeline["height"]
        self._size = WIDTH_PX, max(16, 2 * round(WIDTH_PX * height / width / 2))

    async def cell(self, page: Page, cut: dict[str, Any]) -> Cell:
        """The frame at three quarters of a cut: what comes in is there by then, and a flash on the beat is over.

        Raises:
            BadDocument, job.Refused: The shot cannot be read, or not be played.
            FancamError, StageError: A renderer or the page could not draw it.
        """
        shot = read_shot(document(self._folder, cut["shot"]))
        after = cut["frames"] * 3 // 4
        frame = cut["first_frame"] + after
        wanted = job.wanted_files(shot, frame, 1)
        if faults := short_footage(self._folder, wanted):
            raise job.ShotInvalid(faults)
        files: dict[str, Path | bytes] = {
            f"{want.kind}:{want.path}": page_file(self._folder, want.kind, want.path) for want in wanted
        }
        width, height = self._size
        regions = {}
        for avatar, slot in avatars(shot):
            own = slot.get("recipe", "")
            recipe: Any = document(self._folder, own) if own else self._fan.recipe
            part = Part(recipe, slot.get("staging", {}), cut["start_frame"] + after, frame, 1, width, height)
            files[f"pass:{avatar}"], regions[avatar] = await self._pass(part)
        told = job.page_job(shot, width=width, height=height, name=self._fan.name, passes=regions)
        await page.load(told, files)
        drawn = Image.fromarray(await page.still(frame)).convert("RGB")
        whose = "personal" if cut["personal"] else "fixed"
        return Cell(drawn, cut["id"], f"{whose}, frame {frame} of {cut['shot']}", marked=cut["personal"])

    async def _pass(self, part: Part) -> tuple[bytes, job.Region]:
        whole = job.Region(0, 0, part.width, part.height, 1, (part.width, part.height))
        if self._casting is None:
            return stand_in(part.width, part.height, 1, part.shot_first_frame), whole
        drawn = await self._casting.draw(part, lambda *_: None)
        packets = unpack("the pass", drawn.clip, first_frame=part.shot_first_frame)
        region = job.Region(drawn.left, drawn.top, drawn.width, drawn.height, 1, drawn.composition)
        return packets.data, region


def refusals(folder: Path, timeline: dict[str, Any]) -> list[str]:
    """What the compositor would refuse in any shot: file, field and reason, one line each."""
    found = []
    for path in dict.fromkeys(cut["shot"] for cut in timeline["cuts"]):
        try:
            shot = read_shot(document(folder, path))
            faults = short_footage(folder, job.wanted_files(shot, 0, shot["frames"]))
        except BadDocument as error:
            faults = {"": str(error)}
        except job.Refused as error:
            faults = dict(error.faults)
        found += [f"{path}: {where.removeprefix('shot.')}: {why}" for where, why in faults.items()]
    return found


async def draw(folder: Path, target: Path, timeline: dict[str, Any], renderer: str) -> None:
    """Draw the sheet; raises as `Sheet.cell`."""
    casting = None
    if renderer:
        casting = Casting(folder, artifacts=ArtifactStore(ArtifactSettings.load()), renderer=renderer)
    sheet = Sheet(folder, timeline, casting)
    settings = CompositorSettings.load()
    gl: Gl = settings.gl  # type: ignore[assignment]  # Stage.open refuses other words
    cells = []
    async with Stage.open(PAGE, gl=gl, chromium=settings.chromium) as stage:
        for number, cut in enumerate(timeline["cuts"]):
            async with stage.page() as page:
                cells.append(await sheet.cell(page, cut))
            sys.stdout.write(f"  {number + 1:3} of {len(timeline['cuts'])}  {cut['id']}\n")
            sys.stdout.flush()
    await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(labelled(cells).save, target)


def main() -> int:
    """Draw the sheet that the command line asks for."""
    parser = argparse.ArgumentParser(description="Draw one frame of every cut of a campaign.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--renderer", default="", help="address of a renderer; without one, figures stand in for fans")
    parser.add_argument("--only-check", action="store_true", help="draw nothing; say what would be refused")
    told = parser.parse_args()
    timeline = json.load(sys.stdin)
    if refused := refusals(told.folder, timeline):
        sys.stdout.write("\n".join([*refused, ""]))
        return 1
    if told.only_check:
        return 0
    try:
        asyncio.run(draw(told.folder, told.sheet, timeline, told.renderer))
    except (BadDocument, job.Refused, FancamError, StageError) as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
