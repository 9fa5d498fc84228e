"""A speech model small enough to build, train and save in a test: it hears which vowels are sung, and where words part.

Runs as a program in the interpreter that has NeMo: `python tests/audio/tiny_model.py OUT.nemo`. It is no control of
anything that people say; it proves that a .nemo file is restored, hears a voice, and gives times and probabilities.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.audio import singer

LETTERS = "aeiou"
RATE_HZ = 16_000

TAKES, STEPS, BATCH = 72, 260, 8

Timed = list[tuple[str, float, float]]
"""Words with their beginnings and ends in seconds."""


def sung(text: str, letter_s: float, rest_s: float, draw: random.Random) -> tuple[NDArray[np.float32], Timed]:
    """A text as somebody sings it into a phone, a letter per note, rests around words; shape (samples,) at 48 kHz."""
    score, words, at_s = [], [], rest_s
    for word in text.split():
        begin_s = at_s
        for vowel in word:
            start, end = round(at_s * singer.RATE_HZ), round((at_s + letter_s) * singer.RATE_HZ)
            score.append(singer.Sung(start, end, draw.randint(57, 71), vowel))
            at_s += letter_s
        words.append((word, begin_s, at_s))
        at_s += rest_s
    fan = singer.Fan(detune_cents=60, vibrato_cents=25, scoop_cents=60, breath=0.02)
    seed = draw.randint(0, 10**6)
    voice = singer.sing(score, round(at_s * singer.RATE_HZ), fan, seed).voice
    take = singer.phone(voice, None, late_samples=0, bleed_db=None, snr_db=draw.uniform(24, 40), seed=seed)
    return take, words


def some_text(draw: random.Random) -> str:
    """One to three words in which no letter follows itself: one vowel held on is one letter to any ear."""
    made = []
    for _ in range(draw.randint(1, 3)):
        word = draw.choice(LETTERS)
        for _ in range(draw.randint(1, 7)):
            word += draw.choice(LETTERS.replace(word[-1], ""))
        made.append(word)
    return " ".join(made)


def main(path: str) -> None:
    """Build, train and save."""
    import torch
    from nemo.collections.asr.models import EncDecCTCModel
    from omegaconf import OmegaConf
    from scipy.signal import resample_poly

    torch.manual_seed(1)
    torch.set_num_threads(1)
    draw = random.Random(1)
    labels = [" ", *LETTERS]
    block = {"repeat": 1, "dilation": [1], "dropout": 0.0, "residual": False, "separable": False}
    modules = "nemo.collections.asr.modules."
    model = EncDecCTCModel(
        cfg=OmegaConf.create(
            {
                "sample_rate": RATE_HZ,
                "labels": labels,
                "preprocessor": {
                    "_target_": modules + "AudioToMelSpectrogramPreprocessor",
                    "sample_rate": RATE_HZ,
                    "window_size": 0.032,
                    "window_stride": 0.02,
                    "features": 40,
                    "dither": 0.0,
                    "pad_to": 0,
                },
                "encoder": {
                    "_target_": modules + "ConvASREncoder",
                    "activation": "relu",
                    "feat_in": 40,
                    "jasper": [
                        {**block, "filters": 64, "kernel": [9], "stride": [2]},
                        {**block, "filters": 64, "kernel": [9], "stride": [1]},
                        {**block, "filters": 64, "kernel": [5], "stride": [1]},
                    ],
                },
                "decoder": {
                    "_target_": modules + "ConvASRDecoder",
                    "feat_in": 64,
                    "num_classes": len(labels),
                    "vocabulary": labels,
                },
            }
        )
    )
    texts = [some_text(draw) for _ in range(TAKES)]
    takes = []
    for text in texts:
        take, _ = sung(text, draw.uniform(0.15, 0.5), draw.uniform(0.12, 0.35), draw)
        takes.append(torch.from_numpy(resample_poly(take, 1, 3).astype(np.float32)))
    targets = [torch.tensor([labels.index(char) for char in text]) for text in texts]
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    model.train()
    for _ in range(STEPS):
        batch = draw.sample(range(TAKES), BATCH)
        probabilities, frames, _ = model.forward(
            input_signal=torch.nn.utils.rnn.pad_sequence(
                [takes[index] * draw.uniform(0.3, 1.5) for index in batch], batch_first=True
            ),
            input_signal_length=torch.tensor([len(takes[index]) for index in batch]),
        )
        loss = torch.nn.functional.ctc_loss(
            probabilities.transpose(0, 1),
            torch.cat([targets[index] for index in batch]),
            frames,
            torch.tensor([len(targets[index]) for index in batch]),
            blank=len(labels),
            zero_infinity=True,
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()
    model.save_to(path)


if __name__ == "__main__":
    main(sys.argv[1])
