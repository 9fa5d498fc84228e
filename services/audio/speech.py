"""Who hears the words of a take: nobody (`none`), a given transcript (`script`), or NeMo with a mounted model (`nemo`).

Without an engine nothing pretends to have listened: the transcript says that it was not heard, and the campaign's
policy decides.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from services.audio.decode import RATE_HZ, Mono

START_S = 180.0
"""Importing NeMo takes 12 to 19 s and restoring a large model a minute more."""

HEAR_S = 90.0

HEARING = str(Path(__file__).with_name("hearing.py"))
"""The program that hears. It runs as a file, in whichever interpreter has NeMo."""


class EngineRefused(Exception):  # noqa: N818  named for what its operator reads
    """The engine cannot be had: unknown, without its model, or its model does not load."""


class NotHeard(Exception):  # noqa: N818
    """The engine failed on this take."""


@dataclass(frozen=True)
class Word:
    """A word and when it was sung, in samples at 48 kHz from the start of the take."""

    text: str
    start_samples: int
    end_samples: int

    def later(self, samples: int) -> Word:
        """The same word so much later."""
        return Word(self.text, self.start_samples + samples, self.end_samples + samples)


@dataclass(frozen=True, eq=False)
class Emissions:
    """How probable an engine held each of its letters, frame by frame (connectionist temporal classification).

    Attributes:
        log_probabilities: Natural logarithms, shape (frames, labels).
        labels: Letters or pieces of words; `▁` begins a word where pieces do.
        blank: The label of no letter.
        frame_s: Seconds per frame.
    """

    log_probabilities: NDArray[np.float32]
    labels: tuple[str, ...]
    blank: int
    frame_s: float


@dataclass(frozen=True)
class Transcript:
    """What was heard.

    Attributes:
        engine: `none`, `script`, or `nemo:<model>`.
        heard: False when nobody has listened; no words then means nothing.
        words: In order.
        emissions: The sound in the engine's letters, where it gives them.
    """

    engine: str
    heard: bool
    words: tuple[Word, ...] = ()
    emissions: Emissions | None = None


class Speech(Protocol):
    """An engine that turns a take into words."""

    name: str

    def transcribe(self, take: Mono, locale: str) -> Transcript:
        """Hear a take in the language of a BCP 47 tag.

        Raises:
            NotHeard: The engine failed; the take is then as unheard as with no engine.
        """
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...


def start(engine: str, model: str, python: str = "") -> Speech:
    """The engine of that name.

    Args:
        engine: `none`, `script` or `nemo`.
        model: Path of the transcript or of the .nemo file.
        python: The interpreter in which NeMo is installed; empty for this one.

    Raises:
        EngineRefused: There is no such engine, or its file is missing or unfit.
    """
    if engine == "none":
        return Nobody()
    if engine not in {"script", "nemo"}:
        raise EngineRefused(f"speech engine {engine!r} is not one of none, script, nemo")
    path = Path(model)
    if not model or not path.is_file():
        raise EngineRefused(f"speech engine {engine!r} needs a file, and {model!r} is none")
    return Script(path) if engine == "script" else Nemo(path, (python or sys.executable, "-P", HEARING))


class Nobody:
    """No engine: nothing is heard, and the transcript says so."""

    name = "none"

    def transcribe(self, take: Mono, locale: str) -> Transcript:
        """Nothing."""
        return Transcript(self.name, heard=False)

    def close(self) -> None:
        """Nothing is held."""


class Script:
    """A transcript that somebody wrote: JSON, a list of `{"text", "start_s", "end_s"}` in the take's own time."""

    name = "script"

    def __init__(self, path: Path) -> None:
        try:
            self._words = tuple(_word(entry) for entry in json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError) as error:
            raise EngineRefused(f"{path} is not a list of words with text, start_s and end_s: {error!r}") from error

    def transcribe(self, take: Mono, locale: str) -> Transcript:
        """The words that lie inside of the take."""
        return Transcript(
            self.name, heard=True, words=tuple(word for word in self._words if word.start_samples < len(take))
        )

    def close(self) -> None:
        """Nothing is held."""


def _word(entry: dict[str, Any]) -> Word:
    start_s, end_s = float(entry["start_s"]), float(entry["end_s"])
    if not 0 <= start_s <= end_s:
        raise ValueError(f"{entry['text']!r} runs from {start_s} to {end_s} s")
    return Word(str(entry["text"]), round(start_s * RATE_HZ), round(end_s * RATE_HZ))


def _emissions(answer: dict[str, Any]) -> Emissions:
    table: NDArray[np.float32] = np.load(answer["path"]).astype(np.float32)
    return Emissions(table, tuple(answer["labels"]), int(answer["blank"]), float(answer["frame_s"]))


class Nemo:
    """NVIDIA NeMo with a local model, in a process of its own: its import takes seconds and 0.7 GB."""

    def __init__(self, path: Path, command: Sequence[str] = (sys.executable, "-P", HEARING)) -> None:
        self.name = f"nemo:{path.stem}"
        self._child = subprocess.Popen(
            [*command, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name=self.name, daemon=True).start()
        try:
            answer = self._read(START_S)
        except NotHeard as error:
            self.close()
            raise EngineRefused(f"{path} did not load: {error}") from error
        if "ready" not in answer:
            self.close()
            raise EngineRefused(f"{path} did not load: {answer.get('error', answer)}")

    def transcribe(self, take: Mono, locale: str) -> Transcript:
        """The words with their times; the language is forced, since guessing it is where such models go wrong."""
        with tempfile.TemporaryDirectory(prefix="hear-") as folder:
            path = Path(folder) / "take.wav"
            soundfile.write(path, resample_poly(take, 1, 3), 16_000)
            assert self._child.stdin is not None
            try:
                self._child.stdin.write(json.dumps({"path": str(path), "locale": locale}) + "\n")
                self._child.stdin.flush()
            except OSError as error:
                raise NotHeard(f"{self.name} has ended") from error
            answer = self._read(HEAR_S)
            emissions = _emissions(answer["emissions"]) if "emissions" in answer else None
        if "words" not in answer:
            raise NotHeard(f"{self.name}: {answer.get('error', 'no answer')}")
        words = tuple(_word(entry) for entry in answer["words"])
        return Transcript(self.name, heard=True, words=words, emissions=emissions)

    def close(self) -> None:
        """End the process."""
        if self._child.poll() is None:
            self._child.terminate()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdin is not None:
            self._child.stdin.close()

    def _listen(self) -> None:
        """Pass the child's lines on until it ends; the empty line is the end."""
        assert self._child.stdout is not None
        with self._child.stdout as lines:
            for line in lines:
                self._answers.put(line)
        self._answers.put("")

    def _read(self, timeout_s: float) -> dict[str, Any]:
        """The child's next line."""
        try:
            line = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            self.close()
            raise NotHeard(f"{self.name} gave no answer within {timeout_s:.0f} s") from None
        if not line:
            raise NotHeard(f"the process of {self.name} has ended with {self._child.wait(10)}")
        answer: dict[str, Any] = json.loads(line)
        return answer
