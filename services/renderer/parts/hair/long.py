"""Loose styles from the chin to the chest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.renderer.parts.hair.fringes import add_fringe
from services.renderer.parts.hair.locks import add_crown, add_curtain, add_lock, add_off_face, add_short_base
from services.renderer.parts.hair.scalp import BROW_FRAMING, HAIRLINE, falling, strand_seed
from services.renderer.parts.mesh import Mesh


def _chin_waves(mesh: Mesh) -> None:
    add_short_base(mesh, BROW_FRAMING)
    add_crown(mesh, rows=2, length=0.12, lift=0.018)
    wavy: dict[str, Any] = {"wave": 0.010, "waves": 1.9, "out": 0.018}
    add_curtain(mesh, 0.205, elevation=28, start=74, each=12, width=0.0235, sway=0.35, jag=0.12, curl_in=0.010, **wavy)
    add_off_face(mesh, 0.150, curl_in=0.008, **wavy)


def _chin_layered(mesh: Mesh) -> None:
    add_short_base(mesh, BROW_FRAMING)
    add_crown(mesh, rows=2, length=0.12, lift=0.017)
    add_curtain(
        mesh, 0.215, elevation=28, start=74, each=12, width=0.0235, sway=0.35, jag=0.08, curl_in=0.016, out=0.010
    )
    add_off_face(mesh, 0.160, curl_in=0.014, out=0.006)


def _bob(mesh: Mesh) -> None:
    add_short_base(mesh)
    add_crown(mesh, rows=2, length=0.12)
    add_curtain(
        mesh, 0.235, elevation=30, start=58, each=13, width=0.024, sway=0.35, jag=0.03, curl_in=0.016, out=0.014
    )
    add_fringe(mesh, "blunt")


def _wolf_cut(mesh: Mesh) -> None:
    add_short_base(mesh)
    for k in range(16):
        azimuth = -165 + 22 * k
        if abs(azimuth) < 58:
            continue
        add_lock(
            mesh,
            falling(azimuth, 58, 0.165, lift=0.025, out=0.022, wave=0.006, phase=strand_seed(k), count=9),
            0.025,
            0.009,
            560 + k,
            sway=0.25,
            rings=9,
        )
    add_curtain(
        mesh,
        0.335,
        elevation=16,
        start=100,
        each=12,
        width=0.020,
        sway=0.6,
        jag=0.22,
        wave=0.009,
        waves=2.0,
        out=0.006,
        hug=0.7,
    )
    for side in (1.0, -1.0):
        for k, azimuth in enumerate((64, 76, 88)):
            add_lock(
                mesh,
                falling(side * azimuth, 32, 0.190 + 0.02 * k, lift=0.019, out=0.018, wave=0.006, count=9),
                0.020,
                0.008,
                640 + 2 * k + (side > 0),
                sway=0.3,
            )
    add_fringe(mesh, "curtain", lower=0.0)


def _long(
    mesh: Mesh,
    length: float,
    fringe: str,
    wave: float = 0.0,
    waves: float = 3.0,
    start: float = 60.0,
    out: float = 0.0,
    front: float = 0.0,
) -> None:
    add_short_base(mesh, BROW_FRAMING if fringe == "open" else HAIRLINE)
    add_crown(mesh, rows=2, length=0.15)
    add_curtain(
        mesh,
        length,
        elevation=26,
        start=max(start, 84.0),
        each=12.5,
        width=0.0265,
        wave=wave,
        waves=waves,
        jag=0.10,
        out=out,
    )
    for side in (1.0, -1.0):
        for k, azimuth in enumerate((start, start + 11, start + 22)):
            n = 660 + 2 * k + (side > 0)
            long = (front or length * 0.86) * (1 - 0.05 * k + 0.06 * strand_seed(n))
            path = falling(
                side * azimuth,
                34,
                long,
                lift=0.018,
                wave=wave,
                waves=waves,
                phase=strand_seed(n),
                count=12,
                clear=0.012,
                out=0.004,
            )
            add_lock(mesh, path, 0.0215, 0.009, n, rings=13, sway=0.6, root=0.7, belly=0.4)
    if fringe == "open":
        add_off_face(mesh, (front or length * 0.86) * 0.86, wave=wave, waves=waves, out=out)
    else:
        add_fringe(mesh, fringe)


def _hime(mesh: Mesh) -> None:
    add_short_base(mesh)
    add_crown(mesh, rows=2, length=0.15)
    add_curtain(mesh, 0.56, elevation=26, start=86, each=12, width=0.0265, jag=0.04)
    for side in (1.0, -1.0):  # sidelocks cut straight at the cheek
        for k, azimuth in enumerate((58, 67, 76)):
            path = falling(side * azimuth, 32, 0.235, lift=0.019 + 0.002 * k, count=10)
            add_lock(mesh, path, 0.0185, 0.0085, 660 + 2 * k + (side > 0), rings=10, sway=0.25, root=0.7, tip=0.62)
    add_fringe(mesh, "blunt")


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "bob": _bob,
    "chin_layered": _chin_layered,
    "chin_waves": _chin_waves,
    "wolf_cut": _wolf_cut,
    "shoulder_straight": lambda mesh: _long(mesh, 0.33, "side", front=0.28),
    "shoulder_layered": lambda mesh: _long(mesh, 0.31, "open", wave=0.003, waves=1.4, out=0.012, front=0.235),
    "wavy_shoulder": lambda mesh: _long(mesh, 0.35, "curtain", wave=0.012, waves=2.6, out=0.012, front=0.30),
    "hime_long": _hime,
    "long_straight": lambda mesh: _long(mesh, 0.56, "curtain"),
    "long_wavy": lambda mesh: _long(mesh, 0.56, "side", wave=0.016, waves=3.4, out=0.010),
}
