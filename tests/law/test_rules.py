"""Grades, sample sizes, months, lead times, follow-up shares, PEKPPP scores and working days."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuntas.law import pekppp
from tuntas.law.citation import P14_IN_FORCE, in_force_on, p14
from tuntas.law.elements import ELEMENTS, QUESTIONNAIRE_ORDER
from tuntas.law.followup import FollowUpShare, lead_time_months
from tuntas.law.grades import grade_of
from tuntas.law.months import Month, Span
from tuntas.law.profile import PROFILE, BadProfile, age_band, check_profile, encode
from tuntas.law.questionnaires import BUILTIN, SKM9
from tuntas.law.sampling import KREJCIE_MORGAN, sample_size
from tuntas.law.workdays import add_working_days


@pytest.mark.parametrize(
    ("n", "total", "letter"),
    [(58, 1357, "D"), (26, 717, "C"), (19, 524, "B"), (19, 604, "B"), (43, 1367, "A")],
)
def test_values_in_the_gaps_of_the_printed_table_have_a_grade(
    n: int, total: int, letter: str
) -> None:
    assert grade_of(Fraction(25 * total, 9 * n)).letter == letter


@pytest.mark.parametrize(
    ("value", "letter"),
    [
        ("100", "A"),
        ("88.31", "A"),
        ("88.305", "A"),
        ("88.3049", "B"),
        ("76.605", "B"),
        ("76.6049", "C"),
        ("64.995", "C"),
        ("64.9949", "D"),
        ("25", "D"),
    ],
)
def test_grades_at_the_borders(value: str, letter: str) -> None:
    assert grade_of(Fraction(value)).letter == letter


@given(st.fractions(25, 100), st.fractions(25, 100))
def test_a_higher_value_never_has_a_lower_grade(one: Fraction, two: Fraction) -> None:
    low, high = sorted((one, two))
    assert grade_of(low).perception <= grade_of(high).perception


def test_all_90_rows_of_the_sample_table() -> None:
    assert len(KREJCIE_MORGAN) == 90
    assert [(n, sample_size(n)) for n, _size in KREJCIE_MORGAN] == list(KREJCIE_MORGAN)


@given(st.integers(1, 10**7), st.integers(1, 10**5))
def test_a_sample_grows_with_the_population_and_never_exceeds_it(n: int, more: int) -> None:
    assert sample_size(n) <= min(n, 384)
    assert sample_size(n) <= sample_size(n + more)


def test_other_errors_and_empty_populations_are_refused() -> None:
    assert (
        sample_size(1000, Fraction(1, 100))
        > sample_size(1000)
        > sample_size(1000, Fraction(10, 100))
    )
    with pytest.raises(ValueError, match="1 %"):
        sample_size(1000, Fraction(2, 100))
    with pytest.raises(ValueError, match="paling sedikit 1"):
        sample_size(0)


@pytest.mark.parametrize(
    ("unit", "survey", "start", "months"),
    [
        ("Pensiun", "2023-01", "2023-02", 1),
        ("Pensiun", "2023-01", "2023-02", 1),
        ("INKA", "2023-02", "2023-02", 1),
        ("INKA", "2023-02", "2023-03", 1),
        ("INKA", "2023-04", "2023-08", 4),
        ("PdSK", "2023-02", "2023-02", 1),
        ("PdSK", "2023-05", "2023-08", 3),
        ("over New Year", "2023-11", "2024-02", 3),
    ],
)
def test_lead_times_of_the_semester_report(unit: str, survey: str, start: str, months: int) -> None:
    assert lead_time_months(Month.parse(survey), Month.parse(start)) == months


def test_nothing_is_never_100_percent() -> None:
    assert FollowUpShare(0, 0, 0).followed_up_percent is None
    assert FollowUpShare(7, 7, 5).followed_up_percent == 100
    assert FollowUpShare(7, 7, 5).finished_percent == Fraction(500, 7)


ON = date(2023, 8, 21)


@pytest.mark.parametrize(
    ("lead_times", "score"),
    [
        ([1, 1, 1, 1, 4, 1, 3], 3),
        ([1, 1], 5),
        ([3], 4),
        ([9], 2),
        ([12], 1),
        ([13], 0),
        ([], 0),
        ([1, None], 0),
    ],
)
def test_the_slowest_plan_decides_indicator_9(lead_times: list[int | None], score: int) -> None:
    assert pekppp.score_9(lead_times, ON) == score


def test_indicators_6_to_8() -> None:
    assert [pekppp.score_8(10, done, ON) for done in (0, 2, 3, 8, 9, 10)] == [2, 2, 3, 3, 4, 5]
    assert pekppp.score_8(0, 0, ON) == 0
    assert pekppp.score_8(10, 0, ON, started=False) == 1
    assert [pekppp.score_7(media) for media in (0, 4, 5, 9)] == [0, 4, 5, 5]
    steps = {"by_regulation": True, "printed": True, "electronic": True, "followed_up": False}
    assert pekppp.score_6(**steps) == 4
    assert pekppp.score_6(**(steps | {"followed_up": True})) == 5
    assert pekppp.score_6(**(steps | {"by_regulation": False})) == 1


def test_a_rule_holds_from_its_day() -> None:
    assert in_force_on([(p14("x"), "rule")], P14_IN_FORCE) == "rule"
    with pytest.raises(LookupError):
        in_force_on([(p14("x"), "rule")], date(2017, 5, 15))


@pytest.mark.parametrize(
    ("text", "kind", "months"),
    [
        ("2023-01", "month", 1),
        ("2023-Q2", "quarter", 3),
        ("2023-S1", "half_year", 6),
        ("2023", "year", 12),
        ("2023-02..2023-06", "range", 5),
    ],
)
def test_spans_are_read_and_written_the_same(text: str, kind: str, months: int) -> None:
    span = Span.parse(text)
    assert (str(span), span.kind, len(span.months)) == (text, kind, months)


def test_a_range_that_is_a_half_year_is_called_so() -> None:
    assert str(Span.parse("2023-01..2023-06")) == "2023-S1"
    assert str(Span.parse("2023-04..2023-09")) == "2023-04..2023-09"


@pytest.mark.parametrize("text", ["2023-13", "2023-S3", "januari", "", "2023-06..2023-01"])
def test_nonsense_is_not_a_span(text: str) -> None:
    with pytest.raises(ValueError, match=r"bulan|periode"):
        Span.parse(text)


@given(st.integers(1950, 2900), st.integers(1, 12), st.integers(-500, 500))
def test_months_add_and_subtract(year: int, month: int, step: int) -> None:
    start = Month(year, month)
    assert (start + step) - start == step
    assert Month.parse(str(start)) == start
    assert Month.of(start.last_day) == start == Month.of(start.first_day)


def test_the_model_questionnaire_asks_the_regulations_nine_in_its_own_order() -> None:
    assert tuple(question.element for question in SKM9.questions) == QUESTIONNAIRE_ORDER
    assert len(SKM9.questions) == len(ELEMENTS) == 9


@pytest.mark.parametrize("code", BUILTIN)
def test_every_built_in_questionnaire_covers_the_nine_elements(code: str) -> None:
    questions = [row for row in BUILTIN[code].questions if row.instrument == "skm"]
    assert {question.element for question in questions} == {e.code for e in ELEMENTS}
    assert len(questions) == (9 if code.startswith("skm9") else 16)
    assert all(len(set(question.options)) == 4 for question in questions)


def test_profiles_are_compact_and_checked() -> None:
    profile = encode({"sex": "P", "age": age_band(31), "occupation": "a"})
    assert profile == "P3-a"
    check_profile(profile)
    check_profile("")
    with pytest.raises(BadProfile, match="Jenis kelamin"):
        check_profile("X3-a")
    with pytest.raises(BadProfile, match="huruf"):
        check_profile("P")
    with pytest.raises(BadProfile, match="tidak mungkin"):
        age_band(200)
    assert len(PROFILE) == 4


def test_working_days_skip_weekends_and_holidays() -> None:
    friday = date(2023, 8, 11)
    assert add_working_days(friday, 5, ()) == date(2023, 8, 18)
    assert add_working_days(friday, 5, {date(2023, 8, 17)}) == date(2023, 8, 21)
