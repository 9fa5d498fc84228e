"""The band's cap is what its program models, and fits the library with the band's recipe."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from services.renderer.build import open_library
from services.renderer.own import fit
from services.renderer.parts.glb import write_glb
from services.renderer.vrm import recipe_of


def test_the_cap_is_what_its_program_models(demo: Path, source: Callable[[str], Any]) -> None:
    """The file that is kept is the program's, to the byte."""
    program = source("cap")
    assert demo / "parts" / "sorbet_cap.glb" == program.TARGET
    assert program.TARGET.read_bytes() == write_glb(program.cap(), "sorbet_cap", ())


def test_a_band_member_wears_it(demo: Path) -> None:
    """It fits, is a fraction of its size on the way to a phone, and its sign has colours of its own in the recipe."""
    campaign = yaml.safe_load((demo / "campaign.yaml").read_text())
    recipes = {path.name: recipe_of(json.loads(path.read_text())) for path in (demo / "recipes").glob("*.json")}
    [(path, part)] = fit(
        {path: (demo / path).read_bytes() for path in campaign["parts"]}, open_library(), recipes
    ).items()
    assert path == "parts/sorbet_cap.glb"
    assert len(part.packed) < part.plain_bytes / 2
    wearing = [recipe for recipe in recipes.values() if recipe.parts.get("headwear") == "sorbet_cap"]
    assert len(wearing) == 1
    assert set(part.entry["colors"]) <= wearing[0].colors.keys()
