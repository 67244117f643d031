"""Before and after: exact, symmetric, and silent when chance alone could have done it."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuntas.law.effect import DOWN, OPEN, UP, difference, level
from tuntas.law.followup import horizon_of
from tuntas.law.months import Month

answers = st.lists(st.integers(1, 4).map(Fraction), max_size=80)


@given(answers, answers)
def test_the_difference_is_that_of_the_means_and_turns_with_the_sides(
    first: list[Fraction], second: list[Fraction]
) -> None:
    there, back = (
        difference(Counter(a), Counter(b)) for a, b in ((first, second), (second, first))
    )
    if not first or not second:
        assert there.difference is None
        assert there.verdict == OPEN
        return
    exact = sum(second) / Fraction(len(second)) - sum(first) / Fraction(len(first))
    assert there.difference == exact == -(back.difference or 0)
    assert {there.verdict, back.verdict} in ({OPEN}, {UP, DOWN})
    if there.interval95 and back.interval95:
        assert there.interval95 == (-back.interval95[1], -back.interval95[0])
        assert there.interval95[0] <= exact <= there.interval95[1]


@given(st.lists(st.integers(1, 4).map(Fraction), min_size=2, max_size=60))
def test_a_level_is_what_the_statistics_module_says(values: list[Fraction]) -> None:
    found = level(Counter(values))
    assert found.mean == statistics.mean(values)
    assert found.variance == statistics.variance(values) / len(values)
    half = 1.959964 * math.sqrt(float(found.variance))
    assert found.interval95 is not None
    assert float(found.interval95[1]) == pytest.approx(min(float(found.mean) + half, 4), abs=1e-9)


@given(answers, answers, answers)
def test_pooling_the_counts_is_counting_the_pool(
    first: list[Fraction], more: list[Fraction], second: list[Fraction]
) -> None:
    pooled = Counter(first) + Counter(more)
    assert difference(pooled, Counter(second)) == difference(Counter(first + more), Counter(second))


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({3: 100}, {4: 100}, UP),
        ({4: 100}, {3: 100}, DOWN),
        ({3: 50, 4: 50}, {3: 49, 4: 51}, OPEN),
        ({3: 29}, {4: 100}, OPEN),  # a large step, but too few answers before it
        ({3: 100}, {4: 29}, OPEN),
        ({3: 30}, {4: 30}, UP),
        ({3: 100}, {3: 100}, OPEN),
        ({}, {4: 100}, OPEN),
    ],
)
def test_up_and_down_are_said_only_when_the_interval_says_so(
    before: dict[int, int], after: dict[int, int], verdict: str
) -> None:
    sides = [{Fraction(score): n for score, n in side.items()} for side in (before, after)]
    assert difference(*sides).verdict == verdict


@pytest.mark.parametrize(
    ("months", "horizon"),
    [(0, "short"), (11, "short"), (12, "medium"), (24, "medium"), (25, "long")],
)
def test_the_horizon_is_the_regulations_name_of_the_time(months: int, horizon: str) -> None:
    assert horizon_of(months) == horizon
    assert Month(2023, 1) + months - Month(2023, 1) == months
