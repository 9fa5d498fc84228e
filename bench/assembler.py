"""What a film costs by its length, all with the same ten personal seconds: is it flat, and against what others do.

`python bench/assembler.py` presses films of 30 s to 10 minutes from made-up segments and has the assembler make a
fan's film of each: segments fetched, the fan's line coded into the song's track, spliced, a poster drawn, the film
hashed and stored. Beside it, in the same run: the personal frames, which a fan pays for in any case (an avatar, head
to foot, drawn; the frames composed and encoded); ffmpeg joining the same bytes by copy; ffmpeg encoding the pictures
anew. A second table says what an assembly is made of, and what a C2PA signature would add. Draws
`out/bench/assembler.png` and appends JSON lines to `out/bench/assembler.jsonl`.

CPU seconds of whole processes, the best of three (composed frames: of two; encoding anew: once), since on a shared
machine only CPU time holds. A fan also pays for a voice, left out here: it would make it look flatter.
"""

from __future__ import annotations

import asyncio
import io
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, cast

import grpc
import matplotlib as mpl
import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import compositor  # noqa: E402  after the path to it
from bench import renderer as avatars  # noqa: E402
from fancam.artifacts import SHARED, ArtifactStore, session_scope  # noqa: E402
from fancam.server import Slots  # noqa: E402
from fancam.settings import ArtifactSettings  # noqa: E402
from fancam.v1.assembler_pb2 import AssembleRequest, AssembleResult  # noqa: E402
from fancam.v1.audio_pb2_grpc import AudioServiceStub  # noqa: E402
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, CUT_KIND_PERSONAL, Pressing  # noqa: E402
from fancam.v1.compositor_pb2_grpc import CompositorServiceStub  # noqa: E402
from fancam.v1.media_pb2 import ENCODER_FAMILY_X264  # noqa: E402
from fancam.v1.renderer_pb2_grpc import RendererServiceStub  # noqa: E402
from media.encoder import SegmentEncoder, choose  # noqa: E402
from media.profile import Profile  # noqa: E402
from media.segment import read  # noqa: E402
from media.track import read_track  # noqa: E402
from services.assembler import provenance, sound  # noqa: E402
from services.assembler.poster import poster  # noqa: E402
from services.assembler.service import AssemblerService  # noqa: E402
from services.assembler.splice import Piece, splice  # noqa: E402
from services.assembler.workers import Workers  # noqa: E402
from services.compositor import job  # noqa: E402
from services.compositor.footage import unpack  # noqa: E402
from services.compositor.service import PAGE  # noqa: E402
from services.renderer.build import open_library  # noqa: E402
from services.renderer.drawing import PAGE as AVATARS  # noqa: E402
from stage.host import Stage  # noqa: E402

mpl.use("Agg")
from matplotlib import pyplot  # noqa: E402

OUT = ROOT / "out" / "bench"
PROFILE = Profile(720, 1280, Fraction(24))
RATE_HZ = 48_000
LENGTHS_S = (30, 60, 120, 300, 600)
CUT_FRAMES = 48
PERSONAL_CUTS = 5
PERSONAL_FRAMES = CUT_FRAMES * PERSONAL_CUTS
WINDOW_S = 13
"""Of the song, which a fan's line of ten seconds changes."""
ROUNDS = 3
PRESETS = {30: ("veryfast", "medium"), 120: ("veryfast",)}
"""Films that are also encoded anew, by length, and how: with our preset of x264, and with its own default."""
FLAT, COPY, ANEW = 1.1, 2.0, 50.0
"""Goals: a fan's cost by that of the shortest film; a splice by ffmpeg's copy; ffmpeg's encoding by an assembly."""
FFMPEG = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", "1"]


def stage(number: int) -> bytes:
    """Two seconds of a concert: a wall that passes, moving lights, and a little grain; about 4.6 Mbit a second."""
    random = np.random.default_rng(number)
    height, width = PROFILE.height, PROFILE.width
    rows, columns = np.mgrid[:height, :width]
    wall = random.normal(0, 12, (height // 4, width // 4)).repeat(4, 0).repeat(4, 1)
    wall += random.normal(0, 6, (height, width))
    grain = random.normal(0, 1, (8, height, width))
    chroma = np.full((height // 2, width // 2), 118 + 4 * number, np.uint8)
    file = io.BytesIO()
    with SegmentEncoder(file, PROFILE) as encoder:
        for frame in range(CUT_FRAMES):
            luma = 40 + rows / 20 + np.roll(wall, frame, 1) + grain[frame % 8]
            for light in range(4):
                across = 360 + 300 * np.sin(frame / 12 + light * 1.6 + number)
                luma = luma + 110 * np.exp(-((columns - across) ** 2 + (rows - 300 - 180 * light) ** 2) / 9_000)
            encoder.write(np.clip(luma, 16, 235).astype(np.uint8), chroma, chroma)
    return file.getvalue()


def cpu_s() -> float:
    """CPU seconds so far, of this process and of the programs that it started and that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


async def cheapest(work: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """CPU seconds of the cheapest of some rounds."""
    found = []
    for _ in range(rounds):
        before = cpu_s()
        await work()
        found.append(cpu_s() - before)
    return min(found)


def run(*arguments: object) -> None:
    """Run ffmpeg."""
    subprocess.run([*FFMPEG, *map(str, arguments)], check=True)


@dataclass(frozen=True)
class Song:
    """A song, and a fan's part of it."""

    bed: bytes
    mix: bytes
    mix_start: int


def song(folder: Path, seconds: int) -> Song:
    """Pink noise, into whose middle thirteen seconds somebody hums; the first and the last second are the bed's."""
    path = folder / "bed.flac"
    noise = f"anoisesrc=color=pink:sample_rate={RATE_HZ}:duration={seconds}:seed=1:amplitude=0.3"
    run("-f", "lavfi", "-i", noise, "-ac", 2, "-sample_fmt", "s16", path)
    start = (seconds - WINDOW_S) * RATE_HZ // 2
    heard, _ = soundfile.read(path, start=start, frames=WINDOW_S * RATE_HZ, dtype="int16")
    hum = 3_000 * np.sin(2 * np.pi * 220 / RATE_HZ * np.arange(RATE_HZ, len(heard) - RATE_HZ))
    heard[RATE_HZ:-RATE_HZ] += hum.astype(np.int16)[:, None]
    mixed = io.BytesIO()
    soundfile.write(mixed, heard, RATE_HZ, format="FLAC", subtype="PCM_16")
    return Song(path.read_bytes(), mixed.getvalue(), start)


class House:
    """An assembler with a store of its own, and films pressed for it."""

    def __init__(self, folder: Path, segments: Sequence[bytes]) -> None:
        settings = ArtifactSettings(url=(folder / "store").as_uri(), cache=str(folder / "cache"))
        self.store = ArtifactStore(settings)
        self._folder = folder
        self._segments = segments
        self._fans = count()
        nobody = grpc.aio.insecure_channel("unix:nobody-is-asked-for-a-splice")
        workers = Workers(RendererServiceStub(nobody), CompositorServiceStub(nobody), AudioServiceStub(nobody))
        self._assembler = AssemblerService(self.store, workers, Slots(1, "slot"))
        provenance.make_test_key(folder / "key")
        self.signer = provenance.Signer.load(folder / "key" / provenance.CERTIFICATES, folder / "key" / provenance.KEY)

    async def press(self, seconds: int) -> tuple[Pressing, Song]:
        """A film whose personal cuts are spread over it."""
        made = song(self._folder, seconds)
        samples = seconds * RATE_HZ
        pressing = Pressing(id=str(seconds))
        pressing.profile.width, pressing.profile.height = PROFILE.width, PROFILE.height
        pressing.profile.frame_rate.numerator, pressing.profile.frame_rate.denominator = 24, 1
        pressing.profile.encoder = ENCODER_FAMILY_X264
        pressing.bed.CopyFrom(await self.store.put(SHARED, made.bed, "audio/flac"))
        coded = await asyncio.to_thread(sound.encode, made.bed, samples)
        pressing.bed_track.CopyFrom(await self.store.put(SHARED, coded, "audio/mp4"))
        fixed = [await self.store.put(SHARED, data, "video/mp4") for data in self._segments[1:]]
        cuts = seconds * 24 // CUT_FRAMES
        personal = {(2 * number + 1) * cuts // (2 * PERSONAL_CUTS) for number in range(PERSONAL_CUTS)}
        for number in range(cuts):
            cut = pressing.cuts.add(id=f"cut{number}", frames=CUT_FRAMES, start_frame=number * CUT_FRAMES)
            cut.kind = CUT_KIND_PERSONAL if number in personal else CUT_KIND_FIXED
            if cut.kind == CUT_KIND_FIXED:
                cut.segment.CopyFrom(fixed[number % len(fixed)])
        return pressing, made

    async def ask(self, pressing: Pressing, made: Song) -> AssembleRequest:
        """What the gateway asks for another fan, whose own segments and mix are there."""
        scope = session_scope(f"fan-{next(self._fans):06}")
        request = AssembleRequest(scope=scope, title="A film", mix_start_samples=made.mix_start)
        request.pressing.CopyFrom(await self.store.put_message(SHARED, pressing))
        request.mix.CopyFrom(await self.store.put(scope, made.mix, "audio/flac"))
        for cut in pressing.cuts:
            if cut.kind == CUT_KIND_PERSONAL:
                request.segments[cut.id].CopyFrom(await self.store.put(scope, self._segments[0], "video/mp4"))
        return request

    async def assemble(self, request: AssembleRequest) -> AssembleResult:
        """As the service does it."""
        context = cast("grpc.aio.ServicerContext[Any, Any]", None)  # which it has no use for
        events = [event async for event in self._assembler.Assemble(request, context)]
        return events[-1].result

    async def files(self, pressing: Pressing) -> list[Path]:
        """Each cut of the film as a file."""
        own = self._folder / "own.mp4"
        own.write_bytes(self._segments[0])
        return [
            await self.store.local(cut.segment, ".mp4") if cut.HasField("segment") else own for cut in pressing.cuts
        ]


@dataclass(frozen=True)
class Row:
    """CPU seconds of one film's length."""

    seconds: int
    megabytes: float
    assembly: float
    spliced: float
    copied: float
    anew: dict[str, float]
    """By preset."""
    parts: dict[str, float]
    """What an assembly does, each measured alone; what is left is fetching segments and waiting for threads."""
    signed: float
    """Of a C2PA signature, which hashes every byte: only films of an operator who mounts a key have one."""

    def encoded(self, preset: str) -> float:
        """How many assemblies are paid for by encoding the film anew."""
        return self.anew[preset] / self.assembly


async def measure(house: House, folder: Path, seconds: int) -> Row:
    """Make a film of that length in every way."""
    pressing, made = await house.press(seconds)
    film = await house.assemble(await house.ask(pressing, made))  # the machine's copies are there from now on
    requests = [await house.ask(pressing, made) for _ in range(ROUNDS)]
    waiting = iter(requests)
    assembly = await cheapest(lambda: house.assemble(next(waiting)))

    files = await house.files(pressing)
    heard, listing = folder / "heard.mp4", folder / "cuts.txt"
    whole = folder / "film.mp4"
    whole.write_bytes(await house.store.get(film.film))
    run("-i", whole, "-map", "0:a", "-c", "copy", heard)
    track = read_track(heard.read_bytes(), "soun")
    listing.write_text("".join(f"file '{path}'\n" for path in files))
    joined = ["-f", "concat", "-safe", 0, "-i", listing]
    sounding = ["-i", heard, "-map", "0:v", "-map", "1:a", "-c:a", "copy", "-movflags", "+faststart"]

    async def spliced() -> None:
        pieces = [Piece(path.stem, CUT_FRAMES, path) for path in files]
        with whole.open("wb") as file:
            file.writelines(splice(PROFILE, pieces, track, title="A film", report=lambda *_: None).parts)

    async def copied() -> None:
        run(*joined, *sounding, "-c:v", "copy", folder / "copy.mp4")

    async def anew(preset: str) -> None:
        run(*joined, *sounding, "-c:v", "libx264", "-preset", preset, "-crf", 20, folder / "anew.mp4")

    coded_bed = sound.read(await house.store.local(pressing.bed_track, ".mp4"))
    bed = sound.Bed(await house.store.local(pressing.bed, ".flac"), coded_bed, seconds * RATE_HZ)
    data, films = whole.read_bytes(), count()

    async def coded() -> None:
        sound.part(bed, made.mix, made.mix_start)

    async def pictured() -> None:
        poster(read(files[0]), CUT_FRAMES // 2)

    async def stored() -> None:
        await house.store.put(session_scope(f"film{next(films)}"), data, "video/mp4")

    async def signed() -> None:
        provenance.sign([data], house.signer, title="A film", made_of={})

    steps = {"sound": coded, "poster": pictured, "hash, store": stored}
    row = Row(
        seconds,
        film.film.size_bytes / 1e6,
        assembly,
        await cheapest(spliced),
        await cheapest(copied),
        {preset: await cheapest(partial(anew, preset), 1) for preset in PRESETS.get(seconds, ())},
        {name: await cheapest(step) for name, step in steps.items()},
        await cheapest(signed),
    )
    for scope in [*(request.scope for request in requests), *(session_scope(f"film{n}") for n in range(next(films)))]:
        await house.store.erase(scope)
    return row


async def composed() -> float:
    """CPU seconds of a fan's frames: a plate, an avatar's pass and a name, drawn and encoded."""
    clip, fan = await asyncio.to_thread(
        lambda: (unpack("plate", compositor.plate(PROFILE)), unpack("fan", compositor.avatar(PROFILE)))
    )
    files: dict[str, Path | bytes] = {
        "footage:plate.mp4": clip.data,
        "pass:fan": fan.data,
        "image:sprite.png": compositor.sprite(),
    }
    width, height = PROFILE.width, PROFILE.height
    region = job.Region(0, 0, width, height, 2 * compositor.FRAMES, (width, height))
    told = job.page_job(compositor.shots()["light"], width=width, height=height, name="Aïcha", passes={"fan": region})
    async with Stage.open(PAGE, chromium=compositor.CHROMIUM) as host, host.page() as page:
        await page.load(told, files)
        await page.rehearse(0, compositor.FRAMES)  # shaders are compiled, decoders are warm
        cost = await compositor.measured(partial(compositor.composed, page, PROFILE))
    return cost.cpu_ms / 1000 * PERSONAL_FRAMES


async def drawn() -> float:
    """CPU seconds of a fan's avatar for as many frames, head to foot: drawn and encoded."""
    async with Stage.open(AVATARS, chromium=compositor.CHROMIUM) as host, host.page() as page:
        bench = avatars.Bench(page, open_library(), choose())
        _, _, passes = await bench.costs(avatars.FULL, PROFILE.width, PROFILE.height)
    return min(one.cpu_s for one in passes) / avatars.FRAMES * PERSONAL_FRAMES


def draw(rows: Sequence[Row], frames: float) -> None:
    """Cost against length."""
    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    minutes = [row.seconds / 60 for row in rows]
    lines = [
        (
            f"encoded anew, x264 {preset}",
            "tab:red",
            [row.anew.get(preset, row.seconds / rows[0].seconds * coded) for row in rows],
            [row.seconds for row in rows if preset in row.anew],
        )
        for preset, coded in rows[0].anew.items()
    ]
    lengths = [row.seconds for row in rows]
    own = f"{PERSONAL_FRAMES} personal frames and the assembly"
    lines += [(own, "tab:blue", [frames + row.assembly for row in rows], lengths)]
    lines += [("the assembly", "tab:green", [row.assembly for row in rows], lengths)]
    for name, color, costs, measured in lines:
        axes.plot(minutes, costs, "-" if measured == lengths else "--", color=color, alpha=0.5)
        dots = [(row.seconds / 60, cost) for row, cost in zip(rows, costs, strict=True) if row.seconds in measured]
        axes.plot(*zip(*dots, strict=True), "o", color=color)
        axes.annotate(name, (minutes[-1], costs[-1]), (0, -14), textcoords="offset points", ha="right", color=color)
    axes.set(yscale="log", xlabel="minutes of film, ten seconds of it personal", ylabel="CPU seconds for a fan")
    axes.set_title("measured where there is a dot", fontsize="small", loc="left")
    axes.set_ylim(top=2 * max(costs[-1] for _, _, costs, _ in lines))
    axes.grid(alpha=0.3, which="both")
    figure.savefig(OUT / "assembler.png", dpi=120)


async def main() -> None:
    """Measure, print, draw, append."""
    OUT.mkdir(parents=True, exist_ok=True)
    segments = [await asyncio.to_thread(stage, number) for number in range(4)]
    frames = {"composed": await composed()}
    frames["with avatars"] = frames["composed"] + await drawn()
    with tempfile.TemporaryDirectory() as name:
        house = House(Path(name), segments)
        rows = [await measure(house, Path(name), seconds) for seconds in LENGTHS_S]
    report(rows, frames)
    draw(rows, frames["with avatars"])
    with (OUT / "assembler.jsonl").open("a") as lines:
        lines.writelines(json.dumps(each) + "\n" for each in records(rows, frames))


def report(rows: Sequence[Row], frames: Mapping[str, float]) -> None:
    """Print what a film costs by its length, and what the assembly of it is made of.

    Args:
        rows: The shortest film first.
        frames: CPU seconds of the personal frames, composed only and with their avatars drawn.
    """
    shortest = rows[0]
    kinds = "".join(f"{kind:>14}{'flat':>7}" for kind in frames)
    print(f"\nA film by its length, {PROFILE.width}x{PROFILE.height}, {PERSONAL_FRAMES} frames personal; CPU seconds")
    print(f"{'film':>7}{'MB':>6}{'assembly':>10}{kinds}{'splice':>9}{'-c copy':>9}{'ratio':>7}   encoded anew, ratio")
    for row in rows:
        flat = "".join(
            f"{drawn + row.assembly:14.2f}{(drawn + row.assembly) / (drawn + shortest.assembly):7.3f}"
            for drawn in frames.values()
        )
        anew = "".join(f"   {preset} {coded:.1f}, {row.encoded(preset):.0f}" for preset, coded in row.anew.items())
        print(
            f"{row.seconds:5d} s{row.megabytes:6.0f}{row.assembly:10.3f}{flat}"
            f"{row.spliced:9.3f}{row.copied:9.3f}{row.spliced / row.copied:7.2f}{anew}"
        )
    print("\nOf the assembly, each alone, and what a signature would add; CPU seconds")
    print(f"{'film':>7}" + "".join(f"{name:>14}" for name in shortest.parts) + f"{'C2PA':>14}")
    for row in rows:
        print(f"{row.seconds:5d} s" + "".join(f"{value:14.3f}" for value in (*row.parts.values(), row.signed)))
    flattest = max((drawn + row.assembly) / (drawn + shortest.assembly) for row in rows for drawn in frames.values())
    dearest = max(row.spliced / row.copied for row in rows)
    saved = min(row.encoded(preset) for row in rows for preset in row.anew)
    print(f"goals: flat within {FLAT - 1:.0%}: {flattest:.3f}, {'kept' if flattest <= FLAT else 'MISSED'};")
    print(f"  a splice at most {COPY:.0f} times a copy: {dearest:.2f}, {'kept' if dearest <= COPY else 'MISSED'};")
    print(f"  encoding {ANEW:.0f} times an assembly: {saved:.0f}, {'kept' if saved >= ANEW else 'MISSED'}")


def records(rows: Sequence[Row], frames: Mapping[str, float]) -> Iterator[dict[str, object]]:
    """The same as lines of the bench's record."""
    shortest = rows[0]
    for row in rows:
        for kind, drawn in frames.items():
            whole, first = drawn + row.assembly, drawn + shortest.assembly
            yield record(
                f"a fan's film of {row.seconds} s, frames {kind}", whole, f"{shortest.seconds} s", whole / first
            )
        yield record(f"splice {row.seconds} s", row.spliced, "ffmpeg -c copy", row.spliced / row.copied)
        for preset, coded in row.anew.items():
            against = f"encode anew, x264 {preset}"
            yield record(f"assembly {row.seconds} s", row.assembly, against, row.assembly / coded)
        for name, value in {**row.parts, "C2PA": row.signed}.items():
            yield record(f"{name} of {row.seconds} s", value, "the assembly", value / row.assembly)


def record(name: str, value: float, against: str, ratio: float) -> dict[str, object]:
    """One line of the bench's record."""
    return {"name": name, "value": round(value, 4), "unit": "CPU s", "against": against, "ratio": round(ratio, 4)}


if __name__ == "__main__":
    subprocess.run(["node", "stage/build.mjs", str(PAGE)], cwd=ROOT, check=True, capture_output=True)
    asyncio.run(main())
