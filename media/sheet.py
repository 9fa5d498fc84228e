"""A sheet of pictures out of a film: `python -m media.sheet FILM.mp4 SHEET.png`."""

from __future__ import annotations

import sys
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from media.cuts import Thumbs, detail, shots

COLUMNS, ROWS = 10, 4
GAP_PX = 6
CELL_WIDTH_PX = 200
THUMB_WIDTH_PX = 90
GROUND = "#14121f"


def contact_sheet(film: Path, *, columns: int = COLUMNS, rows: int = ROWS) -> Image.Image:
    """A frame of each shot of a film, row by row, each `CELL_WIDTH_PX` wide; of a shot, the one that shows most.

    Of more shots than there are places the longest are shown; of fewer, the longest are shown more than once.

    Raises:
        ValueError: The film has fewer frames than the sheet has places.
    """
    thumbs = _thumbs(film)
    if len(thumbs) < columns * rows:
        raise ValueError(f"{film} has {len(thumbs)} frames, the sheet has {columns * rows} places")
    seen = detail(thumbs)
    wanted = [_telling(stretch, seen) for stretch in stretches(shots(thumbs), columns * rows)]
    pictures = _frames(film, set(wanted))
    height = pictures[wanted[0]].height
    across, down = CELL_WIDTH_PX + GAP_PX, height + GAP_PX
    sheet = Image.new("RGB", (columns * across + GAP_PX, rows * down + GAP_PX), GROUND)
    for index, number in enumerate(wanted):
        row, column = divmod(index, columns)
        sheet.paste(pictures[number], (GAP_PX + column * across, GAP_PX + row * down))
    return sheet


def stretches(found: Sequence[range], places: int) -> list[range]:
    """As many stretches of a film as there are places, in order, none across a cut.

    Of more shots than places the longest stay. Of fewer, each has a place and the others go, one after another, to the
    shot whose parts are longest (the method of D'Hondt).
    """
    if len(found) > places:
        longest = sorted(found, key=len, reverse=True)[:places]
        return [shot for shot in found if shot in longest]
    parts = [1] * len(found)
    for _ in range(places - len(found)):
        most = max(range(len(found)), key=lambda index: len(found[index]) / (parts[index] + 1))
        parts[most] += 1
    return [
        range(shot.start + len(shot) * part // count, shot.start + len(shot) * (part + 1) // count)
        for shot, count in zip(found, parts, strict=True)
        for part in range(count)
    ]


def _telling(stretch: range, seen: NDArray[np.float32]) -> int:
    """The frame of a stretch that shows most; of equals, the one nearest to its middle."""
    middle = (stretch.start + stretch.stop) // 2
    return max(stretch, key=lambda frame: (round(float(seen[frame]), 1), -abs(frame - middle)))


def _thumbs(film: Path) -> Thumbs:
    """Every frame, small and grey; shape (frames, height, `THUMB_WIDTH_PX`)."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        height = round(THUMB_WIDTH_PX * stream.height / stream.width)
        return np.stack(
            [
                frame.reformat(THUMB_WIDTH_PX, height, "gray", interpolation="AREA").to_ndarray()
                for frame in container.decode(stream)
            ]
        )


def _frames(film: Path, wanted: Set[int]) -> dict[int, Image.Image]:
    """Some frames of a film in colour, `CELL_WIDTH_PX` wide, by their numbers."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        height = round(CELL_WIDTH_PX * stream.height / stream.width)
        return {
            number: frame.to_image(width=CELL_WIDTH_PX, height=height, interpolation="AREA")  # type: ignore[no-untyped-call]
            for number, frame in enumerate(container.decode(stream))
            if number in wanted
        }


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
LABELLED_COLUMNS = 8


def labelled(cells: Sequence[Cell], *, columns: int = LABELLED_COLUMNS) -> Image.Image:
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
