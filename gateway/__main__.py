"""The gateway process: `python -m gateway`."""

from fancam.server import run
from gateway.service import gateway

if __name__ == "__main__":
    run("gateway", gateway)
