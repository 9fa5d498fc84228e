"""Hair and headwear: the taxonomy is covered, nothing runs through a face or a body, and every mask can be obeyed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import yaml

from services.renderer.library import Library
from services.renderer.parts.body import torso_ring
from services.renderer.parts.glb import write_glb
from services.renderer.parts.hair import STYLES, build_hair
from services.renderer.parts.hair.scalp import BROW_FRAMING, angles
from services.renderer.parts.head import CENTRE, CHIN_Y, EYE_X, EYE_Y, direction, on_scalp, scalp_radii
from services.renderer.parts.headwear import HEADWEAR, build_headwear
from services.renderer.parts.mesh import Array, unit
from tests.renderer.test_library import ROOT, accessor, read_glb

MOST_TRIANGLES = 12_000
"""Of a hair part: what a whole avatar's budget of 40,000 leaves it."""

SINKS_M = 0.003
"""How far the edge of a lock may sink below the skin: a flat lock 4 cm wide on a round head."""

TAXONOMY: Mapping[str, set[str]] = {
    "length": {"bald", "shaved", "cropped", "short", "ear", "chin", "shoulder", "chest"},
    "curl": {"straight", "wavy", "curly", "coily"},
    "strand": {
        "loose", "box_braids", "cornrows", "twists", "flat_twists", "locs", "goddess_locs", "finger_waves",
    },
    "size": {"micro", "medium", "jumbo"},
    "ornament": {"beads", "cuffs"},
    "gathered": {
        "none", "behind_ear", "half_up", "ponytail_low", "ponytail_high", "ponytail_side", "bunches", "low_bun", "bun",
        "top_knot", "space_buns", "bantu_knots", "afro_puff", "afro_puffs", "plait", "plaits", "dutch_plaits",
        "crown_plait",
    },
    "sides": {"even", "taper", "fade_low", "fade", "fade_high", "undercut", "one_side", "lines"},
    "silhouette": {"close", "round", "high_top", "triangle", "mohawk", "spiky", "layered", "long_nape"},
    "fringe": {"none", "blunt", "curtain", "side", "wispy", "micro", "sidelocks", "swept_up"},
    "parting": {"none", "centre", "left", "right", "zigzag"},
    "hairline": {"full", "receding", "widows_peak", "bare_crown"},
}  # fmt: skip
"""The rows of the taxonomy of hair, and what each must offer."""

NAMED: Mapping[str, dict[str, str]] = {
    "box braids": {"strand": "box_braids", "gathered": "none"},
    "cornrows": {"strand": "cornrows", "gathered": "none"},
    "Fulani braids": {"strand": "cornrows", "ornament": "beads", "length": "chest"},
    "short twists with a fade": {"strand": "twists", "length": "short", "sides": "fade"},
    "short locs": {"strand": "locs", "length": "short"},
    "gathered locs": {"strand": "locs", "gathered": "bun"},
    "teeny-weeny afro": {"curl": "coily", "silhouette": "round", "length": "cropped"},
    "afro with a parting": {"curl": "coily", "silhouette": "round", "parting": "left"},
    "twist-out": {"curl": "coily", "strand": "loose", "length": "shoulder"},
    "frohawk": {"curl": "coily", "silhouette": "mohawk"},
    "high-top fade": {"curl": "coily", "silhouette": "high_top", "sides": "fade_high"},
    "waves with a fade": {"curl": "coily", "length": "shaved", "sides": "fade_low"},
    "two-block": {"curl": "straight", "sides": "undercut", "fringe": "curtain"},
    "hime": {"fringe": "sidelocks", "length": "chest"},
    "wolf cut": {"silhouette": "long_nape", "fringe": "curtain"},
    "mullet": {"silhouette": "long_nape", "sides": "taper"},
    "soft perm": {"curl": "wavy", "length": "ear", "silhouette": "round"},
    "bowl cut": {"fringe": "blunt", "length": "short"},
    "top knot with undercut": {"gathered": "top_knot", "sides": "undercut"},
    "pompadour": {"fringe": "swept_up", "silhouette": "high_top"},
}
"""Styles by the name their wearers use, as rules over tags."""


class Hair:
    """One generated part: its vertices and what is told about each."""

    def __init__(self, library: Library, part: str) -> None:
        document, binary = read_glb(library.plain("hair", part).read_bytes())
        where, told, self.triangles = [np.zeros((0, 3))], [np.zeros((0, 4))], 0
        for primitive in document.get("meshes", [{"primitives": []}])[0]["primitives"]:
            where.append(accessor(document, binary, primitive["attributes"]["POSITION"]).astype(np.float64))
            told.append(accessor(document, binary, primitive["attributes"]["COLOR_0"])[:, :4] / 255)
            self.triangles += document["accessors"][primitive["indices"]]["count"] // 3
        self.positions: Array = np.concatenate(where)  # (n, 3)
        self.sway: Array = np.concatenate(told)[:, 2]  # (n,)


@pytest.fixture(scope="module")
def hair(library: Library) -> dict[str, Hair]:
    """Every hair part of the library."""
    return {part: Hair(library, part) for part in library.groups["hair"]}


def tags(library: Library) -> dict[str, dict[str, str]]:
    """The tags of every hair part."""
    return {part: entry["tags"] for part, entry in library.groups["hair"].items()}


def test_every_row_of_the_taxonomy_is_offered(library: Library) -> None:
    """At least 60 hair parts and 20 head coverings, and among the hair each value of each tag."""
    assert set(library.groups["hair"]) == set(STYLES)
    assert len(STYLES) >= 60
    assert set(library.groups["headwear"]) == set(HEADWEAR)
    assert len(HEADWEAR) >= 20
    for tag, wanted in TAXONOMY.items():
        offered = {part[tag] for part in tags(library).values()}
        assert wanted <= offered, f"{tag}: nobody wears {sorted(wanted - offered)}"


@pytest.mark.parametrize("name", NAMED)
def test_a_style_is_found_by_its_tags(library: Library, name: str) -> None:
    """Who asks for a style by name finds it: the name is a rule over visible tags."""
    assert [part for part, has in tags(library).items() if NAMED[name].items() <= has.items()]


def test_no_two_hair_parts_are_told_apart_by_name_only(library: Library) -> None:
    """Each part has tags of its own, so that recognition can mean it."""
    seen: dict[tuple[str, ...], str] = {}
    for part, has in tags(library).items():
        other = seen.setdefault(tuple(has.values()), part)
        assert other == part, f"{part} and {other} have the same tags"


def test_hair_keeps_to_its_share_of_the_budget(hair: dict[str, Hair]) -> None:
    """No style costs more triangles than a phone's avatar can spare for hair."""
    for part, made in hair.items():
        assert made.triangles <= MOST_TRIANGLES, f"{part}: {made.triangles}"


def test_no_hair_runs_through_the_face(hair: dict[str, Hair]) -> None:
    """Below the hairline and above the chin, hair stays outside the skin and leaves both pupils free."""
    for part, made in hair.items():
        p = made.positions
        height = p[:, 1] - CHIN_Y
        azimuth, elevation = angles(p) if len(p) else (np.zeros(0), np.zeros(0))
        face = (p[:, 2] > 0.03) & (height > 0.005) & (height < 0.19) & (elevation < BROW_FRAMING(azimuth) - 2)
        over = _over_skin(p[face])
        assert (over > -SINKS_M).all(), f"{part} sinks {-over.min() * 1000:.1f} mm into the face"
        pupil = (np.abs(np.abs(p[:, 0]) - EYE_X) < 0.012) & (np.abs(height - EYE_Y) < 0.010) & (p[:, 2] > 0.06)
        assert not pupil.any(), f"{part} hangs over a pupil"


def _over_skin(points: Array) -> Array:
    ways = unit(points - CENTRE)
    return np.asarray(np.linalg.norm(points - CENTRE, axis=1) - np.linalg.norm(on_scalp(ways) - CENTRE, axis=1))


def test_no_hair_runs_through_neck_or_shoulders(hair: dict[str, Hair]) -> None:
    """What hangs lies on the body and not in it."""
    for part, made in hair.items():
        p = made.positions
        neck = (p[:, 1] > 1.24) & (p[:, 1] < CHIN_Y) & (np.hypot(p[:, 0], p[:, 2] + 0.012) < 0.038)
        assert not neck.any(), part
        low = p[(p[:, 1] > 0.98) & (p[:, 1] < 1.23)]
        axis = np.array([0.0, -0.01])
        if len(low):
            ring = torso_ring(low[:, 1], np.arctan2(low[:, 2], low[:, 0]))
            inside = (
                np.linalg.norm(low[:, [0, 2]] - axis, axis=1) < np.linalg.norm(ring[:, [0, 2]] - axis, axis=1) - 0.004
            )
            assert not inside.any(), f"{part}: {inside.sum()} of {len(low)} vertices lie in the body"


def test_what_hangs_is_loose_and_what_lies_is_not(library: Library, hair: dict[str, Hair]) -> None:
    """Springs find loose tips on long hair, firm roots on all, and hardly anything to move on a cropped head."""
    for part, made in hair.items():
        has = library.groups["hair"][part]["tags"]
        if has["length"] == "chest":
            assert made.sway.max() >= 0.35, part
        if has["length"] in {"shaved", "cropped"}:
            assert (made.sway <= 0.2).all(), part
        crown = made.positions[:, 1] > CHIN_Y + 0.20
        lying = crown & (_over_skin(made.positions) < 0.012)
        assert (made.sway[lying] <= 0.2).all(), part  # the loosest there are roots of puffs and tails


def test_the_same_style_is_made_twice(library: Library) -> None:
    """A part is a function of its source: no chance, no order of sets, no clock."""
    for part in ("plaits_two", "afro_parted", "finger_waves"):
        assert library.plain("hair", part).read_bytes() == write_glb(build_hair(part), part, ())


def test_every_head_covering_declares_what_becomes_of_hair(library: Library) -> None:
    """A mask is complete for its kind, and all hair is hidden where the catalogue says that all is covered."""
    needs = {"hide": set(), "tuck": {"brim", "off"}, "band": {"brim", "off", "wide"}, "patch": {"spot", "off"}}
    kinds = set()
    for part, entry in library.groups["headwear"].items():
        mask: dict[str, Any] = dict(entry["mask"])
        kind = mask.pop("hair")
        kinds.add(kind)
        assert mask.pop("behind", -0.035) < 0, part
        assert set(mask) == needs[kind], part
        assert (kind == "hide") == (entry["covers"] == "all"), part
        assert 0.004 <= mask.get("off", 0.01) <= 0.03, f"{part}: hair needs room to lie between skin and cloth"
    assert kinds == set(needs)


def test_headwear_sits_outside_the_hair_that_it_presses(library: Library) -> None:
    """Above its brim a hat stands farther off the skin than the hair below it is pressed to."""
    for part, entry in library.groups["headwear"].items():
        mask = entry["mask"]
        if mask["hair"] != "tuck":
            continue
        height, slope = mask["brim"]
        points = np.concatenate([patch.positions for patch in build_headwear(part).patches])
        high = points[(points[:, 1] - height - slope * points[:, 2]) > 0.03 * np.hypot(1, slope)]
        assert np.percentile(_over_skin(high), 2) > mask["off"] - 0.002, part


def test_recognition_can_ask_for_every_head_covering(library: Library) -> None:
    """Each type in the catalogue is one that the rules give an avatar when it is seen."""
    rules = yaml.safe_load((ROOT / "services/recognition/recipes.yaml").read_text())
    worn = set(rules["groups"]["headwear"]["when"]["headwear"])
    assert {entry["tags"]["type"] for entry in library.groups["headwear"].values()} == worn


def test_the_heads_own_table_tells_masks_where_its_skin_is() -> None:
    """Between the table's rows and columns, too, it is true to two millimetres above the ears."""
    table = scalp_radii()
    radii = np.array(table["radii_mm"]) / 1000
    azimuth, elevation = np.meshgrid(np.arange(7.5, 360, 15.0), np.arange(5.0, 85.0, 10.0))
    row, column = ((elevation + 60) / 10).astype(int), (azimuth / 15).astype(int)
    around = [radii[row + i, (column + k) % 24] for i in (0, 1) for k in (0, 1)]
    true = np.linalg.norm(on_scalp(direction(azimuth, elevation)) - CENTRE, axis=-1)
    np.testing.assert_allclose(np.mean(around, axis=0), true, atol=0.002)
