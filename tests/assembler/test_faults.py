"""Each fault of a campaign is named with its file, its layer and its property, before anything is drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from media.profile import Profile
from services.assembler.faults import Fault, cuts
from services.assembler.service import read_campaign, read_library
from tests.assembler.conftest import as_bytes, flac, segment, tiny_campaign

LIBRARY = read_library()


def faults(files: dict[str, Any]) -> list[Fault]:
    """Everything that is wrong."""
    return read_campaign(as_bytes(files), LIBRARY)[1]


def test_nothing_is_wrong_with_a_good_campaign() -> None:
    """The tiny campaign passes, and its timeline is exact."""
    documents, found = read_campaign(as_bytes(tiny_campaign()), LIBRARY)

    assert found == []
    assert documents is not None
    timeline = [(cut.id, cut.personal, cut.start_frame, cut.first_frame, cut.frames) for cut in cuts(documents)]
    assert timeline == [("intro", False, 0, 0, 12), ("close", True, 12, 6, 24), ("outro", False, 36, 12, 12)]


Change = Callable[[dict[str, Any]], None]


def put(path: str, *keys: str | int, value: Any) -> Change:
    """A change of one value in one document."""

    def change(files: dict[str, Any]) -> None:
        place = files[path]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


def file(path: str, content: Any) -> Change:
    """A change of a whole file."""

    def change(files: dict[str, Any]) -> None:
        files[path] = content

    return change


def without(path: str) -> Change:
    """A file that is not there."""

    def change(files: dict[str, Any]) -> None:
        del files[path]

    return change


FAN, BAND, CAMPAIGN = "shots/fan.yaml", "shots/band.yaml", "campaign.yaml"
KEYS = {"keyframes": [{"frame": 4, "value": [1]}, {"frame": 4, "value": [2]}]}


@pytest.mark.parametrize(
    ("change", "file_", "where", "why"),
    [
        (put(CAMPAIGN, "cuts", 0, "kind", value="CUT_KIND_PERSONAL"), CAMPAIGN, "cuts[0].kind", "nothing of the fan"),
        (put(CAMPAIGN, "cuts", 1, "kind", value="CUT_KIND_FIXED"), CAMPAIGN, "cuts[1].kind", "shows the fan"),
        (put(CAMPAIGN, "cuts", 0, "frames", value=25), CAMPAIGN, "cuts[0]", "frames 0 to 25"),
        (put(CAMPAIGN, "cuts", 2, "id", value="intro"), CAMPAIGN, "cuts", "'intro' is there 2 times"),
        (put(CAMPAIGN, "cuts", 0, "shot", value="shots/x.yaml"), CAMPAIGN, "cuts[0].shot", "shots/x.yaml is not"),
        (put(CAMPAIGN, "cuts", value=[]), CAMPAIGN, "cuts", "at least 1"),
        (put(CAMPAIGN, "title", value=""), CAMPAIGN, "title", "at least 1"),
        (put(CAMPAIGN, "tittle", value="x"), CAMPAIGN, "", "tittle"),
        (put(CAMPAIGN, "profile", "width", value=161), CAMPAIGN, "profile.width", "161 is odd"),
        (put(CAMPAIGN, "profile", "height", value=160), FAN, "", "160x284 has not the film's shape"),
        (put(CAMPAIGN, "song", "take_end_samples", value=96_001), CAMPAIGN, "song", "not within 96000"),
        (put(CAMPAIGN, "recipe_rules", value="rules.yaml"), CAMPAIGN, "recipe_rules", "rules.yaml is not"),
        (file(CAMPAIGN, b"id: [\n"), CAMPAIGN, "", "line 2"),
        (file(CAMPAIGN, b"- 1"), CAMPAIGN, "", "list"),
        (file(CAMPAIGN, b""), CAMPAIGN, "", "NoneType"),
        (file(CAMPAIGN, b"[" * 100_000), CAMPAIGN, "", "nested more than"),
        (file(CAMPAIGN, b"a: &a [1]\nb: &b [*a, *a]\n" + b"x: !!python/object:os.x {}"), CAMPAIGN, "", "constructor"),
        (without("song/all.flac"), CAMPAIGN, "song.stems[0]", "song/all.flac is not in the campaign"),
        (file("voice.yaml", b"chain: ["), "voice.yaml", "", "is no YAML: line 1|is no YAML: line 2"),
        (without("voice.yaml"), CAMPAIGN, "voice_chain", "voice.yaml is not"),
        (file("song/all.flac", flac(95_999)), "song/all.flac", "", "95999 samples; the film's 48 frames have 96000"),
        (file("song/all.flac", flac(96_000)[:200]), "song/all.flac", "", "samples|no sound file"),
        (file("song/all.flac", b"noise"), "song/all.flac", "", "no sound file"),
        (file("song/guide.flac", flac(96_000)), "song/guide.flac", "", "2 channels, not 1"),
        (file("song/guide.flac", flac(96_000, channels=1, rate_hz=44_100)), "song/guide.flac", "", "44100 samples"),
        (file("song/melody.json", {"notes": []}), "song/melody.json", "notes", "at least 1"),
        (file("recipes/mika.json", {"parts": {"hair": "wig_of_gold"}}), "recipes/mika.json", "parts.hair", "wig_of"),
        (without("recipes/mika.json"), BAND, "layer 'mika', avatar.recipe", "recipes/mika.json is not"),
        (put(FAN, "layers", 3, "name", value="night"), FAN, "layers", "'night' is there 2 times"),
        (put(FAN, "layers", 3, "parent", value="ghost"), FAN, "layer 'lamp', parent", "no layer 'ghost'"),
        (put(FAN, "layers", 3, "parent", value="lamp"), FAN, "layer 'lamp', parent", "depends on this layer"),
        (
            put(FAN, "layers", 3, "matte", value={"kind": "MATTE_KIND_LUMA", "layer": "look"}),
            FAN,
            "layer 'lamp', matte",
            "'look' draws nothing",
        ),
        (put(FAN, "layers", 3, "out_frame", value=0), None, "", ""),
        (put(FAN, "layers", 1, "out_frame", value=5), FAN, "layer 'name', out_frame", "ends at 5"),
        (put(FAN, "layers", 3, "transform", value={"opacity": KEYS}), FAN, "layer 'lamp', transform.opacity", "at 4"),
        (
            put(FAN, "layers", 3, "transform", value={"position": {"value": [1]}}),
            FAN,
            "layer 'lamp', transform.position",
            "1 numbers, not 2 or 3",
        ),
        (
            put(FAN, "layers", 3, "transform", value={"x_rotation": {"value": [1]}}),
            FAN,
            "layer 'lamp', transform.x_rotation",
            "3D layers only",
        ),
        (
            put(FAN, "layers", 3, "transform", value={"rotation": {"value": ["NaN"]}}),
            FAN,
            "layer 'lamp', transform.rotation",
            "no finite number",
        ),
        (
            put(FAN, "layers", 2, "avatar", "staging", "dance", value="tango"),
            FAN,
            "layer 'fan', avatar.staging.dance",
            "no dance 'tango'",
        ),
        (put(FAN, "layers", 0, "effects", 0, "vignete", value={}), FAN, "", "vignete"),
        (put(FAN, "layers", 3, "solid", "width", value=0), FAN, "layers[3].solid.width", "greater than 0"),
        (put(FAN, "camera", value={"position": {"value": [1, 2]}}), FAN, "camera.position", "2 numbers, not 3"),
        (put(FAN, "height", value=285), FAN, "height", "285 is odd"),
    ],
)
def test_a_fault_is_named_with_its_place(change: Change, file_: str | None, where: str, why: str) -> None:
    """One thing is wrong, and the first fault says which file, which layer, which property and why."""
    files = tiny_campaign()
    change(files)
    found = faults(files)

    if file_ is None:
        assert found == []
        return
    assert any(fault.file == file_ and fault.where == where for fault in found), [str(fault) for fault in found]
    assert any(re.search(why, fault.why) for fault in found if fault.file == file_), [str(fault) for fault in found]


def test_every_fault_is_named_not_only_the_first() -> None:
    """A designer mends a campaign in one go."""
    files = tiny_campaign()
    put(FAN, "layers", 3, "parent", value="ghost")(files)
    put(BAND, "layers", 0, "avatar", "staging", "dance", value="tango")(files)
    put(CAMPAIGN, "song", "take_end_samples", value=96_001)(files)

    assert {fault.file for fault in faults(files)} == {FAN, BAND, CAMPAIGN}


def test_a_cycle_of_parents_is_named_for_each_of_its_layers() -> None:
    """Two layers that carry each other."""
    files = tiny_campaign()
    put(FAN, "layers", 3, "parent", value="night")(files)
    put(FAN, "layers", 4, "parent", value="lamp")(files)

    assert [fault.where for fault in faults(files)] == ["layer 'lamp', parent", "layer 'night', parent"]


@pytest.mark.parametrize(
    ("content", "start_frame", "why"),
    [
        (b"no video", 0, "no video file"),
        (segment(0, 60), 0, ""),
        (segment(0, 40), 0, "frames 0 to 48 .* which has 40"),
        (segment(0, 60), 13, "frames 13 to 61 .* which has 60"),
        (segment(0, 60), -1, "frames -1 to 47"),
    ],
)
def test_footage_must_reach_over_the_frames_it_is_shown_on(content: bytes, start_frame: int, why: str) -> None:
    """A clip that is damaged or too short is named with what is used of it."""
    files = tiny_campaign()
    files["art/crowd.mp4"] = content
    files[FAN]["layers"][4] = {"name": "crowd", "footage": {"path": "art/crowd.mp4", "start_frame": start_frame}}
    found = "; ".join(map(str, faults(files)))

    assert bool(found) == bool(why)
    assert re.search(why, found)


def test_footage_of_another_rate_is_named() -> None:
    """Frames are shown one for one, so the rates must be equal."""
    files = tiny_campaign()
    files["art/crowd.mp4"] = segment(0, 60, Profile(64, 64, Fraction(25)))
    files[FAN]["layers"][4] = {"name": "crowd", "footage": {"path": "art/crowd.mp4"}}

    assert [fault.why for fault in faults(files)] == ["art/crowd.mp4 has 25 frames per second, not 24"]


def test_aliases_that_stand_for_billions_of_values_are_refused() -> None:
    """Nine lines of YAML can describe a list of a billion."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    files = tiny_campaign()
    files[CAMPAIGN] = "\n".join(lines).encode()

    assert "stand for more than" in str(faults(files)[0])
