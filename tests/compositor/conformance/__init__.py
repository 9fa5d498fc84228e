"""Small shots that isolate one feature each, beside what they should look like, reckoned without the page's code."""

from tests.compositor.conformance import transforms, layers, shapes, blends  # isort: skip  the order of the table

__all__ = ["blends", "layers", "shapes", "transforms"]
