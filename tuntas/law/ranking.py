"""Ranks that do not pretend: an office stands between the best and the worst place it may have.

Our rule, not the regulation's: another office is surely better only when its whole 95 % interval
lies above. Offices whose intervals touch or overlap cannot be told apart and get the same range.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

Interval = tuple[Fraction, Fraction]


def ranks(intervals: Sequence[Interval]) -> list[tuple[int, int]]:
    """Best and worst place of each interval among all of them; equal when the place is certain."""
    lows = sorted(low for low, _high in intervals)
    highs = sorted(high for _low, high in intervals)
    n = len(intervals)
    return [
        (1 + n - bisect_right(lows, high), n - bisect_left(highs, low)) for low, high in intervals
    ]
