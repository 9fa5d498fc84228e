"""Who hears the words, and that nobody pretends to."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile

from fancam.v1.audio_pb2 import DECISION_PUBLISH, SingRequest
from fancam.v1.campaign_pb2 import WordAction, WordRule
from services.audio import lyrics, speech
from tests.audio.conftest import OFF_KEY, RATE_HZ, ROOT, START, StartMesh, Studio, wav, with_rules
from tests.audio.tiny_model import sung

WORD_TIMES_S, PLACED_S = 0.3, 0.15
"""An engine's word begins and ends within a letter of where it does; a forced one begins where its letters do."""

NEIGHBOUR_S = 0.12
"""How much of the word before may go with a censored one."""

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


def interpreter() -> str:
    """The one in which NeMo is installed: that of `make setup-speech`, or this one."""
    own = ROOT / ".venv-speech" / "bin" / "python"
    if own.exists():
        return str(own)
    return sys.executable if importlib.util.find_spec("nemo") else ""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A NeMo model that is built, trained on sung vowels and saved here."""
    python = interpreter()
    if not python:
        pytest.skip("NeMo is not installed: make setup-speech")
    path = tmp_path_factory.mktemp("model") / "tiny.nemo"
    subprocess.run([python, "-P", str(ROOT / "tests/audio/tiny_model.py"), str(path)], check=True, timeout=1000)
    return path


@pytest.mark.speech
@pytest.mark.timeout(1200)
def test_a_real_model_is_restored_and_hears(tiny: Path) -> None:
    """The model is restored from its file in a process of its own, and hears words that it was not trained on, in time.

    Its letters are sung vowels; the frames it gives place the words a second time, and take the side of what was sung.
    """
    take, words = sung("aei uo iea", letter_s=0.3, rest_s=0.3, draw=Random(77))
    ear = speech.start("nemo", str(tiny), interpreter())
    try:
        heard = ear.transcribe(take, "en")
    finally:
        ear.close()

    assert (heard.engine, heard.heard) == ("nemo:tiny", True)
    assert [word.text for word in heard.words] == [text for text, _, _ in words]
    for word, (_, start_s, end_s) in zip(heard.words, words, strict=True):
        assert abs(word.start_samples / RATE_HZ - start_s) <= WORD_TIMES_S
        assert abs(word.end_samples / RATE_HZ - end_s) <= WORD_TIMES_S
    assert heard.emissions is not None
    placed = lyrics.place(heard.emissions, [text for text, _, _ in words])
    assert all(
        abs(start / RATE_HZ - truth) <= PLACED_S for (start, _, _), (_, truth, _) in zip(placed, words, strict=True)
    )
    span = heard.words[0].start_samples, heard.words[0].end_samples
    assert lyrics.margin(heard.emissions, "aei", "oei", *span) > lyrics.SURE
    assert lyrics.margin(heard.emissions, "oei", "aei", *span) < -lyrics.SURE


@pytest.mark.speech
@pytest.mark.timeout(1200)
async def test_a_model_hears_a_take_through_the_service(
    tiny: Path, start_mesh: StartMesh, studio: Studio, tmp_path: Path
) -> None:
    """An off-key take is heard by the mounted model, and a word that the operator lists is bleeped from end to end."""
    (tmp_path / "la.txt").write_text("# source: this test\n# licence: CC0-1.0\n# severity: 3\n# match: stem\naeiou\n")
    mesh = await start_mesh(
        patience_s=speech.START_S,
        FANCAM_AUDIO_SPEECH_ENGINE="nemo",
        FANCAM_AUDIO_SPEECH_MODEL=str(tiny),
        FANCAM_AUDIO_SPEECH_PYTHON=interpreter(),
        FANCAM_AUDIO_LEXICONS=str(tmp_path),
    )
    rule = WordRule(severity=3, action=WordAction.WORD_ACTION_BLEEP)
    take = studio.take(OFF_KEY, bleed_db=-20)
    request = SingRequest(take=await mesh.take(wav(take)), pressing=await with_rules(mesh, studio, rule))

    result = [event async for event in mesh.stub.Sing(request, timeout=300)][-1].result

    verdict = result.verdict
    assert (verdict.engine, verdict.transcribed, verdict.decision) == ("nemo:tiny", True, DECISION_PUBLISH)
    (finding,) = verdict.findings
    assert (finding.text[:5], finding.entry, finding.action) == ("aeiou", "la:aeiou", rule.action)
    # The line's second half, from the breath to the end, is one word.
    (censored,) = verdict.censored
    said = [note for note in studio.score if note.start >= START + 4 * RATE_HZ]
    first, last = said[0].start - START, said[-1].end - START
    energy = np.square(take, dtype=np.float64)
    assert energy[max(first, censored.start_samples) : censored.end_samples].sum() > 0.99 * energy[first:last].sum()
    before = max(note.end for note in studio.score if note.end <= said[0].start) - START
    assert before - censored.start_samples < NEIGHBOUR_S * RATE_HZ
    voice, _ = soundfile.read(BytesIO(await mesh.store.get(result.voice)), dtype="float32")
    inside = voice[len(voice) // 2 + RATE_HZ : -RATE_HZ]
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside))))
    assert spectrum.argmax() * RATE_HZ / len(inside) == pytest.approx(1000, abs=2)
