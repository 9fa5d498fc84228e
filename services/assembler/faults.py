"""What is wrong in a campaign: each fault with its file, its layer and its property, before anything is drawn.

What the rules in the protos say is checked when a document is read; here is what needs several documents or media.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from fancam.timebase import SAMPLE_RATE_HZ, frame_to_sample
from media.profile import SMALLEST_HEVC
from services.assembler.campaign import Documents, Fault, Library
from services.assembler.press import Json, Part, rebase, shows_fan, span
from services.assembler.shot_faults import repeats, shot_faults, staging_faults, structure_faults


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
    yield from _stream_faults("profile", campaign["profile"])
    yield from repeats("campaign.yaml", "outputs", [output["id"] for output in campaign.get("outputs", [])])
    for number, output in enumerate(campaign.get("outputs", [])):
        yield from _stream_faults(f"outputs[{number}]", output)
    for path, shot in documents.shots.items():
        if abs(shot["width"] * height / (shot["height"] * width) - 1) > 0.01:
            yield Fault(path, "", f"{shot['width']}x{shot['height']} has not the film's shape, {width}x{height}")
    yield from repeats("campaign.yaml", "fan_kit.stills", [still["id"] for still in _stills(campaign)])
    for number, still in enumerate(_stills(campaign)):
        where = f"fan_kit.stills[{number}].staging"
        yield from staging_faults("campaign.yaml", where, still.get("staging", {}), library)


def _stream_faults(where: str, stream: Json) -> Iterator[Fault]:
    """What keeps a profile or a further output from being encoded."""
    for side in ("width", "height"):
        pixels = stream[side]
        if pixels % 2:
            yield Fault("campaign.yaml", f"{where}.{side}", f"{pixels} is odd; 4:2:0 pictures have even sides")
        if stream.get("codec") == "VIDEO_CODEC_HEVC" and pixels < SMALLEST_HEVC:
            yield Fault("campaign.yaml", f"{where}.{side}", f"{pixels} is too small for HEVC: at least {SMALLEST_HEVC}")


def _stills(campaign: Json) -> list[Json]:
    return list(campaign.get("fan_kit", {}).get("stills", []))


def references(campaign: Json) -> list[tuple[str, str]]:
    """Every path that the campaign's own document names, with the field that names it."""
    song, policy = campaign["song"], campaign["policy"]
    found = [(f"song.stems[{number}]", path) for number, path in enumerate(song["stems"])]
    found += [("song.guide", song["guide"]), ("song.melody", song["melody"]), ("voice_chain", campaign["voice_chain"])]
    found += [("song.band_melody", song.get("band_melody", ""))]
    found += [("recipe_rules", campaign.get("recipe_rules", "")), ("policy.lexicon", policy.get("lexicon", ""))]
    found += [(f"cuts[{number}].shot", cut["shot"]) for number, cut in enumerate(campaign["cuts"])]
    found += [(f"parts[{number}]", path) for number, path in enumerate(campaign.get("parts", []))]
    return [(where, path) for where, path in found if path]


def _cut_faults(documents: Documents) -> Iterator[Fault]:
    yield from repeats("campaign.yaml", "cuts", [cut["id"] for cut in documents.campaign["cuts"]])
    numbers = {cut["id"]: number for number, cut in enumerate(documents.campaign["cuts"])}
    for cut in cuts(documents):
        where = f"cuts[{numbers[cut.id]}]"
        shot = documents.shots[cut.shot]
        if cut.frames < 1 or cut.first_frame + cut.frames > shot["frames"]:
            used = f"frames {cut.first_frame} to {cut.first_frame + cut.frames}"
            yield Fault("campaign.yaml", where, f"uses {used} of {cut.shot}, which has {shot['frames']}")
            continue
        if structure_faults(cut.shot, shot):
            continue
        yield from _anew_faults(where, cut, shot)
        fans = shows_fan(rebase(shot, cut.first_frame, cut.frames))
        if fans and not cut.personal:
            yield Fault("campaign.yaml", f"{where}.kind", f"is fixed, but {cut.shot} shows the fan in {fans[0]!r}")
        if cut.personal and not fans:
            yield Fault("campaign.yaml", f"{where}.kind", f"is personal, but nothing of the fan is seen in {cut.shot}")
    poster, frames = documents.campaign.get("poster_frame", 0), sum(cut.frames for cut in cuts(documents))
    if poster >= max(1, frames):
        yield Fault("campaign.yaml", "poster_frame", f"{poster} lies beyond the film's {frames} frames")


def _anew_faults(where: str, cut: CutRange, shot: Json) -> Iterator[Fault]:
    """Effects that look at other frames, on layers that are cut apart: their picture would begin anew with the cut."""
    begin, end = cut.first_frame, cut.first_frame + cut.frames
    for layer in shot["layers"]:
        first, last = span(layer, shot["frames"])
        for effect in layer.get("effects", []):
            hold = effect.get("posterize_time", {}).get("hold_frames", 1)
            reach = effect.get("echo", {}).get("time_frames", 0) * effect.get("echo", {}).get("echoes", 0)
            held = first < end and begin < last and begin % hold
            past = reach < 0 and first < begin < last
            future = reach > 0 and first < end < last
            if held or past or future:
                parted = f"frames {begin} to {end} of {cut.shot} part {layer['name']!r}, whose {next(iter(effect))}"
                why = "looks at other frames; a composition around that layer keeps its own time"
                yield Fault("campaign.yaml", where, f"{parted} {why}")


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
    own = {PurePosixPath(path).stem for path in documents.campaign.get("parts", [])}
    for path, recipe in documents.recipes.items():
        for group, part in recipe.get("parts", {}).items():
            if part not in library.parts | own:
                yield Fault(path, f"parts.{group}", f"neither the library nor the campaign has a part {part!r}")
