"""Who hears the words, and that nobody pretends to."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from services.audio import speech
from tests.audio.conftest import RATE_HZ

TAKE = np.zeros(2 * RATE_HZ, np.float32)

# Stands for NeMo's process only in how it may end: the protocol is the real one, spoken by services/audio/hearing.py.
CHILD = """
import json, sys, time
print(json.dumps({answer}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    {then}
"""


def child(answer: dict[str, str], then: str) -> tuple[str, ...]:
    """A process that answers as told."""
    return (sys.executable, "-c", CHILD.format(answer=repr(answer), then=then))


def test_nobody_hears_nothing() -> None:
    """The default engine has no words and says that it has not listened."""
    ear = speech.start("none", "")

    assert ear.transcribe(TAKE, "en") == speech.Transcript("none", heard=False)


def test_a_script_is_read_in_the_takes_time(tmp_path: Path) -> None:
    """Seconds become samples; words after the take's end were not sung."""
    path = tmp_path / "words.json"
    path.write_text(
        json.dumps([{"text": "hey", "start_s": 0.5, "end_s": 1}, {"text": "later", "start_s": 5, "end_s": 6}])
    )

    heard = speech.start("script", str(path)).transcribe(TAKE, "en")

    assert heard == speech.Transcript("script", heard=True, words=(speech.Word("hey", 24_000, 48_000),))


@pytest.mark.parametrize("text", ["{}", "[1]", '[{"text": "a"}]', '[{"text": "a", "start_s": 2, "end_s": 1}]', "words"])
def test_a_bad_script_is_refused(text: str, tmp_path: Path) -> None:
    """What is no list of words with times is refused by its path, not at the first take."""
    path = tmp_path / "words.json"
    path.write_text(text)
    if text == "{}":
        assert speech.start("script", str(path)).transcribe(TAKE, "en").words == ()
        return

    with pytest.raises(speech.EngineRefused, match=r"words\.json"):
        speech.start("script", str(path))


def test_unknown_engines_and_missing_models_are_refused(tmp_path: Path) -> None:
    """A misspelt engine or an unmounted model stops the service, rather than letting takes through unheard."""
    with pytest.raises(speech.EngineRefused, match="'whisper' is not one of"):
        speech.start("whisper", "")
    with pytest.raises(speech.EngineRefused, match="needs a file"):
        speech.start("nemo", str(tmp_path / "absent.nemo"))


def test_nemo_answers_from_its_own_process(tmp_path: Path) -> None:
    """The take reaches the process as 16 kHz sound, the language is named, and words come back with their times."""
    then = (
        "import wave; sound = wave.open(request['path']); rate = sound.getframerate(); "
        "word = {'text': request['locale'] + str(rate), 'start_s': 0, 'end_s': sound.getnframes() / rate}; "
        "print(json.dumps({'words': [word]}), flush=True)"
    )
    ear = speech.Nemo(tmp_path / "model.nemo", child({"ready": "x"}, then))
    try:
        heard = ear.transcribe(TAKE, "ko")
    finally:
        ear.close()

    assert heard == speech.Transcript("nemo:model", heard=True, words=(speech.Word("ko16000", 0, 96_000),))


def test_a_failing_or_dying_engine_has_not_heard(tmp_path: Path) -> None:
    """An error, or the end of the process, is told apart from silence."""
    for then, message in (
        ("print(json.dumps({'error': 'no memory'}), flush=True)", "no memory"),
        ("sys.exit(3)", "ended with 3"),
    ):
        ear = speech.Nemo(tmp_path / "model.nemo", child({"ready": "x"}, then))
        try:
            with pytest.raises(speech.NotHeard, match=message):
                ear.transcribe(TAKE, "en")
        finally:
            ear.close()


def test_a_model_that_does_not_load_is_refused(tmp_path: Path) -> None:
    """What the process says about the model reaches the operator."""
    with pytest.raises(speech.EngineRefused, match="not a gzip file"):
        speech.Nemo(tmp_path / "model.nemo", child({"error": "not a gzip file"}, "pass"))


def test_without_nemo_the_process_says_so(tmp_path: Path) -> None:
    """The real child process answers in its protocol when NeMo is not installed or the file is no model."""
    path = tmp_path / "model.nemo"
    path.write_bytes(b"not a model")
    with pytest.raises(speech.EngineRefused, match=r"did not load: [A-Z][A-Za-z]+Error"):
        speech.Nemo(path)


@pytest.mark.speech
def test_a_real_model_is_restored_and_hears(tmp_path: Path) -> None:
    """A NeMo model that was built and saved here is restored from its file and gives words with times."""
    pytest.importorskip("nemo.collections.asr")
    from nemo.collections.asr.models import EncDecCTCModel

    omegaconf = pytest.importorskip("omegaconf")

    labels = [" ", *"abcdefghijklmnopqrstuvwxyz'"]
    block = {
        "filters": 64,
        "repeat": 1,
        "kernel": [11],
        "dilation": [1],
        "dropout": 0.0,
        "residual": False,
        "separable": True,
    }
    module = "nemo.collections.asr.modules."
    config = {
        "sample_rate": 16_000,
        "labels": labels,
        "preprocessor": {
            "_target_": module + "AudioToMelSpectrogramPreprocessor",
            "sample_rate": 16_000,
            "window_size": 0.025,
            "window_stride": 0.01,
            "features": 64,
            "dither": 0.0,
            "pad_to": 0,
        },
        "encoder": {
            "_target_": module + "ConvASREncoder",
            "activation": "relu",
            "feat_in": 64,
            "jasper": [{**block, "stride": [2]}, {**block, "stride": [1]}],
        },
        "decoder": {
            "_target_": module + "ConvASRDecoder",
            "feat_in": 64,
            "num_classes": len(labels),
            "vocabulary": labels,
        },
    }
    path = tmp_path / "tiny.nemo"
    EncDecCTCModel(cfg=omegaconf.OmegaConf.create(config)).save_to(str(path))
    ear = speech.start("nemo", str(path))
    try:
        heard = ear.transcribe(np.random.default_rng(1).normal(0, 0.1, 2 * RATE_HZ).astype(np.float32), "en")
    finally:
        ear.close()

    assert (heard.engine, heard.heard) == ("nemo:tiny", True)
    assert all(0 <= word.start_samples <= word.end_samples <= 2 * RATE_HZ + RATE_HZ // 2 for word in heard.words)
