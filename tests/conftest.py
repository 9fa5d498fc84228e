"""What holds in every room: property tests try the same examples in each run, however slow the machine is.

A run tells of the change that it tests, not of the draw; `pytest --hypothesis-profile=default` draws anew.
"""

from __future__ import annotations

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
