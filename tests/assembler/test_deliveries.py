"""What comes of one job beside the film: other shapes, a stream, chapters, a signature, and a report of the press."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import c2pa
import grpc
import numpy as np
import pytest

from fancam.artifacts import ArtifactStore
from fancam.errors import InvalidRequest, from_call
from fancam.v1.assembler_pb2 import CutSegment, FragmentRequest, FragmentResponse, PressResult
from fancam.v1.assembler_pb2_grpc import AssemblerServiceStub
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, CUT_KIND_PERSONAL
from fancam.v1.media_pb2 import VIDEO_CODEC_HEVC, Artifact
from media import strict
from media.boxes import first
from media.track import read_track
from services.assembler.provenance import CERTIFICATES, KEY, make_test_key
from tests.assembler.conftest import flac, mix_for, process, segment, tiny_campaign
from tests.assembler.studio import Studio
from tests.assembler.test_service import SESSION, Mesh
from tests.video import measure


@pytest.fixture(autouse=True)
def fresh(studio: Studio) -> None:
    """Each test begins with a studio that was asked nothing."""
    studio.forget()


@pytest.fixture
def mesh(assembler: AssemblerServiceStub, store: ArtifactStore) -> Mesh:
    """The assembler and its store."""
    return Mesh(assembler, store)


def rich_campaign() -> dict[str, Any]:
    """The tiny campaign with two further outputs, chapters, and a fan who comes half a second into their cut."""
    files = tiny_campaign()
    files["campaign.yaml"]["outputs"] = [
        {"id": "square", "width": 96, "height": 96, "focus_y": 0.3},
        {"id": "small", "width": 80, "height": 142, "quality": 32, "codec": "VIDEO_CODEC_HEVC"},
    ]
    for cut, chapter in zip(files["campaign.yaml"]["cuts"], ("Intro", "You", ""), strict=True):
        if chapter:
            cut["chapter"] = chapter
    for layer in files["shots/fan.yaml"]["layers"][1:3]:
        layer["in_frame"] = 18
    return files


@pytest.fixture(scope="module")
async def pressed(assembler: AssemblerServiceStub, store: ArtifactStore) -> PressResult:
    """The rich campaign, pressed."""
    return await Mesh(assembler, store).press(rich_campaign())


async def test_a_lead_in_without_the_fan_is_a_fixed_cut(mesh: Mesh, pressed: PressResult, studio: Studio) -> None:
    """Twelve of the personal cut's frames are the same for all fans: pressed, in their place, and not drawn again."""
    cuts = pressed.summary.cuts

    assert [(cut.id, cut.kind, cut.start_frame, cut.frames, cut.part_of) for cut in cuts] == [
        ("intro", CUT_KIND_FIXED, 0, 12, "intro"),
        ("close-lead-in", CUT_KIND_FIXED, 12, 12, "close"),
        ("close", CUT_KIND_PERSONAL, 24, 12, "close"),
        ("outro", CUT_KIND_FIXED, 36, 12, "outro"),
    ]
    assert [layer.name for layer in cuts[2].shot.layers] == ["look", "name", "fan", "plate"]
    assert all(not layer.in_frame for layer in cuts[2].shot.layers)
    await mesh.press(rich_campaign())
    assert not {shot for shot in studio.drawn if shot != "idle_sway"}


async def test_each_output_has_its_fixed_segments_pressed(mesh: Mesh, pressed: PressResult) -> None:
    """In the output's own size, once for all fans."""
    for cut in pressed.summary.cuts:
        assert set(cut.outputs) == ({"square", "small"} if cut.kind == CUT_KIND_FIXED else set())
    assert (pressed.summary.outputs["square"].width, pressed.summary.outputs["small"].codec) == (96, VIDEO_CODEC_HEVC)
    small = await mesh.store.get(pressed.summary.cuts[0].outputs["small"])
    assert [measure.number_of(luma) for luma in measure.pictures_of(small)] == list(range(12))


@pytest.mark.parametrize(("output", "looks"), [("square", (96, 96, "h264")), ("small", (80, 142, "hevc"))])
async def test_one_job_gives_every_output(
    output: str, looks: tuple[int, int, str], mesh: Mesh, pressed: PressResult, tmp_path: Path
) -> None:
    """The same segments and mix give the film in another shape: whole, in order, in silence, with the film's sound."""
    segments, mix = {"close": await mesh.keep(segment(700, 12))}, await mesh.keep(mix_for(48), "audio/flac")
    whole = await mesh.assemble(pressed.pressing, segments, mix)
    other = await mesh.assemble(pressed.pressing, segments, mix, output=output)
    path, film = tmp_path / "other.mp4", tmp_path / "film.mp4"
    path.write_bytes(await mesh.store.get(other.film))
    film.write_bytes(await mesh.store.get(whole.film))
    video = measure.streams(path)[0]

    assert (video["width"], video["height"], video["codec_name"]) == looks
    assert len(measure.presented(path)) == other.frames == 48
    assert measure.decode_warnings(path) == ""
    assert measure.packet_hashes(path, "a") == measure.packet_hashes(film, "a")
    assert other.film.uri.startswith(SESSION + "/")


async def test_an_output_that_the_campaign_has_not_is_refused(mesh: Mesh, pressed: PressResult) -> None:
    """With the names of those it has."""
    segments, mix = {"close": await mesh.keep(segment(0, 12))}, await mesh.keep(mix_for(48), "audio/flac")
    with pytest.raises(InvalidRequest) as caught:
        await mesh.assemble(pressed.pressing, segments, mix, output="round")

    assert caught.value.reason == "OUTPUT_UNKNOWN"
    assert caught.value.fields == {"output": "one of small, square"}


async def test_chapters_are_where_the_cuts_begin(mesh: Mesh, pressed: PressResult, tmp_path: Path) -> None:
    """A cut that was parted opens its chapter with its first part, and the film still decodes in silence."""
    segments, mix = {"close": await mesh.keep(segment(0, 12))}, await mesh.keep(mix_for(48), "audio/flac")
    path = tmp_path / "film.mp4"
    path.write_bytes(await mesh.store.get((await mesh.assemble(pressed.pressing, segments, mix)).film))

    assert strict.faults(path.read_bytes()) == []
    assert measure.chapters(path) == [("Intro", 0.0, 0.5), ("You", 0.5, 2.0)]
    assert measure.decode_warnings(path) == ""


async def fragment(mesh: Mesh, pressed: PressResult, **part: Any) -> FragmentResponse:
    """Ask for one part of the session's stream."""
    request = FragmentRequest(pressing=pressed.pressing, scope=SESSION, **part)
    try:
        response: FragmentResponse = await mesh.stub.Fragment(request, timeout=120)
    except grpc.aio.AioRpcError as error:
        raise from_call(error) from error
    return response


async def test_a_stream_is_the_film_cut_by_cut(mesh: Mesh, pressed: PressResult, tmp_path: Path) -> None:
    """Parts asked for last to first, put in order behind their header, hold the packets of the film."""
    own, mix = await mesh.keep(segment(300, 12)), await mesh.keep(mix_for(48), "audio/flac")
    heard = await fragment(mesh, pressed, mix=mix)
    shown = {}
    for cut in reversed(pressed.summary.cuts):
        fixed = cut.kind == CUT_KIND_FIXED
        part: dict[str, Any] = {"fixed_cut": cut.id}
        if not fixed:
            part = {"personal_cut": CutSegment(cut=cut.id, segment=own)}
        shown[cut.id] = await fragment(mesh, pressed, **part)
        assert shown[cut.id].fragments[cut.id].uri.startswith("shared/" if fixed else SESSION + "/")
    whole, streamed = tmp_path / "film.mp4", tmp_path / "pictures.mp4"
    whole.write_bytes(await mesh.store.get((await mesh.assemble(pressed.pressing, {"close": own}, mix)).film))
    parts = [shown["intro"].header, *(shown[cut.id].fragments[cut.id] for cut in pressed.summary.cuts)]
    streamed.write_bytes(b"".join([await mesh.store.get(part) for part in parts]))

    assert strict.faults(streamed.read_bytes()) == []
    assert measure.packet_hashes(streamed) == measure.packet_hashes(whole)
    assert {part.codecs for part in shown.values()} == {"avc1.64000c"}
    assert heard.codecs == "mp4a.40.2"
    assert set(heard.fragments) == {cut.id for cut in pressed.summary.cuts}
    assert await fragment(mesh, pressed, mix=mix) == heard


async def test_the_streams_sound_is_the_films(mesh: Mesh, pressed: PressResult) -> None:
    """A mix that begins within the film: its fragments hold the film's frames, and one of another song is refused."""
    own, mix = await mesh.keep(segment(0, 12)), await mesh.keep(flac(40_960, beeps_at=[16_384]), "audio/flac")
    heard = await fragment(mesh, pressed, mix=mix, mix_start_samples=20_480)
    film = await mesh.store.get((await mesh.assemble(pressed.pressing, {"close": own}, mix, start=20_480)).film)
    parts = [await mesh.store.get(heard.fragments[cut.id]) for cut in pressed.summary.cuts]
    held = [(data, first(data, "mdat")) for data in parts]

    assert b"".join(data[box.body : box.end] for data, box in held) == b"".join(read_track(film, "soun").samples)
    noise = await mesh.keep(flac(40_960, wave=np.full((40_960, 2), 0.25, np.float32)), "audio/flac")
    with pytest.raises(InvalidRequest, match="at sample 20480 of the film") as caught:
        await fragment(mesh, pressed, mix=noise, mix_start_samples=20_480)
    assert caught.value.reason == "MIX_MISMATCH"


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"fixed_cut": "close"}, "fixed_cut"),
        ({"personal_cut": CutSegment(cut="intro", segment=Artifact(uri="shared/" + "0" * 64, media_type="video/mp4"))},
         "personal_cut.cut"),
    ],
    ids=["personal as fixed", "fixed as personal"],
)  # fmt: skip
async def test_a_part_that_the_film_has_not_is_refused(
    part: dict[str, Any], field: str, mesh: Mesh, pressed: PressResult
) -> None:
    """Nobody gets a cut of another kind streamed."""
    with pytest.raises(InvalidRequest) as caught:
        await fragment(mesh, pressed, **part)
    assert (caught.value.reason, set(caught.value.fields)) == ("SEGMENT_MISMATCH", {field})


async def test_a_segment_that_does_not_fit_is_not_streamed(mesh: Mesh, pressed: PressResult) -> None:
    """Refused before a page sees it, as it is when the film is spliced."""
    wrong = CutSegment(cut="close", segment=await mesh.keep(segment(0, 11)))
    with pytest.raises(InvalidRequest, match="11 frames, not 12"):
        await fragment(mesh, pressed, personal_cut=wrong)


async def test_the_report_adds_up(mesh: Mesh, pressed: PressResult) -> None:
    """Per cut its size, its time and what was folded; in sum what all fans share and what is left for each."""
    told = pressed.report
    by_id = {cut.id: cut for cut in told.cuts}

    assert [cut.id for cut in told.cuts] == [cut.id for cut in pressed.summary.cuts]
    assert by_id["close"].layers == 5
    assert by_id["close"].folded_layers == 2
    assert by_id["intro"].bytes == pressed.summary.cuts[0].segment.size_bytes
    assert by_id["intro"].output_bytes == sum(made.size_bytes for made in pressed.summary.cuts[0].outputs.values())
    shared = sum(artifact.size_bytes for artifact in pressed.summary.files.values())
    assert told.shared_bytes >= shared + by_id["intro"].bytes
    assert 0 <= told.new_bytes <= told.shared_bytes
    assert told.seconds > 0
    assert set(told.film_slot_s) == {"render", "compose", "outputs"}
    assert all(seconds > 0 for seconds in told.film_slot_s.values())


async def test_another_familys_pressing_is_another_pressing(mesh: Mesh) -> None:
    """The encoder asked for is in the profile, and a family that does not encode here fails rather than mixes."""
    own = await mesh.press(tiny_campaign(), encoder="ENCODER_FAMILY_X264")
    assert own.summary.profile.encoder == 1
    assert own.pressing == (await mesh.press(tiny_campaign())).pressing


@pytest.fixture(scope="module")
async def signing(studio: Studio, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """An assembler with a mounted key."""
    key = tmp_path_factory.mktemp("key")
    make_test_key(key)
    more = {
        **studio.settings,
        "FANCAM_ASSEMBLER_SIGNING_KEY": str(key / KEY),
        "FANCAM_ASSEMBLER_SIGNING_CERTIFICATES": str(key / CERTIFICATES),
    }
    async with process("services.assembler", "fancam.v1.AssemblerService", folder, **more) as channel:
        yield AssemblerServiceStub(channel)


async def test_films_are_signed_where_a_key_is_mounted(
    signing: AssemblerServiceStub, mesh: Mesh, pressed: PressResult
) -> None:
    """The result names the signer and the film verifies; without a key neither is so, and a retry changes nothing."""
    segments, mix = {"close": await mesh.keep(segment(0, 12))}, await mesh.keep(mix_for(48), "audio/flac")
    other = Mesh(signing, mesh.store)
    signed = await other.assemble(pressed.pressing, segments, mix)
    plain = await mesh.assemble(pressed.pressing, segments, mix)

    assert (signed.signer, plain.signer) == ("Fancam test signer", "")
    assert signed.film != plain.film
    with c2pa.Reader("video/mp4", io.BytesIO(await mesh.store.get(signed.film))) as reader:
        manifest = json.loads(reader.json())
        assert reader.get_validation_state() == "Valid"
    said = manifest["manifests"][manifest["active_manifest"]]["assertions"]
    film = next(assertion["data"] for assertion in said if assertion["label"] == "org.fancam.film")
    assert (film["pressing"], film["frames"], film["personal_frames"]) == (pressed.summary.id, 48, 12)
    assert "Ana" not in json.dumps(manifest)
    assert (await other.assemble(pressed.pressing, segments, mix)).film == signed.film
