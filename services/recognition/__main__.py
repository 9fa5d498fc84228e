"""The recognition process: `python -m services.recognition`."""

from fancam.server import run
from services.recognition.service import recognition

if __name__ == "__main__":
    run("recognition", recognition)
