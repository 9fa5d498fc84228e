"""Faces: enough parts for the people of the world, beards that keep to the skin, jewellery that keeps to the nose."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from services.renderer.library import Library
from services.renderer.parts.beards import BEARDS, build_beard
from services.renderer.parts.contact import COLUMNS, NOWHERE, fringe_profile
from services.renderer.parts.ears import LOBE, build_ear
from services.renderer.parts.hair import build_hair
from services.renderer.parts.head import CHIN_Y, MODELLED, MORPHS, SHAPES, face_points, surface
from services.renderer.parts.jewellery import build_jewellery
from services.renderer.parts.mesh import Array
from services.renderer.parts.paint import MAKEUP, MARKS, NOSES

ENOUGH = {
    "eyewear": 20, "facial_hair": 12, "brows": 14, "eyes": 12, "nose": 6, "mouth": 6, "ears": 3, "jewellery": 8,
    "piercing": 4, "forehead": 2, "outfit": 12, "necklace": 4, "aids": 2, "marks": 6, "makeup": 5,
}  # fmt: skip


def test_there_are_enough_parts_of_every_group(library: Library) -> None:
    """Glasses, beards, brows, eyes and the rest: as many as issue 3 asks for."""
    short = {group: len(library.groups[group]) for group, count in ENOUGH.items() if len(library.groups[group]) < count}
    assert not short


def test_lids_differ_in_kind(library: Library) -> None:
    """There are eyes with one lid, with a crease along it, and with a crease that begins in the inner corner."""
    lids = {part["tags"]["lid"] for part in library.groups["eyes"].values()}
    assert lids == {"single", "double", "tapered"}


@pytest.mark.parametrize("part", [name for name, beard in BEARDS.items() if beard.cheeks])
def test_a_beard_follows_the_jaw(part: str) -> None:
    """Where jaw and chin are moved to their extremes, hair still grows on the skin and not below it."""
    mesh = build_beard(part)
    shell = mesh.patches[0]
    used = np.unique(shell.triangles)
    for jaw, height in product((-1, 0, 1), repeat=2):
        morphs = {"jaw_width": float(jaw), "face_height": float(height)}
        moved = shell.positions.copy()
        for name, weight in morphs.items():
            moved += weight * (mesh.morphs[name][0] - shell.positions)
        # Hair on the cheeks, seen from the head's axis, lies outside the skin of the same height.
        sides = used[np.abs(shell.positions[used, 0]) > 0.045][::5]
        skin = _half_width(moved[sides, 1], moved[sides, 2], morphs)
        outside = np.abs(moved[sides, 0]) - skin
        assert np.quantile(outside, 0.05) > -0.004, f"{part} {morphs}"
        assert (outside > 0.0005).mean() > 0.5, f"{part} {morphs}"


def _half_width(y: Array, z: Array, morphs: dict[str, float]) -> Array:
    """Half the width of the morphed head at given heights and depths, by looking it up on a fine grid of its skin."""
    angle, height = np.meshgrid(np.linspace(-0.1, np.pi / 2, 120), np.linspace(0.0, 0.12, 120))
    points = surface(angle, height, morphs).reshape(-1, 3)
    far = (points[None, :, 1] - y[:, None]) ** 2 + (points[None, :, 2] - z[:, None]) ** 2
    return np.asarray(points[far.argmin(axis=1), 0])


@pytest.mark.parametrize("nose", NOSES)
def test_no_nose_breaks_whatever_the_morphs(nose: str) -> None:
    """With every corner of the measured ratios its tip stands out of the face, above the mouth and below the eyes."""
    for corner in product((-1.0, 1.0), repeat=len(MODELLED)):
        morphs = dict(zip(MODELLED, corner, strict=True)) | NOSES[nose]["shape"]
        points = face_points(morphs)
        middle = points[(np.abs(points[:, 0]) < 0.004) & (points[:, 2] > 0)]
        front = middle[(middle[:, 1] > CHIN_Y + 0.040) & (middle[:, 1] < CHIN_Y + 0.085)]
        tip = front[front[:, 2].argmax()]
        lip = middle[np.abs(middle[:, 1] - CHIN_Y - 0.038 + 0.006 * morphs["face_height"]).argmin()]
        assert 0.004 < tip[2] - lip[2] < 0.021, f"{nose} {corner}"
        assert 0.045 < tip[1] - CHIN_Y < 0.072, f"{nose} {corner}"


@pytest.mark.parametrize("part", ["nose_stud", "nose_ring", "nath", "septum_ring"])
def test_what_is_worn_in_the_nose_moves_with_it(part: str) -> None:
    """On the broadest and the longest nose it touches the skin as it does on the plain one."""

    def gap(morphs: dict[str, float]) -> float:
        mesh = build_jewellery("piercing", part)
        moved = mesh.patches[0].positions.copy()
        for name, weight in morphs.items():
            moved += weight * (mesh.morphs[name][0] - mesh.patches[0].positions)
        skin = face_points(morphs)
        return float(np.linalg.norm(moved[:, None] - skin[None], axis=-1).min())

    plain = gap({})
    for morphs in ({"nose_width": 1.0}, {"nose_length": 1.0}, {"nose_broad": 1.0}, {"nose_low": 1.0}):
        assert gap(morphs) < plain + 0.0025, morphs


@pytest.mark.parametrize("part", ["ears_free", "ears_attached", "ears_small", "ears_prominent", "ears_pointed"])
def test_every_ear_keeps_its_lobe_where_jewellery_hangs(part: str) -> None:
    """Whatever the ear, its skin is within six millimetres of where a ring goes through."""
    positions = build_ear(part).patches[0].positions
    assert np.linalg.norm(positions - LOBE, axis=1).min() < 0.006


def test_painted_parts_keep_to_what_the_shader_can_hold() -> None:
    """No more moles than its uniform has, strengths between none and full, only shapes that the head has."""
    assert all(len(mark.get("moles", ())) <= 4 for mark in MARKS.values())
    assert all(0 <= strength <= 1 for style in MAKEUP.values() for strength in style.values())
    assert {name for nose in NOSES.values() for name in nose["shape"]} <= set(SHAPES)
    assert set(MODELLED) < set(MORPHS)


def test_hair_shades_the_forehead_where_it_hangs() -> None:
    """A blunt fringe shades all of the middle at one height, a side fringe slants, a bald head shades nothing."""
    blunt = fringe_profile(build_hair("bob"))
    middle = [height for column, height in zip(COLUMNS, blunt, strict=True) if abs(column) < 0.04]
    assert max(middle) - min(middle) < 0.02
    assert max(middle) < 0.16
    slant = fringe_profile(build_hair("side_part_short"))
    assert abs(min(slant[:14]) - min(slant[15:])) > 0.008
    assert set(fringe_profile(build_hair("bald"))) == {NOWHERE}
    source = (Path(__file__).parents[2] / "stage" / "avatar" / "face.ts").read_text()
    assert f"FRINGE_COLUMNS = {len(COLUMNS)};" in source
