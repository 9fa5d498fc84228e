"""A designer's fans are drawn by the renderer that films use, before anything is pressed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from fancam.artifacts import ArtifactStore
from fancam.casting import Casting, Part
from fancam.errors import InvalidRequest
from fancam.v1.campaign_pb2 import Pressing
from media.sheet import Cell, labelled
from services.compositor.rehearsal import company
from services.compositor.service import read_shot
from services.compositor.studio import Studio
from tests.assembler.conftest import as_bytes, tiny_campaign
from tests.assembler.studio import Studio as Renderer

ROOT = Path(__file__).resolve().parents[2]

RECIPE = {"parts": {"hair": "bob"}, "colors": {"skin": {"red": 120, "green": 80, "blue": 60}}}
STAGING = {"dance": "idle_sway", "cameraPosition": {"value": [0, 1, 3]}}


@pytest.fixture
async def renderer(store: ArtifactStore) -> AsyncIterator[Renderer]:
    async with Renderer.open(store) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, data in as_bytes(tiny_campaign()).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


async def test_a_part_is_asked_for_on_the_films_clock(renderer: Renderer, store: ArtifactStore, folder: Path) -> None:
    """With its song, so that dance and lips are in time; again while every page of the renderer is taken."""
    document = yaml.safe_load((folder / "campaign.yaml").read_text())
    document["song"]["band_melody"] = "song/band.json"
    (folder / "campaign.yaml").write_text(yaml.safe_dump(document))
    (folder / "song" / "band.json").write_text('{"notes": [{"syllable": "oh"}]}')
    renderer.busy = 2
    casting = Casting(folder, artifacts=store, renderer=renderer.address)
    drawn = await casting.draw(Part(RECIPE, STAGING, 12, 6, 24, 64, 96), lambda *_: None)

    (asked,) = renderer.passes
    assert (asked.film_first_frame, asked.shot_first_frame, asked.frames) == (12, 6, 24)
    assert asked.recipe.parts["hair"] == "bob"
    assert list(asked.staging.camera_position.value) == [0, 1, 3]
    song = Pressing()
    await store.get_message(asked.pressing, song)
    assert (song.campaign.song.tempo_bpm, song.profile.frame_rate.numerator) == (120, 24)
    sung = [yaml.safe_load(await store.get(song.files[f"song/{name}.json"])) for name in ("melody", "band")]
    assert [line["notes"][0]["syllable"] for line in sung] == ["la", "oh"]
    assert (drawn.width, drawn.height) == (64, 96)
    assert drawn.clip[4:8] == b"ftyp"


async def test_a_campaign_s_own_parts_are_worn_in_previews(
    renderer: Renderer, store: ArtifactStore, folder: Path
) -> None:
    """The renderer packs them as for a press; one that is not there, or outside the folder, is named instead."""
    document = yaml.safe_load((folder / "campaign.yaml").read_text())
    (folder / "cap.glb").write_bytes(b"a cap")
    casting = Casting(folder, artifacts=store, renderer=renderer.address)
    (folder / "campaign.yaml").write_text(yaml.safe_dump({**document, "parts": ["cap.glb"]}))
    await casting.draw(Part(RECIPE, STAGING, 12, 6, 4, 64, 96), lambda *_: None)

    drawn_with = Pressing()
    await store.get_message(renderer.passes[0].pressing, drawn_with)
    assert await store.get(drawn_with.parts["cap.glb"].packed) == b"a cap"

    (folder.parent / "other.glb").write_bytes(b"of somebody else")
    for path in ("gone.glb", "../other.glb"):
        (folder / "campaign.yaml").write_text(yaml.safe_dump({**document, "parts": [path]}))
        with pytest.raises(InvalidRequest, match=f"{path} is not in the campaign"):
            await casting.draw(Part(RECIPE, STAGING, 12, 6, 4, 64, 96), lambda *_: None)


async def test_a_campaign_that_cannot_be_read_is_named(renderer: Renderer, store: ArtifactStore, folder: Path) -> None:
    """Before the renderer is asked."""
    (folder / "campaign.yaml").write_text("id: [")
    casting = Casting(folder, artifacts=store, renderer=renderer.address)
    with pytest.raises(InvalidRequest, match=r"campaign.yaml is no YAML"):
        await casting.draw(Part(RECIPE, STAGING, 0, 0, 4, 64, 96), lambda *_: None)
    assert renderer.passes == []


async def test_a_figure_stands_in_until_the_avatar_is_drawn(
    renderer: Renderer, store: ArtifactStore, folder: Path
) -> None:
    """The page is told when the pass is there; asked again, it gets the avatar, which is drawn only once."""
    studio = Studio(folder, Casting(folder, artifacts=store, renderer=renderer.address), company(folder), read_shot)
    cut = {"id": "close", "shot": "shots/fan.yaml", "start_frame": 12, "first_frame": 6, "frames": 24}
    news = studio.listen()
    await anext(news)
    drawing = asyncio.create_task(studio.draw())
    before = studio.rehearse(cut, studio.fans[0], 96, 160)
    assert [each["ready"] for each in before["passes"]] == [False]
    key = before["passes"][0]["key"]
    figure = studio.packets(key)
    while '"drawn"' not in (told := await anext(news)):
        pass
    assert json.loads(told.removeprefix("data: ")) == {"kind": "drawn", "key": key, "fault": ""}
    after = studio.rehearse(cut, studio.fans[0], 96, 160)
    drawing.cancel()

    assert [each["ready"] for each in after["passes"]] == [True]
    assert studio.packets(key) != figure
    assert after["files"]["pass:fan"] != before["files"]["pass:fan"]
    assert b",6,true]" in studio.packets(key)[:4000], "its first frame is called as the shot calls it"
    assert len(renderer.passes) == 1


async def test_a_renderers_refusal_is_told_at_the_slot(renderer: Renderer, store: ArtifactStore, folder: Path) -> None:
    """The figure stays, with the reason beside it, and nobody asks for ever."""
    (folder / "recipes/mika.json").write_text('{"partz": 1}')
    studio = Studio(folder, Casting(folder, artifacts=store, renderer=renderer.address), company(folder), read_shot)
    cut = {"id": "intro", "shot": "shots/band.yaml", "start_frame": 0, "first_frame": 0, "frames": 12}
    news = studio.listen()
    await anext(news)
    drawing = asyncio.create_task(studio.draw())
    studio.rehearse(cut, studio.fans[0], 96, 160)
    while '"drawn"' not in (told := await anext(news)):
        pass
    drawing.cancel()
    assert "partz" in json.loads(told.removeprefix("data: "))["fault"]
    (slot,) = studio.rehearse(cut, studio.fans[0], 96, 160)["passes"]
    assert "partz" in slot["fault"]


def sheet(folder: Path, target: Path, timeline: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.compositor.sheet", str(folder), str(target)]
    return subprocess.run(
        command, cwd=ROOT, input=json.dumps(timeline), capture_output=True, text=True, check=False, timeout=120
    )


def test_a_contact_sheet_has_a_frame_of_every_cut(page: Path, folder: Path, tmp_path: Path) -> None:
    """Drawn as films are drawn, with its cut's name beneath; a shot that cannot be drawn is named instead."""
    checker = [sys.executable, "-m", "services.assembler.check", str(folder), "--json"]
    timeline = json.loads(subprocess.run(checker, cwd=ROOT, capture_output=True, check=True).stdout)
    assert [cut["id"] for cut in timeline["cuts"]] == ["intro", "close", "outro"]
    ended = sheet(folder, tmp_path / "sheets" / "one.png", timeline)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    drawn = Image.open(tmp_path / "sheets" / "one.png")
    assert drawn.size == (3 * 252 + 12, 426 + 44 + 12)
    corner = drawn.getpixel((252 + 12 + 8, 12 + 8))
    assert isinstance(corner, tuple)
    assert corner[2] > corner[0] + 20, "the night of the shot is blue"

    (folder / "shots/fan.yaml").write_text("id: fan\n")
    ended = sheet(folder, tmp_path / "two.png", timeline)
    assert ended.returncode == 1
    assert "shot.width" in ended.stdout or "width" in ended.stdout
    assert not (tmp_path / "two.png").exists()


def test_what_the_compositor_refuses_is_named_before_anything_is_drawn(folder: Path, tmp_path: Path) -> None:
    """Every shot, with file, field and reason, as Compose would say it."""
    shot = yaml.safe_load((folder / "shots/fan.yaml").read_text())
    shot["layers"][0]["motion_blur"] = True
    (folder / "shots/fan.yaml").write_text(yaml.safe_dump(shot))
    timeline = {"cuts": [{"shot": "shots/band.yaml"}, {"shot": "shots/fan.yaml"}, {"shot": "shots/fan.yaml"}]}
    ended = sheet(folder, tmp_path / "no.png", timeline)
    assert ended.returncode == 1
    (line,) = ended.stdout.splitlines()
    assert line.startswith("shots/fan.yaml: layers[0].motion_blur: 'look' is an adjustment layer")
    assert not (tmp_path / "no.png").exists()


def test_words_that_are_too_long_for_a_picture_are_cut() -> None:
    """A cell never writes into its neighbour."""
    cells = [Cell(Image.new("RGB", (60, 40)), "a very long name of a cut indeed", "x" * 200, marked=True)] * 2
    drawn = labelled(cells)
    gap = drawn.crop((12 + 61, 12 + 44, 12 + 70, drawn.height))
    assert len(gap.getcolors() or ()) == 1


def test_the_check_says_what_an_export_lost(folder: Path) -> None:
    """Beside the shot lies what it lost; strict makes faults of what is to be seen."""
    report = {
        "composition": "Fan",
        "layer": "lamp",
        "property": "Effects/Warp",
        "severity": "lost",
        "why": "no such effect",
    }
    losses = [report, {**report, "severity": "note", "why": "sound comes from the song"}]
    (folder / "shots/fan.losses.json").write_text(json.dumps({"losses": losses}))
    checker = [sys.executable, "-m", "services.assembler.check", str(folder)]
    loose = subprocess.run(checker, cwd=ROOT, capture_output=True, text=True, check=False)
    strict = subprocess.run([*checker, "--strict"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert loose.returncode == 0
    assert "2 losses of export are on record, 1 of them to be seen" in loose.stdout
    assert strict.returncode == 1
    assert "shots/fan.losses.json: layer 'lamp', Effects/Warp: no such effect (composition 'Fan')" in strict.stdout
    assert ": 1 fault (" in strict.stdout

    (folder / "shots/fan.losses.json").write_text(json.dumps({"composition": "Fan", "frame_rate": 25, "losses": []}))
    strict = subprocess.run([*checker, "--strict"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Frame Rate: the composition has 25 frames per second, the film 24" in strict.stdout

    (folder / "shots/fan.losses.json").write_text("[]")
    broken = subprocess.run([*checker, "--strict"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "is no loss report" in broken.stdout


def test_a_followed_check_answers_every_line(folder: Path) -> None:
    """One process, one line of JSON per question, each with the folder as it is then."""
    checker = subprocess.Popen(
        [sys.executable, "-m", "services.assembler.check", str(folder), "--follow"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert checker.stdin is not None
    assert checker.stdout is not None
    first = json.loads(checker.stdout.readline())
    (folder / "song/all.flac").unlink()
    checker.stdin.write("\n")
    checker.stdin.flush()
    second = json.loads(checker.stdout.readline())
    checker.stdin.close()
    assert checker.wait() == 0
    checker.stdout.close()
    assert (first["faults"], first["rate"], first["width"]) == ([], [24, 1], 160)
    assert [fault["where"] for fault in second["faults"]] == ["song.stems[0]"]
