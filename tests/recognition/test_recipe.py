"""Traits become parts, colours and morphs by the rules alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.recognition import geometry, recipe
from services.recognition.colour import MONK, to_lab
from services.recognition.judgement.hair import PRIORS
from services.recognition.recipe import BadCatalogue, BadRules, Catalogue, Draw, Rules
from services.recognition.traits import Choice, Coloured, Measured, Trait, Traits


def traits(*given: Trait) -> Traits:
    return Traits({trait.attribute: trait for trait in given})


def decided(attribute: str, value: str) -> Choice:
    return Choice(attribute, {value: 1.0}, "given", value)


def test_no_traits_give_the_neutral_avatar(catalogue: Catalogue, rules: Rules) -> None:
    """When nothing is known, nothing is worn that not everybody wears, and the shape is the average."""
    chosen = recipe.choose(traits(), catalogue, rules)

    assert set(chosen.parts) == set(catalogue.required)
    for group in ("brows", "eyes", "mouth"):
        assert chosen.parts[group] == catalogue.neutral[group]
    assert chosen.morphs == {}


@pytest.mark.parametrize("group", ["eyes", "brows", "mouth", "facial_hair"])
def test_a_part_is_reached_by_its_own_tags(catalogue: Catalogue, rules: Rules, group: str) -> None:
    """What looks like a part gets it, or another with all the same tags that the rules compare."""
    compared = rules.groups[group].tags
    for part in catalogue.group(group):
        seen = [decided(tag.trait, part.tags[name]) for name, tag in compared.items()]
        chosen = recipe.choose(traits(decided("facial_hair", "some"), *seen), catalogue, rules).parts[group]
        got = next(other for other in catalogue.group(group) if other.id == chosen)
        assert {name: got.tags[name] for name in compared} == {name: part.tags[name] for name in compared}, part.id


def test_outfits_are_drawn_by_lot(catalogue: Catalogue, rules: Rules) -> None:
    """Every outfit of the lot is worn by some avatar, one avatar always wears the same, and another seed deals anew."""
    draw = rules.groups["outfit"].draw
    assert draw is not None
    hair = [part.id for part in catalogue.group("hair")]

    worn = [draw.choice({"hair": part}, dict(catalogue.colors)) for part in hair]

    assert set(worn) == set(draw.among)
    assert worn == [draw.choice({"hair": part}, dict(catalogue.colors)) for part in hair]
    dealt = Draw(draw.among, draw.seed + 1, draw.parts, draw.colors)
    assert worn != [dealt.choice({"hair": part}, dict(catalogue.colors)) for part in hair]


def test_a_campaign_s_part_with_tags_is_chosen_before_the_library_s(catalogue: Catalogue, rules: Rules) -> None:
    """A cap like one of the library's is worn in its place; one that says nothing of itself is worn only by lot."""
    cap = next(part for part in catalogue.group("headwear") if part.tags["type"] == "baseball_cap")
    seen = traits(decided("headwear", "baseball_cap"))
    assert recipe.choose(seen, catalogue, rules).parts["headwear"] == cap.id

    tagged, plain = recipe.Part("sorbet_cap", "headwear", cap.tags), recipe.Part("jacket", "outfit", {})
    more = catalogue.with_parts([tagged, plain])
    assert recipe.choose(seen, more, rules).parts["headwear"] == "sorbet_cap"
    assert recipe.choose(seen, more, rules).library == catalogue.digest
    assert recipe.choose(seen, more, rules).parts["outfit"] != "jacket"

    outfit = replace(rules.groups["outfit"], draw=Draw(("jacket",), 7, (), ()))
    dressed = replace(rules, groups={**rules.groups, "outfit": outfit})
    assert recipe.choose(seen, more, dressed).parts["outfit"] == "jacket"
    with pytest.raises(BadRules, match="'jacket', and the library has none"):
        recipe.choose(seen, catalogue, dressed)


def test_outfits_stand_off_skin_and_hair(catalogue: Catalogue, rules: Rules) -> None:
    """Avatars of other parts wear other colours, and none comes nearer to skin or hair than the rules say."""
    slot = rules.slots["outfit"]
    worn = set()
    for part in catalogue.group("hair"):
        seen = traits(*(decided(f"hair_{tag}", value) for tag, value in part.tags.items()))
        colors = recipe.choose(seen, catalogue, rules).colors
        worn.add(colors["outfit"])
        for other in slot.away_from:
            apart = np.linalg.norm(to_lab(np.array(colors["outfit"])) - to_lab(np.array(colors[other])))
            assert apart > slot.apart - 4  # colours are rounded afterwards
    assert len(worn) >= 3


def test_a_lot_of_unknown_parts_is_refused(catalogue: Catalogue) -> None:
    """A lot that names a part that the library lacks, or that depends on itself, says so."""
    text = recipe.RULES.read_text()

    with pytest.raises(BadRules, match="'stage_cape'"):
        recipe.choose(traits(), catalogue, Rules.read(text.replace("[stage_trousers,", "[stage_cape,")))
    with pytest.raises(BadRules, match="cannot depend"):
        Rules.read(text.replace("parts: [hair, eyewear,", "parts: [outfit, eyewear,"))


@pytest.mark.parametrize("seen", [(13, 13, 13), (14, 15, 13), (12, 14, 15), (40, 42, 40)])
def test_black_hair_has_no_tint_by_chance(catalogue: Catalogue, rules: Rules, seen: tuple[int, int, int]) -> None:
    """Black hair of any cast is drawn black: green and blue never lead by more than a step."""
    red, green, blue = rules.slots["hair"].drawn(seen)

    assert green <= red + rules.color_step
    assert blue <= red + rules.color_step


def test_every_hair_part_is_reached_by_its_own_tags(catalogue: Catalogue, rules: Rules) -> None:
    """A head that shows exactly a part's tags gets that part, or one with the same tags: nobody is out of reach."""
    for part in catalogue.group("hair"):
        seen = traits(*(decided(f"hair_{tag}", value) for tag, value in part.tags.items()))

        chosen = recipe.choose(seen, catalogue, rules).parts["hair"]

        assert next(other.tags for other in catalogue.group("hair") if other.id == chosen) == part.tags


def test_every_tag_of_the_rules_exists_in_the_library(catalogue: Catalogue, rules: Rules) -> None:
    """The rules speak the library's language: tags, their values, morphs and colour slots."""
    for name, group in rules.groups.items():
        for tag, how in group.tags.items():
            offered = {part.tags[tag] for part in catalogue.group(name) if tag in part.tags}
            assert offered, f"no part of {name} has a tag {tag}"
            if how.scale:
                assert offered <= set(how.scale)
    assert set(rules.gains) == set(geometry.NAMES) == set(catalogue.morphs)
    assert set(rules.slots) <= set(catalogue.colors)


def test_what_is_assumed_about_hair_is_in_the_librarys_words(catalogue: Catalogue) -> None:
    """Strand styling and gathering are offered value by value: what the priors name is exactly what parts show."""
    for attribute in ("hair_strand", "hair_gathered"):
        tag = attribute.removeprefix("hair_")
        assert set(PRIORS[attribute]) == {part.tags[tag] for part in catalogue.group("hair")}
        assert sum(PRIORS[attribute].values()) == pytest.approx(1)


def test_an_unsure_texture_is_never_extreme(catalogue: Catalogue, rules: Rules) -> None:
    """When strand styling and curl abstain, the hair is loose and not coily, whatever the prior says."""
    unsure = [
        Choice("hair_strand", {"loose": 0.4, "box_braids": 0.6}, "", ""),
        Choice("hair_curl", {"straight": 0.3, "coily": 0.7}, "", ""),
        decided("hair_length", "shoulder"),
    ]

    hair = recipe.choose(traits(*unsure), catalogue, rules).parts["hair"]

    tags = next(part.tags for part in catalogue.parts if part.id == hair)
    assert tags["strand"] == "loose"
    assert tags["curl"] in {"straight", "wavy"}
    assert tags["length"] == "shoulder"


def test_a_doubtful_length_lands_between(catalogue: Catalogue, rules: Rules) -> None:
    """Half ear-length, half chest-length is drawn between the two rather than as one of them."""
    split = Choice("hair_length", {"ear": 0.5, "chest": 0.5}, "", "ear")

    hair = recipe.choose(traits(split), catalogue, rules).parts["hair"]

    length = next(part.tags["length"] for part in catalogue.parts if part.id == hair)
    assert length in {"ear", "chin", "shoulder", "chest"}


@pytest.mark.parametrize(
    ("worn", "lens", "part_lens"),
    [("glasses", "clear", "clear"), ("sunglasses", "sun", "sun"), ("none", "clear", None)],
)
def test_glasses_only_when_they_were_seen(
    catalogue: Catalogue, rules: Rules, worn: str, lens: str, part_lens: str | None
) -> None:
    """Clear glasses give clear ones, sunglasses dark ones, and a bare face none."""
    chosen = recipe.choose(traits(decided("eyewear", worn), decided("eyewear_lens", lens)), catalogue, rules)

    if part_lens is None:
        assert "eyewear" not in chosen.parts
    else:
        part = next(part for part in catalogue.parts if part.id == chosen.parts["eyewear"])
        assert part.tags["lens"] == part_lens


def test_an_abstaining_trait_adds_nothing(catalogue: Catalogue, rules: Rules) -> None:
    """A likely but undecided beard is not drawn."""
    likely = Choice("facial_hair", {"none": 0.45, "some": 0.55}, "", "")

    assert "facial_hair" not in recipe.choose(traits(likely), catalogue, rules).parts


@pytest.mark.parametrize("tone", range(10))
def test_skin_keeps_its_place_among_tones(catalogue: Catalogue, rules: Rules, tone: int) -> None:
    """Each Monk tone is drawn in order, dark stays dark, and no tone is drawn more than 14 lighter or darker."""
    red, green, blue = (int(channel) for channel in MONK[tone])
    drawn = recipe.choose(traits(Coloured("skin_color", (red, green, blue))), catalogue, rules).colors["skin"]

    before, after = (float(to_lab(np.array(c, np.uint8))[0]) for c in ((red, green, blue), drawn))
    assert abs(after - before) < 14
    if tone > 0:
        lighter = tuple(int(channel) for channel in MONK[tone - 1])
        above = recipe.choose(
            traits(Coloured("skin_color", (lighter[0], lighter[1], lighter[2]))), catalogue, rules
        ).colors["skin"]
        # Tones 2 and 3 differ by one in lightness on the scale itself, in the other direction.
        assert after <= float(to_lab(np.array(above, np.uint8))[0]) + 2


def test_morphs_grow_with_the_measure_and_stop_at_one(catalogue: Catalogue, rules: Rules) -> None:
    """Unusual noses are drawn unusual, in steps of 0.05, never beyond the morph's end; uncertain ones less."""
    weights = [
        recipe.choose(traits(Measured("nose_width", 0.3, z, sigma)), catalogue, rules).morphs.get("nose_width", 0.0)
        for z, sigma in ((-3, 0.2), (-1, 0.2), (0, 0.2), (1, 0.2), (3, 0.2), (1, 1.0))
    ]

    assert weights == [*sorted(weights[:5]), weights[5]]
    assert weights[0] == -1
    assert weights[4] == 1
    assert 0 < weights[5] < weights[3]
    assert all(abs(weight / 0.05 - round(weight / 0.05)) < 1e-6 for weight in weights)


def test_a_measure_that_abstains_moves_nothing(catalogue: Catalogue, rules: Rules) -> None:
    """A mouth wide open leaves the lips average."""
    chosen = recipe.choose(traits(Measured("lip_width", 0.5, 2.5, 0.2, "open", abstained=True)), catalogue, rules)

    assert "lip_width" not in chosen.morphs


def test_near_colours_are_one_colour(catalogue: Catalogue, rules: Rules) -> None:
    """Two photos of one person that differ by a step of red give the same recipe."""
    first, second = (recipe.choose(traits(Coloured("hair_color", (red, 60, 40))), catalogue, rules) for red in (80, 81))

    assert max(abs(a - b) for a, b in zip(first.colors["hair"], second.colors["hair"], strict=True)) in {
        0,
        rules.color_step,
    }


def test_broken_rules_say_where() -> None:
    """An unknown word, a colour that is none, a version of the future: each message quotes it."""
    text = recipe.RULES.read_text("utf-8")

    with pytest.raises(BadRules, match="colour skin: chrome"):
        Rules.read(text.replace("chroma: [1.0, 14, 32]", "chrome: 1"))
    with pytest.raises(BadRules, match="#28305"):
        Rules.read(text.replace("#28305c", "#28305"))
    with pytest.raises(BadRules, match="version 2"):
        Rules.read(text.replace("version: 1", "version: 2"))
    with pytest.raises(BadRules, match="cannot be read"):
        Rules.read("just a sentence")


def test_rules_for_another_library_are_refused(catalogue: Catalogue, rules: Rules) -> None:
    """A group or morph that the library lacks is named."""
    bare = Catalogue(catalogue.digest, [], catalogue.neutral, catalogue.required, catalogue.colors, catalogue.morphs)

    with pytest.raises(BadRules, match="'hair'"):
        recipe.choose(traits(), bare, rules)
    with pytest.raises(BadCatalogue):
        Catalogue.read(b"{}")
