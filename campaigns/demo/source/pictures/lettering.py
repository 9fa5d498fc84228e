"""Lettering in lights: the band's logo, the song's title, the plate under a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from paint import (
    CYAN,
    GOLD,
    MAGENTA,
    MINT,
    PINK,
    Light,
    Point,
    bent,
    colour,
    distance,
    empty,
    faded,
    grid,
    heart,
    letters,
    ring,
    rounded_distance,
    save,
    star,
    tube,
)

from pictures.register import picture


def _sign(width: int, height: int, lines: list[tuple[list[list[Point]], Light, Light]], body: float) -> Light:
    """Letters as a double tube: an outline at `body` pixels from a bright middle stroke."""
    light = empty(width, height)
    for strokes, outer, inner in lines:
        far = distance(width, height, strokes)
        light += (
            tube(np.abs(far - body), outer, 3.0, glow=0.62, reach=8.0) * np.where(far < body - 4, 0.5, 1.0)[..., None]
        )
        light += tube(far, inner, 2.6, glow=0.35, reach=5.0)
    return light


@picture
def logo(path: Path) -> None:
    """The group's sign: NEON SORBET with a cone."""
    width, height = 700, 560
    light = _sign(
        width,
        height,
        [
            (letters("NEON", 60, 80, 390, 150), MAGENTA, colour("#ffc4e6")),
            (letters("SORBET", 52, 320, 596, 150), CYAN, colour("#d5fbff")),
        ],
        19.0,
    )
    cx, top = 566.0, 66.0
    scoops = [ring(cx, top + 46, 52, 46), ring(cx - 1, top + 24, 22, 5)[22:38]]
    cone = [
        [(cx - 50, top + 84), (cx, top + 198), (cx + 50, top + 84), (cx - 50, top + 84)],
        [(cx - 34, top + 118), (cx + 14, top + 88)],
        [(cx - 16, top + 158), (cx + 36, top + 112)],
        [(cx + 34, top + 118), (cx - 14, top + 88)],
        [(cx + 16, top + 158), (cx - 36, top + 112)],
    ]
    light += tube(distance(width, height, scoops), PINK, 3.4, glow=0.7)
    light += tube(distance(width, height, cone), GOLD, 3.0, glow=0.6)
    light += tube(
        distance(width, height, [[*star(cx + 82, top + 8, 20), star(cx + 82, top + 8, 20)[0]]]), MINT, 2.4, glow=0.7
    )
    save(path, light, emits=True, quality=88)


@picture
def title(path: Path) -> None:
    """The song's sign: LIGHT THE NIGHT."""
    width, height = 700, 620
    light = _sign(
        width,
        height,
        [
            (letters("LIGHT", 60, 60, 560, 140), GOLD, colour("#fff4cf")),
            (letters("THE", 200, 262, 250, 86), PINK, colour("#ffd9ef")),
            (letters("NIGHT", 60, 412, 580, 140), MAGENTA, colour("#ffc4e6")),
        ],
        17.0,
    )
    for x0, x1 in ((40, 160), (500, 660)):
        light += tube(distance(width, height, [[(x0, 305), (x1, 305)]]), CYAN, 2.6, glow=0.7)
    save(path, light, emits=True, quality=88)


@picture
def nameplate(path: Path) -> None:
    """Dark glass in a neon frame, for the fan's name."""
    width, height = 660, 210
    x, y = grid(width, height)
    far = rounded_distance(x, y, (34, 34, width - 34, height - 34), 60)
    light = tube(np.abs(far), MAGENTA, 3.4, glow=0.85, reach=9.0) + tube(
        np.abs(far + 13), CYAN, 1.8, glow=0.4, reach=5.0
    )
    light += tube(distance(width, height, [[*heart(66, 40, 22), heart(66, 40, 22)[0]]]), PINK, 2.6, glow=0.7)
    light += tube(distance(width, height, [[*star(598, 168, 22), star(598, 168, 22)[0]]]), GOLD, 2.4, glow=0.7)
    light *= faded(width, height)[..., None]
    glass = np.clip(0.5 - far, 0, 1) * 0.82
    glow = bent(light)
    brightest = glow.max(axis=2)
    cover = np.maximum(glass, brightest)
    mixed = (glass[..., None] * colour("#0d0530") * (1 - brightest[..., None]) + glow) / np.maximum(cover, 1e-3)[
        ..., None
    ]
    save(path, mixed, np.clip((cover - 0.006) / 0.994, 0, 1), quality=88)
