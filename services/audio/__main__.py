"""The audio process: `python -m services.audio`."""

from fancam.server import run
from services.audio.service import audio

if __name__ == "__main__":
    run("audio", audio)
