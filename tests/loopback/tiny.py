"""A campaign of four seconds with everything in it, made from nothing, and a fan's inputs for it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml
from numpy.typing import NDArray

from tests.audio import singer

ROOT = Path(__file__).parents[2]
RATE_HZ = 48_000
FRAMES, RATE = 96, 24
SAMPLES = FRAMES * RATE_HZ // RATE
LINE = (12_000, 180_000)
WIDTH, HEIGHT = 96, 160

SCORE = [
    singer.Sung(LINE[0] + index * 24_000, LINE[0] + index * 24_000 + 22_000, midi, vowel)
    for index, (midi, vowel) in enumerate(zip((60, 64, 67, 65, 64, 62, 60), "aeioaeu", strict=True))
]

# Off-key, but by an amount that nobody would call another melody.
FAN = singer.Fan(detune_cents=45, vibrato_cents=20, scoop_cents=60, timing_ms=10)


def write_campaign(folder: Path, campaign: str = "tiny") -> Path:
    """Write the campaign's folder."""
    (folder / "song").mkdir(parents=True)
    (folder / "shots").mkdir()
    (folder / "song" / "band.flac").write_bytes(flac(backing()))
    (folder / "song" / "guide.flac").write_bytes(flac(guide()))
    notes = [
        {
            "start_samples": note.start,
            "end_samples": note.end,
            "midi": note.midi,
            "syllable": "la",
            "visemes": note.vowel,
        }
        for note in SCORE
    ]
    (folder / "song" / "melody.json").write_text(json.dumps({"notes": notes}))
    (folder / "voice_chain.yaml").write_text((ROOT / "services/audio/chains/lead.yaml").read_text())
    for name, layers in _shots().items():
        shot = {"id": name, "width": WIDTH, "height": HEIGHT, "frames": 24, "layers": layers}
        (folder / "shots" / f"{name}.yaml").write_text(yaml.safe_dump(shot, sort_keys=False))
    document = {
        "id": campaign,
        "title": "Four seconds",
        "locales": ["en"],
        "profile": {
            "width": WIDTH,
            "height": HEIGHT,
            "frame_rate": {"numerator": RATE, "denominator": 1},
            "quality": 30,
            "preset": "ultrafast",
        },
        "song": {
            "tempo_bpm": 120,
            "stems": ["song/band.flac"],
            "guide": "song/guide.flac",
            "melody": "song/melody.json",
            "take_start_samples": LINE[0],
            "take_end_samples": LINE[1],
        },
        "cuts": [
            {"id": "opening", "shot": "shots/opening.yaml", "kind": "CUT_KIND_FIXED"},
            {"id": "fan", "shot": "shots/fan.yaml", "kind": "CUT_KIND_PERSONAL"},
            {"id": "name", "shot": "shots/name.yaml", "kind": "CUT_KIND_PERSONAL"},
            {"id": "ending", "shot": "shots/ending.yaml", "kind": "CUT_KIND_FIXED"},
        ],
        "policy": {"untranscribed": "UNTRANSCRIBED_POLICY_PUBLISH", "name_max_graphemes": 24, "keep_hours": 1},
        "voice_chain": "voice_chain.yaml",
        "fan_kit": {
            "stills": [
                {"id": "portrait", "width": 64, "height": 64, "staging": {"dance": "idle_sway"}, "sticker": True}
            ]
        },
    }
    (folder / "campaign.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return folder


def backing() -> NDArray[np.float32]:
    """The band, without any voice."""
    return singer.backing(SAMPLES)


def guide() -> NDArray[np.float32]:
    """The line as it should be sung."""
    return singer.sing(SCORE, SAMPLES, singer.Fan(), seed=9).voice


def flac(samples: NDArray[np.float32]) -> bytes:
    """A FLAC of these samples, shape (samples,) or (samples, channels)."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def take(seed: int = 4) -> bytes:
    """The fan's line as a phone records it: WAV, mono, late and off-key."""
    length = LINE[1] - LINE[0] + 24_000
    line = [singer.Sung(note.start - LINE[0], note.end - LINE[0], note.midi, note.vowel) for note in SCORE]
    voice = singer.sing(line, length, FAN, seed=seed).voice
    heard = singer.phone(voice, backing()[LINE[0] : LINE[0] + length], late_samples=4_000, bleed_db=-25)
    file = io.BytesIO()
    soundfile.write(file, heard, RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


def selfie() -> bytes:
    """The astronaut's portrait in scikit-image's package (NASA, public domain), as a JPEG."""
    from PIL import Image
    from skimage import data

    file = io.BytesIO()
    picture: Any = data.astronaut()  # type: ignore[no-untyped-call]
    Image.fromarray(picture).save(file, "JPEG", quality=90)
    return file.getvalue()


def _shots() -> dict[str, list[dict[str, Any]]]:
    def sky(red: int, green: int, blue: int) -> dict[str, Any]:
        color = {"red": red, "green": green, "blue": blue}
        return {"name": "sky", "solid": {"width": WIDTH, "height": HEIGHT, "color": color}}

    def words(text: str, y: int) -> dict[str, Any]:
        fill = {"red": 255, "green": 255, "blue": 255}
        style = {"size_px": 18, "fill": fill, "justification": "JUSTIFICATION_CENTER", "fit_width_px": 80}
        return {"name": "words", "text": {"text": text, **style}, "transform": {"position": {"value": [48, y]}}}

    avatar = {"name": "fan", "avatar": {"staging": {"dance": "idle_sway", "sings": True}}}
    return {
        "opening": [words("four", 80), sky(60, 20, 90)],
        "fan": [words("{name}", 140), avatar, sky(20, 60, 90)],
        "name": [words("hi {name}!", 80), sky(90, 20, 60)],
        "ending": [words("bye", 80), sky(20, 20, 20)],
    }
