"""The renderer process: `python -m services.renderer`."""

from fancam.server import run
from services.renderer.service import renderer

if __name__ == "__main__":
    run("renderer", renderer)
