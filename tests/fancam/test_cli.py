"""The command line says what is wrong in a line, before any work is done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fancam.keys import Keys


def run(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of ours in an empty folder; no mesh answers."""
    return subprocess.run(
        [sys.executable, "-m", "fancam.cli", *words],
        cwd=folder,
        env={**os.environ, "FANCAM_MESH_REST": "http://192.0.2.1:1", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    """A selfie and a take that exist."""
    (tmp_path / "selfie.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "take.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    return ["--selfie", "selfie.jpg", "--take", "take.wav", "--name", "Ada"]


def test_results_that_could_not_be_kept_are_refused_first(tmp_path: Path, inputs: list[str]) -> None:
    """A file stands where the folder should be: no film is made for nothing."""
    ended = run("film", *inputs, "--out", "take.wav", folder=tmp_path)
    assert ended.returncode == 1
    assert "take.wav" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_missing_file_is_named_as_it_was_given(tmp_path: Path, inputs: list[str]) -> None:
    """Brackets in a name are no markup."""
    inputs[1] = "[/me].jpg"
    ended = run("film", *inputs, "--out", "out", folder=tmp_path)
    assert (ended.returncode, ended.stdout.strip()) == (1, "there is no file [/me].jpg")


@pytest.mark.parametrize("size", ["7", "0x0", "180x0", "x", "-1x5"])
def test_a_size_without_area_is_refused(tmp_path: Path, inputs: list[str], size: str) -> None:
    """Nothing is pressed at another size than the one that was asked for."""
    ended = run("film", *inputs, "--out", "out", "--size", size, folder=tmp_path)
    assert ended.returncode == 2
    assert "is not a size such as" in ended.stderr


def test_a_misspelt_setting_is_named_without_a_traceback(tmp_path: Path, inputs: list[str]) -> None:
    """With the settings that exist."""
    ended = run("film", *inputs, "--out", "out", folder=tmp_path, FANCAM_MESH_NOPE="1")
    assert ended.returncode == 1
    assert "FANCAM_MESH_NOPE is not a setting; known:" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_mesh_elsewhere_that_does_not_answer_is_named(tmp_path: Path, inputs: list[str]) -> None:
    """No mesh of our own is started in its place."""
    ended = run("film", *inputs, "--out", "out", folder=tmp_path)
    assert (ended.returncode, ended.stdout.strip()) == (1, "no gateway answers at http://192.0.2.1:1")


def test_files_that_are_no_selfie_and_no_take_are_refused_first(tmp_path: Path, inputs: list[str]) -> None:
    """Swapped by mistake: both are named, before a mesh is looked for."""
    inputs[1], inputs[3] = inputs[3], inputs[1]
    ended = run("film", *inputs, "--out", "out", folder=tmp_path)
    assert ended.returncode == 1
    assert "take.wav: this is not a JPEG, PNG, WebP or HEIF picture" in ended.stdout
    assert "selfie.jpg: this is not a WAV" in ended.stdout
    assert "gateway" not in ended.stdout + ended.stderr


def test_designers_commands_say_what_is_wrong_in_a_line(tmp_path: Path) -> None:
    """A folder that is no campaign, a file that is no Lottie: named, without a traceback, and nothing is started."""
    (tmp_path / "intro.json").write_text("[]")
    commands = {
        ("preview", "."): "holds no campaign.yaml",
        ("press", "."): "holds no campaign.yaml",
        ("check", "."): "campaign.yaml: is not in the campaign",
        ("import", "intro.json", "--into", "mine"): "intro.json: the document has no layers: it is no Lottie file",
    }
    for words, said in commands.items():
        ended = run(*words, folder=tmp_path)
        assert ended.returncode == 1, words
        assert said in ended.stdout
        assert "Traceback" not in ended.stdout + ended.stderr
    assert not (tmp_path / "mine").exists()


def test_the_after_effects_script_is_one_file(tmp_path: Path) -> None:
    """It holds the exporter whole, and the command says where it belongs."""
    ended = run("script", "export.jsx", folder=tmp_path)
    assert ended.returncode == 0
    assert "Scripts/ScriptUI Panels" in ended.stdout
    text = (tmp_path / "export.jsx").read_text()
    assert "fancam.exportCompositions = function" in text
    assert "@include" not in text


def test_the_operators_key_is_that_of_the_gateway(tmp_path: Path) -> None:
    """What is printed is the key that a gateway with this secret asks for, and nothing else."""
    ended = run("key", folder=tmp_path, FANCAM_GATEWAY_SECRET="a secret of this test")
    assert (ended.returncode, ended.stdout.strip()) == (0, Keys(b"a secret of this test").operator())
