"""Receiving: exactly once, only what fits, never into a closed month."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas.law.months import Month
from tuntas.models import Feedback, Response, Submission
from tuntas.models.closures import Closure
from tuntas.models.periods import Period
from tuntas.models.responses import BadSubmission, IdUsedElsewhere, ServiceClosed


def test_a_response_is_stored_once_however_often_it_is_sent(cast: Cast) -> None:
    key = uuid4()
    first = answer(cast.service, id=key, suggestion="Tambah kursi tunggu.")
    again = answer(cast.service, id=key, suggestion="Tambah kursi tunggu.")
    assert (first.is_new, again.is_new) == (True, False)
    assert (first.code, first.tracking_code) == (again.code, again.tracking_code)
    assert Response.objects.count() == Feedback.objects.count() == 1


def test_an_id_with_other_answers_is_refused(cast: Cast) -> None:
    key = uuid4()
    answer(cast.service, "444444444", id=key)
    with pytest.raises(IdUsedElsewhere):
        answer(cast.service, "111111111", id=key)
    assert Response.objects.get().answers == "444444444"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("54444444 4".replace(" ", ""), "Pertanyaan 1: nilai 5"),
        ("44444444", "Jumlah jawaban"),
        ("4444444444", "Jumlah jawaban"),
        ("44444444a", "Pertanyaan 9: nilai a"),
        ("000000000", "Belum ada"),
    ],
)
def test_answers_that_do_not_fit_are_refused_in_words(cast: Cast, answers: str, words: str) -> None:
    with pytest.raises(BadSubmission, match=words):
        answer(cast.service, answers)
    assert not Response.objects.exists()


def test_a_closed_service_another_edition_and_an_unknown_channel_are_refused(cast: Cast) -> None:
    with pytest.raises(BadSubmission, match="Kanal"):
        answer(cast.service, channel="telepathy")
    with pytest.raises(BadSubmission, match="Jenis kelamin"):
        answer(cast.service, profile="X---")
    cast.service.change(by=None, closed_at=timezone.now())
    with pytest.raises(ServiceClosed):
        answer(cast.service)


def test_the_month_is_that_of_the_offices_own_clock(cast: Cast) -> None:
    # 31 January 17:00 UTC is 1 February 01:00 in Denpasar.
    assert answer(cast.service, at=moment("2026-01-31 17:00")).month == Month(2026, 2)
    assert answer(cast.service, at=moment("2026-01-31 15:59")).month == Month(2026, 1)


def test_a_late_response_counts_in_the_next_open_month_and_keeps_its_own_date(cast: Cast) -> None:
    answer(cast.service, at=moment("2026-01-10 03:00"))
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-03 03:00"))
    late = answer(cast.service, at=moment("2026-02-05 03:00"), answered_on=date(2026, 1, 20))
    assert late.month == Month(2026, 2)
    stored = Response.objects.get(id=late.response_id)
    assert stored.answered_on == date(2026, 1, 20)


@pytest.mark.parametrize("suggestion", ["", "Tambah kursi tunggu."])
def test_the_month_is_judged_alike_on_the_short_and_the_long_way(
    cast: Cast, suggestion: str
) -> None:
    """PostgreSQL judges it in a function of its own when there is no suggestion."""

    def month_of_one() -> Month:
        at = moment("2026-01-20 03:00")
        sent = answer(cast.service, at=at, suggestion=suggestion)
        again = answer(cast.service, at=at, suggestion=suggestion, id=sent.response_id)
        assert (sent.is_new, again.is_new, again.month) == (True, False, sent.month)
        stored = Response.objects.get(id=sent.response_id)
        assert Month.of(stored.month) == sent.month
        assert (stored.received_at, stored.answers, stored.seconds) == (at, "343444333", None)
        return sent.month

    assert month_of_one() == Month(2026, 1)
    period = Period.of(cast.office, Month(2026, 1))
    closure = Closure.seal(period, by=None, at=moment("2026-02-02 03:00"))
    assert month_of_one() == Month(2026, 2)
    closure.reopen(by=None, reason="Salah menutup bulan ini.")
    assert month_of_one() == Month(2026, 1)
    Closure.seal(period, by=None, at=moment("2026-02-03 03:00"))
    assert month_of_one() == Month(2026, 2)
    other = answer(cast.other_service, at=moment("2026-01-20 03:00"), suggestion=suggestion)
    assert other.month == Month(2026, 1)


def test_a_suggestion_is_kept_apart_with_a_deadline_and_a_code_only_the_citizen_has(
    cast: Cast,
) -> None:
    receipt = answer(
        cast.service, suggestion="AC ruang tunggu mati.", at=moment("2026-03-06 03:00")
    )
    feedback = Feedback.objects.get()
    assert Feedback.by_code(receipt.tracking_code.lower().replace("-", " ")) == feedback
    assert receipt.tracking_code not in str(vars(feedback))
    assert feedback.due_on == date(2026, 3, 13)
    assert Feedback.by_code("AAAA-AAAA") is None
    assert not {"response", "answers"} & {field.name for field in Feedback._meta.get_fields()}


def test_polite_words_are_classed_apart_but_kept(cast: Cast) -> None:
    for text in ("baik", "Sudah bagus, terima kasih.", "-", "👍"):
        answer(cast.service, suggestion=text)
    answer(cast.service, suggestion="Antrean terlalu lama")
    assert Feedback.objects.count() == 5
    assert [row.text for row in Feedback.objects.needing_reply()] == ["Antrean terlalu lama"]


def test_many_at_once_are_stored_exactly_once_and_all_or_none(cast: Cast) -> None:
    answer(cast.service, at=moment("2026-01-10 03:00"))
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-02 03:00"))

    def made(day: date, answers: str = "333333333") -> Submission:
        edition = cast.service.edition_id
        return Submission(uuid4(), edition, answers, "import", suggestion="x", answered_on=day)

    rows = [made(date(2026, 1, 5)), made(date(2026, 2, 5)), made(date(2026, 1, 6))]
    at = moment("2026-03-01 03:00")
    first = Response.receive_many(cast.service, [*rows, rows[0]], at=at)
    assert [receipt.is_new for receipt in first] == [True, True, True, False]
    assert {str(receipt.month) for receipt in first} == {"2026-02"}
    again = Response.receive_many(cast.service, rows, at=at)
    assert [(r.code, r.month, r.is_new) for r in again] == [
        (r.code, r.month, False) for r in first[:3]
    ]
    assert (Response.objects.count(), Feedback.objects.count()) == (4, 3)
    with pytest.raises(BadSubmission):
        Response.receive_many(cast.service, [made(date(2026, 2, 7)), made(date(2026, 2, 8), "9")], at=at)  # fmt: skip
    assert Response.objects.count() == 4
