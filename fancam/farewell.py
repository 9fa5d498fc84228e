"""Ending a process whose libraries call Python from threads of their own.

obstore's threads hand each answer to the event loop by `call_soon_threadsafe`. The loop may have woken and ended before
the thread has come back from there; a thread that wants Python's lock once Python is being taken down is ended by force
(until Python 3.13), and one of Rust's then takes the whole process along: SIGABRT, after all work was done. Measured
where thirty processes shared two cores: 4 of at most 180 that ended with their last answer.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time

PATIENCE_S = 10.0
"""A thread that does not come back for this long never will."""


def wait_for_strangers() -> None:
    """Wait until no thread that Python did not start itself runs any of it."""
    give_up = time.monotonic() + PATIENCE_S
    while _strangers() and time.monotonic() < give_up:
        time.sleep(0.001)


def _strangers() -> set[int]:
    return set(sys._current_frames()) - {thread.ident for thread in threading.enumerate() if thread.ident}


atexit.register(wait_for_strangers)
