"""The index: worked examples first, then properties that must hold for any answers."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuntas.law.elements import MAX_ELEMENTS, QUESTIONNAIRE_ORDER, REGULATION_ORDER
from tuntas.law.index import NoResponses, compute
from tuntas.law.rounding import exact_decimal, half_up
from tuntas.law.tally import BadAnswers, Layout, Tally, count
from tuntas.law.weights import WeightsDoNotSumToOne, resolve

DATA = Path(__file__).parents[1] / "data" / "sekadau_2019s1" / "sekadau_skm_2019_s1_first49.csv"
NINE = Layout(REGULATION_ORDER)


def sekadau() -> Tally:
    with DATA.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return count("".join(row[f"u{u}"] for row in rows for u in range(1, 10)), NINE)


def of_totals(n: int, totals: list[int]) -> Tally:
    """A tally of n respondents with these sums per element, scores as even as they can be."""
    elements = {}
    for code, total in zip(REGULATION_ORDER, totals, strict=True):
        low, more = divmod(total, n)
        elements[code] = {Fraction(low): n - more, Fraction(low + 1): more}
    return Tally(n, elements, {Fraction(3): n})


@pytest.mark.parametrize(
    ("convention", "converted"), [("exact", "78.74"), ("0.111", "78.66"), ("0.11", "77.95")]
)
def test_the_49_published_rows_of_sekadau(convention: str, converted: str) -> None:
    result = compute(sekadau(), convention)
    assert result.n == 49
    assert half_up(result.converted, 2) == Decimal(converted)
    assert result.grade.letter == "B"
    assert [int(row.total) for row in result.elements] == [
        138,
        139,
        150,
        177,
        159,
        163,
        161,
        143,
        159,
    ]


def test_the_published_chain_of_pekalongan() -> None:
    tally = of_totals(61, [198, 202, 198, 244, 200, 203, 209, 177, 210])
    result = compute(tally, "0.111")
    means = [half_up(row.mean or Fraction(0), 3) for row in result.elements]
    weighted = [half_up(row.weighted or Fraction(0), 3) for row in result.elements]
    assert [str(mean) for mean in means] == [
        "3.246",
        "3.311",
        "3.246",
        "4.000",
        "3.279",
        "3.328",
        "3.426",
        "2.902",
        "3.443",
    ]
    assert [str(w) for w in weighted] == [
        "0.360",
        "0.368",
        "0.360",
        "0.444",
        "0.364",
        "0.369",
        "0.380",
        "0.322",
        "0.382",
    ]
    assert half_up(result.index_value, 3) == Decimal("3.350")
    assert half_up(result.converted, 2) == Decimal("83.75")
    assert "".join(row.grade.letter for row in result.elements if row.grade) == "BBBABBBCB"
    assert half_up(compute(tally, "exact").converted, 2) == Decimal("83.83")
    assert half_up(compute(tally, "0.11").converted, 2) == Decimal("83.00")


@pytest.mark.parametrize(
    ("convention", "converted"), [("exact", "100.00"), ("0.111", "99.90"), ("0.11", "99.00")]
)
def test_a_perfect_survey_under_each_weight(convention: str, converted: str) -> None:
    result = compute(count("444444444" * 40, NINE), convention)
    assert half_up(result.converted, 2) == Decimal(converted)


def test_all_ones_are_25() -> None:
    assert compute(count("111111111" * 40, NINE)).converted == 25


def test_the_lowest_elements_break_ties_in_regulation_order_and_say_all_three() -> None:
    result = compute(count("233344443" * 30, NINE))
    assert [row.code for row in result.lowest()] == [
        "requirements",
        "procedures",
        "completion_time",
    ]


def test_question_8_is_facilities_and_question_9_is_complaint_handling() -> None:
    tally = count("444444421", Layout(QUESTIONNAIRE_ORDER))
    assert tally.total("facilities") == 2
    assert tally.total("complaint_handling") == 1


def test_an_unanswered_question_leaves_the_denominator_of_its_element_only() -> None:
    tally = count("444444444" + "444044444" + "222222222", NINE)
    assert (tally.n, tally.answered("fees"), tally.answered("requirements")) == (3, 2, 3)
    assert tally.total("fees") == 6


def test_an_element_nobody_answered_gives_its_weight_to_the_others() -> None:
    result = compute(count("444044444" * 30, NINE), elements=REGULATION_ORDER)
    assert result.converted == 100
    assert "element-unanswered" in result.flags
    assert next(row for row in result.elements if row.code == "fees").mean is None


def test_an_omitted_fee_question_gives_each_element_an_eighth_and_is_flagged() -> None:
    codes = [code for code in REGULATION_ORDER if code != "fees"]
    result = compute(count("44444442" * 30, Layout(tuple(codes))))
    assert {row.weight for row in result.elements} == {Fraction(1, 8)}
    assert "fees-omitted" in result.flags


def test_several_questions_of_an_element_count_as_their_mean() -> None:
    layout = Layout(("requirements", "requirements", "procedures"))
    tally = count("344" + "042" + "002", layout)
    assert tally.elements["requirements"] == {Fraction(7, 2): 1, Fraction(4): 1}
    assert tally.answered("requirements") == 2
    assert tally.answered("procedures") == 3


def test_a_local_question_stays_outside_the_index() -> None:
    tally = count("46" + "40", Layout(("requirements", None)))
    assert compute(tally).converted == 100


def test_responses_to_local_questions_alone_are_counted_and_have_no_index() -> None:
    tally = count("1203", Layout((None, None)))
    assert (tally.n, tally.elements, tally.respondents) == (2, {}, {})
    with pytest.raises(NoResponses):
        compute(tally)


def test_up_to_twenty_elements_and_no_more() -> None:
    codes = [*REGULATION_ORDER, *(f"extra_{i}" for i in range(11))]
    assert sum(resolve("exact", codes).values()) == 1
    with pytest.raises(ValueError, match="1–20"):
        resolve("exact", [*codes, "one_more"])
    assert len(codes) == MAX_ELEMENTS


def test_own_weights_must_sum_to_exactly_one_and_name_each_element() -> None:
    own = dict.fromkeys(REGULATION_ORDER, Fraction(1, 10)) | {"requirements": Fraction(2, 10)}
    result = compute(count("411111111" * 30, NINE), own_weights=own)
    assert result.index_value == Fraction(2, 10) * 4 + Fraction(8, 10)
    assert result.weights == "own"
    with pytest.raises(WeightsDoNotSumToOne):
        resolve("exact", REGULATION_ORDER, own | {"fees": Fraction(2, 10)})
    with pytest.raises(WeightsDoNotSumToOne):
        resolve("exact", REGULATION_ORDER[:8], own)


def test_weights_of_the_form_are_cut_for_another_number_of_elements_and_flagged() -> None:
    assert set(resolve("0.11", REGULATION_ORDER[:8]).values()) == {Fraction(12, 100)}
    result = compute(count("44444444" * 30, Layout(REGULATION_ORDER[:8])), "0.11")
    assert "weights-extended" in result.flags
    assert result.converted <= 100


def test_no_answers_have_no_index() -> None:
    with pytest.raises(NoResponses):
        compute(Tally.empty())


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("44444444", "kelipatan 9"),
        ("444444445" + "4" * 9, "isian ke-1, pertanyaan 9: nilai 5"),
        ("4" * 9 + "944444444", "isian ke-2, pertanyaan 1: nilai 9"),
        ("44444444x", "hanya boleh berisi angka"),
    ],
)
def test_answers_that_do_not_fit_are_named(answers: str, words: str) -> None:
    with pytest.raises(BadAnswers, match=words):
        count(answers, NINE)


def test_the_interval_of_a_known_spread() -> None:
    # 50 respondents at 25 and 50 at 100: s = 37.5 * sqrt(100/99), half width 1.96 s / 10.
    result = compute(count("1" * 9 * 50 + "4" * 9 * 50, NINE))
    low, high = result.interval95 or (Fraction(0), Fraction(0))
    assert half_up(low, 2) == Decimal("55.11")
    assert half_up(high, 2) == Decimal("69.89")
    whole = compute(count("1" * 9 * 50 + "4" * 9 * 50, NINE), population=100).interval95
    assert whole == (result.converted, result.converted)


def test_one_answer_has_no_interval_and_is_indicative() -> None:
    result = compute(count("343434343", NINE))
    assert result.interval95 is None
    assert {"indicative", "interval-undefined"} <= set(result.flags)


def test_json_of_a_tally_comes_back_equal() -> None:
    tally = count("344042002", Layout(("requirements", "requirements", "procedures")))
    assert Tally.from_json(tally.to_json()) == tally


def test_exact_decimals_have_at_least_six_places() -> None:
    assert exact_decimal(Fraction(7, 2)) == "3.500000"
    assert exact_decimal(Fraction(1, 3)) == "0.333333333333"
    assert exact_decimal(Fraction(1, 2**10)) == "0.0009765625"


# -- properties ----------------------------------------------------------------------------------

LAYOUT = Layout(("a", "b", "b", "c", None, "d", "d", "d"))
rows = st.lists(
    st.text("01234", min_size=8, max_size=8).filter(lambda row: any(c != "0" for c in row[:4])),
    min_size=1,
    max_size=40,
)


def naive(answers: list[str]) -> Fraction | None:
    """The definition, word for word, without any cleverness."""
    means = []
    for code in ("a", "b", "c", "d"):
        places = [i for i, element in enumerate(LAYOUT.elements) if element == code]
        scores = []
        for row in answers:
            given = [Fraction(row[i]) for i in places if row[i] != "0"]
            if given:
                scores.append(sum(given) / len(given))
        if scores:
            means.append(sum(scores) / len(scores))
    return sum(means) / len(means) * 25 if means else None


@given(rows)
def test_it_equals_the_definition_exactly(answers: list[str]) -> None:
    assert compute(count("".join(answers), LAYOUT)).converted == naive(answers)


@given(rows, st.randoms())
def test_the_order_of_responses_does_not_matter(answers: list[str], random: object) -> None:
    shuffled = list(answers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert count("".join(answers), LAYOUT) == count("".join(shuffled), LAYOUT)


@given(rows, rows)
def test_pooling_equals_merging_tallies(one: list[str], two: list[str]) -> None:
    merged = count("".join(one), LAYOUT).merge(count("".join(two), LAYOUT))
    assert merged == count("".join(one + two), LAYOUT)


@given(rows)
def test_it_stays_between_25_and_100_and_inside_its_interval(answers: list[str]) -> None:
    result = compute(count("".join(answers), LAYOUT))
    assert 25 <= result.converted <= 100
    if result.interval95:
        assert 25 <= result.interval95[0] <= result.converted <= result.interval95[1] <= 100


@given(st.fractions(min_value=-1000, max_value=1000), st.integers(0, 6))
def test_half_up_is_within_half_a_unit(value: Fraction, places: int) -> None:
    rounded = half_up(value, places)
    assert abs(Fraction(rounded) - value) <= Fraction(1, 2 * 10**places)
    assert -rounded.as_tuple().exponent == places  # type: ignore[operator]
