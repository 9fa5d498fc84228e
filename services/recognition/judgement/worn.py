"""What is worn on the head and over the eyes."""

from __future__ import annotations

from services.recognition.colour import rgb
from services.recognition.judgement.curves import rise
from services.recognition.reference import DECIDES, Reference
from services.recognition.sight import Sight
from services.recognition.traits import Choice, Coloured, Trait, choose


def eyewear(seen: Sight, reference: Reference) -> list[Trait]:
    """Glasses or sunglasses and, where either are worn, their lenses, rim, weight and colour."""
    score = reference.scores["eyewear"]
    worn = score.probability(seen.evidence())
    dark = _darkness(seen)
    bridge = score.raw(seen.evidence())
    evidence = f"edges on bridge and temples score {bridge:.2f}, light behind the lenses {seen.eyewear.lens_light:.2f}"
    presence = choose(
        "eyewear",
        {"none": 1 - worn, "glasses": worn * (1 - dark), "sunglasses": worn * dark},
        evidence,
        sure=DECIDES["eyewear"],
    )
    traits: list[Trait] = [presence]
    if worn < DECIDES["eyewear"]:
        return traits
    lens = {"clear": 1 - dark, "tinted": 0.5 * dark * (1 - dark), "sun": dark}
    # A lower rim draws a line below the eye; thin and rimless glasses hardly do.
    rim = rise(seen.eyewear.rim_lines, 0.12, 25.0)
    bold = rise(seen.eyewear.frame_weight, 0.36, 12.0)
    traits += [
        choose("eyewear_lens", lens, evidence),
        choose(
            "eyewear_rim",
            {"full": 0.15 + rim, "half": 0.35 * (1 - rim), "none": 0.5 * (1 - rim)},
            f"lower rim {seen.eyewear.rim_lines:.2f} of the cheek's light",
        ),
        choose(
            "eyewear_weight",
            {"thin": 1 - bold, "bold": bold},
            f"the frame covers {seen.eyewear.frame_weight:.0%} of the bridge",
        ),
        Coloured("eyewear_color", rgb(seen.eyewear.frame), "darkest or brightest part of the bridge"),
    ]
    return traits


def dark_lenses(seen: Sight, reference: Reference) -> bool:
    """Whether sunglasses hide the eyes."""
    worn = reference.scores["eyewear"].probability(seen.evidence())
    return worn * _darkness(seen) >= DECIDES["eyewear"]


def _darkness(seen: Sight) -> float:
    """How likely lenses, if there are any, are dark, 0 to 1."""
    return rise(-seen.eyewear.lens_light, 0.75, 8.0)


def headwear(seen: Sight) -> Choice:
    """Never decides: nobody among the portraits wears a headscarf, so nothing could be proved. A front end may ask.

    A closed headscarf shows the same colour above the forehead, on both sides of the jaw and under the chin.
    """
    hair = seen.hair
    closed = hair.jaw_least * hair.ear * rise(hair.neck, 0.6, 8.0)
    return Choice(
        "headwear",
        {"none": 0.95 - 0.55 * closed, "hijab": 0.01 + 0.55 * closed, "other": 0.04},
        f"the colour of the hair covers {hair.neck:.0%} of the neck and {hair.jaw_least:.0%} beside the jaw",
        "",
    )
