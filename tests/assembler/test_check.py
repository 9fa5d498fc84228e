"""A campaign folder is checked from the command line, before anything is packed or drawn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.assembler.conftest import ROOT, as_bytes, tiny_campaign


def check(folder: Path, files: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Write the campaign to a folder and check it as `fancam check` does."""
    for path, data in as_bytes(files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    command = [sys.executable, "-m", "services.assembler.check", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_good_campaign_is_shown_as_a_timeline(tmp_path: Path) -> None:
    """What is fixed, what is personal, and what of that will be a plate; hidden files do not matter."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "campaign.yaml").write_text("not this one")
    result = check(tmp_path, tiny_campaign())

    assert result.returncode == 0, result.stderr
    assert "personal  close" in result.stdout
    assert "2 of 5 layers in a plate" in result.stdout
    assert "2.00 s, of which 1.00 s personal in 3 cuts" in result.stdout


def test_faults_are_listed_and_end_the_check_with_a_status(tmp_path: Path) -> None:
    """One line per fault, with file, layer and property."""
    files = tiny_campaign()
    files["shots/fan.yaml"]["layers"][3]["parent"] = "ghost"
    del files["song/all.flac"]
    result = check(tmp_path, files)

    assert result.returncode == 1
    assert "shots/fan.yaml: layer 'lamp', parent: there is no layer 'ghost'\n" in result.stdout
    assert "campaign.yaml: song.stems[0]: song/all.flac is not in the campaign\n" in result.stdout
    assert "2 faults" in result.stdout


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"{"])
def test_a_broken_root_document_is_one_clear_line(content: bytes, tmp_path: Path) -> None:
    """No traceback for a designer."""
    result = check(tmp_path, {"campaign.yaml": content})

    assert result.returncode == 1
    assert result.stdout.startswith("campaign.yaml: is ")
    assert result.stderr == ""


def test_a_folder_without_a_campaign_says_so(tmp_path: Path) -> None:
    """The wrong folder is not an empty campaign."""
    result = check(tmp_path, {"readme.txt": b"hello"})

    assert result.returncode == 1
    assert "campaign.yaml: is not in the campaign" in result.stdout
