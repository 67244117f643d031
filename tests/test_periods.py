"""Closing: a month is counted once, and what is closed stays closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.conftest import Cast, answer, make_cast, moment
from tuntas.law.months import Month
from tuntas.law.rounding import half_up
from tuntas.models import Event, HistoricalResult, Question, Response
from tuntas.models.closures import AlreadyReopened, Closure, fingerprint
from tuntas.models.periods import Period, PeriodClosed, PeriodNotOver
from tuntas.models.results import answered_months

JANUARY = Month(2026, 1)
DURING, AFTER = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")


def test_closing_keeps_counts_method_result_and_fingerprint(cast: Cast) -> None:
    for answers in ("444444444", "333333333", "343434343"):
        answer(cast.service, answers, at=DURING)
    answer(cast.service16, "4" * 16, at=DURING)
    answer(cast.other_service, "111111111", at=DURING)
    closure = Closure.seal(Period.of(cast.office, JANUARY), by=cast.people["head"], at=AFTER)
    assert closure.n == 4
    assert closure.content["weights"] == "exact"
    # Per element: three answers of the 9-question form and one 4 of the other, pooled.
    odd, even = Fraction(4 + 3 + 3 + 4, 4), Fraction(4 + 3 + 4 + 4, 4)
    converted = (5 * odd + 4 * even) / 9 * 25
    assert Fraction(closure.content["result"]["converted"]) == converted
    assert closure.content["result"]["converted_2"] == str(half_up(converted, 2))
    assert closure.sha256 == fingerprint(closure.content)
    stored = Closure.objects.get(pk=closure.pk)
    assert fingerprint(stored.content) == stored.sha256
    assert [tally.n for tally in stored.tallies().values()] == [3, 1]
    assert Event.objects.filter(action="period.closed", by=cast.people["head"]).exists()


def test_a_month_is_closed_once_and_not_before_it_is_over(cast: Cast) -> None:
    period = Period.of(cast.office, JANUARY)
    with pytest.raises(PeriodNotOver):
        Closure.seal(period, by=None, at=moment("2026-01-31 15:00"))
    Closure.seal(period, by=None, at=AFTER)
    with pytest.raises(PeriodClosed):
        Closure.seal(period, by=None, at=AFTER)


def test_months_with_answers_are_found_without_reading_their_rows(cast: Cast) -> None:
    for day in ("2026-01-15", "2026-01-16", "2026-03-15"):
        answer(cast.service, at=moment(f"{day} 03:00"))
    quarter = [JANUARY + step for step in range(3)]
    assert answered_months(cast.office, []) == answered_months(cast.other, quarter) == set()
    with CaptureQueriesContext(connection) as queries:
        assert answered_months(cast.office, quarter) == {JANUARY, JANUARY + 2}
    (query,) = queries.captured_queries
    assert query["sql"].count("EXISTS") == 3
    assert "DISTINCT" not in query["sql"]


def test_reopening_needs_a_reason_and_leaves_the_old_closure(cast: Cast) -> None:
    period = Period.of(cast.office, JANUARY)
    first = Closure.seal(period, by=None, at=AFTER)
    assert first.content["result"] is None
    with pytest.raises(ValueError, match="reason"):
        first.reopen(by=None, reason="salah")
    first.reopen(by=cast.people["team"], reason="Berkas kertas terlambat masuk.")
    with pytest.raises(AlreadyReopened):
        first.reopen(by=None, reason="Berkas kertas terlambat masuk.")
    answer(cast.service, at=DURING)
    second = Closure.seal(period, by=None, at=AFTER)
    assert (first.number, first.n, second.number, second.n) == (1, 0, 2, 1)
    assert list(period.closures.standing()) == [second]


def test_a_historical_value_is_kept_once_and_never_over_a_counted_month(cast: Cast) -> None:
    for _twice in range(2):
        HistoricalResult.record(
            cast.office, JANUARY, Decimal("88.81"), source="Laporan 2026", by=None
        )
    assert HistoricalResult.objects.count() == 1
    with pytest.raises(ValidationError):
        HistoricalResult.record(cast.office, JANUARY, Decimal("24.99"), source="x", by=None)
    answer(cast.service, at=DURING)
    Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)
    with pytest.raises(PeriodClosed):
        HistoricalResult.record(cast.office, JANUARY, Decimal("88.81"), source="x", by=None)


def refused(act: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return "append-only" in str(error) or "never changes" in str(error)
    return False


def test_the_database_itself_refuses_to_change_what_is_final(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    closure = Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)
    closure.reopen(by=None, reason="Berkas kertas terlambat masuk.")
    question = cast.service.edition.questions.all()
    assert refused(lambda: Response.objects.update(answers="444444444"))
    assert refused(lambda: Response.objects.all().delete())
    assert refused(lambda: Closure.objects.update(sha256="x"))
    assert refused(lambda: type(closure.reopening).objects.all()._raw_delete("default"))
    assert refused(lambda: Event.objects.update(action="x"))
    assert refused(lambda: Event.objects.all()._raw_delete("default"))
    assert refused(lambda: question.update(text="x"))
    assert refused(lambda: question._raw_delete("default"))
    assert refused(
        lambda: Question.objects.create(
            edition=cast.service.edition, position=10, text="x", options=["a", "b"]
        )
    )
    assert refused(lambda: type(cast.service.edition).objects.update(name="x"))


@pytest.mark.django_db(transaction=True)
def test_no_answer_slips_into_a_month_while_it_is_being_closed() -> None:
    """Eight threads answer for January while a ninth closes it: whatever the closure did not
    count must have gone to February, and nothing may be lost."""
    cast = make_cast()
    period = Period.of(cast.office, JANUARY)
    start, errors, stored = threading.Barrier(9), [], []

    def send() -> None:
        try:
            start.wait()
            for _time in range(25):
                stored.append(answer(cast.service, at=AFTER, answered_on=DURING.date()))
        except Exception as error:  # the test fails below, with the error in sight
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _each in range(8)]
    for thread in threads:
        thread.start()
    start.wait()
    while not stored:  # close in the middle of the traffic
        pass
    closure = Closure.seal(period, by=None, at=AFTER)
    for thread in threads:
        thread.join()
    assert errors == []
    in_january = Response.objects.filter(month=JANUARY.first_day).count()
    in_february = Response.objects.filter(month=(JANUARY + 1).first_day).count()
    assert in_january == closure.n
    assert in_january + in_february == 8 * 25
