"""A fan-kit as orders: what is drawn how for one fan, and how what was drawn is finished. Knows no store, no page."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from PIL import Image

from services.renderer import fankit, messenger
from services.renderer.drawing import Order, Song

LOOP_RATE = Fraction(10)
"""Frames per second of moving stickers: as drawn animation, and half the bytes of a film's rate."""

KEY, RIM, FILL = (255, 240, 225), (255, 96, 190), (90, 110, 255)
"""Light of a still whose staging names none."""


@dataclass(frozen=True)
class Item:
    """One picture of a fan-kit.

    Args:
        id: As the campaign calls it.
        order: What is drawn: one frame, or a loop.
        width: Pixels of the finished picture.
        height: Pixels of the finished picture.
        sticker: Outlined, with transparent surroundings.
        photocard: A page for print.
        emojis: What a sticker stands for.
        label: What is seen, read aloud.
    """

    id: str
    order: Order
    width: int
    height: int
    sticker: bool
    photocard: bool
    emojis: Sequence[str]
    label: str

    @property
    def moves(self) -> bool:
        """Whether it is a loop."""
        return self.order.frames > 1

    @property
    def key(self) -> str:
        """Equal for two items whose files are equal."""
        job = self.order.job("pass")
        return json.dumps([job, self.id, self.width, self.height, self.sticker, self.photocard], sort_keys=True)

    @property
    def media_type(self) -> str:
        """Of the finished file."""
        return "image/webp" if self.sticker else "application/pdf" if self.photocard else "image/jpeg"

    @property
    def packed(self) -> bool:
        """Whether it goes into a pack of stickers."""
        return self.sticker and (self.width, self.height) == (messenger.SIDE, messenger.SIDE)

    def finish(self, drawn: Sequence[fankit.Rgba]) -> bytes:
        """The file, of its drawn frames.

        Raises:
            TooLarge: A sticker has more in it than messengers take at any quality.
        """
        expression = str(self.order.staging.get("expression", ""))
        if self.sticker:
            count = len(drawn)
            most = messenger.MOST_MOVING_BYTES if self.moves else messenger.MOST_STILL_BYTES
            pictures = [fankit.sticker(frame, expression, number / count) for number, frame in enumerate(drawn)]
            framed = [fankit.framed(picture, self.width, self.height) for picture in pictures]
            return fankit.webp(framed, most, round(1000 / LOOP_RATE))
        key, rim, fill = (
            _rgb(self.order.staging.get(name), otherwise)
            for name, otherwise in (("keyLight", KEY), ("rimLight", RIM), ("fillLight", FILL))
        )
        picture = fankit.still(drawn[0], key, rim, fill, seed=zlib.crc32(self.id.encode()))
        return fankit.photocard(picture) if self.photocard else fankit.jpeg(picture)


def item(still: Mapping[str, Any], order: Order) -> Item:
    """What one still of a campaign asks for.

    Args:
        still: `fancam.v1.Still` in JSON, lowerCamelCase.
        order: Its avatar, staged, at its frame, in its size.
    """
    sticker, photocard = bool(still.get("sticker")), bool(still.get("photocard"))
    beats = int(still.get("loopBeats", 0)) if sticker else 0
    if sticker:
        margin = round(messenger.MARGIN * order.width / messenger.SIDE)
        room = 2 * (margin + fankit.outline_room(order.width - 2 * margin))
        order = replace(order, width=order.width - room, height=order.height - room)
    elif photocard:
        order = replace(order, width=fankit.card_pixels()[0], height=fankit.card_pixels()[1])
    if beats:
        tempo = float(order.staging.get("tempoBpm") or order.song.tempo_bpm)
        frames = max(2, round(beats * 60 / tempo * LOOP_RATE))
        # A whole number of frames holds exactly the loop's beats.
        exact = beats * 60 * float(LOOP_RATE) / frames
        song = Song(LOOP_RATE, exact, order.song.notes)
        order = replace(order, song=song, staging={**order.staging, "tempoBpm": exact}, first=0, frames=frames)
    return Item(
        id=str(still["id"]),
        order=order,
        width=int(still["width"]),
        height=int(still["height"]),
        sticker=sticker,
        photocard=photocard,
        emojis=tuple(still.get("emojis", ())) or ("✨",),
        label=str(still.get("label", "")),
    )


def packs(campaign: str, title: str, made: Sequence[tuple[Item, bytes]]) -> list[messenger.Pack]:
    """Packs of the finished stickers: those that stand still and those that move, each if there are enough."""
    found = []
    for moves, name, identifier in (
        (False, title, f"{campaign}-stickers"),
        (True, f"{title}, moving", f"{campaign}-moving"),
    ):
        stickers = [
            messenger.Sticker(one.id, data, one.emojis, one.label)
            for one, data in made
            if one.packed and one.moves == moves
        ]
        if len(stickers) >= messenger.STICKERS[0]:
            found.append(
                messenger.Pack(
                    identifier, name[: messenger.MOST_NAME], "Fancam", moves, stickers, tray(stickers[0].data)
                )
            )
    return found


def tray(sticker: bytes) -> bytes:
    """A pack's icon: the upper part of a sticker, small."""
    picture = Image.open(io.BytesIO(sticker)).convert("RGBA")
    box = picture.getchannel("A").getbbox() or (0, 0, picture.width, picture.height)
    side = min(box[2] - box[0], box[3] - box[1])
    middle = (box[0] + box[2]) // 2
    head = picture.crop((middle - side // 2, box[1], middle - side // 2 + side, box[1] + side))
    inner = messenger.TRAY_SIDE - 4
    small = head.resize((inner, inner), Image.Resampling.LANCZOS)
    return fankit.png(fankit.framed(small, messenger.TRAY_SIDE, messenger.TRAY_SIDE))


def _rgb(color: Mapping[str, Any] | None, otherwise: fankit.Rgb) -> fankit.Rgb:
    if color is None:
        return otherwise
    return int(color.get("red", 0)), int(color.get("green", 0)), int(color.get("blue", 0))
