"""What runs on this machine is said as it is, and so is what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fancam.doctor import Finding, speech_to_text

NEMO = """#!/bin/sh
echo 3.0.0
"""


def speech(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Finding:
    """What is said of speech to text under these settings."""
    for name, value in settings.items():
        monkeypatch.setenv(f"FANCAM_AUDIO_SPEECH_{name.upper()}", value)
    return speech_to_text()


def test_without_an_engine_the_reason_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Either NeMo is not installed, or it is and was not chosen."""
    (tmp_path / "python").write_text(NEMO)
    (tmp_path / "python").chmod(0o755)

    absent = speech(monkeypatch, engine="none")
    idle = speech(monkeypatch, engine="none", python=str(tmp_path / "python"))

    assert (absent.verdict, idle.verdict) == ("instead", "instead")
    assert "make setup-speech" in absent.found
    assert "NeMo 3.0.0 is there, but FANCAM_AUDIO_SPEECH_ENGINE is not nemo" in idle.found


def test_a_chosen_engine_without_its_parts_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The model's file and the package are told apart, and with both all is well."""
    (tmp_path / "python").write_text(NEMO)
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "speech.nemo").write_bytes(b"model")
    model = str(tmp_path / "speech.nemo")

    unmounted = speech(monkeypatch, engine="nemo", model="/nowhere.nemo")
    alone = speech(monkeypatch, model=model, python=sys.executable)
    whole = speech(monkeypatch, python=str(tmp_path / "python"))

    assert [one.verdict for one in (unmounted, alone, whole)] == ["missing", "missing", "good"]
    assert "FANCAM_AUDIO_SPEECH_MODEL is '/nowhere.nemo'" in unmounted.found
    assert "has no NeMo" in alone.found
    assert whole.found == f"NeMo 3.0.0, {model}"
