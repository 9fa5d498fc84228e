"""What holds in every room: property tests try the same examples in each run, and two workers may share the rooms.

A run tells of the change that it tests, not of the draw; `pytest --hypothesis-profile=default` draws anew.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fancam",
    derandomize=True,
    database=None,
    deadline=None,
    # Slow machines are no fault of a test's, and examples may write over each other's files.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("fancam")

WHOLE_ROOMS = {"loopback"}
"""Rooms that one worker takes whole, since their tests share what takes long to start: a mesh and its pressing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests one worker takes together (`pytest -n 2 --dist loadgroup`): those of a file, or of a room."""
    for item in items:
        room = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(room if room in WHOLE_ROOMS else f"{room}/{item.path.name}"))
