"""Outfits: what is worn together, and the skin that shows.

    stage.py     idols' costumes
    street.py    hoodies, denim, leather, sportswear
    formal.py    suit and gown
    regional.py  hanbok, sari, kaftan, tunic

Their pieces are in `garments.py` and `tailoring.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from services.renderer.parts.body import both_sides
from services.renderer.parts.hands import hand, microphone
from services.renderer.parts.mesh import Mesh
from services.renderer.parts.outfits.formal import gown, sharp_suit
from services.renderer.parts.outfits.regional import draped_sari, hanbok_modern, kaftan, modest_tunic
from services.renderer.parts.outfits.stage import idol_dress, stage_coat, stage_skirt, stage_trousers
from services.renderer.parts.outfits.street import denim, punk_jacket, sporty_crop, street_hoodie

OUTFITS: dict[str, Callable[[Mesh, Mesh], None]] = {
    function.__name__: function
    for function in (
        stage_skirt,
        stage_trousers,
        stage_coat,
        idol_dress,
        street_hoodie,
        sharp_suit,
        hanbok_modern,
        draped_sari,
        kaftan,
        modest_tunic,
        sporty_crop,
        denim,
        punk_jacket,
        gown,
    )
}
"""Builders by part: each adds to the middle, and to the left side, which is mirrored."""


def build_outfit(part: str) -> Mesh:
    """One outfit with the parts of the body that show, hands, and a microphone that the stage may hide."""
    mesh, left = Mesh(), Mesh()
    left.extend(hand())
    OUTFITS[part](mesh, left)
    both_sides(mesh, left)
    microphone(mesh)
    return mesh
