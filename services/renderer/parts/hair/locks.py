"""Locks: leaf-shaped clumps of strands, and the fields of them that short and long cuts are layered from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.hair.scalp import (
    BALL,
    BROW_FRAMING,
    HAIRLINE,
    Line,
    angles,
    cap,
    falling,
    over_crown,
    strand_seed,
)
from services.renderer.parts.head import CENTRE, CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, Patch, curve, interpolate, sweep, unit


def lock(
    points: ArrayLike,
    width: float,
    thickness: float,
    *,
    rings: int = 9,
    sides: int = 6,
    number: float = 0.5,
    sway: float = 0.0,
    root: float = 0.55,
    belly: float = 0.35,
    tip: float = 0.04,
    up: ArrayLike | None = None,
    outline: float = 1.0,
    slot: str = "hair",
    twist: float = 0.0,
) -> Patch:
    """A leaf-shaped lock along the curve through `points`.

    Args:
        points: (k, 3) control points from root to tip.
        width: Half width at its fullest, metres.
        thickness: Half thickness there.
        rings: Cross-sections along the lock.
        sides: Corners of a cross-section.
        number: The lock's random number, for colour and the highlight's edge.
        sway: How loose the tip is.
        root: Width at the root as a share of the fullest.
        belly: Where along the lock it is fullest.
        tip: Width at the tip as a share of the fullest.
        up: Outward direction; absent: away from the head's axis.
        outline: Share of the outline.
        slot: Colour slot.
        twist: Turn of the tip about the lock, radians.
    """
    path = curve(points, rings)
    t = np.linspace(0, 1, rings)
    shape = interpolate(t, [0, belly, 0.72, 1], [root, 1.0, 0.72, tip])
    outwards: ArrayLike
    if up is None:
        axis = np.stack(
            [CENTRE[0] + np.zeros(rings), np.minimum(path[:, 1], CENTRE[1]), CENTRE[2] + np.zeros(rings)], axis=1
        )
        outwards = unit(path - axis)
    else:
        outwards = up
    loose = sway * t**1.6
    return sweep(
        path,
        width * shape,
        thickness * shape,
        up=outwards,
        sides=sides,
        slot=slot,
        random=number,
        sway=loose,
        sphere=BALL,
        outline=outline * interpolate(t, [0, 0.2, 0.8, 1], [0.6, 1, 1, 0.5]),
        caps=(False, False),
        twist=twist * t,
    )


def add_lock(mesh: Mesh, path: Array, width: float, thickness: float, number: int, **more: object) -> None:
    """Append a lock whose random number comes from the counter `number`."""
    mesh.add(lock(path, width, thickness, number=strand_seed(number), **more))  # type: ignore[arg-type]


def add_curtain(
    mesh: Mesh,
    length_m: float,
    *,
    start: float = 62.0,
    stop: float = 180.0,
    each: float = 16.0,
    elevation: float = 22.0,
    width: float = 0.026,
    layers: int = 2,
    sway: float = 0.8,
    jag: float = 0.10,
    number: int = 100,
    **fall: Any,
) -> None:
    """Locks hanging round both sides and the back, from azimuth `start` to `stop`, outer layers shorter."""
    for layer in range(layers):
        lift = 0.012 + 0.009 * layer
        azimuths = np.arange(start + each * 0.5 * (layer % 2), stop + 0.1, each)
        for k, azimuth in enumerate(azimuths):
            for side in (1.0, -1.0):
                if azimuth >= 179.0 and side < 0:
                    continue
                n = number + layer * 40 + 2 * k + (side > 0)
                seed = strand_seed(n)
                long = length_m * (1 - 0.12 * layer) * (1 - jag * seed)
                path = falling(side * azimuth, elevation + 14 * layer, long, lift=lift, phase=seed, **fall)
                add_lock(
                    mesh,
                    path,
                    width * (0.9 + 0.25 * seed),
                    0.0095,
                    n,
                    sway=sway * min(1.0, length_m / 0.4),
                    rings=11,
                    root=0.75,
                    belly=0.45,
                )


def add_crown(
    mesh: Mesh,
    *,
    rows: int = 2,
    length: float = 0.13,
    lift: float = 0.0150,
    spike: float = 0.0,
    number: int = 500,
) -> None:
    """Locks over the top and back that break the cap's smoothness; they leave a whorl behind the parting."""
    for row in range(rows):
        for k in range(9):
            azimuth = -160 + 40 * k + 20 * (row % 2)
            if abs(azimuth) < 62:
                continue
            n = number + row * 20 + k
            path = falling(
                azimuth,
                70 - 17 * row,
                length * (0.85 + 0.3 * strand_seed(n)),
                lift=lift + 0.003 * row,
                count=8,
            )
            if spike:
                path[-2:] += direction(azimuth, 25.0) * np.array([[0.5], [1.0]]) * spike
            add_lock(mesh, path, 0.030, 0.0080, n, sway=0.10, rings=8, root=0.45, belly=0.40)


def add_short_sides(
    mesh: Mesh, low: float, *, each: float = 15.0, width: float = 0.017, length: float = 0.062, number: int = 700
) -> None:
    """Short locks over temples, ears and nape, ending `low` metres above the chin."""
    for k, azimuth in enumerate(np.arange(68.0, 181.0, each)):
        for side in (1.0, -1.0):
            if azimuth > 175 and side < 0:
                continue
            n = number + 2 * k + (side > 0)
            seed = strand_seed(n)
            top = 16.0 if azimuth < 110 else 4.0
            drop = length * (0.85 + 0.35 * seed) * (1.25 if azimuth > 120 else 1.0)
            path = falling(side * azimuth, top, drop, lift=0.0105, count=7, hug=0.8)
            keep = path[:, 1] > CHIN_Y + low - 0.05
            add_lock(mesh, path[keep] if keep.sum() >= 3 else path[:3], width, 0.0065, n, rings=7, sway=0.06, root=0.7)


def add_combed_sides(mesh: Mesh, *, top: float = 24.0, lift: float = 0.0085, number: int = 700) -> None:
    """Short sides combed backwards from the temple, over the ear and into the nape."""
    for row in range(3):
        for k, azimuth in enumerate((56.0, 78.0, 100.0, 122.0, 146.0)):
            for side in (1.0, -1.0):
                n = number + 20 * row + 2 * k + (side > 0)
                high = top - 13.0 * row - 0.16 * (azimuth - 56.0)
                low = float(HAIRLINE(np.array([azimuth + 10.0]))[0])
                if high < low + 4.0:
                    continue
                path = np.array(
                    [
                        on_scalp(direction(side * azimuth, high), lift * 0.45),
                        on_scalp(direction(side * (azimuth + 12), high - 3), lift),
                        on_scalp(direction(side * (azimuth + 24), high - 10), lift),
                        on_scalp(direction(side * (azimuth + 33), high - 18), lift * 0.65),
                    ]
                )
                add_lock(mesh, path, 0.0150, 0.0052, n, rings=7, root=0.7, belly=0.45, tip=0.12, outline=0.6)


def add_off_face(mesh: Mesh, length: float, *, parting: float = 14.0, number: int = 330, **fall: Any) -> None:
    """Front hair parted and laid off the forehead to both sides, then falling `length` metres beside the face."""
    for side in (1.0, -1.0):
        for k in range(4):
            n = number + 2 * k + (side > 0)
            seed = strand_seed(n)
            lift = 0.0175 - 0.0008 * k
            high = 25.0 + 11.0 * k
            over = [
                on_scalp(direction(parting - side * 1.0, high + 2.0), 0.0125),
                on_scalp(direction(parting + side * 13.0, high + 2.5), lift),
                on_scalp(direction(side * (32.0 + 3.0 * k) + parting * 0.5, high - 1.5 - 1.5 * k), lift),
            ]
            hang = falling(
                side * (57.0 + 9.0 * k), 8.0 + 7.0 * k, length * (0.92 + 0.16 * seed), lift=lift, count=11, **fall
            )
            add_lock(
                mesh,
                np.vstack([over, hang[1:]]),
                0.0200,
                0.0085,
                n,
                rings=15,
                sway=0.35,
                root=0.50,
                belly=0.35,
                tip=0.10,
            )


def add_scalp_shadow(mesh: Mesh, line: Line = HAIRLINE, thickness: float = 0.0022) -> None:
    """The shadow of hair on the scalp: stubble, fades and partings."""
    mesh.add(cap(line, thickness, slot="scalp", outline=0.0, edge=0.0008))


def add_short_base(mesh: Mesh, line: Line = HAIRLINE) -> None:
    """The layer of hair on the scalp from which fuller styles grow."""
    mesh.add(cap(line, 0.013, edge=0.002))


def add_tapered(mesh: Mesh, thickness: float = 0.0105, slot: str = "hair") -> None:
    """What short hair without a fringe grows from: a full hairline, thin at the temples and the nape."""
    mesh.add(
        cap(
            BROW_FRAMING,
            lambda _azimuth, elevation: 0.0045 + (thickness - 0.0045) * np.clip((elevation + 8) / 42, 0, 1),
            slot=slot,
            edge=0.0012,
            rows=16,
            columns=52,
            ramp=4.5,
        )
    )


def add_combed_back(
    mesh: Mesh,
    rows: Sequence[tuple[float, float, float]],
    *,
    line: Line = BROW_FRAMING,
    half: float = 0.062,
    columns: int = 9,
    width: float = 0.0150,
    thickness: float = 0.0078,
    rise: float = 0.85,
    lean: float = 0.008,
    number: int = 500,
    **shape: Any,
) -> None:
    """Rows of locks over the top of the head, each combed backwards.

    Args:
        mesh: Where they go.
        rows: Per row, front first: where it starts (degrees over the crown), how far it reaches, how high it lifts (m).
        line: The first row starts on it.
        half: How far the outermost lock is from the middle, metres.
        columns: Locks in a row.
        width: Half width of a lock, metres.
        thickness: Half thickness, metres.
        rise: How soon a lock is up, as a share of its lift at a seventh of its way.
        lean: How far locks lean to the avatar's left, metres.
        number: Counter of the locks.
        **shape: As for `lock`.
    """
    look: dict[str, Any] = {"rings": 10, "sway": 0.06, "root": 0.62, "belly": 0.4, "tip": 0.10} | shape
    for row, (start, reach, lift) in enumerate(rows):
        for k, place in enumerate(np.linspace(-half, half, columns)):
            across = float(place) + 0.5 * half / columns * (row % 2)
            n = number + 20 * row + k
            seed = strand_seed(n)
            away = abs(across) / (half + 0.008)
            begin = start
            if row == 0:  # up the hairline, wherever it runs
                along = np.arange(8.0, 80.0, 1.5)
                azimuth, elevation = angles(np.array([over_crown(at, across, 0.0) for at in along]))
                begin = float(along[np.argmax(elevation > line(azimuth) + 1.0)])
            high = lift * (1.0 - 0.42 * away * away) * (0.9 + 0.2 * seed)
            far = reach * (0.9 + 0.2 * seed)
            turned = lean * (0.75 + 0.5 * seed)
            path = np.array(
                [
                    over_crown(begin, across, 0.0030 if row == 0 else 0.010),
                    over_crown(begin + 0.14 * far, across * 1.02 + turned * 0.3, high * rise),
                    over_crown(begin + 0.42 * far, across * 1.08 + turned * 0.7, high),
                    over_crown(begin + 0.75 * far, across * 1.08 + turned, high * 0.85),
                    over_crown(begin + far, across * 0.96 + turned, high * 0.55),
                ]
            )
            add_lock(mesh, path, width, thickness, n, **look)


def add_fade(mesh: Mesh, line: Line, thickness: float, *, slot: str = "hair_matte") -> None:
    """Skin, two steps of stubble, and hair of `thickness` metres above `line`: the cut's own lower edge."""

    def lower(azimuth: Array) -> Array:
        return np.maximum(line(azimuth) - 19.0, BROW_FRAMING(azimuth))

    def upper(azimuth: Array) -> Array:
        return np.maximum(line(azimuth), BROW_FRAMING(azimuth))

    mesh.add(cap(lower, 0.0008, slot="scalp_fade", outline=0.0, edge=0.0006, rows=8))
    mesh.add(cap(lambda a: 0.45 * lower(a) + 0.55 * upper(a), 0.0024, slot="scalp", outline=0.0, edge=0.0018, rows=8))
    mesh.add(cap(upper, max(thickness, 0.0042), slot=slot, edge=0.0032, rows=16, columns=56))
