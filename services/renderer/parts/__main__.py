"""Writes the library: `python -m services.renderer.parts [folder]`."""

from services.renderer.library import build_library, library_folder

if __name__ == "__main__":
    build_library(library_folder(), say=print)
