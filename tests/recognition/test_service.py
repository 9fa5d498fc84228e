"""The recognition service through a real socket."""

from __future__ import annotations

import io

import grpc
import pytest
from PIL import Image, ImageFilter

from fancam.artifacts import SHARED, ArtifactStore, session_scope
from fancam.errors import InvalidRequest, Missing, from_call
from fancam.v1.avatar_pb2 import OwnPart, Traits
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Artifact
from fancam.v1.recognition_pb2 import RecogniseRequest, RecogniseResult
from fancam.v1.recognition_pb2_grpc import RecognitionServiceStub
from services.recognition import recipe
from tests.recognition.conftest import encode

SESSION = session_scope("fan-0001")


async def recognise(service: RecognitionServiceStub, request: RecogniseRequest) -> RecogniseResult:
    fractions: list[float] = []
    async for event in service.Recognise(request, timeout=120):
        if event.WhichOneof("event") == "result":
            assert fractions == sorted(fractions), "progress went back"
            result: RecogniseResult = event.result
            return result
        fractions.append(event.progress.fraction)
    raise AssertionError("the stream ended without a result")


async def refusal(service: RecognitionServiceStub, request: RecogniseRequest) -> Exception:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await recognise(service, request)
    return from_call(caught.value)


async def test_a_selfie_becomes_traits_and_a_recipe(
    service: RecognitionServiceStub, store: ArtifactStore, astronaut: Image.Image
) -> None:
    """The astronaut comes out with short brown hair, no glasses, no beard, and parts that the library has."""
    selfie = await store.put(SESSION, encode(astronaut), "image/jpeg")

    result = await recognise(service, RecogniseRequest(selfie=selfie))

    decided = {trait.attribute: trait.distribution.decision for trait in result.traits.traits}
    assert decided["eyewear"] == "none"
    assert decided["facial_hair"] == "none"
    assert decided["hair_length"] in {"short", "ear"}
    assert decided["hair_shade"] in {"brown", "light_brown"}
    catalogue = recipe.Catalogue.read(recipe.CATALOGUE.read_bytes())
    offered = {(part.group, part.id) for part in catalogue.parts}
    assert set(result.recipe.parts.items()) <= offered
    assert set(catalogue.required) <= set(result.recipe.parts)
    assert "eyewear" not in result.recipe.parts
    assert result.recipe.library == catalogue.digest
    assert {span.name for span in result.spans} == {"recognise", "recipe"}


async def test_what_leaves_the_service_names_visible_things_only(
    service: RecognitionServiceStub, store: ArtifactStore, astronaut: Image.Image
) -> None:
    """No trait is about gender, race, religion, age or health, and every distribution adds up to one."""
    selfie = await store.put(SESSION, encode(astronaut), "image/jpeg")

    traits: Traits = (await recognise(service, RecogniseRequest(selfie=selfie))).traits

    words = {word for trait in traits.traits for word in trait.attribute.split("_")}
    assert not words & {"gender", "sex", "race", "ethnicity", "religion", "age", "health", "male", "female"}
    for trait in traits.traits:
        if trait.WhichOneof("value") == "distribution":
            assert sum(entry.probability for entry in trait.distribution.entries) == pytest.approx(1, abs=1e-3)
            assert trait.abstained == (trait.distribution.decision == "")


async def test_equal_selfies_give_equal_recipes(
    service: RecognitionServiceStub, store: ArtifactStore, astronaut: Image.Image
) -> None:
    """Recognising twice gives the same bytes, so that passes are shared."""
    selfie = await store.put(SESSION, encode(astronaut), "image/jpeg")

    first = await recognise(service, RecogniseRequest(selfie=selfie))
    second = await recognise(service, RecogniseRequest(selfie=selfie))

    assert first.recipe.SerializeToString(deterministic=True) == second.recipe.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("text", "NOT_AN_IMAGE"),
        ("cut", "NOT_AN_IMAGE"),
        ("wall", "NO_FACE"),
        ("blurred", "TOO_BLURRED"),
    ],
)
async def test_bad_selfies_are_told_apart(
    service: RecognitionServiceStub, store: ArtifactStore, astronaut: Image.Image, what: str, reason: str
) -> None:
    """Each bad upload fails with its own reason and a sentence that names the field."""
    data = {
        "text": b"I am not a picture",
        "cut": encode(astronaut)[:4000],
        "wall": encode(Image.new("RGB", (400, 400), (180, 170, 160))),
        "blurred": encode(astronaut.filter(ImageFilter.GaussianBlur(4))),
    }[what]
    selfie = await store.put(SESSION, data, "image/jpeg")

    error = await refusal(service, RecogniseRequest(selfie=selfie))

    assert isinstance(error, InvalidRequest)
    assert error.reason == reason
    assert error.fields["selfie"] == str(error)


async def test_a_selfie_that_is_gone_is_missing(service: RecognitionServiceStub) -> None:
    """An address without bytes fails with NOT_FOUND."""
    gone = Artifact(uri=f"{SESSION}/{'0' * 64}", size_bytes=10, media_type="image/jpeg")

    assert isinstance(await refusal(service, RecogniseRequest(selfie=gone)), Missing)


async def test_a_selfie_that_says_it_is_huge_is_never_fetched(service: RecognitionServiceStub) -> None:
    """The size in the address is enough to refuse: these bytes do not even exist."""
    huge = Artifact(uri=f"{SESSION}/{'0' * 64}", size_bytes=21_000_000, media_type="image/jpeg")

    error = await refusal(service, RecogniseRequest(selfie=huge))

    assert isinstance(error, InvalidRequest)
    assert error.reason == "IMAGE_TOO_LARGE"


async def test_a_campaign_brings_its_own_rules(
    service: RecognitionServiceStub, store: ArtifactStore, astronaut: Image.Image
) -> None:
    """With a pressing whose rules say that every outfit is one colour, this fan's outfit has it too."""
    text = recipe.RULES.read_text("utf-8")
    start, end = text.index("        - {outfit:"), text.index("\n# morphs")
    text = text[:start] + '        - {outfit: "#102030", outfit_trim: "#f0f0f0"}\n' + text[end:]
    pressing = Pressing(id="test")
    pressing.campaign.recipe_rules = "rules.yaml"
    pressing.files["rules.yaml"].CopyFrom(await store.put(SHARED, text.encode(), "application/yaml"))
    selfie = await store.put(SESSION, encode(astronaut), "image/jpeg")

    request = RecogniseRequest(selfie=selfie, pressing=await store.put_message(SHARED, pressing))
    result = await recognise(service, request)

    outfit = result.recipe.colors["outfit"]
    assert (outfit.red, outfit.green, outfit.blue) == (0x10, 0x20, 0x30)


async def test_a_campaign_brings_its_own_parts(
    service: RecognitionServiceStub, store: ArtifactStore, astronaut: Image.Image
) -> None:
    """A part that the pressing holds is chosen by its tags, which say just what was seen."""
    selfie = await store.put(SESSION, encode(astronaut), "image/jpeg")
    usual = (await recognise(service, RecogniseRequest(selfie=selfie))).recipe
    catalogue = recipe.Catalogue.read(recipe.CATALOGUE.read_bytes())
    hair = next(part for part in catalogue.group("hair") if part.id == usual.parts["hair"])
    pressing = Pressing(id="test")
    pressing.parts["parts/band_hair.glb"].CopyFrom(
        OwnPart(id="band_hair", group="hair", packed=selfie, tags=dict(hair.tags))
    )

    request = RecogniseRequest(selfie=selfie, pressing=await store.put_message(SHARED, pressing))
    chosen = (await recognise(service, request)).recipe

    assert chosen.parts["hair"] == "band_hair"
    assert chosen.library == usual.library


async def test_broken_campaign_rules_are_the_callers_to_mend(
    service: RecognitionServiceStub, store: ArtifactStore, astronaut: Image.Image
) -> None:
    """Rules with an unknown word fail with INVALID_ARGUMENT that quotes it."""
    pressing = Pressing(id="test")
    pressing.campaign.recipe_rules = "rules.yaml"
    text = recipe.RULES.read_text("utf-8").replace("weight: 6", "wait: 6", 1)
    pressing.files["rules.yaml"].CopyFrom(await store.put(SHARED, text.encode(), "application/yaml"))
    selfie = await store.put(SESSION, encode(astronaut), "image/jpeg")

    request = RecogniseRequest(selfie=selfie, pressing=await store.put_message(SHARED, pressing))
    error = await refusal(service, request)

    assert isinstance(error, InvalidRequest)
    assert error.reason == "BAD_RECIPE_RULES"
    assert "wait" in str(error)


async def test_a_sideways_phone_is_put_right(
    service: RecognitionServiceStub, store: ArtifactStore, astronaut: Image.Image
) -> None:
    """A photo on its side gives the same avatar, with its orientation tag and without."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned; show me rotated by 90 degrees clockwise
    astronaut.transpose(Image.Transpose.ROTATE_90).save(buffer, "PNG", exif=exif)
    upright = await store.put(SESSION, encode(astronaut, "PNG"), "image/png")
    tagged = await store.put(SESSION, buffer.getvalue(), "image/png")
    bare = await store.put(SESSION, encode(astronaut.transpose(Image.Transpose.ROTATE_90), "PNG"), "image/png")

    recipes = [(await recognise(service, RecogniseRequest(selfie=one))).recipe for one in (upright, tagged, bare)]

    assert recipes[0] == recipes[1] == recipes[2]
