"""The audio service as a process, called as the gateway calls it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import grpc
import numpy as np
import pytest
import soundfile
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from numpy.typing import NDArray

from fancam.artifacts import SHARED, session_scope
from fancam.v1.audio_pb2 import (
    DECISION_PUBLISH,
    DECISION_REJECT,
    DECISION_REPLACED,
    DECISION_REVIEW,
    MasterRequest,
    ModerateNameRequest,
    SingLiveRequest,
    SingLiveResponse,
    SingLiveStart,
    SingRequest,
    SingResponse,
    SingResult,
)
from fancam.v1.campaign_pb2 import (
    UNTRANSCRIBED_POLICY_REPLACE_WITH_GUIDE,
    UNTRANSCRIBED_POLICY_REVIEW,
    Pressing,
)
from fancam.v1.media_pb2 import Artifact
from tests.audio.conftest import CHAIN, END, OFF_KEY, SAMPLES, SESSION, START, Mesh, StartMesh, Studio, wav

# BS.1770 is read to 0.1 LU by the service; meters differ by some hundredths.
LOUDNESS_LU = 0.2
DEADLINE_S = 120.0


async def sing(
    mesh: Mesh, take: Artifact, pressing: Artifact, locale: str = ""
) -> tuple[SingResult, list[SingResponse]]:
    """All events of one call, the result apart."""
    request = SingRequest(take=take, pressing=pressing, locale=locale)
    events = [event async for event in mesh.stub.Sing(request, timeout=DEADLINE_S)]
    assert events[-1].WhichOneof("event") == "result"
    return events[-1].result, events[:-1]


async def sound(mesh: Mesh, artifact: Artifact) -> NDArray[np.float32]:
    """An artifact's samples; it must be 48 kHz FLAC."""
    samples, rate_hz = soundfile.read(BytesIO(await mesh.store.get(artifact)), dtype="float32", always_2d=True)
    assert (rate_hz, artifact.media_type) == (48_000, "audio/flac")
    shaped: NDArray[np.float32] = samples
    return shaped


def reason(error: grpc.aio.AioRpcError) -> str:
    """ErrorInfo.reason of a failed call."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return str(info.reason)


async def test_an_off_key_take_becomes_a_mix_in_tune(mesh: Mesh, studio: Studio) -> None:
    """A take that is late and off key comes back on the note, in time, as long as the song and at its loudness."""
    take = await mesh.take(wav(studio.take(OFF_KEY, late_samples=7200, bleed_db=-20)))

    result, progress = await sing(mesh, take, await mesh.press(studio))

    assert result.verdict.decision == DECISION_PUBLISH
    assert not result.verdict.transcribed
    assert result.verdict.engine == "none"
    assert "not transcribed" in result.verdict.reason
    report = result.report
    assert report.alignment_evidence == "bleed"
    assert abs(report.offset_samples - 7200) <= 48
    assert report.in_tune_before < 0.8
    assert report.in_tune_after > 0.95
    assert abs(report.integrated_lufs + 14) <= LOUDNESS_LU
    assert report.true_peak_dbtp <= -1
    assert len(report.chain) == 64
    assert [engine.split()[0] for engine in report.engines] == ["libavcodec", "rubberband", "swift-f0", "libavfilter"]
    mix, voice = await sound(mesh, result.mix), await sound(mesh, result.voice)
    assert 0 < result.mix_start_samples < START
    assert END < result.mix_start_samples + len(mix) <= SAMPLES
    assert voice.shape == (END - START, 1)
    assert np.abs(voice).max() > 0.1
    assert result.mix.uri.startswith(SESSION + "/")
    assert result.voice.uri.startswith(SESSION + "/")
    fractions = [event.progress.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert {"decode", "align", "f0", "tune", "chain", "mix", "loudness"} <= {span.name for span in result.spans}
    assert all(span.start_unix_ns <= span.end_unix_ns for span in result.spans)


async def test_a_chain_chooses_the_fast_engine(mesh: Mesh, studio: Studio) -> None:
    """With `tdpsola` in the chain the take comes back as much in tune, and the report names the engine."""
    take = await mesh.take(wav(studio.take(OFF_KEY, bleed_db=-12)))
    fast = await mesh.press(studio, chain=CHAIN.replace("engine: rubberband-r3", "engine: tdpsola"))

    result, _ = await sing(mesh, take, fast)

    assert [engine.split()[0] for engine in result.report.engines] == [
        "libavcodec",
        "td-psola",
        "swift-f0",
        "libavfilter",
    ]
    assert result.report.in_tune_after > 0.95
    assert "debleed" in {span.name for span in result.spans}


@dataclass(frozen=True)
class Another:
    """A second process with a store of its own, whose cache was another's before."""

    mesh: Mesh
    cache: Path
    left: Path
    """What a killed process left of a take."""


@pytest.fixture(scope="module")
async def another(start_mesh: StartMesh, tmp_path_factory: pytest.TempPathFactory) -> Another:
    """Where somebody's voice lay when it started."""
    cache = tmp_path_factory.mktemp("cache")
    left = cache / "audio" / "999999999" / "take-left"
    left.mkdir(parents=True)
    (left / "take").write_bytes(b"a voice")
    return Another(await start_mesh(FANCAM_ARTIFACTS_CACHE=str(cache)), cache, left)


async def test_the_same_take_gives_the_same_bytes(another: Another, mesh: Mesh, studio: Studio) -> None:
    """Two processes with two stores make one and the same mix, and asking twice is answered from memory."""
    other = another.mesh
    data = wav(studio.take(OFF_KEY, seed=4))

    first, _ = await sing(mesh, await mesh.take(data), await mesh.press(studio))
    second, _ = await sing(other, await other.take(data), await other.press(studio))
    again, _ = await sing(mesh, await mesh.take(data), await mesh.press(studio))

    assert first.mix.uri == second.mix.uri
    assert first.voice.uri == second.voice.uri
    assert again == first


async def test_with_no_ear_the_policy_decides(mesh: Mesh, studio: Studio) -> None:
    """An unheard take waits for a person, or the guide sings in its place; which, the campaign says."""
    take = await mesh.take(wav(studio.take(OFF_KEY)))

    waiting, _ = await sing(mesh, take, await mesh.press(studio, policy=UNTRANSCRIBED_POLICY_REVIEW))
    replaced, _ = await sing(mesh, take, await mesh.press(studio, policy=UNTRANSCRIBED_POLICY_REPLACE_WITH_GUIDE))

    assert (waiting.verdict.decision, waiting.verdict.transcribed) == (DECISION_REVIEW, False)
    assert (replaced.verdict.decision, replaced.verdict.transcribed) == (DECISION_REPLACED, False)
    assert waiting.mix.uri != replaced.mix.uri
    np.testing.assert_allclose((await sound(mesh, replaced.voice))[:, 0], studio.line_guide, atol=2**-22)


async def test_a_second_take_is_turned_away_while_the_slot_is_taken(mesh: Mesh, studio: Studio) -> None:
    """With one slot, of two takes at once one is sung and the other told at once to come back: nothing queues."""
    takes = [await mesh.take(wav(studio.take(OFF_KEY, seed=seed))) for seed in (21, 22)]
    pressing = await mesh.press(studio)

    outcomes = await asyncio.gather(*(sing(mesh, take, pressing) for take in takes), return_exceptions=True)

    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, grpc.aio.AioRpcError)]
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert reason(refused) == "BUSY"
    assert "grpc-retry-pushback-ms" in str(refused.trailing_metadata())


async def test_no_voice_outlives_its_process(another: Another, studio: Studio) -> None:
    """What a killed process left of a take is deleted by the next; after a call no file of it is left."""
    mesh = another.mesh
    await sing(mesh, await mesh.take(wav(studio.take(OFF_KEY))), await mesh.press(studio))

    assert not another.left.exists()
    assert [path for path in (another.cache / "audio").rglob("*") if path.is_file()] == []


async def test_a_heard_slip_rejects_the_take(
    start_mesh: StartMesh, studio: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With a transcript that holds a hard word there is no mix, and the finding says where in the take it was sung."""
    script = tmp_path_factory.mktemp("script") / "words.json"
    script.write_text(
        '[{"text": "we", "start_s": 0.5, "end_s": 0.8}, {"text": "Fuuuck", "start_s": 1.0, "end_s": 1.5}]'
    )
    heard = await start_mesh(FANCAM_AUDIO_SPEECH_ENGINE="script", FANCAM_AUDIO_SPEECH_MODEL=str(script))

    result, _ = await sing(heard, await heard.take(wav(studio.take(OFF_KEY))), await heard.press(studio))

    assert result.verdict.decision == DECISION_REJECT
    assert (result.verdict.engine, result.verdict.transcribed) == ("script", True)
    (finding,) = result.verdict.findings
    assert (finding.text, finding.start_samples, finding.end_samples) == ("Fuuuck", 48_000, 72_000)
    assert not result.HasField("mix")


@pytest.mark.parametrize(
    ("name", "expected", "advice"),
    [
        ("not audio", "NOT_AUDIO", ""),
        ("silence", "TAKE_SILENT", "Sing out, nearer to the microphone"),
        ("short", "TAKE_TOO_SHORT", "Sing until the line ends"),
        ("long", "TAKE_TOO_LONG", ""),
        ("clipped", "TAKE_CLIPPED", "Hold the phone further away"),
        ("noise", "TAKE_SILENT", "Sing out, nearer to the microphone"),
    ],
)
async def test_an_unfit_take_is_refused_with_its_reason(
    mesh: Mesh, studio: Studio, name: str, expected: str, advice: str
) -> None:
    """Each unfit take is INVALID_ARGUMENT with a reason that a front end can act on, and advice for who sang it."""
    good = studio.take(OFF_KEY)
    noise = np.random.default_rng(1).normal(0, 0.05, len(good)).astype(np.float32)
    data = {
        "not audio": b"\x89PNG\r\n\x1a\n" + b"\x00" * 400,
        "silence": wav(np.zeros_like(good)),
        "short": wav(good[: len(good) // 4]),
        "long": wav(np.zeros(60 * 8000, np.float32), rate_hz=8000),
        "clipped": wav(np.clip(good * 40, -0.98, 0.98)),
        "noise": wav(noise),
    }[name]

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sing(mesh, await mesh.take(data), await mesh.press(studio))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason(caught.value) == expected
    assert advice in str(caught.value.details())


async def test_what_is_not_in_the_store_is_not_found(mesh: Mesh, studio: Studio) -> None:
    """A take that was erased is NOT_FOUND."""
    gone = Artifact(uri=f"{SESSION}/{'0' * 64}", size_bytes=1, media_type="audio/wav")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sing(mesh, gone, await mesh.press(studio))

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_campaign_with_an_impossible_chain_fails_by_name(mesh: Mesh, studio: Studio) -> None:
    """A chain whose number is out of bounds is FAILED_PRECONDITION, and the message names stage, field and value."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await mesh.press(studio, chain=CHAIN.replace("keep_vibrato: 0.5", "keep_vibrato: 5"))

    assert (caught.value.code(), reason(caught.value)) == (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_UNFIT")
    details = caught.value.details()
    assert details is not None
    assert "pitch.keep_vibrato: 5" in details


async def test_a_song_is_mastered_once(mesh: Mesh, studio: Studio) -> None:
    """The bed is as long as the song, asking again gives the same file, and around the fan the mix is the bed."""
    pressing = Pressing()
    pressed = await mesh.press(studio)
    await mesh.store.get_message(pressed, pressing)
    request = MasterRequest(song=pressing.campaign.song, voice_chain="voice_chain.yaml", files=pressing.files)

    again = await mesh.stub.Master(request, timeout=60)
    result, _ = await sing(mesh, await mesh.take(wav(studio.take(OFF_KEY, seed=6))), pressed)

    assert (again.bed, again.cached) == (pressing.bed, True)
    assert again.bed.uri.startswith("shared/")
    assert again.integrated_lufs == pytest.approx(-14, abs=0.05)
    assert again.true_peak_dbtp <= -1
    bed, mix = await sound(mesh, again.bed), await sound(mesh, result.mix)
    assert bed.shape == (SAMPLES, 2)
    start = result.mix_start_samples
    around = bed[start : start + len(mix)]
    differs = np.flatnonzero(np.any(mix != around, axis=1))
    assert differs[0] >= 48 * 1024
    assert start + len(mix) == SAMPLES or differs[-1] < len(mix) - 48 * 1024
    np.testing.assert_array_equal(mix[: differs[0]], around[: differs[0]])


async def test_a_song_without_its_files_or_its_bed_is_refused(mesh: Mesh, studio: Studio) -> None:
    """A file that is missing and a pressing that was never mastered are named."""
    pressing = Pressing()
    await mesh.store.get_message(await mesh.press(studio), pressing)
    request = MasterRequest(song=pressing.campaign.song, voice_chain="voice_chain.yaml", files=pressing.files)
    del request.files["guide.flac"]
    pressing.ClearField("bed")
    old = await mesh.store.put_message(SHARED, pressing)

    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await mesh.stub.Master(request, timeout=60)
    with pytest.raises(grpc.aio.AioRpcError) as unmastered:
        await sing(mesh, await mesh.take(wav(studio.take(OFF_KEY))), old)

    assert (missing.value.code(), reason(missing.value)) == (grpc.StatusCode.NOT_FOUND, "FILE_MISSING")
    assert (unmastered.value.code(), reason(unmastered.value)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "CAMPAIGN_UNFIT",
    )
    assert "press it again" in str(unmastered.value.details())


async def test_names_are_judged_and_cleaned(mesh: Mesh, studio: Studio) -> None:
    """A name comes back as it is drawn; a bad one is a verdict, an impossible one a failure."""
    pressing = await mesh.press(studio)

    good = await mesh.stub.ModerateName(
        ModerateNameRequest(name="  Zoe\u0308   Nguyễn ", pressing=pressing), timeout=30
    )
    bad = await mesh.stub.ModerateName(ModerateNameRequest(name="fυсk3r", pressing=pressing), timeout=30)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await mesh.stub.ModerateName(ModerateNameRequest(name="a" * 10_000, pressing=pressing), timeout=30)

    assert (good.name, good.verdict.decision) == ("Zoë Nguyễn", DECISION_PUBLISH)
    assert bad.verdict.decision == DECISION_REJECT
    assert reason(caught.value) == "NAME_TOO_LONG"


async def live(mesh: Mesh, data: bytes, pressing: Artifact, *, chunk: int = 16_384) -> list[SingLiveResponse]:
    """All events of a take that is sent in chunks."""

    async def parts() -> AsyncIterator[SingLiveRequest]:
        start = SingLiveStart(pressing=pressing, session=SESSION.removeprefix("sessions/"), media_type="audio/webm")
        yield SingLiveRequest(start=start)
        for at in range(0, len(data), chunk):
            yield SingLiveRequest(chunk=data[at : at + chunk])
            await asyncio.sleep(0.01)

    return [event async for event in mesh.stub.SingLive(parts(), timeout=DEADLINE_S)]


@pytest.mark.parametrize("kind", ["webm", "ogg", "wav", "m4a"])
async def test_a_take_that_is_heard_while_it_is_sung_gives_the_same_bytes(
    mesh: Mesh, studio: Studio, tmp_path: Path, kind: str
) -> None:
    """Chunks in, hints out in time, and then the very mix that an upload of the whole file gives, from memory."""
    codec, container = {
        "webm": ("libopus", "webm"),
        "ogg": ("libvorbis", "ogg"),
        "wav": ("pcm_s16le", "wav"),
        "m4a": ("aac", "ipod"),
    }[kind]
    path = tmp_path / "take"
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-c:a", codec, "-f", container, str(path)]
    take = wav(studio.take(OFF_KEY, seed=len(kind) + ord(kind[0]), late_samples=2400))
    await asyncio.to_thread(subprocess.run, command, input=take, check=True)
    fast = await mesh.press(studio, chain=CHAIN.replace("engine: rubberband-r3", "engine: tdpsola"))
    whole = await start_alone(mesh, path.read_bytes(), fast)

    events = await live(mesh, path.read_bytes(), fast)

    kinds = [event.WhichOneof("event") for event in events]
    hints = [event.hint for event in events if event.WhichOneof("event") == "hint"]
    assert kinds[-1] == "result"
    assert events[-1].result.report.mix_sha256 == whole.report.mix_sha256 != ""
    assert events[-1].result.report.voice_sha256 == whole.report.voice_sha256
    assert events[kinds.index("take")].take.uri.split("/")[-1] == whole.report.take_sha256
    if kind == "m4a":
        assert hints == []
    else:
        assert len(hints) >= 10
        assert any(hint.voice for hint in hints)
        assert [hint.heard_samples for hint in hints] == [24_000 * (turn + 1) for turn in range(len(hints))]


async def start_alone(mesh: Mesh, data: bytes, pressing: Artifact) -> SingResult:
    """The result of the whole file, in another session, so that nothing of it is remembered for this one."""
    other = await mesh.store.put(session_scope("another-session"), data, "audio/webm")
    return (await sing(mesh, other, pressing))[0]


async def test_a_live_take_must_begin_with_what_it_is_sung_to(mesh: Mesh) -> None:
    """A stream whose first part is a chunk is refused with its reason."""

    async def parts() -> AsyncIterator[SingLiveRequest]:
        yield SingLiveRequest(chunk=b"abc")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in mesh.stub.SingLive(parts(), timeout=DEADLINE_S):
            pass

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason(caught.value) == "LIVE_START_MISSING"
