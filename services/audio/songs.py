"""The songs of pressings: read once and kept, and mastered when a campaign is pressed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf import json_format

from fancam.artifacts import SHARED, ArtifactStore
from fancam.errors import Conflict, Missing
from fancam.v1.audio_pb2 import MasterResponse
from fancam.v1.campaign_pb2 import Melody, Note, Pressing
from fancam.v1.campaign_pb2 import Song as SongMessage
from fancam.v1.media_pb2 import Artifact
from services.audio import chain, ladspa, lyrics, messages, moderation, performance, pitch, score, speech, terms

MEDIA_TYPE = "audio/flac"

MOST_SONGS, MOST_LEXICONS = 2, 4
"""So many are kept in memory."""


@dataclass(frozen=True)
class Song:
    """What the service needs of a pressing, read once."""

    music: performance.Music
    lexicon: moderation.Lexicon
    policy: moderation.Policy
    # The words of the line, in samples from its start.
    words: tuple[speech.Word, ...]
    locale: str


class Songs:
    """What a store's pressings say of their songs and words.

    Args:
        store: Where they lie.
        lexicon: Of the place, for campaigns that bring none.
    """

    def __init__(self, store: ArtifactStore, lexicon: moderation.Lexicon) -> None:
        self._store = store
        self._songs: OrderedDict[str, Song] = OrderedDict()
        self.lexicon_of_place = lexicon
        self._lexicons: OrderedDict[str, moderation.Lexicon] = OrderedDict()

    async def pressing(self, artifact: Artifact) -> Pressing:
        """A pressing, read."""
        pressing = Pressing()
        await self._store.get_message(artifact, pressing)
        return pressing

    async def song(self, artifact: Artifact) -> Song:
        """The song of a pressing.

        Raises:
            Missing: The pressing or one of its files is not there.
            Conflict: The campaign cannot be used.
        """
        song = self._songs.get(artifact.uri)
        if song is None:
            pressing = await self.pressing(artifact)
            song = await self._read(pressing)
            self._songs[artifact.uri] = song
            while len(self._songs) > MOST_SONGS:
                self._songs.popitem(last=False)
        self._songs.move_to_end(artifact.uri)
        return song

    async def _read(self, pressing: Pressing) -> Song:
        campaign = pressing.campaign
        lexicon = await self.lexicon(pressing)
        if not pressing.HasField("bed"):
            raise Conflict(
                f"{campaign.id}: pressed before songs were mastered once for all fans; press it again",
                reason="CAMPAIGN_UNFIT",
            )
        melody, written = await self._score(campaign.song, campaign.voice_chain, pressing.files)
        mastered = await self._store.local(pressing.bed, ".flac")
        try:
            music = await asyncio.to_thread(score.read, written, mastered)
        except score.Unfit as error:
            raise Conflict(f"{campaign.id}: {error}", reason="CAMPAIGN_UNFIT") from error
        words = [(note.syllable, note.start_samples - music.start, note.end_samples - music.start) for note in melody]
        return Song(
            music=music,
            lexicon=lexicon,
            policy=messages.policy(campaign),
            words=tuple(lyrics.words_of(words)),
            locale=messages.first_locale(campaign),
        )

    async def _score(
        self, song: SongMessage, voice_chain: str, files: Mapping[str, Artifact]
    ) -> tuple[list[Note], score.Score]:
        """The song's melody and its files, checked.

        Raises:
            Missing: One of them is not there.
            Conflict: One of them cannot be used, or they do not fit together.
        """
        document = (await self._store.get(_file(files, voice_chain))).decode("utf-8", "replace")
        tracks = [await self._store.local(_file(files, path), ".sound") for path in (*song.stems, song.guide)]
        start, end = song.take_start_samples, song.take_end_samples
        melody = Melody()
        try:
            json_format.Parse(await self._store.get(_file(files, song.melody)), melody)
            plan = await asyncio.to_thread(chain.compile_chain, document)
            length = await asyncio.to_thread(score.length_of, tracks, start, end)
        except json_format.ParseError as error:
            raise Conflict(f"{song.melody}: {error}", reason="CAMPAIGN_UNFIT") from error
        except (ladspa.ChainRefused, score.Unfit) as error:
            raise Conflict(str(error), reason="CAMPAIGN_UNFIT") from error
        sung = sorted(melody.notes, key=lambda note: note.start_samples)
        notes = tuple(pitch.Note(note.start_samples - start, note.end_samples - start, note.midi) for note in sung)
        return sung, score.Score(tuple(tracks[:-1]), tracks[-1], notes, start, end, length, plan)

    async def master(self, song: SongMessage, voice_chain: str, files: Mapping[str, Artifact]) -> MasterResponse:
        """Master a song for all fans, or find what was mastered.

        Raises:
            Missing: One of its files is not there.
            Conflict: One of them cannot be used, or they do not fit together.
        """
        _, written = await self._score(song, voice_chain, files)
        inputs = [_file(files, path).uri for path in (*song.stems, song.guide)]
        key = " ".join(("master", str(chain.VERSION), *inputs, str(written.start), str(written.end), written.plan.hash))
        known = await self._store.recall(SHARED, key)
        if known is not None:
            kept = MasterResponse.FromString(known)
            if await self._store.holds(kept.bed):
                kept.cached = True
                return kept
        try:
            data, made = await asyncio.to_thread(score.master, written)
        except score.Unfit as error:
            raise Conflict(str(error), reason="CAMPAIGN_UNFIT") from error
        response = MasterResponse(
            bed=await self._store.put(SHARED, data, MEDIA_TYPE),
            integrated_lufs=made.integrated_lufs,
            true_peak_dbtp=made.true_peak_dbtp,
            gain_db=made.gain_db,
        )
        await self._store.remember(SHARED, key, response.SerializeToString(deterministic=True))
        return response

    async def lexicon(self, pressing: Pressing) -> moderation.Lexicon:
        """The words that a campaign minds: its own, or those of the place.

        Raises:
            Missing: The lexicon is not there.
            Conflict: It cannot be used.
        """
        path = pressing.campaign.policy.lexicon
        if not path:
            return self.lexicon_of_place
        artifact = _file(pressing.files, path)
        lexicon = self._lexicons.get(artifact.uri)
        if lexicon is None:
            text = (await self._store.get(artifact)).decode("utf-8", "replace")
            try:
                lexicon = await asyncio.to_thread(_read_lexicon, text)
            except terms.LexiconRefused as error:
                raise Conflict(f"{pressing.campaign.id}: {path}: {error}", reason="CAMPAIGN_UNFIT") from error
            self._lexicons[artifact.uri] = lexicon
            while len(self._lexicons) > MOST_LEXICONS:
                self._lexicons.popitem(last=False)
        return lexicon


def _file(files: Mapping[str, Artifact], path: str) -> Artifact:
    if path not in files:
        raise Missing(f"{path} is not in the pressing", reason="FILE_MISSING", metadata={"path": path})
    return files[path]


def _read_lexicon(text: str) -> moderation.Lexicon:
    return moderation.Lexicon(terms.read_documents(text.split("\n---\n")))
