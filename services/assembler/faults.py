"""What is wrong in a campaign: each fault with its file, its layer and its property, before anything is drawn.

What the rules in the protos say is checked when a document is read; here is what needs several documents or media.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from fancam.timebase import SAMPLE_RATE_HZ, frame_to_sample
from media.probe import Clip, Sound
from services.assembler.press import Json, Part, rebase, shows_fan, source, span


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a campaign."""

    file: str
    """Path inside the campaign."""
    where: str
    """Layer and property in a shot, field in the campaign; empty for the whole file."""
    why: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.why}" if self.where else f"{self.file}: {self.why}"


@dataclass(frozen=True)
class Library:
    """What the avatar library offers, by name."""

    dances: frozenset[str]
    expressions: frozenset[str]
    parts: frozenset[str]


@dataclass(frozen=True)
class Documents:
    """A campaign, read: its documents as plain values, and what its media files are."""

    campaign: Json
    shots: Mapping[str, Json]
    recipes: Mapping[str, Json]
    files: Collection[str]
    sounds: Mapping[str, Sound]
    clips: Mapping[str, Clip]

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second."""
        rate = self.campaign["profile"]["frame_rate"]
        return Fraction(int(rate["numerator"]), int(rate["denominator"]))


@dataclass(frozen=True)
class CutRange:
    """Where one cut lies."""

    id: str
    shot: str
    personal: bool
    start_frame: int
    """On the film's timeline."""
    first_frame: int
    """In the shot."""
    frames: int
    part_of: str = ""
    """The campaign's cut that this is (a part of)."""

    def part(self, part: Part, id_: str) -> CutRange:
        """A stretch of this cut as a cut of its own."""
        return CutRange(
            id=id_,
            shot=self.shot,
            personal=part.personal,
            start_frame=self.start_frame + part.first_frame,
            first_frame=self.first_frame + part.first_frame,
            frames=part.frames,
            part_of=self.part_of,
        )


def cuts(documents: Documents) -> list[CutRange]:
    """The film's timeline. Cuts whose shot is not there are left out; `inspect` names them."""
    ranges = []
    start_frame = 0
    for cut in documents.campaign["cuts"]:
        shot = documents.shots.get(cut["shot"])
        if shot is None:
            continue
        first_frame = cut.get("first_frame", 0)
        frames = cut.get("frames", 0) or shot["frames"] - first_frame
        personal = cut["kind"] == "CUT_KIND_PERSONAL"
        ranges.append(CutRange(cut["id"], cut["shot"], personal, start_frame, first_frame, frames, cut["id"]))
        start_frame += frames
    return ranges


def inspect(documents: Documents, library: Library) -> list[Fault]:
    """Everything that is wrong in a campaign whose documents obey their schemas; empty when it can be pressed."""
    return [
        *_campaign_faults(documents, library),
        *_cut_faults(documents),
        *_sound_faults(documents),
        *(fault for path, shot in documents.shots.items() for fault in shot_faults(path, shot, documents, library)),
        *_recipe_faults(documents, library),
    ]


def _campaign_faults(documents: Documents, library: Library) -> Iterator[Fault]:
    campaign = documents.campaign
    for where, path in references(campaign):
        if path not in documents.files:
            yield Fault("campaign.yaml", where, f"{path} is not in the campaign")
    width, height = campaign["profile"]["width"], campaign["profile"]["height"]
    for side, pixels in (("width", width), ("height", height)):
        if pixels % 2:
            yield Fault("campaign.yaml", f"profile.{side}", f"{pixels} is odd; 4:2:0 pictures have even sides")
    for path, shot in documents.shots.items():
        if abs(shot["width"] * height / (shot["height"] * width) - 1) > 0.01:
            yield Fault(path, "", f"{shot['width']}x{shot['height']} has not the film's shape, {width}x{height}")
    yield from _repeats("campaign.yaml", "fan_kit.stills", [still["id"] for still in _stills(campaign)])
    for number, still in enumerate(_stills(campaign)):
        where = f"fan_kit.stills[{number}].staging"
        yield from _staging_faults("campaign.yaml", where, still.get("staging", {}), library)


def _stills(campaign: Json) -> list[Json]:
    return list(campaign.get("fan_kit", {}).get("stills", []))


def references(campaign: Json) -> list[tuple[str, str]]:
    """Every path that the campaign's own document names, with the field that names it."""
    song, policy = campaign["song"], campaign["policy"]
    found = [(f"song.stems[{number}]", path) for number, path in enumerate(song["stems"])]
    found += [("song.guide", song["guide"]), ("song.melody", song["melody"]), ("voice_chain", campaign["voice_chain"])]
    found += [("recipe_rules", campaign.get("recipe_rules", "")), ("policy.lexicon", policy.get("lexicon", ""))]
    found += [(f"cuts[{number}].shot", cut["shot"]) for number, cut in enumerate(campaign["cuts"])]
    return [(where, path) for where, path in found if path]


def _repeats(file: str, where: str, names: Sequence[str]) -> Iterator[Fault]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(file, where, f"{name!r} is there {names.count(name)} times")


def _cut_faults(documents: Documents) -> Iterator[Fault]:
    yield from _repeats("campaign.yaml", "cuts", [cut["id"] for cut in documents.campaign["cuts"]])
    numbers = {cut["id"]: number for number, cut in enumerate(documents.campaign["cuts"])}
    for cut in cuts(documents):
        where = f"cuts[{numbers[cut.id]}]"
        shot = documents.shots[cut.shot]
        if cut.frames < 1 or cut.first_frame + cut.frames > shot["frames"]:
            used = f"frames {cut.first_frame} to {cut.first_frame + cut.frames}"
            yield Fault("campaign.yaml", where, f"uses {used} of {cut.shot}, which has {shot['frames']}")
            continue
        if _structure_faults(cut.shot, shot):
            continue
        fans = shows_fan(rebase(shot, cut.first_frame, cut.frames))
        if fans and not cut.personal:
            yield Fault("campaign.yaml", f"{where}.kind", f"is fixed, but {cut.shot} shows the fan in {fans[0]!r}")
        if cut.personal and not fans:
            yield Fault("campaign.yaml", f"{where}.kind", f"is personal, but nothing of the fan is seen in {cut.shot}")


def _sound_faults(documents: Documents) -> Iterator[Fault]:
    song = documents.campaign["song"]
    frames = sum(cut.frames for cut in cuts(documents))
    film_samples = frame_to_sample(frames, documents.frame_rate)
    for path, channels in [*((stem, 2) for stem in song["stems"]), (song["guide"], 1)]:
        sound = documents.sounds.get(path)
        if sound is None:
            if path in documents.files:
                yield Fault(path, "", "is no sound file that can be decoded")
            continue
        if sound.rate_hz != SAMPLE_RATE_HZ:
            yield Fault(path, "", f"has {sound.rate_hz} samples per second, not {SAMPLE_RATE_HZ}")
        if sound.channels != channels:
            yield Fault(path, "", f"has {sound.channels} channels, not {channels}")
        if sound.samples != film_samples:
            yield Fault(path, "", f"has {sound.samples} samples; the film's {frames} frames have {film_samples}")
    start, end = int(song.get("take_start_samples", 0)), int(song["take_end_samples"])
    if not start < end <= film_samples:
        yield Fault("campaign.yaml", "song", f"the take from sample {start} to {end} is not within {film_samples}")


def _recipe_faults(documents: Documents, library: Library) -> Iterator[Fault]:
    for path, recipe in documents.recipes.items():
        for group, part in recipe.get("parts", {}).items():
            if part not in library.parts:
                yield Fault(path, f"parts.{group}", f"the library has no part {part!r}")


def shot_faults(path: str, shot: Json, documents: Documents, library: Library) -> list[Fault]:
    """Everything that is wrong in one shot."""
    faults = _structure_faults(path, shot)
    for side in ("width", "height"):
        if shot[side] % 2:
            faults.append(Fault(path, side, f"{shot[side]} is odd; passes have even sides"))
    for layer in shot["layers"]:
        where = f"layer {layer['name']!r}"
        faults += _source_faults(path, layer, shot, documents, library)
        first, last = layer.get("in_frame", 0), layer.get("out_frame", 0) or shot["frames"]
        if first >= last:
            faults.append(Fault(path, f"{where}, out_frame", f"it ends at {last}, before it begins at {first}"))
        for name, found, widths in _properties(layer):
            faults += _property_faults(path, f"{where}, {name}", found, widths)
        turned = {"x_rotation", "y_rotation"} & layer.get("transform", {}).keys()
        if turned and not layer.get("three_d"):
            faults.append(Fault(path, f"{where}, transform.{min(turned)}", "is for 3D layers only; set three_d"))
    for name, widths in CAMERA.items():
        if name in shot.get("camera", {}):
            faults += _property_faults(path, f"camera.{name}", shot["camera"][name], widths)
    return faults


def _structure_faults(path: str, shot: Json) -> list[Fault]:
    """Names, parents and mattes: what everything else relies on."""
    faults = list(_repeats(path, "layers", [layer["name"] for layer in shot["layers"]]))
    by_name = {layer["name"]: layer for layer in shot["layers"]}
    for layer in shot["layers"]:
        where = f"layer {layer['name']!r}"
        parent, matte = layer.get("parent"), layer.get("matte", {}).get("layer")
        if parent and parent not in by_name:
            faults.append(Fault(path, f"{where}, parent", f"there is no layer {parent!r}"))
        elif parent and _cyclic(by_name, layer["name"], "parent"):
            faults.append(Fault(path, f"{where}, parent", f"{parent!r} depends on this layer"))
        if matte and matte not in by_name:
            faults.append(Fault(path, f"{where}, matte", f"there is no layer {matte!r}"))
        elif matte and _cyclic(by_name, layer["name"], "matte"):
            faults.append(Fault(path, f"{where}, matte", f"{matte!r} depends on this layer"))
        elif matte and source(by_name[matte]) in {"null", "adjustment"}:
            faults.append(Fault(path, f"{where}, matte", f"{matte!r} draws nothing that could be a matte"))
    return faults


def _cyclic(by_name: Mapping[str, Json], start: str, link: str) -> bool:
    """Whether following `link` from a layer comes back to it."""
    name, seen = start, set[str]()
    while name and name not in seen and name in by_name:
        seen.add(name)
        layer = by_name[name]
        name = layer.get("parent", "") if link == "parent" else layer.get("matte", {}).get("layer", "")
    return name == start


def _source_faults(path: str, layer: Json, shot: Json, documents: Documents, library: Library) -> Iterator[Fault]:
    kind, where = source(layer), f"layer {layer['name']!r}"
    for field, named in layer_files(layer):
        if named not in documents.files:
            yield Fault(path, f"{where}, {kind}.{field}", f"{named} is not in the campaign")
    if kind == "avatar":
        yield from _staging_faults(path, f"{where}, avatar.staging", layer["avatar"].get("staging", {}), library)
    if kind == "footage" and layer["footage"]["path"] in documents.files:
        yield from _footage_faults(path, f"{where}, footage", layer, shot, documents)
    if kind == "image" and layer["image"]["path"].rsplit(".", 1)[-1].lower() not in {"png", "jpg", "jpeg", "webp"}:
        yield Fault(path, f"{where}, image.path", f"{layer['image']['path']} is not PNG, JPEG or WebP")


def layer_files(layer: Json) -> list[tuple[str, str]]:
    """Every path that a layer names, with the field that names it."""
    found = [
        ("path", layer.get("footage", {}).get("path", "")),
        ("path", layer.get("image", {}).get("path", "")),
        ("font", layer.get("text", {}).get("font", "")),
        ("recipe", layer.get("avatar", {}).get("recipe", "")),
    ]
    return [(field, path) for field, path in found if path]


def _footage_faults(path: str, where: str, layer: Json, shot: Json, documents: Documents) -> Iterator[Fault]:
    named = layer["footage"]["path"]
    clip = documents.clips.get(named)
    if clip is None:
        yield Fault(path, f"{where}.path", f"{named} is no video file that can be decoded")
        return
    if clip.codec != "h264":
        yield Fault(path, f"{where}.path", f"{named} is {clip.codec}, not H.264")
    for problem in clip.problems:
        yield Fault(path, f"{where}.path", f"{named} {problem}")
    if clip.frame_rate != documents.frame_rate and not clip.problems:
        yield Fault(
            path, f"{where}.path", f"{named} has {clip.frame_rate} frames per second, not {documents.frame_rate}"
        )
    start = layer["footage"].get("start_frame", 0)
    first, last = (point + start for point in span(layer, shot["frames"]))
    if first < 0 or last > clip.frames:
        yield Fault(
            path, f"{where}.start_frame", f"frames {first} to {last} of {named} are shown, which has {clip.frames}"
        )


def _staging_faults(path: str, where: str, staging: Json, library: Library) -> Iterator[Fault]:
    named = [("dance", staging.get("dance", ""), library.dances)]
    named += [("expression", staging.get("expression", ""), library.expressions)]
    named += [(f"dances[{k}].dance", cue["dance"], library.dances) for k, cue in enumerate(staging.get("dances", []))]
    for field, name, known in named:
        if name and name not in known:
            what = field.rsplit(".", 1)[-1]
            yield Fault(
                path, f"{where}.{field}", f"the library has no {what} {name!r}, only {', '.join(sorted(known))}"
            )


TRANSFORM = {
    "anchor_point": {2, 3},
    "position": {2, 3},
    "scale": {1, 2, 3},
    "rotation": {1},
    "x_rotation": {1},
    "y_rotation": {1},
    "opacity": {1},
}
"""How many numbers each property of a transform has."""

CAMERA = {"position": {3}, "point_of_interest": {3}, "zoom": {1}, "z_rotation": {1}}

EFFECTS = {"bloom": {"threshold", "intensity"}, "tint": {"amount"}, "gaussian_blur": {"radius_px"}}
"""The settings of effects that may move."""


def _properties(layer: Json) -> Iterator[tuple[str, Json, set[int]]]:
    """Every property of a layer that may move: where it is, its value, and how many numbers it may have."""
    for name, widths in TRANSFORM.items():
        if name in layer.get("transform", {}):
            yield f"transform.{name}", layer["transform"][name], widths
    for name in ("camera_position", "camera_target"):
        staging = layer.get("avatar", {}).get("staging", {})
        if name in staging:
            yield f"avatar.staging.{name}", staging[name], {3}
    for number, effect in enumerate(layer.get("effects", [])):
        for kind, names in EFFECTS.items():
            for name in names & effect.get(kind, {}).keys():
                yield f"effects[{number}].{kind}.{name}", effect[kind][name], {1}


def _property_faults(path: str, where: str, found: Json, widths: set[int]) -> Iterator[Fault]:
    keyframes = found.get("keyframes", [])
    values = [keyframe.get("value", []) for keyframe in keyframes] or [found.get("value", [])]
    allowed = " or ".join(map(str, sorted(widths)))
    for value in values:
        if len(value) not in widths or len(value) != len(values[0]):
            yield Fault(path, where, f"{value} has {len(value)} numbers, not {allowed}")
            return
    numbers = [number for value in values for number in value] + [key.get("frame", 0) for key in keyframes]
    if any(isinstance(number, str) or not math.isfinite(number) for number in numbers):
        yield Fault(path, where, "holds something that is no finite number")
        return
    times = [keyframe.get("frame", 0) for keyframe in keyframes]
    for earlier, later in pairwise(times):
        if later <= earlier:
            yield Fault(path, where, f"keyframe at {later:g} comes after the one at {earlier:g}")
            return
