"""`python -m tests.compositor.conformance`: runs every case, prints how near each came, and writes docs/features.md.

With names it runs those cases only and leaves the table alone. `--pictures` leaves what was drawn, what was wanted and
how they differ in a folder, `--sheet` everything that was drawn as one picture.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from services.compositor.service import PAGE
from stage.errors import PageError
from stage.host import Stage
from tests.compositor.conformance.case import Case
from tests.compositor.conformance.features import FEATURES, ordered, table
from tests.compositor.conformance.suite import NEAR, Outcome, outcome

ROOT = Path(__file__).resolve().parents[3]

ACROSS = 18
"""Shots in a row of the sheet."""


def picture(found: Outcome, folder: Path) -> None:
    """What was drawn, what was wanted, and four times their difference, side by side."""
    apart = np.clip(np.abs(found.drawn.astype(int) - found.wanted) * 4, 0, 255).astype(np.uint8)
    side = np.hstack([found.drawn, found.wanted, apart])
    Image.fromarray(side).resize((side.shape[1] * 3, side.shape[0] * 3), 0).save(folder / f"{found.case.name}.png")


def sheet(found: list[Outcome], path: Path) -> None:
    """Everything that was drawn, small, row by row."""
    width, height = 64, 48
    rows = -(-len(found) // ACROSS)
    whole = Image.new("RGB", (ACROSS * width, rows * height))
    for index, result in enumerate(found):
        small = Image.fromarray(result.drawn).resize((width, height), Image.Resampling.LANCZOS)
        whole.paste(small, (index % ACROSS * width, index // ACROSS * height))
    whole.save(path, quality=85)


async def run(cases: list[Case], folder: Path | None) -> list[Outcome]:
    """Run some cases and print a line for each."""
    found = []
    async with Stage.open(PAGE, gl="software") as stage, stage.page() as page:
        for case in cases:
            began = time.perf_counter()
            try:
                result = await outcome(page, case)
            except PageError as error:
                sys.stdout.write(f"FAIL {case.name}: {error.name}: {str(error)[:1500]}\n")
                continue
            verdict = "ok  " if result.similarity >= NEAR else "FAR "
            sys.stdout.write(
                f"{verdict} {case.name:34} ssim {result.similarity:.4f}  mean {result.mean:6.2f}  "
                f"worst {result.worst:3}  {1000 * (time.perf_counter() - began):5.0f} ms\n"
            )
            if folder:
                picture(result, folder)
            found.append(result)
    return found


def main() -> None:
    """Run the cases that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="cases, or beginnings of their names; none means all")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the cases")
    parser.add_argument("--sheet", type=Path, help="a file for one picture of all")
    arguments = parser.parse_args()
    subprocess.run(["node", "stage/build.mjs", str(PAGE)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    wanted = [case for case in ordered() if not arguments.names or case.name.startswith(tuple(arguments.names))]
    if not wanted:
        parser.error(f"no case begins with {' or '.join(arguments.names)}")
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    found = asyncio.run(run(wanted, arguments.pictures))
    near = sum(result.similarity >= NEAR for result in found)
    sys.stdout.write(f"{near} of {len(wanted)} are at {NEAR} or nearer\n")
    if arguments.sheet:
        sheet(found, arguments.sheet)
    if not arguments.names:
        FEATURES.write_text(table({result.case.name: result.similarity >= NEAR for result in found}))
    sys.exit(near != len(wanted))


if __name__ == "__main__":
    main()
