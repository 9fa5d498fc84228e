"""The assembler process: `python -m services.assembler`."""

from fancam.server import run
from services.assembler.service import assembler

if __name__ == "__main__":
    run("assembler", assembler)
