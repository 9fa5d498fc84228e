"""Headwear, fitted to the scalp. Each says by its mask what becomes of the hair below it.

hats.py   caps, hats, beanies        wraps.py   scarves, turbans, headwraps
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.renderer.parts.headwear.hats import HATS
from services.renderer.parts.headwear.ornaments import ORNAMENTS
from services.renderer.parts.headwear.scarves import SCARVES
from services.renderer.parts.headwear.wraps import WRAPS
from services.renderer.parts.mesh import Mesh

HEADWEAR: Mapping[str, Callable[[], Mesh]] = {**HATS, **SCARVES, **WRAPS, **ORNAMENTS}
"""Generator per part of group `headwear`."""


def build_headwear(part: str) -> Mesh:
    """The geometry of one headwear part."""
    return HEADWEAR[part]()
