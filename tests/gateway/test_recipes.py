"""What is drawn for a recipe is drawn once for all who have it; a session owns what it shows, whatever is pruned."""

from __future__ import annotations

import shutil

from fancam.artifacts import RECIPES, session_scope
from tests.gateway.conftest import JPEG, WAV, House


async def test_only_a_shot_that_shows_the_name_is_kept_as_personal(house: House) -> None:
    """A segment with nothing of the fan but the avatar is stored for the next fan with the same recipe."""
    fan = await house.create("Ada")
    await fan.film()

    scopes = {asked.shot.id: asked.scope for asked in house.script.requests if hasattr(asked, "shot")}

    assert scopes == {"hello": session_scope(fan.id), "pair": RECIPES, "bye": session_scope(fan.id)}


async def test_a_fan_keeps_the_kit_when_the_recipe_is_pruned(house: House) -> None:
    """Everything that a session shows lies in its own scope."""
    fan = await house.create("Ada")
    await fan.film()

    shutil.rmtree(house.folder / "artifacts" / RECIPES)

    kit = (await fan.get("/fan-kit")).json()
    assert [item["id"] for item in kit] == ["wave"]
    assert (await house.http.get(kit[0]["url"])).content == b"\x89PNG still"


async def test_a_pass_that_was_pruned_while_a_name_was_reviewed_is_drawn_again(house: House) -> None:
    """A person took their time; the film is whole all the same, and only what went is drawn twice."""
    fan = await house.create("doubtful Eve")
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV)
    await fan.until("compose", "done", "pair")
    await fan.until("render", "done", "hello")
    shutil.rmtree(house.folder / "artifacts" / RECIPES)

    body = {"stage": "name", "version": "name1", "approved": True}
    await house.http.post(f"/v1/sessions/{fan.id}/review", json=body, headers=house.operator)
    await fan.until("session", "done")

    assert b"segment hello doubtful Eve ['fan']" in (await fan.get("/film")).content
    assert b"segment pair  ['fan', 'twin']" in (await fan.get("/film")).content
    assert house.script.calls["render 0"] == 2
    assert house.script.calls["render 24"] == 2
