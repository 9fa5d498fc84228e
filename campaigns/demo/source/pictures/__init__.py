"""The demo's pictures, a module for each place; whoever imports this has all of them in `PICTURES`."""

from pictures import city, crowd, hall, lettering, party, way
from pictures.register import PICTURES

__all__ = ["PICTURES", "city", "crowd", "hall", "lettering", "party", "way"]
