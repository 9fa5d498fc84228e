"""The process that `speech.Nemo` starts: restores a local .nemo model, then answers one line of JSON per take.

The only module that imports NeMo. Never downloads: `restore_from` reads the file it is given.
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
            say({"words": _hear(model, request["path"], request["locale"])})
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


def _own_line_out() -> TextIO:
    """Standard output for answers alone: NeMo prints to it too, and from here on that goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], _own_line_out()))
