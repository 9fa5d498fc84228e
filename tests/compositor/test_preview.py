"""What a designer sees while making a campaign is what the compositor draws, and each change is seen at once."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
import yaml
from google.protobuf.json_format import ParseDict
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Page, async_playwright
from skimage.metrics import structural_similarity

from fancam.artifacts import SHARED, ArtifactStore
from fancam.v1.compositor_pb2 import ComposeRequest
from fancam.v1.media_pb2 import StreamProfile
from fancam.v1.shot_pb2 import Shot
from services.compositor import watch
from services.compositor.job import Wanted
from services.compositor.rehearsal import LIBRARY, BadDocument, crowd, document, short_footage, stand_in
from services.compositor.watch import changed, changes, stamps
from stage.webgl import FLAGS, SOFTWARE
from tests.assembler.conftest import as_bytes, tiny_campaign
from tests.compositor.material import png

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 160, 284

# A preview goes to a canvas, a film through 4:2:0 and H.264: brightness is alike in structure, colour on average.
SAME = 0.99
COLOUR = 3.0


def picture() -> bytes:
    """A gradient with an edge in it."""
    rows, columns = np.mgrid[:80, :120]
    rgb = np.stack([rows * 3, columns * 2, np.where(columns > 60, 200, 40)], axis=-1)
    return png(rgb.astype(np.uint8))


def campaign() -> dict[str, Any]:
    """The tiny campaign, with a shot that moves, turns, glows and says a name, and no avatar in it."""
    files = tiny_campaign()
    turn = {"keyframes": [{"frame": 0, "value": [-20]}, {"frame": 24, "value": [25]}]}
    ground = {"width": WIDTH, "height": HEIGHT, "color": {"red": 30, "green": 20, "blue": 90}}
    files["art/card.png"] = picture()
    files["shots/band.yaml"] = {
        "id": "band", "width": WIDTH, "height": HEIGHT, "frames": 24,
        "layers": [
            {"name": "look", "adjustment": {}, "effects": [{"vignette": {"darkness": 0.4, "offset": 0.3}}]},
            {"name": "title", "text": {"text": "{name}", "size_px": 30}, "transform": {"position": {"value": [80, 60]}}},  # noqa: E501
            {"name": "card", "image": {"path": "art/card.png"}, "transform": {"rotation": turn}},
            {"name": "ground", "solid": ground},
        ],
    }  # fmt: skip
    for cut in (0, 2):
        files["campaign.yaml"]["cuts"][cut]["kind"] = "CUT_KIND_PERSONAL"
    return files


def write(folder: Path, files: dict[str, Any]) -> None:
    for path, data in as_bytes(files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


Open = Callable[[str], Awaitable[Page]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("campaign")
    write(made, campaign())
    (made / "shots" / "band.losses.json").write_text(
        '{"losses": [{"composition": "Band", "layer": "card", "property": "Effects/Warp", "severity": "lost",'
        ' "why": "no effect ADBE WARP here"}]}'
    )
    return made


@pytest.fixture(scope="module")
async def address(page: Path, folder: Path) -> AsyncIterator[str]:
    """The preview, served as `fancam preview --no-fans` does."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.compositor.preview", str(folder), "--port", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    line = (await child.stdout.readline()).decode()
    yield line.split(" at ")[1].strip()
    child.terminate()
    await child.wait()


@pytest.fixture(scope="module")
async def open_page(address: str) -> AsyncIterator[Open]:
    """Opens the page in the designer's browser; `open_page("cut=intro&frame=3")`."""
    way = SOFTWARE[0]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[*FLAGS, *way.flags],
            env={"PATH": os.defpath, "HOME": os.path.expanduser("~"), **way.environment},
        )
        shown = await browser.new_page()
        shown.set_default_timeout(60_000)

        async def opened(query: str) -> Page:
            await shown.goto(f"{address}?scale=1&{query}")
            return shown

        yield opened
        await browser.close()


async def canvas(page: Page) -> NDArray[np.uint8]:
    """What is on the canvas, (height, width, 3)."""
    data = await page.evaluate(
        "async () => Array.from(new Uint8Array(await (await new Promise(done =>"
        " document.getElementById('picture').toBlob(done, 'image/png'))).arrayBuffer()))"
    )
    return np.asarray(Image.open(io.BytesIO(bytes(data))).convert("RGB"))


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """SSIM of two pictures' brightness."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    found: float = structural_similarity(first @ weights, second @ weights, data_range=255)  # type: ignore[no-untyped-call]
    return found


async def test_the_preview_draws_what_compose_draws(
    open_page: Open, folder: Path, service: Any, store: ArtifactStore
) -> None:
    """Frame for frame the designer sees the film: the same player, the same files, the same name."""
    shot = ParseDict(yaml.safe_load((folder / "shots/band.yaml").read_text()), Shot())
    card = await store.put(SHARED, picture(), "image/png")
    profile = StreamProfile(width=WIDTH, height=HEIGHT, frame_rate={"numerator": 24, "denominator": 1}, quality=1)
    request = ComposeRequest(shot=shot, profile=profile, name="Zoë", scope=SHARED, files={"art/card.png": card})
    events = [event async for event in service.Compose(request, timeout=60)]
    with av.open(io.BytesIO(await store.get(events[-1].result.segment)), "r") as film:
        frames: list[Any] = [frame.to_ndarray(format="rgb24") for frame in film.decode(film.streams.video[0])]

    for number in (0, 7):
        page = await open_page(f"cut=intro&frame={number}&name=Zoë")
        await page.wait_for_selector(f'body[data-frame="{number}"]')
        seen = await canvas(page)
        assert seen.shape == frames[number].shape
        assert likeness(seen, frames[number]) >= SAME
        assert np.abs(seen.astype(float) - frames[number]).mean() < COLOUR
    assert likeness(frames[0], frames[7]) < SAME, "the two frames differ"


async def test_a_changed_file_is_seen_without_a_reload(open_page: Open, folder: Path) -> None:
    """The designer saves, and the open page draws the new shot at the same frame."""
    page = await open_page("cut=intro&frame=5")
    await page.wait_for_selector('body[data-frame="5"]')
    before, version = await canvas(page), int(await page.get_attribute("body", "data-version") or 0)
    shot = campaign()["shots/band.yaml"]
    shot["layers"][3]["solid"]["color"] = {"red": 240, "green": 230, "blue": 40}
    (folder / "shots/band.yaml").write_text(yaml.safe_dump(shot))
    await page.wait_for_selector(f'body[data-version="{version + 1}"][data-frame="5"]')
    after = await canvas(page)

    assert after[270, 10, 0] > before[270, 10, 0] + 60
    assert after[270, 10, 2] < before[270, 10, 2] - 20


@pytest.mark.parametrize(
    ("changed_to", "name", "words"),
    [
        (("shots/band.yaml", "id: [\n"), "BadDocument", "shots/band.yaml is no YAML in line 2"),
        (("shots/band.yaml", "id: band\nlayerz: []\n"), "ShotInvalid", "layerz"),
        (("art/card.png", "no picture"), "BadFootage", "art/card.png"),
    ],
)
async def test_a_bad_file_is_named_over_the_picture(
    open_page: Open, folder: Path, changed_to: tuple[str, str], name: str, words: str
) -> None:
    """No blank page: the error's name, the file and the reason; when the file is mended the picture is back."""
    path, content = changed_to
    write(folder, {path: campaign()[path]})
    page = await open_page("cut=intro&frame=2")
    await page.wait_for_selector('body[data-frame="2"]')
    (folder / path).write_text(content)
    await page.wait_for_selector(f'body[data-fault="{name}"]')
    assert words in await page.inner_text("#fault")

    write(folder, {path: campaign()[path]})
    await page.wait_for_selector("#fault", state="hidden")
    assert (await canvas(page)).any()


async def test_what_the_check_says_is_listed_with_layer_and_property(open_page: Open, folder: Path) -> None:
    """Faults that leave the picture as it is are named beside it, and go when they are mended."""
    page = await open_page("cut=intro")
    shot = campaign()["shots/fan.yaml"]
    shot["layers"][3]["parent"] = "ghost"
    write(folder, {"shots/fan.yaml": shot})
    await page.wait_for_selector("#faults li:has-text(\"layer 'lamp', parent\")")
    assert "there is no layer 'ghost' · shots/fan.yaml" in await page.inner_text("#faults")
    write(folder, {"shots/fan.yaml": campaign()["shots/fan.yaml"]})
    await page.wait_for_selector("#faults:not(:has(li))", state="attached")


async def test_the_page_shows_cuts_slots_losses_and_safe_areas(open_page: Open) -> None:
    """Everything that a designer asks stands on one page."""
    page = await open_page("cut=close&guides=both")
    await page.wait_for_selector('body[data-cut="close"]')
    assert await page.locator("#cuts button").all_inner_texts() == ["intro\n12", "close\n24", "outro\n12"]
    assert await page.locator("#slots b").all_inner_texts() == ["name · name", "avatar · fan"]
    assert "frames 4 – 23" in await page.inner_text("#slots")
    assert "card › Effects/Warp" in await page.inner_text("#losses")
    assert await page.locator("#overlay circle").count() == 4
    assert await page.locator("#overlay rect").count() > 5
    assert await page.locator(".track").count() == 5


async def test_frames_are_stepped_scrubbed_and_played(open_page: Open) -> None:
    """Keys step by one frame, a click on the tracks goes there, and playing goes on by itself."""
    page = await open_page("cut=close&frame=3")
    await page.wait_for_selector('body[data-frame="3"]')
    await page.keyboard.press("ArrowRight")
    await page.wait_for_selector('body[data-frame="4"]')
    box = await page.locator("#layers").bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + 150 + (box["width"] - 150) * 12.5 / 24, box["y"] + 8)
    await page.wait_for_selector('body[data-frame="12"]')
    await page.uncheck("#loop")
    await page.click("#play")
    await page.wait_for_selector('body[data-cut="outro"]')


async def test_a_fan_may_be_drawn_by_lot(open_page: Open) -> None:
    """Each press brings somebody new into the picker, chosen and shown."""
    page = await open_page("cut=close")
    await page.wait_for_selector('body[data-cut="close"]')
    count = await page.locator("#fan option").count()
    await page.click("#lot")
    await page.wait_for_selector(f"#fan option >> nth={count}", state="attached")
    assert await page.input_value("#fan") == await page.locator("#fan option").nth(count).get_attribute("value")


async def test_only_the_campaign_is_served_and_only_to_this_machine(address: str) -> None:
    """No path leads out of the folder, and no other site's page may ask."""
    async with httpx.AsyncClient(base_url=address) as http:
        assert (await http.get("file/image/art/card.png")).status_code == 200
        assert (await http.get("file/image/..%2F..%2Fetc/passwd")).status_code == 404
        assert (await http.get("file/image/%2Fetc/passwd")).status_code == 404
        assert (await http.get("state", headers={"Host": "evil.example"})).status_code == 400
        assert (await http.get("rehearse?cut=ghost")).json()["error"]["name"] == "NotFound"
        assert "default-src 'self'" in (await http.get("")).headers["content-security-policy"]


def test_fans_by_lot_are_the_same_for_the_same_seed() -> None:
    """Each has what nobody goes without and wears nothing that hides another; all tones of skin come."""
    catalogue = json.loads((LIBRARY / "catalogue.json").read_text())
    covers = {(part["group"], part["id"]): part.get("covers") for part in catalogue["parts"]}
    fans = crowd(400, seed=4)
    assert fans == crowd(400, seed=4)
    assert fans != crowd(400, seed=5)
    worn = [fan.recipe["parts"] for fan in fans]
    assert all(parts.keys() >= set(catalogue["required"]) for parts in worn)
    assert 60 < sum("eyewear" in parts for parts in worn) < 200
    hidden = [parts for parts in worn if covers.get(("headwear", parts.get("headwear"))) == "all"]
    assert hidden
    assert not any(parts.keys() & {"jewellery", "aids", "necklace", "forehead"} for parts in hidden)
    assert len({str(fan.recipe["colors"]["skin"]) for fan in fans}) == 30


def test_documents_that_cannot_be_read_say_where(tmp_path: Path) -> None:
    """The file and the line, never a traceback; nothing outside the folder is read."""
    (tmp_path / "a.yaml").write_text("id: a\nb: [1\n")
    with pytest.raises(BadDocument, match=r"a.yaml is no YAML in line 3"):
        document(tmp_path, "a.yaml")
    with pytest.raises(BadDocument, match="leads outside"):
        document(tmp_path, "../a.yaml")
    with pytest.raises(BadDocument, match=r"b.yaml is not in the campaign"):
        document(tmp_path, "b.yaml")


def test_footage_that_is_missing_or_no_video_is_named(tmp_path: Path) -> None:
    """By the field that names it, before a page is troubled."""
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    wanted = [Wanted("footage", "a.mp4", "one", 3), Wanted("image", "b.png", "two")]
    faults = short_footage(tmp_path, wanted)
    assert "a.mp4 is not an MP4" in faults["one"]
    assert faults["two"] == "b.png is not in the campaign"


def test_a_stand_in_has_the_frames_of_the_pass_it_stands_for() -> None:
    """Its frames are numbered as the shot's, so that any of them can be asked for."""
    data = stand_in(64, 96, 3, 10)
    assert b'"width":64,"height":192' in data[:2000]
    assert [f",{number}," in data[:4000].decode("latin-1") for number in (9, 10, 12, 13)] == [False, True, True, False]


async def test_a_change_is_told_once_and_hidden_files_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Editors write in steps and leave files of their own beside."""
    (tmp_path / "a").write_text("1")
    assert changed({"a": (1, 1), "b": (1, 1)}, {"a": (2, 1), "c": (1, 1)}) == ["a", "b", "c"]
    looked = threading.Event()

    def look(folder: Path) -> dict[str, tuple[int, int]]:
        found = stamps(folder)
        looked.set()
        return found

    monkeypatch.setattr(watch, "stamps", look)
    stream = changes(tmp_path, 0.01)
    told = asyncio.ensure_future(anext(stream))
    await asyncio.to_thread(looked.wait)
    (tmp_path / ".a.swp").write_text("x")
    (tmp_path / "a").write_text("22")
    (tmp_path / "b").write_text("3")
    assert await told == ["a", "b"]
    await stream.aclose()  # type: ignore[attr-defined]
