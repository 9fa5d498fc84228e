"""The messengers' rules: a sound pack passes, and each thing that is wrong with one is named."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.renderer import fankit, kit, messenger
from services.renderer.messenger import Pack, Sticker

Files = dict[str, bytes]


def drop(side: int = 512, margin: int = 20, shift: int = 0) -> Image.Image:
    """A coloured square in the middle of a clear one."""
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    picture.paste((200, 40 + shift, 90, 255), (margin, margin, side - margin, side - margin))
    picture.putpixel((side // 2, side // 2), (0, 0, 0, 0))  # an animation of opaque frames is written without alpha
    return picture


def moving(frame_ms: int, frames: int = 3, side: int = 512) -> bytes:
    """A loop of squares."""
    return fankit.webp([drop(side, shift=40 * k) for k in range(frames)], 500_000, frame_ms)


@pytest.fixture
def files() -> Files:
    """Two sound packs as files."""
    still = fankit.webp([drop()], 100_000)
    tray = fankit.png(drop(96, 2))
    packs = [
        Pack(
            "demo-stickers",
            "Demo",
            "Fancam",
            False,
            [Sticker(f"s{k}", still, ("🎤",), "A square") for k in range(3)],
            tray,
        ),
        Pack("demo-moving", "Demo, moving", "Fancam", True, [Sticker(f"m{k}", moving(80)) for k in range(3)], tray),
    ]
    with zipfile.ZipFile(io.BytesIO(messenger.archive(packs))) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_a_sound_pack_passes(files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder or a ZIP of it is fine, and the command says what is in it."""
    assert list(messenger.faults(files)) == []
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(data)
    assert kit.main(tmp_path) == 0
    assert "Demo, moving, 3 moving stickers" in capsys.readouterr().out


def change(key: str, value: object, pack: int = 0) -> Callable[[Files], None]:
    """Put a value into the manifest of a pack."""

    def apply(files: Files) -> None:
        document = json.loads(files["contents.json"])
        document["sticker_packs"][pack][key] = value
        files["contents.json"] = json.dumps(document).encode()

    return apply


def replaced(name: str, data: bytes) -> Callable[[Files], None]:
    """Put another file in place of one."""
    return lambda files: files.update({name: data})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda files: files.pop("contents.json"), "contents.json: is missing"),
        (replaced("contents.json", b"{}"), "is no JSON with a list sticker_packs"),
        (change("identifier", "demo/x"), "its identifier must be"),
        (change("name", "x" * 129), "name must have 1 to 128 characters"),
        (change("publisher", ""), "publisher must have"),
        (change("stickers", []), "has 0 stickers; 3 to 30 are allowed"),
        (change("animated_sticker_pack", True), "stands still in a moving pack"),
        (change("animated_sticker_pack", False, 1), "moves in a still pack"),
        (change("identifier", "demo-stickers", 1), "two packs are called 'demo-stickers'"),
        (lambda files: files.pop("demo-stickers/s1.webp"), "s1.webp: is missing"),
        (replaced("demo-stickers/s1.webp", b"nothing"), "s1.webp: is no picture"),
        (replaced("demo-stickers/s1.webp", fankit.png(drop())), "is PNG, not WebP"),
        (replaced("demo-stickers/s1.webp", fankit.webp([drop(500)], 100_000)), "is 500x500 pixels, not 512x512"),
        (replaced("demo-stickers/s1.webp", fankit.webp([drop(512, 4)], 100_000)), "is not clear along its edge"),
        (replaced("demo-stickers/tray.png", fankit.png(drop(100))), "is 100x100 pixels, not 96x96"),
        (replaced("demo-moving/m1.webp", moving(4)), "a frame stands for 4 ms; at least 8 are needed"),
        (replaced("demo-moving/m1.webp", moving(4000)), "lasts 12000 ms; at most 10000 are allowed"),
    ],
)
def test_what_messengers_refuse_is_named(files: Files, spoil: Callable[[Files], None], said: str) -> None:
    """Each rule that a pack breaks is said in a sentence that names the file and the number."""
    spoil(files)
    assert any(said in fault for fault in messenger.faults(files)), list(messenger.faults(files))


def test_heavy_stickers_are_named(files: Files) -> None:
    """A sticker above its bytes is refused, a still one at 100 KiB and a moving one at 500."""
    padding = b"\0" * 600_000
    files["demo-stickers/s0.webp"] += padding
    files["demo-moving/m0.webp"] += padding
    found = [fault for fault in messenger.faults(files) if "bytes; at most" in fault]
    assert [f"at most {most}" in fault for fault, most in zip(found, (102400, 512000), strict=True)] == [True, True]


def test_a_sticker_gets_coarser_until_it_fits() -> None:
    """Noise does not fit at the best quality; when no quality fits, that is said."""
    grain = np.random.default_rng(3).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    noise = Image.fromarray(grain, "RGB").convert("RGBA")
    fine = len(fankit.webp([noise], 10_000_000))
    assert len(fankit.webp([noise], fine - 1)) < fine
    with pytest.raises(fankit.TooLarge, match="2000 are allowed"):
        fankit.webp([noise], 2_000)


def test_equal_packs_are_equal_bytes(files: Files) -> None:
    """An archive holds no time and no chance."""
    tray = files["demo-stickers/tray.png"]
    pack = Pack("a", "A", "Fancam", False, [Sticker("s", files["demo-stickers/s0.webp"])], tray)
    assert messenger.archive([pack]) == messenger.archive([pack])
