"""The command line says what is wrong in a line, before any work is done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
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
        timeout=200,
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


def test_files_that_cannot_be_read_or_written_are_named(tmp_path: Path) -> None:
    """Every command says which file and why in a line, with a status, and no number of an error and no traceback."""
    (tmp_path / "afile").write_text("x")
    (tmp_path / "broken.json").write_text("[")
    commands = {
        "check nowhere": "nowhere is no folder",
        "import none.json --into mine": "none.json: No such file or directory",
        "import broken.json --into mine": "broken.json: is no JSON: ",
        "script afile/x.jsx": "afile: File exists",
        "script /dev/full": "/dev/full: No space left on device",
        "library show --part none.glb": "none.glb: No such file or directory",
        "library check none.glb": "none.glb: No such file or directory",
        "library check afile": "NotGltf: the file is no glTF binary",
        "library export x.vrm --recipe none.json": "none.json: No such file or directory",
        "library export x.vrm": "what is to be exported?",
        "library sheet --out afile": "afile: File exists",
        "kit check none": "none: No such file or directory",
        "demo --out afile": "afile",
    }
    with ThreadPoolExecutor(2) as both:
        ended = dict(zip(commands, both.map(lambda words: run(*words.split(), folder=tmp_path), commands), strict=True))
    for words, said in commands.items():
        told = ended[words].stdout + ended[words].stderr
        assert ended[words].returncode in {1, 2}, words
        assert said in told, (words, told)
        assert "Traceback" not in told, words
        assert "Errno" not in told, words
    assert {path.name for path in tmp_path.iterdir()} <= {"afile", "broken.json", "out"}


def test_ctrl_c_ends_a_command_without_a_word(tmp_path: Path) -> None:
    """Neither the command nor the program that it runs shows where it was."""
    command = [sys.executable, "-m", "fancam.cli", "library", "show", "--port", "0"]
    checking = [sys.executable, "-m", "fancam.cli", "library", "sheet", "--out", str(tmp_path / "sheets")]
    for words, ready in ((command, "library at http"), (checking, "")):
        child = subprocess.Popen(
            words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        )
        assert child.stdout is not None
        if ready:
            assert child.stdout.readline().startswith(ready)
        else:
            while not (tmp_path / "sheets").is_dir():
                time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, errors = child.communicate(timeout=120)
        assert child.returncode in {0, 130}, errors
        assert "Traceback" not in out + errors


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
