"""Traits stay the same when only the photo changes, and change when the person does."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from services.recognition import geometry
from services.recognition.recogniser import Recogniser
from services.recognition.traits import Choice, Measured, Traits, choose
from tests.recognition.conftest import encode

# Measurements of a photo and of its copy differ by sqrt(2) sigma on average; four of that is never passed by chance
# in eleven measures.
SIGMAS = 4 * 2**0.5

RIGHT_EYE, LEFT_EYE, BETWEEN = (203, 102), (247, 103), (225, 103)
"""Where the astronaut's eyes are, in pixels of the 512 x 512 picture."""


@pytest.fixture(scope="module")
def seen(recogniser: Recogniser, astronaut: Image.Image) -> Traits:
    return recogniser.look(encode(astronaut, "PNG"))


def recompressed(picture: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=60)
    return Image.open(buffer).convert("RGB")


def with_glasses(
    picture: Image.Image, *, sun: bool = False, colour: tuple[int, int, int] = (30, 25, 25)
) -> Image.Image:
    """Glasses drawn onto the astronaut, at four times the size so that their edges are smooth."""
    large = picture.resize((2048, 2048), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(large)
    for x, y in (RIGHT_EYE, LEFT_EYE):
        box = [(x - 17) * 4, (y - 10) * 4, (x + 17) * 4, (y + 15) * 4]
        draw.rounded_rectangle(box, radius=24, outline=colour, width=9, fill=(12, 12, 14) if sun else None)
    draw.line([(RIGHT_EYE[0] + 17) * 4, 402, (LEFT_EYE[0] - 17) * 4, 402], fill=colour, width=9)
    draw.line([(RIGHT_EYE[0] - 17) * 4, 400, (RIGHT_EYE[0] - 32) * 4, 396], fill=colour, width=8)
    draw.line([(LEFT_EYE[0] + 17) * 4, 404, (LEFT_EYE[0] + 30) * 4, 402], fill=colour, width=8)
    return large.resize((512, 512), Image.Resampling.LANCZOS)


def with_scarf(picture: Image.Image) -> Image.Image:
    """A plain green cloth drawn around the astronaut's face, closed under the chin."""
    cloth = Image.new("RGB", picture.size, (40, 110, 80))
    shape = Image.new("L", picture.size, 0)
    draw = ImageDraw.Draw(shape)
    draw.ellipse([158, 20, 292, 220], fill=255)
    draw.polygon([(165, 130), (285, 130), (330, 300), (120, 300)], fill=255)
    draw.ellipse([183, 72, 268, 176], fill=0)
    return Image.composite(cloth, picture, shape)


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda picture: picture.resize((1024, 1024), Image.Resampling.BICUBIC),
        lambda picture: picture.resize((460, 460), Image.Resampling.LANCZOS),
        recompressed,
        lambda picture: picture.rotate(12, Image.Resampling.BICUBIC),
        lambda picture: picture.point(lambda value: value * 0.75),
    ],
    ids=["mirrored", "larger", "smaller", "recompressed", "tilted", "darker"],
)
def test_measures_depend_on_the_face_and_not_on_the_photo(
    recogniser: Recogniser, astronaut: Image.Image, seen: Traits, change: Callable[[Image.Image], Image.Image]
) -> None:
    """Every ratio of a changed copy agrees with the original's within what the measures claim for themselves."""
    again = recogniser.look(encode(change(astronaut), "PNG"))

    for name in geometry.NAMES:
        first, second = seen.measured(name), again.measured(name)
        assert first is not None
        assert second is not None
        assert abs(first.z - second.z) < SIGMAS * first.sigma, f"{name}: {first.z:.2f} became {second.z:.2f}"


def test_two_people_differ_by_more_than_two_photos(
    recogniser: Recogniser, astronaut: Image.Image, seen: Traits
) -> None:
    """A face stretched to be a fifth longer is measured as unusually high, far beyond the measure's sigma."""
    stretched = recogniser.look(encode(astronaut.resize((512, 614)), "PNG")).measured("face_height")
    before = seen.measured("face_height")

    assert before is not None
    assert stretched is not None
    assert stretched.z > before.z + 8 * before.sigma


def test_glasses_are_seen_when_they_are_put_on(recogniser: Recogniser, astronaut: Image.Image, seen: Traits) -> None:
    """The same face without and with a frame: the one trait that changes its mind is eyewear."""
    worn = recogniser.look(encode(with_glasses(astronaut), "PNG"))

    before, after = seen.choice("eyewear"), worn.choice("eyewear")
    assert before is not None
    assert after is not None
    assert before.decision == "none"
    assert after.decision == "glasses"
    for attribute in ("hair_length", "hair_shade", "facial_hair"):
        assert getattr(worn.choice(attribute), "decision", 0) == getattr(seen.choice(attribute), "decision", 1)


def test_dark_lenses_are_sunglasses(recogniser: Recogniser, astronaut: Image.Image) -> None:
    """When no light comes through, they are worn against the sun."""
    worn = recogniser.look(encode(with_glasses(astronaut, sun=True), "PNG")).choice("eyewear")

    assert worn is not None
    assert worn.decision == "sunglasses"


def test_dark_lenses_hide_the_eyes(recogniser: Recogniser, astronaut: Image.Image) -> None:
    """What cannot be seen is not measured: iris and eye opening abstain behind sunglasses, the nose does not."""
    worn = recogniser.look(encode(with_glasses(astronaut, sun=True), "PNG"))

    assert worn.coloured("iris_color") is None
    assert worn.measured("eye_opening") is None
    assert worn.measured("nose_width") is not None


def test_the_frames_colour_is_read(recogniser: Recogniser, astronaut: Image.Image) -> None:
    """Red frames come out redder than black ones."""
    red = recogniser.look(encode(with_glasses(astronaut, colour=(200, 20, 30)), "PNG")).coloured("eyewear_color")
    black = recogniser.look(encode(with_glasses(astronaut), "PNG")).coloured("eyewear_color")

    assert red is not None
    assert black is not None
    assert red.rgb[0] - red.rgb[2] > black.rgb[0] - black.rgb[2] + 40


def test_hair_colour_follows_the_hair(recogniser: Recogniser, astronaut: Image.Image, seen: Traits) -> None:
    """The astronaut's brown hair is brown; with its reds and blues exchanged it is an unnatural colour, and said so."""
    red, green, blue = astronaut.split()
    hair = recogniser.look(encode(astronaut)).coloured("hair_color")
    # Only the top of the picture is exchanged, so that the face keeps its colour.
    top = Image.merge("RGB", (blue, green, red)).crop((0, 0, 512, 78))
    dyed = astronaut.copy()
    dyed.paste(top, (0, 0))
    blue_hair = recogniser.look(encode(dyed)).coloured("hair_color")

    assert hair is not None
    assert blue_hair is not None
    assert hair.rgb[0] > hair.rgb[2]
    assert blue_hair.rgb[2] > blue_hair.rgb[0]


def test_a_headscarf_is_suspected_and_never_decided(recogniser: Recogniser, astronaut: Image.Image) -> None:
    """Cloth of one colour around face and chin raises the share of headscarves, and the choice stays with the fan."""
    bare = recogniser.look(encode(astronaut, "PNG")).choice("headwear")
    scarfed = recogniser.look(encode(with_scarf(astronaut), "PNG")).choice("headwear")

    assert bare is not None
    assert scarfed is not None
    assert scarfed.probabilities["hijab"] > 5 * bare.probabilities["hijab"]
    assert bare.decision == scarfed.decision == ""


def test_a_grey_photo_abstains_from_colours(recogniser: Recogniser, astronaut: Image.Image) -> None:
    """Where there is no colour none is claimed, and shapes are measured all the same."""
    grey = recogniser.look(encode(astronaut.convert("L")))

    assert grey.coloured("iris_color") is None
    assert grey.coloured("lip_color") is None
    shade = grey.choice("hair_shade")
    assert shade is not None
    assert shade.decision == ""
    assert grey.measured("nose_width") is not None


def test_what_is_not_measured_abstains(seen: Traits) -> None:
    """Headwear, strand styling and how hair is gathered have no measure yet: they never decide."""
    for attribute in ("headwear", "hair_strand", "hair_gathered", "skin_tone"):
        trait = seen.choice(attribute)
        assert trait is not None
        assert trait.decision == ""
        assert trait.evidence


def test_the_lamps_share_in_skin_tone_is_admitted(seen: Traits) -> None:
    """The tone is a wide distribution: no single tone has more than a third of it."""
    tone = seen.choice("skin_tone")

    assert tone is not None
    assert max(tone.probabilities.values()) < 1 / 3
    assert len(tone.probabilities) == 10


def test_an_even_race_is_not_decided() -> None:
    """Two values that are as likely as each other lead to an abstention, a clear lead to a decision."""
    assert choose("eyewear", {"none": 1.0, "glasses": 1.0}, "").decision == ""
    assert choose("eyewear", {"none": 3.0, "glasses": 1.0}, "").decision == "none"
    assert choose("eyewear", {"none": 3.0, "glasses": 1.0}, "").probabilities["none"] == pytest.approx(0.75)


def test_every_trait_gives_its_evidence(seen: Traits) -> None:
    """Each choice says what number decided, so that a wrong one can be understood."""
    for trait in seen.all.values():
        if isinstance(trait, Choice):
            assert trait.evidence, trait.attribute
        if isinstance(trait, Measured):
            assert -3 <= trait.z <= 3
            assert trait.sigma > 0
