"""The demo's timeline, shots and pictures: data that every service must be able to trust."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import protovalidate
import pytest
import yaml
from google.protobuf import json_format
from PIL import Image

from fancam.v1.avatar_pb2 import Recipe
from fancam.v1.campaign_pb2 import CUT_KIND_PERSONAL, Campaign
from fancam.v1.motion_pb2 import Keyframe, Property
from fancam.v1.shot_pb2 import BLEND_MODE_ADD, Layer, Shot
from services.assembler.check import files_of
from services.assembler.service import read_campaign, read_library

BEAT_FRAMES = 12
"""24 frames a second at 120 beats a minute."""

MARGIN_PX = 48
"""Phones cut the outermost part of a vertical film, and players lay buttons over it."""

CAMPAIGN_BYTES = 20_000_000
FILE_BYTES = 6_000_000


def test_the_services_find_nothing_wrong_with_it(demo: Path) -> None:
    """The press's own inspection accepts the folder: every document, file, part, dance and matte."""
    documents, faults = read_campaign(files_of(demo), read_library())

    assert [str(fault) for fault in faults] == []
    assert documents is not None


def test_every_document_obeys_the_contract(demo: Path, campaign: Campaign, shots: dict[str, Shot]) -> None:
    """The campaign, its shots and its recipes parse into their messages and satisfy every rule written there."""
    protovalidate.validate(campaign)
    for shot in shots.values():
        protovalidate.validate(shot)
    recipes = sorted((demo / "recipes").glob("*.json"))
    for path in recipes:
        protovalidate.validate(json_format.Parse(path.read_text(), Recipe()))
    assert len(recipes) == 3


def test_the_film_is_62_seconds_of_cuts_on_the_beat(campaign: Campaign, shots: dict[str, Shot]) -> None:
    """Cuts follow each other without a gap, each begins on a beat, and together they are as long as the song."""
    at = 0
    for cut in campaign.cuts:
        assert at % BEAT_FRAMES == 0, f"{cut.id} begins on frame {at}"
        at += cut.frames or shots[cut.id].frames - cut.first_frame
    assert at == 62 * campaign.profile.frame_rate.numerator // campaign.profile.frame_rate.denominator == 1488


def test_the_fan_is_in_at_least_four_shots_and_eight_seconds(campaign: Campaign, shots: dict[str, Shot]) -> None:
    """Personal cuts are long and many enough to be about the fan, and only they show the fan."""
    personal = [cut.id for cut in campaign.cuts if cut.kind == CUT_KIND_PERSONAL]

    assert len(personal) >= 4
    assert sum(shots[name].frames for name in personal) >= 8 * 24
    for name, shot in shots.items():
        fans = [one for one in shot.layers if is_fans(one)]
        assert bool(fans) == (name in personal), f"{name}: {[one.name for one in fans]}"


def test_a_flash_comes_at_once_and_its_light_is_gone_before_the_next(shots: dict[str, Shot]) -> None:
    """Between two flashes the picture is dark for a while: none swells up and washes out what is danced."""
    flashes = [one for shot in shots.values() for one in shot.layers if one.name == "flash"]
    assert flashes
    for one in flashes:
        keys = one.transform.opacity.keyframes
        for before, key in itertools.pairwise(keys):
            if key.value[0] > before.value[0]:
                assert (before.value[0], key.frame - before.frame) == (0, 1), f"swells from frame {before.frame}"


def test_nobody_stands_before_the_sung_words(shots: dict[str, Shot]) -> None:
    """Where words are sung in a fan's shot while the fan is seen, they lie above the fan."""
    for name, shot in shots.items():
        order = [one.name for one in shot.layers]
        for fan in (one for one in shot.layers if is_fans(one) and one.HasField("avatar")):
            for words in (one for one in shot.layers if one.name == "lyric"):
                together = (words.out_frame or shot.frames) > fan.in_frame
                assert not together or order.index("lyric") < order.index(fan.name), name


def test_what_is_drawn_per_fan_is_little(campaign: Campaign, shots: dict[str, Shot]) -> None:
    """Above the lowest layer that shows the fan lie at most six others, so that a fan's shot is cheap."""
    for cut in campaign.cuts:
        if cut.kind == CUT_KIND_PERSONAL:
            layers = shots[cut.id].layers
            lowest = max(index for index, one in enumerate(layers) if is_fans(one))
            assert lowest <= 6, f"{cut.id}: {[one.name for one in layers[:lowest]]}"


def test_names_keep_to_the_safe_area(shots: dict[str, Shot]) -> None:
    """A name is shrunk until it fits, it stays off the edges, and it has a rim."""
    seen = 0
    for name, shot in shots.items():
        for one in shot.layers:
            if one.WhichOneof("source") != "text" or "{name}" not in one.text.text:
                continue
            seen += 1
            settled = [key.value[0] for key in one.transform.scale.keyframes][-1] / 100
            half = one.text.fit_width_px * settled / 2
            x, y = one.transform.position.value
            assert one.text.fit_width_px > 0, f"{name}: a long name would leave the picture"
            assert x - half >= MARGIN_PX, f"{name}: left edge"
            assert x + half <= shot.width - MARGIN_PX, f"{name}: right edge"
            assert y - one.text.size_px / 2 >= MARGIN_PX, f"{name}: upper edge"
            assert y + one.text.size_px / 2 <= shot.height - MARGIN_PX, f"{name}: lower edge"
            assert one.text.stroke_px > 0, f"{name}: no rim, so the name drowns in light"
    assert seen >= 4


def test_no_second_has_more_than_three_flashes(campaign: Campaign, shots: dict[str, Shot]) -> None:
    """White light over the whole picture comes at most three times in any second: photosensitive people watch too."""
    bright, at = [], 0
    for cut in campaign.cuts:
        length = cut.frames or shots[cut.id].frames - cut.first_frame
        for one in shots[cut.id].layers:
            if one.WhichOneof("source") == "solid" and one.blend_mode == BLEND_MODE_ADD:
                keys = one.transform.opacity.keyframes
                before = [0.0, *(key.value[0] for key in keys)]
                rises = [key.frame for key, low in zip(keys, before, strict=False) if key.value[0] > low + 10]
                bright += [at + frame - cut.first_frame for frame in rises if 0 <= frame - cut.first_frame < length]
        at += length
    assert bright, "the film has flashes"
    for first in bright:
        assert sum(first <= frame < first + 24 for frame in bright) <= 3, f"from frame {first:.0f}"


def test_keyframes_are_in_order_and_inside_reason(shots: dict[str, Shot]) -> None:
    """Every property's keyframes rise in time and all have equally many values."""
    for name, shot in shots.items():
        for one in shot.layers:
            for where, found in properties(one):
                frames = [key.frame for key in found.keyframes]
                assert frames == sorted(set(frames)), f"{name}, {one.name}, {where}: {frames}"
                assert len({len(key.value) for key in found.keyframes}) <= 1, f"{name}, {one.name}, {where}"


def test_the_folder_is_small_and_holds_no_orphans(demo: Path, campaign: Campaign, shots: dict[str, Shot]) -> None:
    """Each picture and shot is used, no file is above 6 MB, and the whole is below 20 MB."""
    used = {one.image.path for shot in shots.values() for one in shot.layers if one.WhichOneof("source") == "image"}
    assert {f"art/{path.name}" for path in (demo / "art").iterdir()} == used
    assert {f"shots/{path.name}" for path in (demo / "shots").iterdir()} == {cut.shot for cut in campaign.cuts}

    sizes = {
        path: path.stat().st_size for path in demo.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert max(sizes.values()) < FILE_BYTES
    assert sum(sizes.values()) < CAMPAIGN_BYTES


def test_shots_are_what_the_edit_writes(demo: Path, source: Callable[[str], Any]) -> None:
    """Every committed shot says the same as the program that wrote it."""
    edit = source("edit")

    for name, make in edit.SHOTS.items():
        committed = json_format.ParseDict(yaml.safe_load((demo / "shots" / f"{name}.yaml").read_text()), Shot())
        assert committed == json_format.ParseDict(edit.tidy(make()), Shot()), name


@pytest.mark.parametrize("name", ["sparkle", "led_mask", "sticker_heart"])
def test_pictures_are_what_the_painter_paints(
    demo: Path, source: Callable[[str], Any], tmp_path: Path, name: str
) -> None:
    """Painted again, a picture is the committed one up to what two versions of a lossy coder may differ by."""
    source("art").PICTURES[name](tmp_path / "again.webp")

    again, committed = pixels(tmp_path / "again.webp"), pixels(demo / "art" / f"{name}.webp")
    assert again.shape == committed.shape
    assert np.abs(again - committed).mean() < 2.0


def test_sprites_fade_before_their_edge(demo: Path) -> None:
    """Glows and signs are transparent along their border, so that no rectangle shows when they are added."""
    for name in ("glow_pink", "glow_cyan", "glow_gold", "logo", "title", "nameplate", "sparkle", "haze", "spot"):
        alpha = pixels(demo / "art" / f"{name}.webp")[..., 3]
        border = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
        assert border.max() <= 8, f"{name}: {border.max():.0f} of 255 on its border"


def pixels(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Red, green, blue, alpha with colour counted only where it is seen, shape (height, width, 4)."""
    values = np.asarray(Image.open(path).convert("RGBA"), dtype=np.float32)
    return np.concatenate([values[..., :3] * values[..., 3:] / 255, values[..., 3:]], axis=2)


def is_fans(layer: Layer) -> bool:
    kind = layer.WhichOneof("source")
    return (kind == "avatar" and not layer.avatar.recipe) or (kind == "text" and "{name}" in layer.text.text)


def properties(layer: Layer) -> Iterator[tuple[str, Property]]:
    """Every property of a layer's transform, effects and staging, with its name."""
    messages = [layer.transform, *(getattr(e, e.WhichOneof("kind") or "bloom") for e in layer.effects)]
    if layer.WhichOneof("source") == "avatar":
        messages.append(layer.avatar.staging)
    for message in messages:
        for field, value in message.ListFields():
            if isinstance(value, Property):
                yield field.name, value


def test_properties_are_found() -> None:
    """The reader above sees what the tests above rely on."""
    layer = Layer(name="x")
    layer.transform.opacity.keyframes.append(Keyframe(frame=1, value=[2]))
    assert [name for name, _ in properties(layer)] == ["opacity"]
