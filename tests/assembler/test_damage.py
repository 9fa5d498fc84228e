"""Whatever byte is wrong, in the store or in what somebody made: it is refused by name, or the film is whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fancam.artifacts import SHARED, ArtifactStore
from fancam.errors import FancamError, Missing
from fancam.server import Slots
from fancam.settings import ArtifactSettings
from fancam.v1.assembler_pb2 import AssembleRequest, AssembleResult
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, CUT_KIND_PERSONAL, Pressing
from fancam.v1.media_pb2 import ENCODER_FAMILY_X264
from media import strict
from media.profile import Codec, Profile
from media.track import Track, read_track
from services.assembler import sound
from services.assembler.service import AssemblerService
from services.assembler.splice import Piece, SegmentMismatch, splice
from services.assembler.workers import Workers
from tests.assembler.conftest import PROFILE, flac, mix_for, segment

CUTS = [("intro", 5, CUT_KIND_FIXED), ("close", 6, CUT_KIND_PERSONAL), ("outro", 4, CUT_KIND_FIXED)]
FRAMES = 15
SMALL = Profile(64, 64, PROFILE.frame_rate)
SESSION = "sessions/damaged-{:04}"

REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
}
"""Another call may succeed, the same one will not."""


class House:
    """A store that holds what a film is made of, and an assembler that has seen nothing of it yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.request = AssembleRequest(title="Tiny for Ana")
        self.sessions = 0
        asyncio.run(self._furnish())

    def store(self, cache: str = "") -> ArtifactStore:
        """The store, and a machine's cache in which nothing lies."""
        return ArtifactStore(ArtifactSettings(url=self.place.as_uri(), cache=str(self.folder / f"cache{cache}")))

    @property
    def place(self) -> Path:
        """Where the store's objects lie."""
        return self.folder / "store"

    async def _furnish(self) -> None:
        store, bed = self.store(), mix_for(FRAMES, SMALL)
        samples = FRAMES * 2_000
        pressing = Pressing(id="tiny")
        pressing.profile.width, pressing.profile.height = SMALL.width, SMALL.height
        pressing.profile.frame_rate.numerator, pressing.profile.frame_rate.denominator = 24, 1
        pressing.profile.encoder = ENCODER_FAMILY_X264
        pressing.bed.CopyFrom(await store.put(SHARED, bed, "audio/flac"))
        pressing.bed_track.CopyFrom(await store.put(SHARED, sound.encode(bed, samples), "audio/mp4"))
        start = 0
        for name, frames, kind in CUTS:
            made = await store.put(SHARED, segment(start, frames, SMALL), "video/mp4")
            cut = pressing.cuts.add(id=name, frames=frames, start_frame=start, kind=kind, chapter=name)
            (cut.segment if kind == CUT_KIND_FIXED else self.request.segments[name]).CopyFrom(made)
            start += frames
        sung = flac(samples, beeps_at=[0, 12_000])
        self.request.mix.CopyFrom(await store.put(SHARED, sung, "audio/flac"))
        self.request.pressing.CopyFrom(await store.put_message(SHARED, pressing))

    def film(self, pressing: bytes | None = None) -> bytes:
        """Another fan's film, made by an assembler that has just started on another machine.

        Args:
            pressing: In place of the pressing, under an address of its own.

        Raises:
            FancamError: It is refused.
        """
        self.sessions += 1
        request = AssembleRequest()
        request.CopyFrom(self.request)
        request.scope = SESSION.format(self.sessions)
        store = self.store(str(self.sessions))
        nobody = cast("Workers", None)  # whom only a press asks
        service = AssemblerService(store, nobody, Slots(1, "slot"))
        context = cast("grpc.aio.ServicerContext[Any, Any]", None)  # which it has no use for

        async def made() -> bytes:
            if pressing is not None:
                request.pressing.CopyFrom(await store.put(SHARED, pressing, self.request.pressing.media_type))
            result = AssembleResult()
            async for event in service.Assemble(request, context):
                result = event.result
            return await store.get(result.film)

        return asyncio.run(made())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """With whole objects, which every test leaves whole."""
    return House(tmp_path_factory.mktemp("damage"))


Damage = Callable[[bytes, random.Random], bytes]


def flipped(data: bytes, chance: random.Random) -> bytes:
    """One bit is another."""
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def cut_off(data: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return data[: chance.randrange(len(data))]


@pytest.mark.parametrize("damage", [flipped, cut_off])
def test_damage_of_anything_in_the_store_is_named(damage: Damage, house: House) -> None:
    """Pressing, segments, bed, its track, mix: each alone, at a place drawn once; whole again, the film is the same."""
    chance = random.Random(5)
    whole = house.film()
    objects = [path for path in (house.place / SHARED).iterdir() if path.is_file()]
    assert len(objects) == 7
    for path in objects:
        kept = path.read_bytes()
        path.write_bytes(damage(kept, chance))
        with pytest.raises(Missing, match="damaged") as caught:
            house.film()
        assert (caught.value.reason, caught.value.metadata) == ("ARTIFACT_DAMAGED", {"uri": f"{SHARED}/{path.name}"})
        path.write_bytes(kept)

    assert house.film() == whole


@cache
def coded(codec: Codec) -> tuple[Profile, bytes, bytes, Track]:
    """Two segments and the sound of a film of both."""
    profile = Profile(64, 64, PROFILE.frame_rate, codec=codec)
    heard = read_track(sound.encode(mix_for(11, profile), 22_000), "soun")
    return profile, segment(0, 5, profile), segment(5, 6, profile), heard


def spliced(codec: Codec, other: bytes) -> bytes:
    """The film with another second segment."""
    profile, first, _, heard = coded(codec)
    pieces = [Piece("intro", 5, first), Piece("close", 6, other)]
    return b"".join(splice(profile, pieces, heard, title="Für Dich", report=lambda *_: None).parts)


NUMBERS = [b"\0", b"\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\x7f\xff\xff\xff"]
"""What tables least expect."""


@pytest.mark.parametrize("codec", list(Codec))
@settings(max_examples=120)
@given(share=st.floats(0, 1, exclude_max=True), written=st.sampled_from(NUMBERS) | st.binary(min_size=1, max_size=2))
def test_a_segment_with_other_bytes_is_refused_or_makes_a_whole_film(
    codec: Codec, share: float, written: bytes
) -> None:
    """Wherever in its index bytes are others: the cut is named, or a strict look finds nothing wrong in the film."""
    _, _, good, _ = coded(codec)
    index = good.index(b"moov") - 4
    at = index + int(share * (len(good) - index))
    changed = (good[:at] + written + good[at + len(written) :])[: len(good)]
    try:
        film = spliced(codec, changed)
    except SegmentMismatch as error:
        refusal = error
    else:
        assert strict.faults(film) == []
        assert len(read_track(film, "vide").samples) == 11
        return
    assert refusal.cut == "close"


@pytest.mark.parametrize("codec", list(Codec))
@settings(max_examples=40)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_segment_that_ends_early_is_refused(codec: Codec, share: float) -> None:
    """Wherever it is cut off."""
    _, _, good, _ = coded(codec)
    with pytest.raises(SegmentMismatch, match="segment of cut close: "):
        spliced(codec, good[: int(share * len(good))])


@settings(max_examples=120)
@given(share=st.floats(0, 1, exclude_max=True), bit=st.none() | st.integers(0, 7))
def test_a_pressing_with_another_bit_is_refused_or_makes_a_whole_film(
    share: float, bit: int | None, house: House
) -> None:
    """One bit is another, or its end is missing, and its address says so: the call is refused as the caller's fault."""
    good = (house.place / house.request.pressing.uri).read_bytes()
    at = int(share * len(good))
    changed = good[:at] if bit is None else good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :]
    try:
        film = house.film(changed)
    except FancamError as error:
        refusal = error
    else:
        assert strict.faults(film) == []
        return
    assert refusal.code in REFUSALS, refusal
    assert refusal.reason


def test_a_pressing_whose_cuts_do_not_follow_one_another_is_refused(house: House) -> None:
    """A gap, an overlap, and a beginning that is none: the cut is named, with where it should begin."""
    for cut, begin, due in [(0, 1, 0), (1, 6, 5), (2, 10, 11)]:
        pressing = Pressing.FromString((house.place / house.request.pressing.uri).read_bytes())
        pressing.cuts[cut].start_frame = begin
        with pytest.raises(FancamError, match=f"cut {CUTS[cut][0]} begins at frame {begin}: .* end at frame {due}"):
            house.film(pressing.SerializeToString())
