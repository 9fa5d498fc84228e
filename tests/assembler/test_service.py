"""The assembler as a process: what it asks of the other services, what it keeps, and what it refuses."""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import grpc
import numpy as np
import pytest
from PIL import Image

from fancam.artifacts import SHARED, ArtifactStore
from fancam.errors import Conflict, FancamError, InvalidRequest, Missing, from_call
from fancam.v1.assembler_pb2 import AssembleRequest, AssembleResult, PressRequest, PressResult
from fancam.v1.assembler_pb2_grpc import AssemblerServiceStub
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, CUT_KIND_PERSONAL, Pressing
from fancam.v1.media_pb2 import Artifact, EncoderFamily, Progress
from media import strict
from media.track import read_track
from tests.assembler.conftest import flac, mix_for, packed, segment, tiny_campaign
from tests.assembler.studio import Studio
from tests.video import measure

SESSION = "sessions/test-session-1"


@pytest.fixture(autouse=True)
def fresh(studio: Studio) -> None:
    """Each test begins with a studio that was asked nothing."""
    studio.forget()


class Mesh:
    """What a test does with the assembler."""

    def __init__(self, stub: AssemblerServiceStub, store: ArtifactStore) -> None:
        self.stub = stub
        self.store = store
        self.progress: list[Progress] = []

    async def press(self, files: dict[str, Any] | bytes, **more: Any) -> PressResult:
        """Press a campaign, given as files or as what is sent in place of its tar."""
        data = files if isinstance(files, bytes) else packed(files)
        package = await self.store.put(SHARED, data, "application/x-tar")
        request = PressRequest(package=package, **more)
        result: PressResult = await self._last(self.stub.Press(request, timeout=240))
        return result

    async def assemble(
        self, pressing: Artifact, segments: dict[str, Artifact], mix: Artifact, output: str = "", start: int = 0
    ) -> AssembleResult:
        """Assemble a film for the test's session, whose mix begins at sample `start`."""
        request = AssembleRequest(
            pressing=pressing,
            segments=segments,
            mix=mix,
            mix_start_samples=start,
            scope=SESSION,
            title="Tiny for Ana",
            output=output,
        )
        result: AssembleResult = await self._last(self.stub.Assemble(request, timeout=120))
        return result

    async def _last(self, events: AsyncIterator[Any]) -> Any:
        self.progress, result = [], None
        try:
            async for event in events:  # to the end: only then has the service let its slot go
                if event.HasField("result"):
                    result = event.result
                else:
                    self.progress.append(event.progress)
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error
        assert result is not None
        return result

    async def keep(self, data: bytes, media_type: str = "video/mp4") -> Artifact:
        """Put bytes under the test's session."""
        return await self.store.put(SESSION, data, media_type)


@pytest.fixture
def mesh(assembler: AssemblerServiceStub, store: ArtifactStore) -> Mesh:
    """The assembler and its store."""
    return Mesh(assembler, store)


async def test_a_pressing_holds_everything_that_is_the_same_for_all_fans(mesh: Mesh, studio: Studio) -> None:
    """Fixed cuts are segments, the personal one is a shot whose lowest layer is a plate, files lie in the store."""
    result = await mesh.press(tiny_campaign())
    pressing = Pressing()
    await mesh.store.get_message(result.pressing, pressing)

    assert pressing == result.summary
    assert [(cut.id, cut.kind, cut.start_frame, cut.frames) for cut in pressing.cuts] == [
        ("intro", CUT_KIND_FIXED, 0, 12),
        ("close", CUT_KIND_PERSONAL, 12, 24),
        ("outro", CUT_KIND_FIXED, 36, 12),
    ]
    close = pressing.cuts[1]
    assert [layer.name for layer in close.shot.layers] == ["look", "name", "fan", "plate"]
    assert close.shot.layers[1].in_frame == 4
    assert close.shot.frames == 24
    assert close.shot.layers[3].footage.path == "plates/close.mp4"
    assert set(pressing.files) == {
        "plates/close.mp4",
        "song/all.flac",
        "song/guide.flac",
        "song/melody.json",
        "voice.yaml",
        "recipes/mika.json",
    }
    assert pressing.profile.encoder == EncoderFamily.ENCODER_FAMILY_X264
    assert len(pressing.id) == 64
    assert "libavcodec" in pressing.engine
    for cut in (pressing.cuts[0], pressing.cuts[2]):
        assert (await mesh.store.get(cut.segment))[4:8] == b"ftyp"


async def test_a_campaign_s_own_parts_are_pressed_as_the_renderer_packed_them(mesh: Mesh, studio: Studio) -> None:
    """Passes of the band are drawn with them, the pressing holds them and not the plain files, the unfit are named."""
    files = {**tiny_campaign(), "parts/cap.glb": b"a cap of the band's"}
    files["campaign.yaml"]["parts"] = ["parts/cap.glb"]
    files["recipes/mika.json"]["parts"]["headwear"] = "cap"
    pressing = (await mesh.press(files)).summary

    assert dict(studio.fitted[0].recipes["recipes/mika.json"].parts) == {"hair": "bald", "headwear": "cap"}
    assert pressing.parts["parts/cap.glb"].id == "cap"
    assert await mesh.store.get(pressing.parts["parts/cap.glb"].packed) == files["parts/cap.glb"]
    assert "parts/cap.glb" not in pressing.files
    draft = Pressing()
    await mesh.store.get_message(studio.passes[0].pressing, draft)
    assert draft.parts == pressing.parts

    files = {**files, "parts/heavy.glb": b"a crown"}
    files["campaign.yaml"]["parts"].append("parts/heavy.glb")
    with pytest.raises(InvalidRequest) as raised:
        await mesh.press(files)
    assert raised.value.reason == "CAMPAIGN_INVALID"
    assert raised.value.fields == {"parts/heavy.glb": "TooHeavy: too many triangles"}


async def test_workers_are_asked_for_exactly_what_a_cut_shows(mesh: Mesh, studio: Studio) -> None:
    """Band members get passes on the film's clock, the plate is drawn without the fan, sizes are the profile's."""
    await mesh.press({**tiny_campaign(), "voice.yaml": {"chain": ["other"]}})
    composed = {(request.shot.id, request.shot.frames): request for request in studio.composed}
    plate = composed["fan-plate", 24]

    assert {(ask.film_first_frame, ask.frames, ask.shot_first_frame) for ask in studio.passes} == {
        (0, 12, 0),
        (36, 12, 0),
    }
    assert {(ask.width, ask.height) for ask in studio.passes} == {(160, 284)}
    assert studio.passes[0].recipe.parts["hair"] == "bald"
    assert plate.plate
    assert [layer.name for layer in plate.shot.layers] == ["lamp", "night"]
    assert all(set(ask.passes) == {"mika"} for ask in studio.composed if ask.shot.id == "band")
    draft = Pressing()
    await mesh.store.get_message(studio.passes[0].pressing, draft)
    assert draft.campaign.song.tempo_bpm == 120
    assert draft.files["song/melody.json"].size_bytes > 0


async def test_the_song_is_mastered_and_coded_for_all_fans(mesh: Mesh, studio: Studio) -> None:
    """The audio service is given the song's files; its bed and the bed's AAC track are pressed, and reported."""
    result = await mesh.press(tiny_campaign())
    pressing = result.summary
    track = read_track(await mesh.store.get(pressing.bed_track), "soun")

    (asked,) = studio.mastered
    assert set(asked.files) == {"song/all.flac", "song/guide.flac", "song/melody.json", "voice.yaml"}
    assert (pressing.bed.media_type, pressing.bed_track.media_type) == ("audio/flac", "audio/mp4")
    assert sum(track.durations) - track.skipped == 96_000
    told = result.report.song
    assert (told.bed_bytes, told.track_bytes) == (pressing.bed.size_bytes, pressing.bed_track.size_bytes)
    assert told.integrated_lufs == -14.0


async def test_a_bed_that_is_not_the_films_is_a_fault(mesh: Mesh, studio: Studio) -> None:
    """Before anything is pressed with it."""
    studio.shortens = 10
    with pytest.raises(InvalidRequest, match="95990 samples, the film 96000") as caught:
        await mesh.press(tiny_campaign())
    assert set(caught.value.fields) == {"campaign.yaml: song"}


async def test_what_a_film_shows_again_is_drawn_once(mesh: Mesh, studio: Studio) -> None:
    """Two cuts of the same frames are one segment; a member's dance, which follows the song, is another by then."""
    files = tiny_campaign()
    sky = {**files["shots/band.yaml"], "id": "sky", "layers": files["shots/band.yaml"]["layers"][1:]}
    files["shots/sky.yaml"] = sky
    cuts = files["campaign.yaml"]["cuts"]
    cuts[0]["frames"] = cuts[2]["frames"] = 6
    cuts[2]["first_frame"] = 0
    cuts[1:1] = [{"id": "sky", "shot": "shots/sky.yaml", "kind": "CUT_KIND_FIXED", "frames": 6}]
    cuts.append({**cuts[1], "id": "sky-again"})

    pressing = (await mesh.press(files)).summary

    made = {cut.id: cut.segment for cut in pressing.cuts if cut.kind == CUT_KIND_FIXED}
    assert len([ask for ask in studio.composed if ask.shot.id == "sky"]) == 1
    assert made["sky"] == made["sky-again"]
    assert {ask.film_first_frame for ask in studio.passes} == {0, 36}


async def test_the_same_package_gives_the_same_pressing_without_drawing(mesh: Mesh, studio: Studio) -> None:
    """Content decides: nothing is drawn twice, and the address is equal."""
    first = await mesh.press(tiny_campaign())
    studio.forget()
    again = await mesh.press(packed(tiny_campaign(), top="tiny/"))

    assert again.pressing == first.pressing
    assert again.report.song.bed_bytes == first.report.song.bed_bytes
    assert again.report.song.slot_s == 0
    assert not [shot for shot in studio.drawn if shot in {"band", "fan-plate"}]


async def test_a_changed_shot_presses_only_itself(mesh: Mesh, studio: Studio) -> None:
    """Another wall behind the fan redraws the plate and leaves the fixed cuts and the band's passes as they are."""
    before = await mesh.press(tiny_campaign())
    asked_before = {ask.SerializeToString(deterministic=True) for ask in studio.passes}
    studio.forget()
    files = tiny_campaign()
    files["shots/fan.yaml"]["layers"][4]["solid"]["color"]["red"] = 31
    after = await mesh.press(files)

    assert dict(studio.drawn) == {"fan-plate": 1, "idle_sway": 2}
    assert {ask.SerializeToString(deterministic=True) for ask in studio.passes} == asked_before
    assert after.summary.id != before.summary.id
    assert [cut.segment for cut in after.summary.cuts] == [cut.segment for cut in before.summary.cuts]


async def test_a_preview_is_pressed_at_another_size(mesh: Mesh, studio: Studio) -> None:
    """Width and height replace the profile's, for passes too; another shape is refused."""
    result = await mesh.press(tiny_campaign(), width=80, height=142)

    assert (result.summary.profile.width, result.summary.profile.height) == (80, 142)
    assert {(ask.width, ask.height) for ask in studio.passes} == {(80, 142)}
    with pytest.raises(InvalidRequest, match="80x80 has not the campaign's shape, 160x284"):
        await mesh.press(tiny_campaign(), width=80, height=80)
    with pytest.raises(InvalidRequest, match="go together"):
        await mesh.press(tiny_campaign(), width=80)


async def test_a_band_member_before_the_fan_is_carried_as_a_pass(mesh: Mesh) -> None:
    """What stands above the fan cannot be in the plate, but is drawn once all the same."""
    files = tiny_campaign()
    files["shots/fan.yaml"]["layers"].insert(2, files["shots/band.yaml"]["layers"][0])
    result = await mesh.press(files)
    close = result.summary.cuts[1]

    assert set(close.passes) == {"mika"}
    assert close.passes["mika"].frames == 24


async def test_busy_and_dying_workers_are_asked_again(mesh: Mesh, studio: Studio) -> None:
    """A press waits for a free page and survives a browser that dies; progress never goes back."""
    files = tiny_campaign()
    files["shots/fan.yaml"]["layers"][4]["solid"]["color"]["red"] = 32
    studio.busy, studio.dies = 9, 2
    result = await mesh.press(files)

    assert len(result.summary.cuts) == 3
    assert (studio.busy, studio.dies) == (0, 0)
    fractions = [progress.fraction for progress in mesh.progress]
    assert fractions == sorted(fractions)


async def test_a_worker_that_keeps_dying_ends_the_press(mesh: Mesh, studio: Studio) -> None:
    """After a few tries the failure is passed on, as one that may be repeated."""
    studio.dies = 1_000
    with pytest.raises(FancamError, match="Chrome died"):
        await mesh.press(tiny_campaign())


async def test_what_a_worker_refuses_is_a_fault_of_the_campaign(mesh: Mesh, studio: Studio) -> None:
    """The compositor's field violation comes back with the shot's file in front."""
    studio.refuses = "band"
    with pytest.raises(InvalidRequest) as caught:
        await mesh.press(tiny_campaign())

    assert caught.value.reason == "CAMPAIGN_INVALID"
    assert caught.value.fields == {"shots/band.yaml: layer 'night'": "cannot be decoded"}


async def test_faults_come_back_one_by_one(mesh: Mesh, studio: Studio) -> None:
    """Each fault is a field violation: file, layer, property; nothing was drawn."""
    files = tiny_campaign()
    files["shots/fan.yaml"]["layers"][3]["parent"] = "ghost"
    files["shots/band.yaml"]["layers"][0]["avatar"]["staging"]["dance"] = "tango"
    with pytest.raises(InvalidRequest) as caught:
        await mesh.press(files)

    assert caught.value.reason == "CAMPAIGN_INVALID"
    assert set(caught.value.fields) == {
        "shots/fan.yaml: layer 'lamp', parent",
        "shots/band.yaml: layer 'mika', avatar.staging.dance",
    }
    assert not studio.composed


def _link() -> bytes:
    file = io.BytesIO(packed(tiny_campaign()))
    with tarfile.open(fileobj=file, mode="a:") as tar:
        evil = tarfile.TarInfo("art/passwd")
        evil.type, evil.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(evil)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "package"),
        (b"PK\x03\x04", "package"),
        (packed(tiny_campaign())[:9_000], "package"),
        (_link(), "art/passwd"),
    ],
    ids=["empty", "zip", "truncated", "link"],
)
async def test_a_bad_package_is_named(data: bytes, field: str, mesh: Mesh) -> None:
    """Whatever is sent in place of a campaign gets an answer, and the service lives on."""
    with pytest.raises(InvalidRequest) as caught:
        await mesh.press(data)
    assert caught.value.reason == "CAMPAIGN_INVALID"
    assert field in caught.value.fields or "campaign.yaml" in caught.value.fields


async def test_a_package_that_is_not_there_is_missing(mesh: Mesh) -> None:
    """An address without bytes."""
    request = PressRequest(package=Artifact(uri="shared/" + "0" * 64, media_type="application/x-tar"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in mesh.stub.Press(request, timeout=60):
            pass
    assert isinstance(from_call(caught.value), Missing)


# --------------------------------------------------------------------------------------------------------------------
# Films


@pytest.fixture
async def pressed(mesh: Mesh) -> PressResult:
    """The tiny campaign, pressed."""
    return await mesh.press(tiny_campaign())


async def test_a_film_holds_the_pressed_packets_and_the_fans(mesh: Mesh, pressed: PressResult, tmp_path: Path) -> None:
    """Every packet of the film is one of the pressing's or of the fan's segment, by hash; decoding is silent."""
    own = segment(900, 24)
    result = await mesh.assemble(
        pressed.pressing, {"close": await mesh.keep(own)}, await mesh.keep(mix_for(48), "audio/flac")
    )
    film = tmp_path / "film.mp4"
    film.write_bytes(await mesh.store.get(result.film))
    expected = []
    for cut in pressed.summary.cuts:
        part = tmp_path / f"{cut.id}.mp4"
        part.write_bytes(await mesh.store.get(cut.segment) if cut.kind == CUT_KIND_FIXED else own)
        expected += measure.packet_hashes(part)

    assert measure.packet_hashes(film) == expected
    assert measure.decode_warnings(film) == ""
    assert measure.streams(film)[2]["tags"]["title"] == "Tiny for Ana"  # type: ignore[index]
    assert result.frames == 48
    assert result.film.uri.startswith(SESSION + "/")
    assert result.film.media_type == "video/mp4"
    poster = await mesh.store.get(result.poster)
    assert (poster[:2], result.poster.media_type) == (b"\xff\xd8", "image/jpeg")


@pytest.mark.parametrize("asked", [0, 27, 3], ids=["none", "fan's", "fixed"])
async def test_the_poster_is_the_frame_that_the_campaign_asks_for(
    asked: int, mesh: Mesh, pressed: PressResult, tmp_path: Path
) -> None:
    """Counted on the film's timeline; where none is named, the middle of the first personal cut."""
    pressing = Pressing()
    pressing.CopyFrom(pressed.summary)
    pressing.campaign.poster_frame = asked
    own, mix = await mesh.keep(segment(24, 24)), await mesh.keep(mix_for(48), "audio/flac")
    result = await mesh.assemble(await mesh.store.put_message(SHARED, pressing), {"close": own}, mix)
    film = tmp_path / "film.mp4"
    film.write_bytes(await mesh.store.get(result.film))
    close = next(cut for cut in pressing.cuts if cut.kind == CUT_KIND_PERSONAL)
    shown = asked or close.start_frame + close.frames // 2
    with av.open(str(film)) as container:
        frame = list(container.decode(video=0))[shown].to_ndarray(format="rgb24").astype(int)
    with Image.open(io.BytesIO(await mesh.store.get(result.poster))) as poster:
        drawn = np.asarray(poster.convert("RGB")).astype(int)

    assert np.abs(drawn - frame).mean() < 4


async def test_assembling_again_gives_the_same_film(mesh: Mesh, pressed: PressResult) -> None:
    """A retry is answered from the store."""
    segments, mix = {"close": await mesh.keep(segment(0, 24))}, await mesh.keep(mix_for(48), "audio/flac")
    first = await mesh.assemble(pressed.pressing, segments, mix)
    again = await mesh.assemble(pressed.pressing, segments, mix)

    assert (first.film, first.poster) == (again.film, again.poster)
    assert not again.spans


async def test_nothing_of_a_film_stays_on_the_machine(mesh: Mesh, pressed: PressResult, folder: Path) -> None:
    """After erasure no byte of the fan's segment, mix or film is left, in the store or in the machine's cache."""
    began = time.time() - 1
    segments, mix = {"close": await mesh.keep(segment(77, 24))}, await mesh.keep(mix_for(48), "audio/flac")
    result = await mesh.assemble(pressed.pressing, segments, mix)
    await mesh.store.erase(SESSION)

    with pytest.raises(Missing):
        await mesh.store.get(result.film)
    new = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mtime > began]
    film = result.film.uri.rsplit("/", 1)[1]
    assert not [path for path in new if "sessions" in path.parts]
    assert film not in {hashlib.sha256(path.read_bytes()).hexdigest() for path in new}


@pytest.mark.parametrize(
    ("segments", "reason", "field"),
    [
        ({}, "SEGMENT_MISSING", "segments[close]"),
        ({"close": segment(0, 23)}, "SEGMENT_MISMATCH", "segments[close]"),
        ({"close": b"junk"}, "SEGMENT_MISMATCH", "segments[close]"),
        ({"close": segment(0, 24), "intro": segment(0, 12)}, "SEGMENT_MISMATCH", "segments[intro]"),
    ],
    ids=["missing", "short", "junk", "fixed cut"],
)
async def test_segments_that_do_not_fit_are_named(
    segments: dict[str, bytes], reason: str, field: str, mesh: Mesh, pressed: PressResult
) -> None:
    """The cut is in the field violation."""
    kept = {cut: await mesh.keep(data) for cut, data in segments.items()}
    with pytest.raises(InvalidRequest) as caught:
        await mesh.assemble(pressed.pressing, kept, await mesh.keep(mix_for(48), "audio/flac"))
    assert (caught.value.reason, set(caught.value.fields)) == (reason, {field})


async def test_only_the_fans_part_of_the_sound_is_coded(mesh: Mesh, pressed: PressResult) -> None:
    """A mix that begins within the film is laid into the bed's track, whose other frames stay as they are."""
    segments = {"close": await mesh.keep(segment(5, 24))}
    mix = await mesh.keep(flac(40_960, beeps_at=[16_384]), "audio/flac")
    result = await mesh.assemble(pressed.pressing, segments, mix, start=20_480)
    film = await mesh.store.get(result.film)
    heard = read_track(film, "soun")
    beds = read_track(await mesh.store.get(pressed.summary.bed_track), "soun")
    own = [number for number, frame in enumerate(heard.samples) if frame != beds.samples[number]]

    assert strict.faults(film) == []
    assert heard.durations == beds.durations
    assert {36, 37, 38} <= set(own) <= set(range(26, 46))  # the beep is in samples 36,864 to 39,264


async def test_a_pressing_without_a_bed_is_pressed_again(mesh: Mesh, pressed: PressResult) -> None:
    """Pressed by an earlier version: the answer says what helps."""
    old = Pressing()
    old.CopyFrom(pressed.summary)
    old.ClearField("bed_track")
    address = await mesh.store.put_message(SHARED, old)
    with pytest.raises(Conflict, match="press it again") as caught:
        await mesh.assemble(address, {"close": await mesh.keep(segment(0, 24))}, await mesh.keep(mix_for(48)))
    assert caught.value.reason == "CAMPAIGN_UNFIT"


@pytest.mark.parametrize(
    ("mix", "start"),
    [
        (flac(95_000, beeps_at=[90_000]), 0),
        (flac(96_000, channels=1), 0),
        (b"noise", 0),
        (flac(96_000), 1),
        (flac(20_000, beeps_at=[8_191]), 1),
    ],
    ids=["ends in the voice", "mono", "noise", "sticks out", "begins in the voice"],
)
async def test_a_mix_that_does_not_fit_is_named(mix: bytes, start: int, mesh: Mesh, pressed: PressResult) -> None:
    """The field is the mix."""
    segments = {"close": await mesh.keep(segment(0, 24))}
    with pytest.raises(InvalidRequest) as caught:
        await mesh.assemble(pressed.pressing, segments, await mesh.keep(mix, "audio/flac"), start=start)
    assert (caught.value.reason, set(caught.value.fields)) == ("MIX_MISMATCH", {"mix"})
