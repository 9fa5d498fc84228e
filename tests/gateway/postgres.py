"""PostgreSQL in a process: `python -m tests.gateway.postgres FOLDER` says its address and ends with its input.

It changes its user between fork and exec, which a process where gRPC's threads run does not survive each time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pgserver

if __name__ == "__main__":
    server = pgserver.get_server(Path(sys.argv[1]), cleanup_mode="delete")  # type: ignore[attr-defined]
    sys.stdout.write(f"{server.get_uri()}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.cleanup()
