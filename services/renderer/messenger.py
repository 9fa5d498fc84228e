"""Sticker packs as messengers take them: the published limits, a manifest, an archive, and a check of all three.

The limits are those WhatsApp publishes for sticker packs (`contents.json` and its validator); other messengers' are
wider, so a pack that passes here passes there.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image, UnidentifiedImageError

SIDE = 512
"""Pixels of a sticker, each way."""

MARGIN = 16
"""Clear pixels between a sticker's picture and its edge."""

MOST_STILL_BYTES = 100 * 1024
MOST_MOVING_BYTES = 500 * 1024
TRAY_SIDE = 96
MOST_TRAY_BYTES = 50 * 1024
STICKERS = (3, 30)
"""Fewest and most stickers of a pack."""

LEAST_FRAME_MS = 8
MOST_LOOP_MS = 10_000
MOST_NAME = 128
MOST_EMOJIS = 3
MOST_LABEL = {False: 125, True: 255}
"""Characters of the description that is read aloud: of a still sticker, of a moving one."""

IDENTIFIER = re.compile(r"[A-Za-z0-9_.\- ]{1,127}")
MANIFEST = "contents.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive, so that equal packs are equal bytes."""


@dataclass(frozen=True)
class Sticker:
    """One finished sticker.

    Args:
        name: File name without its ending.
        data: WebP.
        emojis: One to three that it stands for.
        label: What it shows, read aloud to those who do not see it.
    """

    name: str
    data: bytes
    emojis: Sequence[str] = ("✨",)
    label: str = ""


@dataclass(frozen=True)
class Pack:
    """Stickers of one kind: all still or all moving.

    Args:
        identifier: Unique for a publisher.
        name: As people read it.
        publisher: As people read it.
        moving: Whether its stickers move.
        stickers: In the order they are shown.
        tray: PNG of the pack's icon.
    """

    identifier: str
    name: str
    publisher: str
    moving: bool
    stickers: Sequence[Sticker]
    tray: bytes = field(repr=False)


def manifest(packs: Sequence[Pack]) -> dict[str, Any]:
    """`contents.json` of packs that lie in a folder each, named as their identifier."""
    return {
        "sticker_packs": [
            {
                "identifier": pack.identifier,
                "name": pack.name,
                "publisher": pack.publisher,
                "tray_image_file": "tray.png",
                "image_data_version": "1",
                "avoid_cache": False,
                "animated_sticker_pack": pack.moving,
                "stickers": [
                    {
                        "image_file": f"{sticker.name}.webp",
                        "emojis": list(sticker.emojis),
                        "accessibility_text": sticker.label,
                    }
                    for sticker in pack.stickers
                ],
            }
            for pack in packs
        ]
    }


def archive(packs: Sequence[Pack]) -> bytes:
    """A ZIP of the packs and their manifest; equal packs give equal bytes."""
    files = {MANIFEST: json.dumps(manifest(packs), ensure_ascii=False, indent=1).encode()}
    for pack in packs:
        files[f"{pack.identifier}/tray.png"] = pack.tray
        files |= {f"{pack.identifier}/{sticker.name}.webp": sticker.data for sticker in pack.stickers}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:  # pictures are compressed already
        for name, data in files.items():
            packed.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return out.getvalue()


def read(path: Path) -> dict[str, bytes]:
    """All files of a folder or of a ZIP, by their path inside."""
    if path.is_dir():
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist() if not name.endswith("/")}


def faults(files: Mapping[str, bytes]) -> Iterator[str]:
    """What a messenger would refuse, one sentence each; nothing when it would take the packs.

    Args:
        files: Of a folder with `contents.json`, by path.
    """
    if MANIFEST not in files:
        yield f"{MANIFEST}: is missing"
        return
    try:
        packs = json.loads(files[MANIFEST])["sticker_packs"]
    except (ValueError, KeyError, TypeError):
        yield f"{MANIFEST}: is no JSON with a list sticker_packs"
        return
    if not 1 <= len(packs) <= 10:
        yield f"{MANIFEST}: holds {len(packs)} packs; 1 to 10 are allowed"
    identifiers = [str(pack.get("identifier", "")) for pack in packs]
    for twice in sorted({name for name in identifiers if identifiers.count(name) > 1}):
        yield f"{MANIFEST}: two packs are called {twice!r}"
    for pack in packs:
        yield from _pack_faults(pack, files)


def _pack_faults(pack: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[str]:
    identifier = str(pack.get("identifier", ""))
    where = identifier or "a pack"
    if not IDENTIFIER.fullmatch(identifier):
        yield f"{where}: its identifier must be 1 to 127 letters, digits, or one of _ . - and space"
    for key in ("name", "publisher", "image_data_version"):
        if not 1 <= len(str(pack.get(key, ""))) <= MOST_NAME:
            yield f"{where}: {key} must have 1 to {MOST_NAME} characters"
    moving = bool(pack.get("animated_sticker_pack", False))
    stickers = list(pack.get("stickers", []))
    fewest, most = STICKERS
    if not fewest <= len(stickers) <= most:
        yield f"{where}: has {len(stickers)} stickers; {fewest} to {most} are allowed"
    folder = PurePosixPath(identifier)
    yield from _tray_faults(str(folder / str(pack.get("tray_image_file", ""))), files)
    for entry in stickers:
        path = str(folder / str(entry.get("image_file", "")))
        count = len(entry.get("emojis", []))
        if not 1 <= count <= MOST_EMOJIS:
            yield f"{path}: stands for {count} emojis; 1 to {MOST_EMOJIS} are allowed"
        label = str(entry.get("accessibility_text", ""))
        if len(label) > MOST_LABEL[moving]:
            yield f"{path}: its description has {len(label)} characters; at most {MOST_LABEL[moving]} are allowed"
        yield from _sticker_faults(path, files, moving)


def _opened(path: str, files: Mapping[str, bytes]) -> Image.Image | str:
    if path not in files:
        return f"{path}: is missing"
    try:
        picture: Image.Image = Image.open(io.BytesIO(files[path]))
    except UnidentifiedImageError:
        return f"{path}: is no picture"
    return picture


def _tray_faults(path: str, files: Mapping[str, bytes]) -> Iterator[str]:
    picture = _opened(path, files)
    if isinstance(picture, str):
        yield picture
        return
    if picture.size != (TRAY_SIDE, TRAY_SIDE):
        yield f"{path}: is {picture.width}x{picture.height} pixels, not {TRAY_SIDE}x{TRAY_SIDE}"
    if picture.format not in {"PNG", "WEBP"}:
        yield f"{path}: is {picture.format}, neither PNG nor WebP"
    if len(files[path]) > MOST_TRAY_BYTES:
        yield f"{path}: has {len(files[path])} bytes; at most {MOST_TRAY_BYTES} are allowed"


def _sticker_faults(path: str, files: Mapping[str, bytes], moving: bool) -> Iterator[str]:
    picture = _opened(path, files)
    if isinstance(picture, str):
        yield picture
        return
    if picture.format != "WEBP":
        yield f"{path}: is {picture.format}, not WebP"
        return
    if picture.size != (SIDE, SIDE):
        yield f"{path}: is {picture.width}x{picture.height} pixels, not {SIDE}x{SIDE}"
    most = MOST_MOVING_BYTES if moving else MOST_STILL_BYTES
    if len(files[path]) > most:
        yield f"{path}: has {len(files[path])} bytes; at most {most} are allowed"
    frames = int(getattr(picture, "n_frames", 1))
    if moving != (frames > 1):
        yield f"{path}: {'stands still in a moving' if moving else 'moves in a still'} pack"
    alpha = picture.convert("RGBA").getchannel("A")
    edge = [alpha.crop(box) for box in _edges(picture.size)]
    if any(strip.getextrema()[1] for strip in edge):
        yield f"{path}: is not clear along its edge of {MARGIN} pixels"
    if moving and frames > 1:
        yield from _loop_faults(path, picture, frames)


def _edges(size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    width, height = size
    return [
        (0, 0, width, MARGIN),
        (0, height - MARGIN, width, height),
        (0, 0, MARGIN, height),
        (width - MARGIN, 0, width, height),
    ]


def _loop_faults(path: str, picture: Image.Image, frames: int) -> Iterator[str]:
    durations = []
    for number in range(frames):
        picture.seek(number)
        picture.load()
        durations.append(int(picture.info.get("duration", 0)))
    if min(durations) < LEAST_FRAME_MS:
        yield f"{path}: a frame stands for {min(durations)} ms; at least {LEAST_FRAME_MS} are needed"
    if sum(durations) > MOST_LOOP_MS:
        yield f"{path}: lasts {sum(durations)} ms; at most {MOST_LOOP_MS} are allowed"
