"""A speech model small enough to build, train and save in a test: its letters are tones, and its words are tunes.

Runs as a program in the interpreter that has NeMo: `python tests/audio/tiny_model.py OUT.nemo`. It is no control of
anything that people say; it proves that a .nemo file is restored, hears, and gives times and probabilities.
"""

from __future__ import annotations

import random
import sys

import numpy as np
from numpy.typing import NDArray

LETTERS = "abcde"
LETTER_S, REST_S = 0.16, 0.24
RATE_HZ = 16_000


def tones(text: str, rate_hz: int) -> tuple[NDArray[np.float32], list[tuple[str, float, float]]]:
    """A text as tones, shape (samples,), and its words with their beginnings and ends in seconds."""
    time_s = np.arange(round(REST_S * rate_hz)) / rate_hz
    rest = 0.3 * np.sin(2 * np.pi * 150 * time_s)  # a low hum, which is the space between words
    parts = [rest]
    words = []
    for word in text.split():
        begin = sum(map(len, parts)) / rate_hz
        for letter in word:
            time_s = np.arange(round(LETTER_S * rate_hz)) / rate_hz
            hz = 300 * 1.6 ** LETTERS.index(letter)
            tone = np.sin(2 * np.pi * hz * time_s) * np.minimum(
                1, 12 * np.minimum(time_s, LETTER_S - time_s) / LETTER_S
            )
            parts.append(0.3 * tone)
        words.append((word, begin, sum(map(len, parts)) / rate_hz))
        parts.append(rest)
    return np.concatenate(parts).astype(np.float32), words


def main(path: str) -> None:
    """Build, train and save."""
    import torch
    from nemo.collections.asr.models import EncDecCTCModel
    from omegaconf import OmegaConf

    torch.manual_seed(1)
    torch.set_num_threads(2)
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
                    "window_size": 0.025,
                    "window_stride": 0.01,
                    "features": 32,
                    "dither": 0.0,
                    "pad_to": 0,
                },
                "encoder": {
                    "_target_": modules + "ConvASREncoder",
                    "activation": "relu",
                    "feat_in": 32,
                    "jasper": [
                        {**block, "filters": 48, "kernel": [11], "stride": [2]},
                        {**block, "filters": 48, "kernel": [11], "stride": [1]},
                    ],
                },
                "decoder": {
                    "_target_": modules + "ConvASRDecoder",
                    "feat_in": 48,
                    "num_classes": len(labels),
                    "vocabulary": labels,
                },
            }
        )
    )
    optimiser = torch.optim.Adam(model.parameters(), lr=8e-3)
    model.train()
    for _ in range(220):
        texts = [" ".join("".join(draw.choices(LETTERS, k=draw.randint(1, 4))) for _ in range(3)) for _ in range(8)]
        takes = [torch.from_numpy(tones(text, RATE_HZ)[0]) for text in texts]
        targets = [torch.tensor([labels.index(char) for char in text]) for text in texts]
        probabilities, frames, _ = model.forward(
            input_signal=torch.nn.utils.rnn.pad_sequence(takes, batch_first=True),
            input_signal_length=torch.tensor([len(take) for take in takes]),
        )
        loss = torch.nn.functional.ctc_loss(
            probabilities.transpose(0, 1),
            torch.cat(targets),
            frames,
            torch.tensor([len(target) for target in targets]),
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
