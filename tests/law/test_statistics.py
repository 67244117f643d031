"""The arithmetic of the analysis: bit sets, control chart and rank correlation against known values."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuntas.law.control import BEYOND, LONG_RUN, NEAR_LIMIT, control_chart
from tuntas.law.elements import REGULATION_ORDER
from tuntas.law.ranks import MEDIUM, NONE, STRONG, WEAK, mean_ranks, spearman, strength
from tuntas.law.rounding import half_up
from tuntas.law.sums import Sums
from tuntas.law.tabulation import bits, crossed, tabulate
from tuntas.law.tally import BadAnswers, Layout, count

F = Fraction
SEED = [F(text) for text in ("88.81", "89.15", "86.48", "87.63", "90.83", "87.97")]
TWICE = Layout((*REGULATION_ORDER, *REGULATION_ORDER[:3], None))
OWN = {code: F(place, 45) for place, code in enumerate(REGULATION_ORDER, start=1)}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("01234", min_size=13, max_size=13), max_size=40),
    st.sampled_from([None, OWN]),
)
def test_a_tabulation_counts_as_the_tally_does(
    rows: list[str], weights: dict[str, Fraction] | None
) -> None:
    answers = "".join(rows)
    table = tabulate(answers, TWICE, weights)
    assert table.tally() == count(answers, TWICE, weights)
    half = bits(range(0, len(rows), 2), len(rows))
    assert table.tally(half) == count("".join(rows[::2]), TWICE, weights)
    assert table.sums(half) == Sums.of(table.tally(half))
    assert table.sums() == Sums.of(count(answers, TWICE, weights))
    rest = Sums.of(table.tally()).without(Sums.of(table.tally(half)))
    assert rest == Sums.of(count("".join(rows[1::2]), TWICE, weights))
    assert Sums.from_json(json.loads(json.dumps(rest.to_json()))) == rest


def test_traits_stand_behind_the_answers() -> None:
    table = tabulate(
        "343444333" + "111111111" + "222222222",
        Layout(REGULATION_ORDER),
        traits=(("LPL", 1), ("a1b0b0", 2)),
    )
    assert {code: mask.bit_count() for code, mask in table.traits[0].items()} == {"L": 2, "P": 1}
    women = table.tally(table.traits[0]["P"])
    assert (women.n, women.total("fees")) == (1, 1)
    sexes = [table.traits[0][code] for code in "LP"]
    scores = [table.elements["fees"].get(F(score), 0) for score in (1, 2, 3, 4)]
    assert crossed(sexes, scores) == [[0, 1, 0, 1], [1, 0, 0, 0]]


def test_a_trait_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError):
        tabulate("343444333", Layout(REGULATION_ORDER), traits=(("LP", 1),))


@pytest.mark.parametrize("answers", ["34344433", "543444333", "34344433x"])
def test_bad_records_are_refused(answers: str) -> None:
    with pytest.raises(BadAnswers):
        tabulate(answers, Layout(REGULATION_ORDER))


def test_the_seed_is_one_stable_process() -> None:
    chart = control_chart(SEED)
    assert chart.limits
    assert chart.moving_range
    assert chart.centre
    assert [str(half_up(end, 2)) for end in chart.limits] == ["83.04", "93.92"]
    assert str(half_up(chart.centre, 2)) == "88.48"
    assert str(half_up(chart.moving_range, 3)) == "2.044"
    assert chart.is_stable


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        # One month far below; its step is beyond the limit of ranges as well.
        ([88, 89, 88, 89, 88, 89, 88, 89, 88, 70], {9: BEYOND}),
        ([88, 89, 88, 89, 88, 89, 88, 89], {}),
        ([86, 84, *[88 + n % 2 for n in range(8)], 84, 86], {9: LONG_RUN}),
    ],
)
def test_run_rules(values: list[int], rules: dict[int, str]) -> None:
    points = control_chart([F(value) for value in values]).points
    for place, rule in rules.items():
        assert rule in points[place].signals
    if not rules:
        assert not any(point.signals for point in points)


def test_three_of_four_near_a_limit_stand_out() -> None:
    values = [*[80, 81] * 4, 83, 83, 83]
    points = control_chart([F(value) for value in values]).points
    assert NEAR_LIMIT in points[10].signals
    assert NEAR_LIMIT not in points[9].signals


def test_a_gap_breaks_the_ranges_and_nothing_else() -> None:
    chart = control_chart([*SEED[:3], None, *SEED[3:]])
    assert chart.n == 6
    assert [point.moved is None for point in chart.points] == [
        True, False, False, True, True, False, False,
    ]  # fmt: skip
    assert chart.is_stable


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_too_few_months_have_no_limits(n: int) -> None:
    chart = control_chart(SEED[:n])
    assert (chart.n, chart.limits) == (n, None)
    with pytest.raises(ValueError):
        _stable = chart.is_stable


def test_equal_months_have_limits_at_their_value() -> None:
    chart = control_chart([F(80)] * 8)
    assert chart.limits == (80, 80)
    assert chart.is_stable


# Computed with scipy.stats.spearmanr 1.x of the same answers written out one by one.
SCIPY = [
    ([[5, 1, 0, 0], [2, 10, 4, 0], [0, 6, 30, 9], [0, 0, 8, 25]], "0.763428640862722"),
    ([[0, 0, 3], [0, 4, 0], [5, 0, 0]], "-1"),
    ([[10, 0], [0, 10]], "1"),
    ([[3, 7, 2], [6, 1, 8]], "0.13714244250269028"),
    ([[1, 2, 3, 4], [4, 3, 2, 1], [2, 2, 2, 2], [0, 9, 0, 9]], "0.11820848114218774"),
    (
        [[0, 1, 2, 0], [1, 12, 40, 11], [3, 30, 310, 160], [0, 9, 140, 402]],
        "0.4423861284153866",
    ),
]


@pytest.mark.parametrize(("table", "expected"), SCIPY)
def test_spearman_agrees_with_a_reference(table: list[list[int]], expected: str) -> None:
    rho = spearman(table)
    assert rho is not None
    assert abs(rho - F(expected)) < F(1, 10**11)
    turned = [list(column) for column in zip(*table, strict=True)]
    assert spearman(turned) == rho
    assert spearman([row[::-1] for row in table]) == -rho


@pytest.mark.parametrize("table", [[], [[0, 0]], [[5, 3]], [[5], [3]], [[0, 0], [4, 4]]])
def test_without_spread_there_is_no_correlation(table: list[list[int]]) -> None:
    assert spearman(table) is None


def test_ties_share_their_mean_rank() -> None:
    assert mean_ranks([2, 1, 3]) == [F(3, 2), 3, 5]


@pytest.mark.parametrize(
    ("rho", "pairs", "word"),
    [
        (F("0.6"), 30, STRONG),
        (F("-0.75"), 30, STRONG),
        (F("0.59"), 30, MEDIUM),
        (F("0.3"), 30, MEDIUM),
        (F("0.29"), 30, WEAK),
        (F("0.9"), 29, NONE),
        (None, 100, NONE),
    ],
)
def test_words_for_a_correlation(rho: Fraction | None, pairs: int, word: str) -> None:
    assert strength(rho, pairs) == word
