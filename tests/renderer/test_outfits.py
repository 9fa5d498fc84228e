"""Outfits: dressed from neck to foot, within their share of the budget, on hands with five fingers."""

from __future__ import annotations

import numpy as np
import pytest

from services.renderer.parts.body import FINGERS, JOINTS
from services.renderer.parts.hands import hand
from services.renderer.parts.mesh import Array, Mesh
from services.renderer.parts.outfits import OUTFITS, build_outfit

MAX_TRIANGLES = 11_500
"""What an outfit may take of an avatar's 40,000."""


@pytest.fixture(scope="module", params=list(OUTFITS))
def dressed(request: pytest.FixtureRequest) -> tuple[str, Mesh]:
    """Each outfit, built once."""
    return str(request.param), build_outfit(str(request.param))


def _used(mesh: Mesh) -> Array:
    return np.vstack([patch.positions[np.unique(patch.triangles)] for patch in mesh.patches])


def test_an_outfit_dresses_the_whole_body(dressed: tuple[str, Mesh]) -> None:
    """Something is worn or skin shows at every height from sole to neck, on both sides and all round."""
    name, mesh = dressed
    points = _used(mesh)
    assert -0.001 <= points[:, 1].min() < 0.01, name
    assert 1.24 < points[:, 1].max() < 1.31, name
    for low in np.arange(0.0, 1.24, 0.08):
        band = points[(points[:, 1] >= low - 0.05) & (points[:, 1] < low + 0.13)]
        assert band[:, 0].min() < -0.02, f"{name} at {low}"
        assert band[:, 0].max() > 0.02, f"{name} at {low}"
        assert band[:, 2].min() < 0.0 < band[:, 2].max(), f"{name} at {low}"


def test_an_outfit_is_the_same_on_both_sides_but_for_what_is_pinned_on(dressed: tuple[str, Mesh]) -> None:
    """Sleeves, legs and shoes mirror each other."""
    name, mesh = dressed
    points = _used(mesh)
    sleeves = (np.abs(points[:, 0]) > 0.16) & (points[:, 1] > 0.99)  # below, the right hand holds the microphone
    points = points[sleeves | (points[:, 1] < 0.018)]
    mirrored = {tuple(row) for row in np.round(points * np.array([-1.0, 1, 1]), 4).tolist()}
    own = {tuple(row) for row in np.round(points, 4).tolist()}
    assert len(own & mirrored) > 0.75 * len(own), name


def test_an_outfit_keeps_to_its_share_of_the_budget(dressed: tuple[str, Mesh]) -> None:
    """With the heaviest hair, hat and everything else an avatar stays below 40,000 triangles."""
    name, mesh = dressed
    assert sum(len(patch.triangles) for patch in mesh.patches) <= MAX_TRIANGLES, name


def test_every_vertex_is_carried_by_joints_of_the_skeleton(dressed: tuple[str, Mesh]) -> None:
    """Weights name joints that exist and add up to one."""
    name, mesh = dressed
    known = {joint for joint, _, _ in JOINTS}
    for patch in mesh.patches:
        assert len(patch.weights) == len(patch.positions), name
        assert {joint for weights in patch.weights for joint in weights} <= known, name
        sums = np.array([sum(weights.values()) for weights in patch.weights])
        assert np.abs(sums - 1).max(initial=0) <= 1e-6, name


def test_a_hand_has_five_fingers_that_bend_alone() -> None:
    """Each finger has vertices that only its own two joints move, and they lie apart from the others'."""
    mesh = hand()
    tips = {}
    for finger in FINGERS:
        own = {f"{finger}_l", f"{finger}_tips_l"}
        moved = [
            patch.positions[i]
            for patch in mesh.patches
            for i, weights in enumerate(patch.weights)
            if sum(share for joint, share in weights.items() if joint in own) > 0.99
        ]
        assert len(moved) >= 20, finger
        tips[finger] = moved[-1]
    names = list(tips)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            assert np.linalg.norm(tips[one] - tips[other]) > 0.012, f"{one} {other}"
