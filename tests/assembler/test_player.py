"""Chromium plays what comes of a job: every seek lands on its frame, in the file and in the stream while it grows."""

from __future__ import annotations

import base64
import random
from collections.abc import AsyncIterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from fancam.settings import RendererSettings
from media.profile import Codec, Profile
from services.assembler import streaming
from tests.assembler.conftest import mix_for, pieces
from tests.assembler.test_splice import film
from tests.assembler.test_streaming import parts_of
from tests.video import measure

LENGTHS = [24, 1, 50, 7, 30]
STARTS = [0, *accumulate(LENGTHS)][:-1]
FRAMES = sum(LENGTHS)

PLAYER = """
<!doctype html><video id="video" muted playsinline></video>
<script>
const video = document.getElementById('video');
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const once = (target, name) => new Promise((done, fail) => {
  target.addEventListener(name, done, { once: true });
  video.addEventListener('error', () => fail(new Error(video.error?.message)), { once: true });
});

async function openFile(text) {
  video.src = URL.createObjectURL(new Blob([bytes(text)], { type: 'video/mp4' }));
  await once(video, 'loadeddata');
  return { width: video.videoWidth, height: video.videoHeight, duration: video.duration };
}

let buffers = {};
async function openStream(codecs) {
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await once(source, 'sourceopen');
  for (const [type, codec] of Object.entries(codecs)) {
    buffers[type] = source.addSourceBuffer(`${type}/mp4; codecs="${codec}"`);
  }
  window.source = source;
}

async function append(type, text) {
  buffers[type].appendBuffer(bytes(text));
  await once(buffers[type], 'updateend');
  const ranges = buffers[type].buffered;
  return Array.from({ length: ranges.length }, (_, index) => [ranges.start(index), ranges.end(index)]);
}

// The number that a frame carries: 16 blocks in its upper half, black or white.
async function frameAt(seconds) {
  const shown = new Promise((done) => video.requestVideoFrameCallback(done));
  const sought = once(video, 'seeked');
  video.currentTime = seconds;
  await Promise.all([shown, sought]);
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  const { data } = context.getImageData(0, Math.floor(canvas.height / 4), canvas.width, 1);
  let number = 0;
  for (let bit = 0; bit < 16; bit++) {
    const middle = Math.floor(((bit + 0.5) * canvas.width) / 16);
    if (data[4 * middle] > 127) number |= 1 << bit;
  }
  return number;
}
</script>
"""


@pytest.fixture(scope="module")
async def page() -> AsyncIterator[Page]:
    """A page of Debian's Chromium with a player in it."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=RendererSettings.load().chromium, args=["--no-sandbox", "--mute-audio"]
        )
        page = await chromium.new_page()
        await page.set_content(PLAYER)
        yield page
        await chromium.close()


def text(data: bytes) -> str:
    """Bytes as a page takes them."""
    return base64.b64encode(data).decode()


def sought(frames: int) -> list[int]:
    """Frames around every join, the ends, and some at random, in no order."""
    joins = {frame + step for frame in STARTS for step in (-1, 0, 1) if 0 <= frame + step < frames}
    chosen = sorted(joins | {frames - 1} | set(random.Random(5).sample(range(frames), min(8, frames))))
    random.Random(6).shuffle(chosen)
    return chosen


async def seen(page: Page, frames: list[int], rate: Fraction) -> list[int]:
    """The number on the frame that is shown in the middle of each frame's time."""
    return [await page.evaluate("frameAt", float((frame + Fraction(1, 2)) / rate)) for frame in frames]


@pytest.mark.parametrize(
    ("rate", "codec"),
    [
        (Fraction(24), Codec.H264),
        (Fraction(30000, 1001), Codec.H264),
        (Fraction(60), Codec.H264),
        (Fraction(24), Codec.AV1),
    ],
    ids=["24", "29.97", "60", "AV1"],
)
async def test_every_seek_in_the_film_lands_on_its_frame(
    rate: Fraction, codec: Codec, page: Page, tmp_path: Path
) -> None:
    """Across all joins, in any order, to the last frame; size and length are the film's."""
    profile = Profile(160, 96, rate, codec=codec)
    path = film(tmp_path / "film.mp4", pieces(LENGTHS, profile), mix_for(FRAMES, profile), profile)
    opened: dict[str, Any] = await page.evaluate("openFile", text(path.read_bytes()))
    frames = sought(FRAMES)

    assert (opened["width"], opened["height"]) == (160, 96)
    assert opened["duration"] == pytest.approx(FRAMES / rate, abs=0.001)
    assert await seen(page, frames, rate) == frames


async def test_the_stream_plays_while_it_grows(page: Page) -> None:
    """Two cuts are there and can be sought in; the others come in another order; in the end it is the whole film."""
    profile = Profile(160, 96, Fraction(24))
    drawn, heard = parts_of(pieces(LENGTHS, profile), profile)
    await page.evaluate("openStream", {"video": drawn[0].codecs, "audio": heard.codecs})
    for track, parts in (("video", [part.fragments[0] for part in drawn]), ("audio", list(heard.fragments))):
        await page.evaluate("([track, data]) => append(track, data)", [track, text(_header(track, drawn[0], heard))])
        for data in parts[:2]:
            ranges = await page.evaluate("([track, data]) => append(track, data)", [track, text(data)])
        assert len(ranges) == 1
        assert ranges[0][0] == pytest.approx(0, abs=0.03)
        assert ranges[0][1] == pytest.approx(25 / 24, abs=0.03)
    # Decoders keep the last pictures back until they know what follows.
    early = [frame for frame in sought(25) if frame < 16]
    assert await seen(page, early, profile.frame_rate) == early

    for number in (4, 2, 3):
        await page.evaluate("([track, data]) => append(track, data)", ["video", text(drawn[number].fragments[0])])
    for data in heard.fragments[2:]:
        ranges = await page.evaluate("([track, data]) => append(track, data)", ["audio", text(data)])
    await page.evaluate("source.endOfStream()")
    frames = sought(FRAMES)
    assert await page.evaluate("video.buffered.length") == 1
    assert await page.evaluate("video.duration") == pytest.approx(FRAMES / 24, abs=0.03)
    assert await seen(page, frames, profile.frame_rate) == frames


def _header(track: str, drawn: streaming.Parts, heard: streaming.Parts) -> bytes:
    return drawn.header if track == "video" else heard.header


def test_the_pattern_is_read_as_it_is_written() -> None:
    """The page's way of reading a number and the measuring room's agree on what was drawn."""
    luma, _, _ = measure.numbered(0b1010_0000_0000_0101, 160, 96)
    row = luma[24]
    bits = [int(row[int((bit + 0.5) * 160 / 16)] > 127) for bit in range(16)]
    assert sum(bit << place for place, bit in enumerate(bits)) == measure.number_of(luma) == 0b1010_0000_0000_0101
