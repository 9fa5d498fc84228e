"""Builds the library: `python -m services.renderer.parts`."""

from services.renderer.build import build_library
from services.renderer.library import FOLDER

if __name__ == "__main__":
    build_library(FOLDER, say=print)
