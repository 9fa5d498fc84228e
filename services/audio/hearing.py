"""The process that `speech.Nemo` starts: restores a local .nemo model, then answers one line of JSON per take.

The only module that imports NeMo. It imports nothing of this project and runs as a file, since NeMo wants versions of
its own of packages that the mesh has too: it lives in an environment of its own (`make setup-speech`). Never downloads:
`restore_from` reads the file it is given.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from typing import Any, TextIO


def main(model_path: str, answers: TextIO) -> int:
    """Answer requests `{"path", "locale"}` from standard input until it ends."""

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")

    try:
        from nemo.collections.asr.models import ASRModel

        model = ASRModel.restore_from(model_path, map_location="cpu")
        model.eval()
    except Exception as error:
        # Whatever is wrong with the model file or the installation is the operator's to read.
        say({"error": f"{type(error).__name__}: {error}"})
        return 1
    say({"ready": type(model).__name__})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer: dict[str, Any] = {"words": _hear(model, request["path"], request["locale"])}
            emissions = _emit(model, request["path"])
            say(answer | ({"emissions": emissions} if emissions else {}))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
    return 0


def _hear(model: Any, path: str, locale: str) -> list[dict[str, object]]:
    options: dict[str, Any] = {"timestamps": True, "batch_size": 1, "verbose": False}
    # Models that speak several languages fail without one ("Unknown prompt key"); the others do not know the word.
    if "target_lang" in inspect.signature(model.transcribe).parameters or hasattr(model, "prompt"):
        options |= {"source_lang": locale, "target_lang": locale}
    found = model.transcribe([path], **options)
    hypothesis = found[0][0] if isinstance(found[0], list) else found[0]
    return [
        {"text": entry["word"], "start_s": float(entry["start"]), "end_s": float(entry["end"])}
        for entry in hypothesis.timestamp["word"]
    ]


def _emit(model: Any, path: str) -> dict[str, object]:
    """The model's letters frame by frame, in a file beside the take; nothing of a model that has no CTC decoder."""
    import numpy as np
    import soundfile
    import torch

    decoder = getattr(model, "ctc_decoder", None) or getattr(model, "decoder", None)
    vocabulary = list(getattr(decoder, "vocabulary", None) or [])
    if decoder is None or not vocabulary or not hasattr(decoder, "num_classes_with_blank"):
        return {}
    samples, rate_hz = soundfile.read(path, dtype="float32")
    signal = torch.from_numpy(samples)[None].to(model.device)
    length = torch.tensor([len(samples)], device=model.device)
    with torch.inference_mode():
        given = model.forward(input_signal=signal, input_signal_length=length)
        # Models with two decoders give what is encoded; those with one, its probabilities.
        table = decoder(encoder_output=given[0]) if hasattr(model, "ctc_decoder") else given[0]
    frames = table[0][: int(given[1][0])].float().cpu().numpy()
    name = path + ".npy"
    np.save(name, frames)
    frame_s = len(samples) / rate_hz / max(1, len(frames))
    return {"path": name, "labels": vocabulary, "blank": len(vocabulary), "frame_s": frame_s}


def _own_line_out() -> TextIO:
    """Standard output for answers alone: NeMo prints to it too, and from here on that goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], _own_line_out()))
