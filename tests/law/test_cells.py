"""Small cells: nothing that is hidden can be computed from everything that is shown."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuntas.law.cells import LEAST_GROUP, Cells, Judged, judge, left_of, shown


@pytest.mark.parametrize(
    ("counts", "visible"),
    [
        ({"L": 40, "P": 50}, {"L", "P"}),
        ({"L": 9, "P": 50}, set()),  # the total minus P would be L
        ({"L": 9, "P": 50, "-": 4}, {"P"}),  # 13 people stay together
        ({"L": 3, "P": 50, "-": 4}, set()),  # 7 people: P has to go as well
        ({"L": 3, "P": 50, "-": 4, "?": 20}, {"P"}),
        ({"L": 7}, {"L"}),  # everybody: the published result itself
        ({"L": 0, "P": 50}, {"P"}),
        ({"L": 4, "P": 5}, set()),
        ({}, set()),
    ],
)
def test_a_single_table(counts: dict[str, int], visible: set[str]) -> None:
    assert shown(Cells(counts)) == visible


def test_a_quarter_does_not_give_a_month_away() -> None:
    months = (
        Cells({"a": 4, "b": 30, "c": 8}),  # a and c hidden
        Cells({"a": 12, "b": 30, "c": 15}),
        Cells({"a": 11, "b": 30, "c": 12}),
    )
    assert shown(months[0]) == {"b"}
    quarter = Cells({"a": 27, "b": 90, "c": 35}, months)
    # The quarter minus February and March would be January's four.
    assert shown(quarter) == {"b"}


def test_small_months_add_up_to_a_quarter_that_is_shown() -> None:
    months = tuple(Cells({"a": 5, "b": 30, "c": 6}) for _each in range(3))
    assert shown(Cells({"a": 15, "b": 90, "c": 18}, months)) == {"a", "b", "c"}


# -- the attack: everything shown as equations, every hidden cell as an unknown -------------------


def attack(whole: Judged) -> dict[tuple[Any, str], int]:
    """Hidden cells that linear algebra recovers, with those respondents that no part shows.

    The attacker knows how many people each group has, the published total of every month, and the
    answers of every group shown in any period.
    """
    months = list(leaves(whole, ()))
    unknown = {(key, code): place for place, (key, code) in enumerate(atoms(months))}
    rows: list[dict[int, Fraction]] = [
        {unknown[key, code]: Fraction(1) for code, n in month.counts.items() if n}
        for key, month in months
    ]
    targets = {}
    for key, period in periods(whole, ()):
        inside = [(k, month) for k, month in months if k[: len(key)] == key]
        for code, n in period.counts.items():
            row = {unknown[k, code]: Fraction(1) for k, m in inside if m.counts.get(code)}
            if code in period.shown:
                rows.append(row)
            elif n:
                targets[key, code] = (row, period.left[code])
    basis: dict[int, dict[int, Fraction]] = {}
    for row in rows:
        rest = reduced(row, basis)
        if rest:
            lead = min(rest)
            basis[lead] = {at: value / rest[lead] for at, value in rest.items()}
    return {name: n for name, (row, n) in targets.items() if not reduced(row, basis)}


def reduced(row: dict[int, Fraction], basis: dict[int, dict[int, Fraction]]) -> dict[int, Fraction]:
    rest = dict(row)
    while True:
        lead = min((at for at in rest if at in basis), default=None)
        if lead is None:
            return rest
        factor = rest[lead]
        for at, value in basis[lead].items():
            rest[at] = rest.get(at, Fraction(0)) - factor * value
            if not rest[at]:
                del rest[at]


def leaves(period: Judged, key: tuple[int, ...]) -> Any:
    if not period.parts:
        yield key, period
    for place, part in enumerate(period.parts):
        yield from leaves(part, (*key, place))


def periods(period: Judged, key: tuple[int, ...]) -> Any:
    yield key, period
    for place, part in enumerate(period.parts):
        yield from periods(part, (*key, place))


def atoms(months: Any) -> Any:
    for key, month in months:
        yield from ((key, code) for code, n in month.counts.items() if n)


def tree(months: list[dict[str, int]], sizes: tuple[int, ...]) -> Cells:
    """Periods of `sizes` parts each, the longest first."""
    level = [Cells(counts) for counts in months]
    for size in reversed(sizes):
        level = [
            Cells(
                {code: sum(part.counts[code] for part in parts) for code in parts[0].counts},
                tuple(parts),
            )
            for parts in (level[at : at + size] for at in range(0, len(level), size))
        ]
    return level[0]


counts = st.one_of(st.integers(0, 12), st.integers(0, 60), st.just(0))
year = st.integers(2, 6).flatmap(
    lambda groups: st.lists(
        st.fixed_dictionaries({str(code): counts for code in range(groups)}),
        min_size=12,
        max_size=12,
    )
)


@settings(max_examples=80, deadline=None)
@given(year)
def test_no_hidden_group_can_be_recovered_from_a_whole_year(months: list[dict[str, int]]) -> None:
    whole = judge(tree(months, (2, 2, 3)))
    small = {name: n for name, n in attack(whole).items() if n < LEAST_GROUP}
    assert small == {}


# Two answered one month and one the next: all that is told are the totals of the months themselves.
@pytest.mark.slow
@example(
    [{"0": 1, "1": 1, "2": 0} if n == 4 else {"0": 0, "1": 0, "2": int(n == 5)} for n in range(12)]
)
@settings(max_examples=80, deadline=None)
@given(year)
def test_what_was_shown_of_a_period_does_not_depend_on_later_ones(
    months: list[dict[str, int]],
) -> None:
    whole = judge(tree(months, (2, 2, 3)))
    first_half = tree(months[:6], (2, 3))
    assert whole.parts[0].shown == shown(first_half)
    for _key, period in periods(whole, ()):
        there = {code for code, n in period.counts.items() if n}
        assert set(period.left) | period.shown == there
        hidden = [n for n in period.left.values() if n]
        # A group shown in every part tells nothing new here: its sum is that of its parts.
        new = [code for code in period.shown if left_of(code, period.counts[code], period.parts)]
        if hidden and new:
            assert len(hidden) > 1
            assert sum(hidden) >= LEAST_GROUP


def test_the_attack_works_where_nothing_is_protected() -> None:
    bare = Judged({"a": 3, "b": 40}, frozenset({"b"}), {"a": 3}, ())
    assert attack(bare) == {((), "a"): 3}
