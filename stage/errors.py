"""Why no picture comes from a stage.

StageError
├── NoHardware      hardware was asked for, and WebGL runs in software
├── NoChrome        Chrome did not start, or runs no WebGL 2 at all
├── PageNotBuilt    the page's bundle is missing
├── StageLost       Chrome or the page died; the next page comes from a new one
└── PageError       the page refused the job or a frame; `name` is the page's own word for it
"""

from __future__ import annotations


class StageError(Exception):
    """A picture could not be made."""


class NoHardware(StageError):  # noqa: N818  named for what the caller reads
    """Hardware was asked for, and WebGL runs in software or not at all."""


class NoChrome(StageError):  # noqa: N818
    """Chrome did not start, or runs no WebGL 2."""


class PageNotBuilt(StageError):  # noqa: N818
    """The page's bundle is missing."""


class StageLost(StageError):  # noqa: N818
    """Chrome or the page died under the job. The same job is fine again: the next page comes from a new one."""


class PageError(StageError):
    """The page refused.

    Args:
        name: The page's own word, for example `MissingFile` or `ShotInvalid`.
        message: One sentence for people.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
