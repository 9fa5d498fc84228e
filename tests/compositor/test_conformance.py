"""Every feature of the shot model against a picture that is reckoned without the page, all in one browser page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from fancam.v1.shot_pb2 import Shot
from services.compositor import job
from stage.host import Stage
from tests.compositor.conformance.case import CASES, SIZE, Case, solid
from tests.compositor.conformance.features import FEATURES, table
from tests.compositor.conformance.refused import REFUSALS, Refusal
from tests.compositor.conformance.suite import NEAR, Outcome, draw, files_of, outcomes, told
from tests.compositor.material import Json, Pixels

WINDOW: Json = {"name": "window", "precomp": {"composition": "transparent"}}
PAPER = solid("paper", (230, 220, 210))


@pytest.fixture(scope="module")
async def found(stage: Stage) -> dict[str, Outcome]:
    """How every case came out, by its name."""
    async with stage.page() as page:
        return {result.case.name: result for result in await outcomes(page)}


def test_the_suite_is_broad() -> None:
    """There are at least eighty cases, no two of one name, and no case compares a shot with itself."""
    names = [case.name for case in CASES]
    assert len(names) >= 80
    assert len(set(names)) == len(names)
    assert all(case.reference != case.layers for case in CASES)


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_a_feature_looks_as_it_should(found: dict[str, Outcome], name: str) -> None:
    """Drawn and reckoned pictures are alike, and both show something."""
    result = found[name]
    assert result.wanted.std() > 1
    assert result.similarity >= NEAR, f"{name}: {result.similarity:.4f}, mean difference {result.mean:.2f}"


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.feature)
def test_what_is_not_drawn_is_refused_by_name(refusal: Refusal) -> None:
    """The fault names the layer and says what it asks for, at the very field."""
    plain = {"id": "shot", "width": 128, "height": 96, "frames": 24, "layers": refusal.layers, **refusal.more}
    with pytest.raises(job.ShotInvalid) as refused:
        job.validate(MessageToDict(ParseDict(plain, Shot())))
    assert refused.value.faults[refusal.where] == refusal.words


def test_unknown_effects_and_fields_are_refused_by_name() -> None:
    """What the contract does not know never reaches a page."""
    for layers, name in (
        ([{"name": "a", "null": {}, "effects": [{"lensFlare": {}}]}], "lensFlare"),
        ([{"name": "a", "null": {}, "layerStyles": {}}], "layerStyles"),
    ):
        with pytest.raises(ParseError, match=name):
            ParseDict({"id": "shot", "width": 128, "height": 96, "frames": 24, "layers": layers}, Shot())


def test_the_table_of_features_is_up_to_date(found: dict[str, Outcome]) -> None:
    """docs/features.md says what the cases came to; `python -m tests.compositor.conformance` writes it."""
    assert FEATURES.read_text() == table({name: result.similarity >= NEAR for name, result in found.items()})


async def test_every_effect_also_works_below_an_adjustment_and_in_linear_light(stage: Stage) -> None:
    """On an adjustment layer in a composition with transparency, in linear light, each changes the picture below it."""
    without: dict[str, Pixels] = {}
    async with stage.page() as page:
        for case in CASES:
            effects = [effect for layer in case.layers for effect in layer.get("effects", [])]
            if not case.name.startswith("effect-") or any("echo" in effect or "stroke" in effect for effect in effects):
                continue
            below = [
                {key: field for key, field in layer.items() if key != "effects"}
                for layer in case.layers
                if "adjustment" not in layer and "solid" not in layer
            ]

            async def shown(layers: list[Json], case: Case = case) -> Pixels:
                size = {"width": SIZE[0], "height": SIZE[1], "frames": case.length}
                more = {
                    "workingSpace": "WORKING_SPACE_LINEAR",
                    "compositions": [{"id": "transparent", "layers": layers, **size}],
                }
                return await draw(page, replace(case, more=more), [WINDOW, PAPER], case.frame)

            key = repr(below)
            if key not in without:
                without[key] = await shown(below)
            drawn = await shown([{"name": "look", "adjustment": {}, "effects": effects}, *below])
            assert np.abs(drawn.astype(int) - without[key]).max() > 8, case.name


async def test_any_frame_can_be_drawn_first(stage: Stage) -> None:
    """Frames asked for in any order are byte for byte those that are asked for alone."""
    moving = [case for case in CASES if case.frame > 0 and case.files is None][::4]
    assert len(moving) >= 5
    async with stage.page() as page:
        for case in moving:
            alone = await draw(page, case, case.layers, case.frame)
            await page.load(told(case, case.layers), files_of(case))
            for frame in (case.frame - 1, 0, case.frame + 1):
                await page.still(frame)
            again = (await page.still(case.frame))[..., :3]
            np.testing.assert_array_equal(again, alone, err_msg=case.name)
