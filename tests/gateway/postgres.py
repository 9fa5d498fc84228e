"""PostgreSQL in a process: `python -m tests.gateway.postgres FOLDER` says its address and ends with its input.

It changes its user between fork and exec, which a process where gRPC's threads run does not survive each time.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pgserver import postgres_server

PATIENCE_S = 250
"""As long as PostgreSQL may take to start; pgserver's ten seconds are too few for a machine under load."""

if __name__ == "__main__":
    os.environ["PGCTLTIMEOUT"] = str(PATIENCE_S)
    names = vars(postgres_server)
    start_or_stop = names["pg_ctl"]
    names["pg_ctl"] = lambda *words, **more: start_or_stop(*words, **more | {"timeout": PATIENCE_S})
    server = postgres_server.get_server(Path(sys.argv[1]), cleanup_mode="delete")
    sys.stdout.write(f"{server.get_uri()}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.cleanup()
