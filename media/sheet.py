"""A sheet of pictures out of a film: `python -m media.sheet FILM.mp4 SHEET.png`."""

from __future__ import annotations

import sys
from pathlib import Path

import av
from PIL import Image

COLUMNS, ROWS = 8, 3
GAP_PX = 6
CELL_WIDTH_PX = 200
GROUND = "#14121f"


def marks(frames: int, wanted: int) -> list[int]:
    """Numbers of `wanted` frames at equal distances in a film of `frames`, each at the middle of its stretch."""
    return [(2 * index + 1) * frames // (2 * wanted) for index in range(wanted)]


def contact_sheet(film: Path, *, columns: int = COLUMNS, rows: int = ROWS) -> Image.Image:
    """Frames at equal distances in a film, row by row, each `CELL_WIDTH_PX` wide.

    Raises:
        ValueError: The film has fewer frames than the sheet has places.
    """
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        total = stream.frames or sum(1 for packet in container.demux(stream) if packet.size)
        if total < columns * rows:
            raise ValueError(f"{film} has {total} frames, the sheet has {columns * rows} places")
        container.seek(0)
        wanted = set(marks(total, columns * rows))
        height = round(CELL_WIDTH_PX * stream.height / stream.width)
        pictures: list[Image.Image] = [
            frame.to_image(width=CELL_WIDTH_PX, height=height, interpolation="AREA")  # type: ignore[no-untyped-call]
            for number, frame in enumerate(container.decode(stream))
            if number in wanted
        ]
    across, down = CELL_WIDTH_PX + GAP_PX, height + GAP_PX
    sheet = Image.new("RGB", (columns * across + GAP_PX, rows * down + GAP_PX), GROUND)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        sheet.paste(picture, (GAP_PX + column * across, GAP_PX + row * down))
    return sheet


if __name__ == "__main__":
    contact_sheet(Path(sys.argv[1])).save(sys.argv[2])
