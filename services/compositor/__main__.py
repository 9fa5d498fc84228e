"""The compositor process: `python -m services.compositor`."""

from fancam.server import run
from services.compositor.service import compositor

if __name__ == "__main__":
    run("compositor", compositor)
