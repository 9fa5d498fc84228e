"""Hair on the scalp: styles of every texture, length and gathering, rigid on the head; what hangs free sways.

scalp.py     hairlines, the shell over the scalp, and how strands fall
locks.py     locks and fields of locks          fringes.py   fringes by tag
coils.py     curls, coils and clouds            ropes.py     braids, twists and locs
bundles.py   tails, ties, buns                  plaits.py    plaits of three strands
shaved.py  short.py  long.py  gathered.py  curly.py  roped.py    the styles
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.renderer.parts.contact import fringe_profile
from services.renderer.parts.hair import curly, gathered, long, roped, shaved, short
from services.renderer.parts.mesh import Mesh

STYLES: Mapping[str, Callable[[Mesh], None]] = {
    name: style for family in (shaved, short, long, gathered, curly, roped) for name, style in family.STYLES.items()
}
"""Generator per part of group `hair`."""


def build_hair(part: str) -> Mesh:
    """The geometry of one hair part; `extras.fringe` says how low it hangs over the forehead."""
    mesh = Mesh()
    STYLES[part](mesh)
    mesh.extras["fringe"] = fringe_profile(mesh)
    return mesh
