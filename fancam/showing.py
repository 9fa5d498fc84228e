"""What the demo shows: where its inputs come from, and a sheet of pictures of what came of them."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

COLUMNS, ROWS = 8, 3
GAP_PX = 6
CELL_WIDTH_PX = 200


def portrait(path: Path) -> Path:
    """Write the astronaut's portrait of scikit-image (NASA, public domain) as a JPEG, as a phone would send it."""
    from PIL import Image
    from skimage import data

    path.parent.mkdir(parents=True, exist_ok=True)
    picture: Any = data.astronaut()  # type: ignore[no-untyped-call]
    Image.fromarray(picture).save(path, quality=92)
    return path


def amateur(campaign: Path, path: Path) -> Path:
    """Let the campaign's own program sing its line the way an amateur does.

    Raises:
        FileNotFoundError: The campaign brings no such program.
    """
    program = campaign / "source" / "take.py"
    if not program.is_file():
        raise FileNotFoundError(f"{campaign} brings no source/take.py; use `fancam film --take`")
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(program), str(path)], check=True, stdout=subprocess.DEVNULL)
    return path


def contact_sheet(film: Path, path: Path, *, columns: int = COLUMNS, rows: int = ROWS) -> Path:
    """Write one picture of frames at equal distances in a film, each at the middle of its stretch."""
    import av
    from PIL import Image

    wanted = columns * rows
    pictures: list[Image.Image] = []
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        total = stream.frames or sum(1 for _ in container.demux(stream))
        container.seek(0)
        marks = [math.floor((index + 0.5) * total / wanted) for index in range(wanted)]
        for number, frame in enumerate(container.decode(stream)):
            if len(pictures) < wanted and number >= marks[len(pictures)]:
                height = round(CELL_WIDTH_PX * frame.height / frame.width)
                size = {"width": CELL_WIDTH_PX, "height": height, "interpolation": "AREA"}
                pictures.append(frame.to_image(**size))  # type: ignore[no-untyped-call]
    height = pictures[0].height
    width_px, height_px = columns * (CELL_WIDTH_PX + GAP_PX) + GAP_PX, rows * (height + GAP_PX) + GAP_PX
    sheet = Image.new("RGB", (width_px, height_px), "#14121f")
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        sheet.paste(picture, (GAP_PX + column * (CELL_WIDTH_PX + GAP_PX), GAP_PX + row * (height + GAP_PX)))
    sheet.save(path)
    return path
