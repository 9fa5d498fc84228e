"""Jewellery at ears, nose, brow, lip, forehead and neck, and hearing aids."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.body import torso_ring
from services.renderer.parts.ears import LOBE
from services.renderer.parts.head import CHIN_Y, direction, face_z, nose_height, on_scalp
from services.renderer.parts.mesh import Array, Mesh, ball, curve, interpolate, sweep, unit

_PIERCED: Array = LOBE + np.array([0.0022, 0.0, 0.0010])


def _both(left: Mesh) -> Mesh:
    mesh = Mesh()
    mesh.extend(left)
    mesh.extend(left.mirrored())
    return mesh


def _bead(mesh: Mesh, at: ArrayLike, radius: float, slot: str = "metal", sway: float = 0.0) -> None:
    mesh.add(ball(at, radius, slot=slot, sides=7, rings=5, outline=0.4, sway=sway))


def _ring(
    mesh: Mesh,
    top: ArrayLike,
    radius: float,
    thick: float,
    *,
    slot: str = "metal",
    across: ArrayLike = (0.0, 0.0, 1.0),
    sway: float = 0.0,
    open_by: float = 0.0,
    count: int = 19,
) -> None:
    """A ring that hangs from `top`, in the plane of down and `across`; `open_by` radians are left out at its top."""
    turn = np.linspace(open_by / 2, 2 * np.pi - open_by / 2, count)
    way = unit(across)
    down = radius * (np.cos(turn) - 1)
    path = np.asarray(top) + down[:, None] * np.array([0.0, 1.0, 0.0]) + radius * np.sin(turn)[:, None] * way
    normal = np.cross(way, np.array([0.0, 1.0, 0.0]))
    loose = sway * np.clip(-down / (2 * radius), 0, 1)
    mesh.add(
        sweep(
            path, thick, thick, up=normal, sides=6, slot=slot, outline=0.4, sway=loose, caps=(open_by > 0, open_by > 0)
        )
    )


def _drop(
    mesh: Mesh, top: Array, chain: float, length: float, width: float, slot: str = "metal", sway: float = 0.5
) -> None:
    """A drop on a chain; `sway` at its end."""
    links = top + np.linspace(0, 1, 4)[:, None] * np.array([0.0015, -chain, 0.0])
    share = chain / (chain + length)
    mesh.add(sweep(links, 0.0009, 0.0009, sides=4, slot="metal", outline=0.2, sway=np.linspace(0, sway * share, 4)))
    t = np.linspace(0, 1, 6)
    path = links[-1] + t[:, None] * np.array([0.001, -length, 0.0])
    radius = width * interpolate(t, [0, 0.35, 0.68, 1], [0.12, 0.65, 1.0, 0.12])
    mesh.add(sweep(path, radius, radius, sides=6, slot=slot, outline=0.5, sway=sway * (share + (1 - share) * t)))


# --- ears -------------------------------------------------------------------------------------------------------------


def _studs() -> Mesh:
    left = Mesh()
    _bead(left, _PIERCED, 0.0042)
    return _both(left)


def _pearls() -> Mesh:
    left = Mesh()
    _bead(left, _PIERCED + (0.001, -0.001, 0.001), 0.0062, "white")
    return _both(left)


def _hoops(radius: float, thick: float) -> Callable[[], Mesh]:
    def build() -> Mesh:
        left = Mesh()
        _bead(left, _PIERCED, 0.0024)
        _ring(left, _PIERCED, radius, thick, sway=min(0.35, radius * 15))
        return _both(left)

    return build


def _drops() -> Mesh:
    left = Mesh()
    _bead(left, _PIERCED, 0.0030)
    _drop(left, _PIERCED, 0.020, 0.019, 0.0052)
    return _both(left)


def _star_drops() -> Mesh:
    left = Mesh()
    _bead(left, _PIERCED, 0.0028)
    links = _PIERCED + np.linspace(0, 1, 4)[:, None] * np.array([0.001, -0.016, 0.0])
    left.add(sweep(links, 0.0008, 0.0008, sides=4, slot="metal", outline=0.2, sway=np.linspace(0, 0.3, 4)))
    turn = np.linspace(0, 2 * np.pi, 11) + np.pi / 2
    reach = np.where(np.arange(11) % 2 == 0, 0.0105, 0.0046)
    centre = links[-1] + (0, -0.0095, 0)
    rim = centre + np.stack([0 * turn, reach * np.sin(turn), reach * np.cos(turn)], axis=1)
    for side in (0.0016, -0.0016):
        patch = ball(centre, (abs(side), 0.0035, 0.0035), slot="metal", sides=6, rings=4, outline=0.0, sway=0.45)
        left.add(patch)
    left.add(sweep(rim, 0.0016, 0.0016, up=(1.0, 0, 0), sides=5, slot="metal", outline=0.4, sway=0.45))
    return _both(left)


def _tassels() -> Mesh:
    left = Mesh()
    _bead(left, _PIERCED, 0.0034)
    base = _PIERCED + (0.0008, -0.010, 0)
    left.add(sweep(np.array([_PIERCED, base]), 0.0008, 0.0008, sides=4, slot="metal", outline=0.2, sway=[0, 0.1]))
    for k in range(7):
        turn = 2 * np.pi * k / 7
        out = np.array([np.cos(turn), 0.0, np.sin(turn)])
        path = base + out * 0.0012 + np.linspace(0, 1, 5)[:, None] * (out * 0.0034 + np.array([0, -0.034, 0]))
        left.add(sweep(path, 0.0012, 0.0012, sides=4, slot="gem", outline=0.3, sway=np.linspace(0.1, 0.75, 5)))
    _bead(left, base, 0.0030, sway=0.1)
    return _both(left)


def _chandelier() -> Mesh:
    left = Mesh()
    _bead(left, _PIERCED, 0.0034, "gem")
    _ring(left, _PIERCED + (0, -0.004, 0), 0.0095, 0.0013, sway=0.2)
    for offset, length in ((-0.0075, 0.011), (0.0, 0.017), (0.0075, 0.011)):
        at = _PIERCED + (0, -0.0205 + abs(offset) * 0.75, offset)
        _drop(left, at, 0.003, length, 0.0024, "gem" if offset == 0 else "metal", 0.5)
    return _both(left)


def _rim_points(share: ArrayLike) -> Array:
    """Points on the rim of the left ear, 0 above the lobe to 1 the top."""
    f = np.asarray(share, dtype=np.float64)[..., None]
    low, high = np.array([0.006, 0.010, -0.016]), np.array([0.0065, 0.0480, -0.0130])
    return np.asarray(LOBE + low * (1 - f) + high * f + np.array([0.0045, 0.0, -0.0040]) * np.sin(np.pi * f))


def _cuffs() -> Mesh:
    left = Mesh()
    for share, radius in ((0.42, 0.0046), (0.62, 0.0046), (0.82, 0.0042)):
        _ring(left, _rim_points(share) + (0, radius, 0), radius, 0.0013, across=(0.8, 0, 0.6), open_by=0.9, count=11)
    return _both(left)


def _stacked() -> Mesh:
    left = Mesh()
    _bead(left, _PIERCED, 0.0036)
    _bead(left, _rim_points(0.10), 0.0026, "gem")
    _bead(left, _rim_points(0.28), 0.0022)
    _ring(left, _rim_points(0.55) + (0, 0.0046, 0), 0.0046, 0.0012, across=(0.8, 0, 0.6), open_by=0.9, count=11)
    return _both(left)


# --- face -------------------------------------------------------------------------------------------------------------


def _on_face(x: float, y: float, lift: float = 0.0) -> Array:
    """The point of the skin at x metres and y metres above the chin, nose included."""
    z = float(face_z(x, y) + nose_height(np.array(x), np.array(y)))
    return np.array([x, CHIN_Y + y, z + lift])


def _following(build: Callable[[dict[str, float]], Mesh], names: tuple[str, ...]) -> Mesh:
    """A part at the nose that moves as the nose does: `build` places it on a head of some morphs."""
    mesh = build({})
    for name in names:
        mesh.morphs[name] = [patch.positions for patch in build({name: 1.0}).patches]
    return mesh


_NOSE_MORPHS = ("nose_width", "nose_length", "nose_turned", "nose_broad", "nose_round", "nose_short", "nose_low")


def _wing(morphs: dict[str, float]) -> Array:
    """The left wing of the nose."""
    wide = 0.0082 * (1 + 0.40 * morphs.get("nose_width", 0) + 0.30 * morphs.get("nose_broad", 0))
    tip = 0.0585 - 0.0050 * morphs.get("nose_length", 0) - 0.0030 * morphs.get("nose_low", 0)
    tip += 0.0022 * morphs.get("nose_turned", 0) + 0.0010 * morphs.get("nose_short", 0)
    x, y = wide * 0.92, tip - 0.0015
    z = float(face_z(x, y) + nose_height(np.array(x), np.array(y), morphs))
    return np.array([x, CHIN_Y + y, z])


def _nose_stud() -> Mesh:
    def build(morphs: dict[str, float]) -> Mesh:
        mesh = Mesh()
        mesh.add(ball(_wing(morphs) + (0.0004, 0.0006, 0.0006), 0.0014, slot="metal", sides=7, rings=5, outline=0.25))
        return mesh

    return _following(build, _NOSE_MORPHS)


def _nose_ring(radius: float, thick: float, gem: bool = False) -> Callable[[], Mesh]:
    def place(morphs: dict[str, float]) -> Mesh:
        mesh = Mesh()
        top = _wing(morphs) + (0.0002, 0.0008, 0.0004)
        _ring(mesh, top, radius, thick, across=(0.55, 0, 0.83), open_by=0.7, count=19)
        if gem:
            _bead(mesh, top + (0.0004, -2 * radius, 0.0006), 0.0019, "gem")
        return mesh

    return lambda: _following(place, _NOSE_MORPHS)


def _septum() -> Mesh:
    def place(morphs: dict[str, float]) -> Mesh:
        mesh = Mesh()
        wing = _wing(morphs)
        y = wing[1] - CHIN_Y - 0.0040
        at = np.array([0.0, wing[1] - 0.0036, float(face_z(0.0, y) + nose_height(np.array(0.0), np.array(y), morphs))])
        _ring(mesh, at + (0, 0.0002, -0.0006), 0.0036, 0.0008, across=(1.0, 0, 0), open_by=1.9, count=17)
        for sign in (1.0, -1.0):
            _bead(mesh, at + (sign * 0.0032, -0.0024, 0.0), 0.0011)
        return mesh

    return _following(place, _NOSE_MORPHS)


def _brow_bar() -> Mesh:
    mesh = Mesh()
    low, high = _on_face(0.0570, 0.1295, 0.0012), _on_face(0.0585, 0.1445, 0.0012)
    mesh.add(sweep(np.array([low, high]), 0.0007, 0.0007, sides=5, slot="metal", outline=0.2))
    _bead(mesh, low, 0.0018)
    _bead(mesh, high, 0.0018)
    return mesh


def _lip_ring() -> Mesh:
    mesh = Mesh()
    _ring(
        mesh,
        _on_face(0.0085, 0.0300, 0.0006) + (0, 0.0022, 0),
        0.0026,
        0.0007,
        across=(0.2, 0, 1.0),
        open_by=0.8,
        count=15,
    )
    return mesh


def _bindi(drop: bool) -> Callable[[], Mesh]:
    def build() -> Mesh:
        mesh = Mesh()
        mesh.add(
            ball(_on_face(0.0, 0.1405, 0.0004), (0.0027, 0.0027, 0.0012), slot="gem", sides=10, rings=6, outline=0.2)
        )
        if drop:
            t = np.linspace(0, 1, 6)
            path = np.array([_on_face(0.0, 0.1450 + 0.0085 * f, 0.0006) for f in t])
            radius = 0.0014 * interpolate(t, [0, 0.3, 1], [0.5, 1, 0.15])
            mesh.add(sweep(path, radius, 0.0007, sides=6, slot="metal", outline=0.15))
        return mesh

    return build


def _maang_tikka() -> Mesh:
    mesh = Mesh()
    # The chain comes out of the parting where hair ends.
    way = [on_scalp(direction(0.0, elevation), off) for elevation, off in ((64, 0.004), (54, 0.0105), (44, 0.0120))]
    end = _on_face(0.0, 0.1700, 0.0065)
    path = curve([*way, end], 18)
    mesh.add(sweep(path, 0.0012, 0.0012, sides=4, slot="metal", outline=0.15))
    mesh.add(ball(end + (0, -0.006, 0.0005), (0.0070, 0.0075, 0.0018), slot="metal", sides=12, rings=6, outline=0.35))
    mesh.add(ball(end + (0, -0.006, 0.0018), (0.0036, 0.0040, 0.0016), slot="gem", sides=8, rings=5, outline=0.1))
    for offset in (-0.0042, 0.0, 0.0042):
        _bead(mesh, end + (offset, -0.0150 + abs(offset) * 0.35, 0.0005), 0.0015, "white", 0.1)
    return mesh


# --- neck -------------------------------------------------------------------------------------------------------------


def _neck_weights(_t: float, p: Array) -> dict[str, float]:
    up = float(np.clip((p[1] - 1.215) / 0.060, 0, 1))
    return {"chest": 1 - up + 1e-9, "neck": up}


def _neck_ring(y: float, grow: float, count: int = 40, dip: float = 0.0) -> Array:
    """Round the neck at height y, `dip` metres lower in front; closed."""
    turn = np.linspace(0, 2 * np.pi, count + 1)
    front = np.clip(np.sin(turn), 0, 1)
    return np.stack(
        [(0.0400 + grow) * np.cos(turn), y - dip * front**2, -0.0115 + (0.0395 + grow) * np.sin(turn)], axis=1
    )


def _choker() -> Mesh:
    mesh = Mesh()
    ring = _neck_ring(1.2905, 0.0012, dip=0.006)
    mesh.add(
        sweep(
            ring,
            0.0016,
            0.0055,
            up=(0, 1.0, 0.05),
            sides=6,
            exponent=4,
            slot="dark",
            weights=_neck_weights,
            outline=0.5,
        )
    )
    front = ring[10] + (0, -0.004, 0.0020)
    mesh.add(ball(front, (0.0048, 0.0060, 0.0022), slot="gem", sides=8, rings=6, weights={"neck": 1.0}, outline=0.4))
    return mesh


def _hanging(low_y: float, grow: float, count: int = 46) -> Array:
    """A necklace's line: from the nape over the collarbones to the breast at `low_y`."""
    points = []
    for turn in np.linspace(-np.pi / 2, 3 * np.pi / 2, count + 1):
        front = max(0.0, float(np.sin(turn)))
        y = 1.262 - (1.262 - low_y) * front**1.6
        neck = np.array([0.060 * np.cos(turn), y, -0.018 + 0.052 * np.sin(turn)])
        body = torso_ring(min(y, 1.245), turn, grow)
        share = float(np.clip((1.255 - y) / 0.03, 0, 1))
        at = neck * (1 - share) + np.array([body[0], y, body[2]]) * share
        points.append(at)
    return np.array(points)


def _chain(low_y: float, slot: str, radius: float, pendant: bool, step: int = 1) -> Callable[[], Mesh]:
    def build() -> Mesh:
        mesh = Mesh()
        path = _hanging(low_y, 0.0165)
        if step == 1:
            mesh.add(sweep(path, radius, radius, sides=5, slot=slot, weights=_neck_weights, outline=0.35))
        else:
            for bead in curve(path, 39)[:-1]:
                mesh.add(ball(bead, radius, slot=slot, sides=6, rings=3, weights=_neck_weights(0, bead), outline=0.3))
        if pendant:
            front = path[len(path) // 2]
            mesh.add(
                ball(
                    front + (0, -0.009, 0.002),
                    (0.0075, 0.0090, 0.0030),
                    slot="gem",
                    sides=8,
                    rings=6,
                    weights={"chest": 1.0},
                    outline=0.5,
                )
            )
            mesh.add(ball(front + (0, -0.001, 0.001), 0.0028, slot="metal", weights={"chest": 1.0}, outline=0.3))
        return mesh

    return build


def _layered() -> Mesh:
    mesh = _chain(1.200, "metal", 0.0014, False)()
    mesh.extend(_chain(1.165, "metal", 0.0017, True)())
    return mesh


# --- hearing aids -----------------------------------------------------------------------------------------------------


def _processor(mesh: Mesh) -> None:
    """The body behind the left ear."""
    path = curve(
        [
            LOBE + (-0.0020, 0.0560, 0.0020),
            LOBE + (0.0010, 0.0590, -0.0100),
            LOBE + (0.0015, 0.0470, -0.0230),
            LOBE + (-0.0010, 0.0260, -0.0260),
            LOBE + (-0.0030, 0.0140, -0.0230),
        ],
        10,
    )
    radius = interpolate(np.linspace(0, 1, 10), [0, 0.25, 0.5, 0.85, 1], [0.0022, 0.0032, 0.0054, 0.0052, 0.0026])
    mesh.add(sweep(path, radius, radius * 0.85, up=(1.0, 0, 0), sides=7, slot="aid", outline=0.5, caps=(True, True)))
    mesh.add(ball(path[6] + (0.0040, 0.001, 0), (0.0012, 0.0020, 0.0020), slot="metal", sides=6, rings=4, outline=0.1))


def _hearing_aid() -> Mesh:
    left = Mesh()
    _processor(left)
    tube = curve(
        [
            LOBE + (-0.0020, 0.0560, 0.0020),
            LOBE + (0.0035, 0.0500, 0.0120),
            LOBE + (0.0060, 0.0350, 0.0090),
            LOBE + (0.0020, 0.0230, 0.0010),
        ],
        10,
    )
    left.add(sweep(tube, 0.0010, 0.0010, sides=5, slot="white", outline=0.25))
    left.add(
        ball(LOBE + (0.0020, 0.0215, -0.0005), (0.0030, 0.0038, 0.0038), slot="aid", sides=8, rings=6, outline=0.3)
    )
    return _both(left)


def _cochlear_implant() -> Mesh:
    """A processor behind the left ear and its coil on the scalp, joined by a cable."""
    mesh = Mesh()
    _processor(mesh)
    way = direction(124.0, 22.0)
    coil = on_scalp(way, 0.016)
    side = unit(np.cross(way, (0.0, 1.0, 0.0)))
    over = np.cross(side, way)
    disc = np.array([coil - way * 0.010, coil - way * 0.002, coil + way * 0.0015, coil + way * 0.0022])
    mesh.add(
        sweep(
            disc,
            [0.0150, 0.0155, 0.0140, 0.0010],
            [0.0150, 0.0155, 0.0140, 0.0010],
            up=over,
            sides=16,
            slot="aid",
            outline=0.5,
        )
    )
    mesh.add(ball(coil + way * 0.0020, (0.0045, 0.0045, 0.0045), slot="metal", sides=8, rings=6, outline=0.2))
    cable = curve(
        [
            LOBE + (0.0010, 0.0590, -0.0100),
            LOBE + (0.0060, 0.0640, -0.0280),
            coil * 0.5 + (LOBE + (0.012, 0.060, -0.045)) * 0.5,
            coil - over * 0.013 + way * 0.001,
        ],
        14,
    )
    mesh.add(sweep(cable, 0.0013, 0.0013, sides=5, slot="aid", outline=0.3))
    return mesh


JEWELLERY: dict[str, dict[str, Callable[[], Mesh]]] = {
    "jewellery": {
        "studs": _studs,
        "hoops": _hoops(0.0165, 0.0016),
        "drops": _drops,
        "hoops_large": _hoops(0.0270, 0.0015),
        "huggies": _hoops(0.0068, 0.0022),
        "pearls": _pearls,
        "star_drops": _star_drops,
        "tassels": _tassels,
        "chandeliers": _chandelier,
        "ear_cuffs": _cuffs,
        "stacked": _stacked,
    },
    "piercing": {
        "nose_stud": _nose_stud,
        "nose_ring": _nose_ring(0.0034, 0.0007),
        "nath": _nose_ring(0.0085, 0.0008, gem=True),
        "septum_ring": _septum,
        "brow_bar": _brow_bar,
        "lip_ring": _lip_ring,
    },
    "forehead": {
        "bindi": _bindi(drop=False),
        "bindi_drop": _bindi(drop=True),
        "maang_tikka": _maang_tikka,
    },
    "necklace": {
        "choker": _choker,
        "chain": _chain(1.190, "metal", 0.0020, False),
        "pendant": _chain(1.185, "metal", 0.0015, True),
        "pearl_necklace": _chain(1.215, "white", 0.0042, False, step=2),
        "layered_chains": _layered,
    },
    "aids": {
        "hearing_aids": _hearing_aid,
        "cochlear_implant": _cochlear_implant,
    },
}
"""Builders by group and part."""


def build_jewellery(group: str, part: str) -> Mesh:
    """One part of a group of `JEWELLERY`; necklaces bend with the neck, the rest is rigid on the head."""
    return JEWELLERY[group][part]()
