"""Selfies that cannot be measured are refused, each for its own reason, and good ones are not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from services.recognition.gate import Refused
from services.recognition.recogniser import Recogniser
from tests.recognition.conftest import encode


def exposed(picture: Image.Image, stops: float) -> Image.Image:
    """The picture as it would look with `stops` more light, clipped like a sensor clips."""
    table = [min(255, round(255 * ((value / 255) ** 2.2 * 2**stops) ** (1 / 2.2))) for value in range(256)]
    return picture.point(table * 3)


def shaken(picture: Image.Image, pixels: int) -> Image.Image:
    """Moved sideways during the exposure."""
    frames = [np.roll(np.asarray(picture, np.float32), shift, axis=1) for shift in range(pixels)]
    return Image.fromarray(np.mean(frames, axis=0).astype(np.uint8))


def beside(picture: Image.Image) -> Image.Image:
    """The same person twice."""
    both = Image.new("RGB", (picture.width * 2, picture.height))
    both.paste(picture, (0, 0))
    both.paste(picture, (picture.width, 0))
    return both


def reason(recogniser: Recogniser, picture: Image.Image) -> str:
    with pytest.raises(Refused) as caught:
        recogniser.look(encode(picture, "PNG"))
    assert str(caught.value).endswith(".")
    return caught.value.reason


@pytest.mark.parametrize(
    ("expected", "spoil"),
    [
        ("SEVERAL_FACES", beside),
        ("FACE_TOO_SMALL", lambda picture: picture.resize((384, 384))),
        ("TOO_DARK", lambda picture: exposed(picture, -5.5)),
        ("TOO_BRIGHT", lambda picture: exposed(picture, 2.5)),
        ("TOO_BLURRED", lambda picture: picture.filter(ImageFilter.GaussianBlur(2.5))),
        ("TOO_BLURRED", lambda picture: shaken(picture, 7)),
        ("FACE_CUT_OFF", lambda picture: picture.crop((210, 0, 512, 512))),
        ("FACE_CUT_OFF", lambda picture: picture.crop((0, 0, 512, 160))),
        ("NO_FACE", lambda picture: picture.crop((0, 250, 512, 512))),
    ],
    ids=["two", "far", "dark", "bright", "blurred", "shaken", "cut left", "cut below", "none"],
)
def test_each_fault_has_its_reason(
    recogniser: Recogniser, astronaut: Image.Image, expected: str, spoil: object
) -> None:
    """A portrait spoilt in one way is refused for that reason, with a sentence that says what to do."""
    assert callable(spoil)

    assert reason(recogniser, spoil(astronaut)) == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture,
        lambda picture: exposed(picture, -2),
        lambda picture: exposed(picture, 0.5),
        lambda picture: picture.filter(ImageFilter.GaussianBlur(0.6)),
        lambda picture: picture.rotate(20, Image.Resampling.BICUBIC),
        lambda picture: picture.convert("L").convert("RGB"),
        lambda picture: picture.crop((130, 0, 320, 300)),
    ],
    ids=["as it is", "dim", "bright", "soft", "tilted", "grey", "close"],
)
def test_ordinary_photos_pass(recogniser: Recogniser, astronaut: Image.Image, change: object) -> None:
    """Dim light, a soft lens, a tilted head, no colours: none of these is a reason for a retake."""
    assert callable(change)

    assert recogniser.look(encode(change(astronaut))).all


def test_a_bystander_in_the_distance_is_no_rival(recogniser: Recogniser, astronaut: Image.Image) -> None:
    """A second face of a third of the size does not make the choice unclear."""
    scene = astronaut.resize((1024, 1024))
    scene.paste(astronaut.crop((130, 20, 330, 220)).resize((130, 130)), (20, 40))

    assert recogniser.look(encode(scene)).all
