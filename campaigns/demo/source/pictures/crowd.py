"""The crowd in front of the stage, and the lights it holds up."""

# ruff: noqa: PLR0917  places and sizes read best in the order x, y, width, height

from __future__ import annotations

from pathlib import Path

import numpy as np
from paint import (
    CYAN,
    GOLD,
    MINT,
    PINK,
    Light,
    Point,
    bent,
    blurred,
    colour,
    curve,
    distance,
    empty,
    grid,
    ring,
    save,
    shape,
    shine,
    tube,
)

from pictures.register import picture


def _heads(width: int, height: int, seed: int, count: int, size: float) -> list[list[Point]]:
    random = np.random.default_rng(seed)
    people: list[list[Point]] = []
    for index in range(count):
        cx = (index + 0.5 + random.uniform(-0.25, 0.25)) * width / count
        top = height * 0.45 + random.uniform(-0.12, 0.1) * height
        r = size * random.uniform(0.88, 1.12)
        people.append(ring(cx, top + r, r * 0.84, r, 28))
        kind = random.integers(0, 5)
        if kind == 0:
            people.append(ring(cx + r * 0.75, top + r * 0.2, r * 0.42, r * 0.42, 16))
            people.append(ring(cx - r * 0.75, top + r * 0.2, r * 0.42, r * 0.42, 16))
        elif kind == 1:
            people.append(ring(cx, top + r * 0.15, r * 0.48, r * 0.4, 16))
        elif kind == 2:
            people.append(ring(cx, top + r * 1.0, r * 1.15, r * 1.1, 24))
        elif kind == 3:
            people.append(
                [
                    (cx - r * 0.9, top + r),
                    (cx + r * 0.9, top + r),
                    (cx + r * 1.05, top + r * 3.2),
                    (cx - r * 1.05, top + r * 3.2),
                ]
            )
        shoulder = top + r * 2.05
        people.append(
            [
                (cx - r * 0.35, top + r),
                (cx + r * 0.35, top + r),
                (cx + r * 0.45, shoulder - r * 0.1),
                *curve(
                    [
                        (cx + r * 0.6, shoulder),
                        (cx + r * 1.55, shoulder + r * 0.45),
                        (cx + r * 1.9, shoulder + r * 1.8),
                    ],
                    steps=5,
                ),
                (cx + r * 1.9, height),
                (cx - r * 1.9, height),
                *curve(
                    [
                        (cx - r * 1.9, shoulder + r * 1.8),
                        (cx - r * 1.55, shoulder + r * 0.45),
                        (cx - r * 0.6, shoulder),
                    ],
                    steps=5,
                ),
                (cx - r * 0.45, shoulder - r * 0.1),
            ]
        )
    return people


def _crowd(path: Path, width: int, height: int, seed: int, count: int, size: float, body: Light, rim: Light) -> None:
    cover = shape(width, height, _heads(width, height, seed, count, size))
    light = np.broadcast_to(body, (height, width, 3)).astype(np.float32).copy()
    # Light from the stage catches the upper edges.
    upper = np.clip(cover - np.roll(cover, max(3, int(size / 9)), axis=0), 0, 1)
    shine(light, blurred(upper, 1.2), rim, 0.9)
    save(path, light, cover, quality=84)


@picture
def crowd_front(path: Path) -> None:
    """The people right before us, from behind."""
    _crowd(path, 900, 420, 51, 7, 62, colour("#07031a"), colour("#b04be0"))


@picture
def crowd_back(path: Path) -> None:
    """The people further in front, smaller."""
    _crowd(path, 900, 300, 52, 15, 30, colour("#120733"), colour("#e0559f"))


def _sticks(path: Path, seed: int, count: int, size: float, tints: tuple[Light, ...], arm: Light) -> None:
    width, height = 900, 520
    random = np.random.default_rng(seed)
    polygons: list[list[Point]] = []
    light = empty(width, height)
    for index in range(count):
        cx = (index + 0.5 + random.uniform(-0.3, 0.3)) * width / count
        top = height * 0.30 + random.uniform(-60, 70)
        lean = random.uniform(-0.25, 0.25)
        foot = (cx - lean * 260, float(height))
        hand = (cx, top + size * 2.6)
        w = size * 0.52
        polygons.append(
            [(foot[0] - w * 1.5, foot[1]), (hand[0] - w, hand[1]), (hand[0] + w, hand[1]), (foot[0] + w * 1.5, foot[1])]
        )
        polygons.append(ring(hand[0], hand[1], size * 0.62, size * 0.7, 16))
        tip = (cx + lean * 60, top - size * 1.4)
        far = distance(width, height, [[hand, tip]])
        light += tube(far, tints[index % len(tints)], size * 0.27, glow=0.9, reach=size * 0.55)
    arms = shape(width, height, polygons)
    glow = bent(light * np.clip(grid(width, height)[1] / 40, 0, 1)[..., None])
    brightest = glow.max(axis=2)
    cover = np.maximum(arms, brightest)
    mixed = (arms[..., None] * arm * (1 - brightest[..., None]) + glow) / np.maximum(cover, 1e-3)[..., None]
    save(path, mixed, cover, quality=84)


@picture
def sticks_front(path: Path) -> None:
    """Raised arms with light sticks, near."""
    _sticks(path, 61, 5, 34, (PINK, CYAN, MINT), colour("#0a0420"))


@picture
def sticks_middle(path: Path) -> None:
    """The same, further away."""
    _sticks(path, 62, 8, 21, (CYAN, PINK, GOLD), colour("#0f0630"))


@picture
def sticks_back(path: Path) -> None:
    """The same, far."""
    _sticks(path, 63, 13, 13, (PINK, MINT, CYAN, GOLD), colour("#170a3c"))
