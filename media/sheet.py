"""A sheet of pictures out of a film: `python -m media.sheet FILM.mp4 SHEET.png`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont

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


@dataclass(frozen=True)
class Cell:
    """A picture with a title and a line of detail beneath."""

    picture: Image.Image
    title: str
    detail: str
    marked: bool = False
    """Whether a bar of colour sets it apart."""


INK, QUIET, MARK = "#e8e6f2", "#8d88a6", "#ff5fa8"
TITLE_PX, DETAIL_PX, FOOT_PX = 15, 11, 44


def labelled(cells: Sequence[Cell], *, columns: int = COLUMNS) -> Image.Image:
    """Pictures of one size, row by row, each over its words.

    Raises:
        ValueError: There are none.
    """
    if not cells:
        raise ValueError("a sheet has at least one picture")
    width, height = cells[0].picture.size
    columns = min(columns, len(cells))
    across, down = width + 2 * GAP_PX, height + FOOT_PX
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * across + 2 * GAP_PX, rows * down + 2 * GAP_PX), GROUND)
    pen = ImageDraw.Draw(sheet)
    for index, cell in enumerate(cells):
        row, column = divmod(index, columns)
        left, top = 2 * GAP_PX + column * across, 2 * GAP_PX + row * down
        sheet.paste(cell.picture, (left, top))
        if cell.marked:
            pen.rectangle((left, top + height, left + width - 1, top + height + 2), MARK)
        for offset, size, ink, words in ((6, TITLE_PX, INK, cell.title), (25, DETAIL_PX, QUIET, cell.detail)):
            font = ImageFont.load_default(size)
            fitting = (words[:length] + "…" * (length < len(words)) for length in range(len(words), -1, -1))
            shown = next((each for each in fitting if pen.textlength(each, font) <= width), "")
            pen.text((left, top + height + offset), shown, ink, font)
    return sheet


if __name__ == "__main__":
    contact_sheet(Path(sys.argv[1])).save(sys.argv[2])
