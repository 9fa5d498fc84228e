"""A film that plays while its last cuts are still drawn: playlists that grow, and the parts that they name."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from fancam.artifacts import session_scope
from fancam.errors import Missing
from fancam.v1.assembler_pb2 import CutSegment, FragmentRequest, FragmentResponse
from fancam.v1.audio_pb2 import SingResult
from fancam.v1.campaign_pb2 import CutKind, PressedCut, Pressing
from fancam.v1.compositor_pb2 import ComposeResult
from fancam.v1.media_pb2 import Artifact
from gateway import playlists
from gateway.calls import Calls
from gateway.memory.session import Session
from gateway.plan import Plan
from gateway.playlists import Fragment

PICTURES, SOUND, HEADER = "pictures", "sound", "header"
"""The two tracks, and the part of each that a player reads first."""

REMEMBERED = 512
"""Answers of the assembler that are kept in memory: they are addresses, and players ask for them again and again."""


@dataclass
class Streams:
    """What the assembler has made of segments so far."""

    calls: Calls
    _answers: OrderedDict[str, FragmentResponse] = field(default_factory=OrderedDict)

    async def parts(self, request: FragmentRequest) -> FragmentResponse:
        """The fragments of one part, by the assembler or by memory; those of a fixed cut are the same for every fan."""
        asked = FragmentRequest()
        asked.CopyFrom(request)
        if request.HasField("fixed_cut"):
            asked.ClearField("scope")
        key = asked.SerializeToString(deterministic=True).hex()
        if key not in self._answers:
            self._answers[key] = await self.calls.fragment(request)
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        self._answers.move_to_end(key)
        return self._answers[key]


class Stream:
    """One session's film as far as it can be played. Nothing that moderation has not released is in it."""

    def __init__(self, streams: Streams, known: Session, pressing: Pressing, plan: Plan) -> None:
        self._streams = streams
        self.known = known
        self._pressing = pressing
        self._plan = plan

    def _done(self, task: str) -> bool:
        return self.known.done.get(task) == self._plan.tasks[task].version(self.known.attempts)

    @property
    def playable(self) -> list[PressedCut]:
        """The cuts from the beginning on that can be played: sound and name are there, and their pictures."""
        cuts: list[PressedCut] = []
        if not (self._done("sing") and self._done("name")):
            return cuts
        for cut in self._pressing.cuts:
            if cut.kind == CutKind.CUT_KIND_PERSONAL and not self._done(f"compose:{cut.id}"):
                break
            cuts.append(cut)
        return cuts

    @property
    def complete(self) -> bool:
        """Whether every cut is there."""
        return len(self.playable) == len(self._pressing.cuts)

    def _cuts(self) -> list[PressedCut]:
        cuts = self.playable
        if not cuts:
            message = "the film's first cut and its sound are not there yet"
            raise Missing(message, reason="STREAM_NOT_READY", retry_after_s=self._again_s)
        return cuts

    @property
    def _again_s(self) -> float:
        """When to ask again for what is not there; 0 where nothing will come any more."""
        return 0.0 if self.known.ended else 2.0

    def _request(self) -> FragmentRequest:
        return FragmentRequest(pressing=Artifact.FromString(self.known.pressing), scope=session_scope(self.known.id))

    async def _pictures(self, cut: PressedCut) -> FragmentResponse:
        request = self._request()
        if cut.kind == CutKind.CUT_KIND_FIXED:
            request.fixed_cut = cut.id
        else:
            made = ComposeResult.FromString(self.known.results[f"compose:{cut.id}"].value)
            request.personal_cut.CopyFrom(CutSegment(cut=cut.id, segment=made.segment))
        return await self._streams.parts(request)

    async def _sound(self) -> FragmentResponse:
        request = self._request()
        sung = SingResult.FromString(self.known.results["sing"].value)
        request.mix.CopyFrom(sung.mix)
        request.mix_start_samples = sung.mix_start_samples
        return await self._streams.parts(request)

    async def part(self, track: str, part: str) -> Artifact:
        """A header, or the fragment of one cut.

        Raises:
            Missing: It is not there (yet).
        """
        cuts = {cut.id: cut for cut in self._cuts()}
        wanted = next(iter(cuts)) if part == HEADER else part
        if wanted in cuts:
            made = await (self._pictures(cuts[wanted]) if track == PICTURES else self._sound())
            if part == HEADER:
                return made.header
            if part in made.fragments:
                return made.fragments[part]
        message = f"the stream holds no part {part!r} (yet)"
        raise Missing(message, reason="STREAM_NOT_READY", retry_after_s=self._again_s)

    async def film(self, addresses: dict[str, str]) -> str:
        """The playlist of both tracks; `addresses` are those of the tracks' playlists.

        Raises:
            Missing: Nothing can be played yet.
        """
        first, sound = await asyncio.gather(self._pictures(self._cuts()[0]), self._sound())
        profile = self._pressing.profile
        needs = [playlists.needs(await self._fragments(track, {}), self._longest) for track in (PICTURES, SOUND)]
        return playlists.film(
            pictures=addresses[PICTURES],
            sound=addresses[SOUND],
            codecs=(first.codecs, sound.codecs),
            size=(profile.width, profile.height),
            rate=self._rate,
            needs=needs,
        )

    async def track(self, track: str, addresses: dict[str, str]) -> str:
        """One track's playlist, as far as both can be played.

        Args:
            track: `pictures` or `sound`.
            addresses: Of its parts, by cut and for the header.

        Raises:
            Missing: Nothing can be played yet.
        """
        fragments = await self._fragments(track, addresses)
        return playlists.track(addresses[HEADER], fragments, self._longest, complete=self.complete)

    async def _fragments(self, track: str, addresses: dict[str, str]) -> list[Fragment]:
        """What there is of a track."""
        cuts = self._cuts()
        made = [self._pictures(cut) for cut in cuts] if track == PICTURES else [self._sound()]
        held = {cut: data for response in await asyncio.gather(*made) for cut, data in response.fragments.items()}
        return timed([(cut.id, Fraction(cut.frames) / self._rate) for cut in cuts], held, addresses)

    @property
    def _longest(self) -> Fraction:
        """Seconds of the longest fragment that will ever be in a playlist."""
        return max(Fraction(cut.frames) / self._rate for cut in self._pressing.cuts)

    @property
    def _rate(self) -> Fraction:
        rate = self._pressing.profile.frame_rate
        return Fraction(rate.numerator, rate.denominator)


def timed(
    cuts: Iterable[tuple[str, Fraction]], held: Mapping[str, Artifact], addresses: Mapping[str, str]
) -> list[Fragment]:
    """Fragments that last as long as the cuts together do, as far as there are fragments.

    A cut that is shorter than a coded frame of sound may have none: its time is added to that of the fragment behind
    it, since those before it may have been told already, and a playlist only grows at its end.

    Args:
        cuts: Each with its seconds, from the beginning on.
        held: The fragments, by cut.
        addresses: Theirs, by cut; one that is not told has none.
    """
    found, before = list[Fragment](), Fraction(0)
    for cut, seconds in cuts:
        before += seconds
        if cut in held:
            found.append(Fragment(addresses.get(cut, ""), before, held[cut].size_bytes))
            before = Fraction(0)
    return found
