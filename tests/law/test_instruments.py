"""SPKP and SPAK beside the SKM: counted from the same answers, never mixed into the index."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuntas.law.elements import REGULATION_ORDER
from tuntas.law.index import compute as compute_index
from tuntas.law.instruments import (
    AGREEMENT,
    INSTRUMENTS,
    SPAK,
    SPKP,
    InstrumentTally,
    compute,
)
from tuntas.law.questionnaires import BUILTIN, STATEMENTS
from tuntas.law.tally import BadAnswers, Layout, Tally, count

PLACES = tuple((question.instrument, question.statement) for question in STATEMENTS)
LAYOUT = Layout((*REGULATION_ORDER, *[None] * 13), (*[None] * 9, *PLACES))
SKM_ONLY = Layout(REGULATION_ORDER)

skm = st.text("01234", min_size=9, max_size=9)
stars = st.text("0123456", min_size=13, max_size=13)
rows = st.lists(st.tuples(skm, stars).map("".join), max_size=12)


def expected(code: str, answers: list[str]) -> tuple[int, Fraction | None]:
    """n and mean by the definition, one answer at a time."""
    at = range(9, 17) if code == "spkp" else range(17, 22)
    n = sum(any(row[place] != "0" for place in at) for row in answers)
    means = []
    for place in at:
        given_stars = [int(row[place]) for row in answers if row[place] != "0"]
        if given_stars:
            means.append(Fraction(sum(given_stars), len(given_stars)))
    return n, sum(means, Fraction(0)) / len(means) if means else None


@given(rows)
def test_each_index_is_the_exact_mean_of_its_statements(answers: list[str]) -> None:
    tally = count("".join(answers), LAYOUT)
    for code in INSTRUMENTS:
        n, mean = expected(code, answers)
        part = tally.instruments.get(code, InstrumentTally())
        result = compute(code, part)
        assert part.n == n
        if mean is None:
            assert result is None
            continue
        assert result is not None
        assert (result.n, result.mean, result.index_value) == (n, mean, mean * 4 / 6)
        assert Fraction(4, 6) <= result.index_value <= 4
        for row in result.statements:
            assert row.mean is None or (1 <= row.mean <= 6 and row.index_value == row.mean * 2 / 3)


@given(rows, rows)
def test_pooling_is_merging(first: list[str], second: list[str]) -> None:
    one, two = count("".join(first), LAYOUT), count("".join(second), LAYOUT)
    both = count("".join(first + second), LAYOUT)
    assert one.merge(two).to_json() == both.to_json() or not (first and second)
    for code in INSTRUMENTS:
        pooled = Tally.sum([one, two]).instruments.get(code, InstrumentTally())
        assert compute(code, pooled) == compute(code, both.instruments.get(code, InstrumentTally()))


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_answers_and_of_questions_changes_nothing(
    answers: list[str], chance: object
) -> None:
    shuffled, order = answers[:], list(range(22))
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    chance.shuffle(order)  # type: ignore[attr-defined]
    layout = Layout(
        tuple(LAYOUT.elements[place] for place in order),
        tuple(LAYOUT.instruments[place] for place in order),
    )
    moved = "".join("".join(row[place] for place in order) for row in shuffled)
    before, after = count("".join(answers), LAYOUT), count(moved, layout)
    for code in INSTRUMENTS:
        empty = InstrumentTally()
        assert compute(code, before.instruments.get(code, empty)) == compute(
            code, after.instruments.get(code, empty)
        )


@given(rows.filter(lambda found: any(set(row[:9]) != {"0"} for row in found)))
def test_the_statements_never_touch_the_satisfaction_index(answers: list[str]) -> None:
    with_statements = compute_index(count("".join(answers), LAYOUT))
    alone = compute_index(count("".join(row[:9] for row in answers), SKM_ONLY))
    assert with_statements == alone


@given(rows)
def test_a_tally_survives_json(answers: list[str]) -> None:
    tally = count("".join(answers), LAYOUT)
    assert Tally.from_json(tally.to_json()) == tally


def test_a_tally_without_other_instruments_is_written_as_before() -> None:
    assert set(count("343444333", SKM_ONLY).to_json()) == {"n", "elements", "respondents"}
    old = {"n": 1, "elements": {"fees": {"4": 1}}, "respondents": {"4": 1}}
    assert Tally.from_json(old).to_json() == old


@pytest.mark.parametrize(
    ("digit", "mean", "value"),
    [("6", Fraction(6), Fraction(4)), ("1", Fraction(1), Fraction(2, 3)), ("3", 3, Fraction(2))],
)
def test_six_stars_are_four_and_one_star_is_two_thirds(
    digit: str, mean: Fraction, value: Fraction
) -> None:
    tally = count(("4" * 9 + digit * 13) * 3, LAYOUT)
    for code in INSTRUMENTS:
        result = compute(code, tally.instruments[code])
        assert result is not None
        assert (result.n, result.mean, result.index_value) == (3, mean, value)


def test_seven_stars_and_a_fifth_score_are_refused() -> None:
    with pytest.raises(BadAnswers, match="1–6"):
        count("4" * 9 + "7" + "1" * 12, LAYOUT)
    with pytest.raises(BadAnswers, match="1–4"):
        count("5" + "4" * 8 + "1" * 13, LAYOUT)


def test_the_built_in_editions_hold_the_eight_and_the_five() -> None:
    assert (len(SPKP.statements), len(SPAK.statements), len(AGREEMENT)) == (8, 5, 6)
    assert len(set(SPKP.codes) | set(SPAK.codes)) == 13
    for code, width in (("skm9-zi", 22), ("skm16-zi", 29)):
        questions = BUILTIN[code].questions
        assert len(questions) == width
        added = [row for row in questions if row.instrument != "skm"]
        assert [row.statement for row in added] == [*SPKP.codes, *SPAK.codes]
        assert all(row.element == "" and len(row.options) == 6 for row in added)
        assert [row for row in questions if row not in added] == list(
            BUILTIN[code.removesuffix("-zi")].questions
        )
