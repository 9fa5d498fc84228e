"""Small shots that isolate one feature each, beside what they should look like, reckoned without the page's code."""

from tests.compositor.conformance import (
    around_effects,
    blends,
    colour_effects,
    layers,
    shapes,
    space,
    transforms,
    writing,
)  # isort: skip  the order of the table

__all__ = ["around_effects", "blends", "colour_effects", "layers", "shapes", "space", "transforms", "writing"]
