"""Before and after: how far the mean of an element moved, and whether chance alone explains it.

A difference is never called an effect: nothing here says that the plan was the cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tuntas.law.index import INDICATIVE_BELOW, Z95, root
from tuntas.law.tally import LEAST_SCORE, MOST_SCORE, Scores

UP, DOWN, OPEN = "up", "down", "open"
Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Level:
    """The mean of one element over some months. `mean` is None without answers; `variance` (of
    the mean, s²/n with n - 1) and `interval95` are None below two answers."""

    n: int
    mean: Fraction | None
    variance: Fraction | None
    interval95: Interval | None


@dataclass(frozen=True)
class Difference:
    """After minus before, on the scale 1–4, so between -3 and 3; None where a side is missing.

    `verdict` is up or down only when the 95 % interval leaves out 0 and each side has at least
    INDICATIVE_BELOW answers; in every other case it is open.
    """

    before: Level
    after: Level
    difference: Fraction | None
    interval95: Interval | None
    verdict: str


def level(scores: Scores) -> Level:
    n = sum(scores.values())
    if n == 0:
        return Level(0, None, None, None)
    mean = sum((score * times for score, times in scores.items()), Fraction(0)) / n
    if n < 2:
        return Level(n, mean, None, None)
    squares = sum(((score - mean) ** 2 * times for score, times in scores.items()), Fraction(0))
    variance = squares / (n - 1) / n
    half = Z95 * root(variance)
    low, high = max(mean - half, Fraction(LEAST_SCORE)), min(mean + half, Fraction(MOST_SCORE))
    return Level(n, mean, variance, (low, high))


def difference(before: Scores, after: Scores) -> Difference:
    """Compare two sets of scores by the normal approximation: the variances of the means add."""
    first, second = level(before), level(after)
    if first.mean is None or second.mean is None:
        return Difference(first, second, None, None, OPEN)
    moved = second.mean - first.mean
    if first.variance is None or second.variance is None:
        return Difference(first, second, moved, None, OPEN)
    half = Z95 * root(first.variance + second.variance)
    most = Fraction(MOST_SCORE - LEAST_SCORE)
    interval = max(moved - half, -most), min(moved + half, most)
    return Difference(first, second, moved, interval, verdict(first, second, interval))


def verdict(before: Level, after: Level, interval: Interval) -> str:
    if min(before.n, after.n) < INDICATIVE_BELOW:
        return OPEN
    if interval[0] > 0:
        return UP
    return DOWN if interval[1] < 0 else OPEN
