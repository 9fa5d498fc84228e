"""The best way through a table of scores, one column per row: a pitch, or a place in the song, through time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_path(
    score: NDArray[np.float64], *, widest: int = 6, price: float = 0.03, leap: float = 0.6
) -> NDArray[np.int64]:
    """The path of highest sum, by dynamic programming (Viterbi, 1967).

    Args:
        score: Shape (rows, columns).
        widest: Columns that may be moved from one row to the next ...
        price: ... at this price each.
        leap: What moving anywhere costs.

    Returns:
        A column per row, shape (rows,).
    """
    count, columns = score.shape
    total = score[0].copy()
    back = np.zeros((count, columns), dtype=np.int64)
    steps = np.arange(-widest, widest + 1)
    for row in range(1, count):
        padded = np.pad(total, widest, constant_values=-np.inf)
        near = (
            np.lib.stride_tricks.sliding_window_view(padded, columns) - price * np.abs(steps)[:, None]
        )  # (steps, columns)
        choice = near.argmax(axis=0)
        best = near[choice, np.arange(columns)]
        top = int(total.argmax())
        far = total[top] - leap
        back[row] = np.where(best >= far, np.arange(columns) + steps[choice], top)
        total = np.maximum(best, far) + score[row]
    path = np.zeros(count, dtype=np.int64)
    path[-1] = total.argmax()
    for row in range(count - 1, 0, -1):
        path[row - 1] = back[row, path[row]]
    return path
