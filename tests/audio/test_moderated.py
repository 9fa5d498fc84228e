"""Moderation through the service: what a campaign writes is what is heard, and a bad list stops the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fancam.v1.audio_pb2 import DECISION_PUBLISH, ModerateNameRequest, SingRequest
from fancam.v1.campaign_pb2 import WordAction, WordRule
from tests.audio.conftest import OFF_KEY, RATE_HZ, ROOT, Mesh, StartMesh, Studio, wav, with_rules

# Inside of a note, where the voice is loud.
SAID_S = (3.0, 3.5)
QUIET = 0.02


@pytest.fixture(scope="module")
async def mesh(start_mesh: StartMesh, tmp_path_factory: pytest.TempPathFactory) -> Mesh:
    """The service with a transcript of a hard word and with a list of the operator's."""
    folder = tmp_path_factory.mktemp("moderated")
    script = folder / "words.json"
    script.write_text(json.dumps([{"text": "Fuuuck", "start_s": SAID_S[0], "end_s": SAID_S[1]}]))
    lists = folder / "lists"
    lists.mkdir()
    (lists / "eo.txt").write_text("# source: x\n# licence: CC0-1.0\n# severity: 3\nkanajlo\n")
    ear = {"FANCAM_AUDIO_SPEECH_ENGINE": "script", "FANCAM_AUDIO_SPEECH_MODEL": str(script)}
    return await start_mesh(**ear, FANCAM_AUDIO_LEXICONS=str(lists))


async def test_a_rule_that_mutes_is_heard(mesh: Mesh, studio: Studio) -> None:
    """A hard word that the campaign mutes leaves a film with silence in the voice there, and the verdict says where."""
    rule = WordRule(severity=3, category="profanity", action=WordAction.WORD_ACTION_MUTE)
    request = SingRequest(
        take=await mesh.take(wav(studio.take(OFF_KEY))), pressing=await with_rules(mesh, studio, rule)
    )

    events = [event async for event in mesh.stub.Sing(request, timeout=120)]
    result = events[-1].result

    assert (result.verdict.decision, result.verdict.transcribed) == (DECISION_PUBLISH, True)
    (finding,) = result.verdict.findings
    assert (finding.action, finding.entry) == (WordAction.WORD_ACTION_MUTE, "en:fuck")
    (censored,) = result.verdict.censored
    assert censored.start_samples < SAID_S[0] * RATE_HZ < SAID_S[1] * RATE_HZ < censored.end_samples
    assert result.verdict.deviations
    assert (len(result.verdict.policy), len(result.verdict.lexicon)) == (64, 64)
    voice, _ = soundfile.read(BytesIO(await mesh.store.get(result.voice)), dtype="float32")
    late = result.report.offset_samples
    said = voice[round(SAID_S[0] * RATE_HZ) - late : round(SAID_S[1] * RATE_HZ) - late]
    assert np.abs(said).max() < QUIET
    assert np.abs(voice[: 2 * RATE_HZ]).max() > 5 * QUIET


async def test_a_mounted_list_is_asked_too(mesh: Mesh, studio: Studio) -> None:
    """A name that only the operator's list knows is refused."""
    reply = await mesh.stub.ModerateName(
        ModerateNameRequest(name="K4najlo", pressing=await mesh.press(studio)), timeout=60
    )

    assert [finding.entry for finding in reply.verdict.findings] == ["eo:kanajlo"]


def test_a_list_that_is_wrong_stops_the_service(tmp_path: Path) -> None:
    """No take is let through by a list that was not understood: the process ends with file and line."""
    (tmp_path / "eo.txt").write_text("kanajlo\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FANCAM_")}
    environment |= {
        "FANCAM_AUDIO_LEXICONS": str(tmp_path),
        "FANCAM_SERVER_LISTEN": "127.0.0.1:0",
        "FANCAM_ARTIFACTS_URL": (tmp_path / "store").as_uri(),
        "FANCAM_ARTIFACTS_CACHE": str(tmp_path / "cache"),
    }

    done = subprocess.run(
        [sys.executable, "-m", "services.audio"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode != 0
    assert "eo.txt:1: the list must say" in done.stderr
