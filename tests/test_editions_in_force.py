"""Which edition a service asks on which day, at the office's own midnight, and what is still taken."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas.imports import BadFile, import_responses
from tuntas.law.months import Month
from tuntas.models import (
    Edition,
    EditionStart,
    Event,
    Office,
    Period,
    Question,
    Response,
    Service,
    Submission,
    Tablet,
    Unit,
)
from tuntas.models.closures import Closure
from tuntas.models.responses import BadSubmission
from tuntas.models.results import counts, month_results
from tuntas.models.starts import (
    AlreadyStarted,
    MonthNotComing,
    NotAllowed,
    SameEdition,
    StartWaiting,
)
from tuntas.models.tablets import hand_over

MARCH = Month(2026, 3)
IN_FEBRUARY = moment("2026-02-10 03:00")


def plan(
    service: Service, code: str = "skm16", month: Month = MARCH, **fields: Any
) -> EditionStart:
    fields = {"by": None, "at": IN_FEBRUARY} | fields
    return EditionStart.plan(service, Edition.builtin(code), month, **fields)


def send(service: Service, code: str, *, at: datetime, on: date | None = None) -> Any:
    edition = Edition.builtin(code)
    submission = Submission(
        id=uuid4(),
        edition_id=edition.pk,
        answers="3" * len(edition.question_list),
        channel="web",
        answered_on=on,
    )
    return Response.receive(Service.objects.get(pk=service.pk), submission, at=at)


def test_the_next_edition_begins_with_its_month_and_says_who_decided(cast: Cast) -> None:
    start = plan(cast.service, by=cast.people["team"])
    service = Service.objects.get(pk=cast.service.pk)
    assert service.edition_on(date(2026, 2, 28)).questionnaire.code == "skm9"
    assert service.edition_on(date(2026, 3, 1)).questionnaire.code == "skm16"
    assert (start.made_by, start.made_at) == (cast.people["team"], IN_FEBRUARY)
    assert Event.objects.filter(action="edition.planned", office=cast.office).count() == 1


@pytest.mark.parametrize(
    ("zone", "last_moment"),
    [
        ("Asia/Jakarta", "2026-02-28 16:59"),
        ("Asia/Makassar", "2026-02-28 15:59"),
        ("Asia/Jayapura", "2026-02-28 14:59"),
    ],
)
def test_the_month_begins_at_the_offices_own_midnight(
    cast: Cast, zone: str, last_moment: str
) -> None:
    office = Office.add("zona", "Kantor Zona", by=None, time_zone=zone)
    unit = Unit.add(office, "u", "Unit", by=None)
    service = Service.add(unit, "s", "Layanan", edition=Edition.builtin("skm9"), by=None)
    plan(service)
    before = moment(last_moment)
    after = before + timedelta(minutes=1)
    assert after.astimezone(ZoneInfo(zone)).strftime("%d %H:%M") == "01 00:00"
    with pytest.raises(BadSubmission, match="diperbarui"):
        send(service, "skm16", at=before)
    assert send(service, "skm9", at=before).month == Month(2026, 2)
    assert send(service, "skm16", at=after).month == MARCH
    for now, code in ((before, "skm9"), (after, "skm16")):
        with mock.patch.object(timezone, "now", return_value=now):
            assert Service.objects.get(pk=service.pk).edition.questionnaire.code == code


def test_a_form_opened_before_midnight_is_taken_for_one_day_and_no_longer(cast: Cast) -> None:
    plan(cast.service)
    # Denpasar is 8 hours ahead: 1 March 00:01, 1 March 23:59, 2 March 00:01.
    assert send(cast.service, "skm9", at=moment("2026-02-28 16:01")).month == MARCH
    assert send(cast.service, "skm9", at=moment("2026-03-01 15:59")).is_new
    with pytest.raises(BadSubmission, match="diperbarui"):
        send(cast.service, "skm9", at=moment("2026-03-01 16:01"))


def test_what_a_tablet_collected_before_the_switch_is_still_taken_weeks_later(cast: Cast) -> None:
    plan(cast.service)
    late = moment("2026-03-20 03:00")
    received = send(cast.service, "skm9", at=late, on=date(2026, 2, 25))
    assert (received.is_new, received.month) == (True, Month(2026, 2))
    assert send(cast.service, "skm9", at=late, on=date(2026, 3, 1)).is_new
    with pytest.raises(BadSubmission, match="diperbarui"):
        send(cast.service, "skm9", at=late, on=date(2026, 3, 2))
    with pytest.raises(BadSubmission, match="diperbarui"):
        send(cast.service, "skm16", at=late, on=date(2026, 2, 25))


def test_a_tablet_hands_over_across_the_switch_through_its_own_door(cast: Cast) -> None:
    plan(cast.service)
    tablet = Tablet.add(cast.service, "Kunjungan", "outreach", by=None)[0]
    now = moment("2026-03-20 03:00")

    def item(days_ago: int) -> dict[str, Any]:
        return {
            "id": str(uuid4()),
            "edition": str(Edition.builtin("skm9").pk),
            "answers": "333333333",
            "profile": "----",
            "suggestion": "",
            "code": "",
            "seconds": 60,
            "at": 10**12 - days_ago * 86_400_000,
        }

    told = [hand_over(tablet, item(days), 10**12, now) for days in (23, 19, 5, 0)]
    assert [row.state for row in told] == ["stored"] * 4
    assert [row.month for row in told] == ["2026-02", "2026-03", "2026-03", "2026-03"]
    (march,) = month_results(cast.office, [MARCH], service=cast.service)
    assert march.n == 3  # counted with the questions that were asked
    months_later = moment("2026-06-20 03:00")
    late = hand_over(tablet, item(0), 10**12, months_later)
    assert (late.state, "diperbarui" in late.reason) == ("refused", True)


def test_an_answer_of_a_closed_month_counts_later_with_its_own_edition(cast: Cast) -> None:
    answer(cast.service, at=moment("2026-02-20 03:00"))
    plan(cast.service)
    Closure.seal(Period.of(cast.office, Month(2026, 2)), by=None, at=moment("2026-03-02 03:00"))
    late = send(cast.service, "skm9", at=moment("2026-03-05 03:00"), on=date(2026, 2, 27))
    send(cast.service, "skm16", at=moment("2026-03-06 03:00"))
    assert late.month == MARCH
    assert {row.edition_id for row in counts(cast.office, [Month(2026, 2)])} == {
        Edition.builtin("skm9").pk
    }
    assert len(counts(cast.office, [MARCH])) == 2  # the late answer keeps its own questions


def test_an_old_file_is_read_with_the_questions_of_its_month(cast: Cast, tmp_path: Path) -> None:
    plan(cast.service)
    file = tmp_path / "lama.csv"
    file.write_text(",".join(f"q{n}" for n in range(1, 10)) + "\n" + "3,3,3,3,3,3,3,3,3\n")
    service = Service.objects.get(pk=cast.service.pk)
    with mock.patch.object(timezone, "now", return_value=moment("2026-03-10 03:00")):
        outcome = import_responses(file, service, month=Month(2026, 1))
        assert (outcome.stored, outcome.bad) == (1, [])
        with pytest.raises(BadFile, match="tidak lengkap"):
            import_responses(file, service, month=MARCH)
    assert Response.objects.get().edition.questionnaire.code == "skm9"


def test_a_second_switch_keeps_the_whole_history(cast: Cast) -> None:
    plan(cast.service)
    plan(cast.service, "skm9-zi", Month(2026, 5), at=moment("2026-04-10 03:00"))
    service = Service.objects.get(pk=cast.service.pk)
    days = [date(2025, 12, 31), date(2026, 2, 28), date(2026, 3, 1), date(2026, 4, 30)]
    found = [service.edition_on(day).questionnaire.code for day in [*days, date(2026, 5, 1)]]
    assert found == ["skm9", "skm9", "skm16", "skm16", "skm9-zi"]
    late = moment("2026-05-09 03:00")
    assert send(service, "skm9", at=late, on=date(2026, 2, 20)).is_new
    assert send(service, "skm16", at=late, on=date(2026, 4, 20)).is_new
    assert send(service, "skm9-zi", at=late).is_new


def test_a_start_can_be_withdrawn_until_it_comes_and_never_removed(cast: Cast) -> None:
    start = plan(cast.service)
    start.withdraw(by=cast.people["team"], at=moment("2026-02-28 15:59"))
    service = Service.objects.get(pk=cast.service.pk)
    assert service.edition_on(date(2026, 3, 1)).questionnaire.code == "skm9"
    assert start.withdrawn_by == cast.people["team"]
    with pytest.raises(AlreadyStarted):
        start.withdraw(by=None, at=IN_FEBRUARY)
    again = plan(cast.service)
    with pytest.raises(AlreadyStarted):
        again.withdraw(by=None, at=moment("2026-02-28 16:00"))
    with pytest.raises(DatabaseError, match=r"withdrawn|append-only"), transaction.atomic():
        EditionStart.objects.filter(pk=again.pk).delete()


def test_only_a_coming_month_and_a_published_edition_of_ones_own_can_be_chosen(cast: Cast) -> None:
    with pytest.raises(MonthNotComing):
        plan(cast.service, month=Month(2026, 2))
    with pytest.raises(MonthNotComing):  # already 1 March in Denpasar
        plan(cast.service, at=moment("2026-02-28 16:00"))
    with pytest.raises(SameEdition):
        plan(cast.service, "skm9")
    plan(cast.service)
    with pytest.raises(StartWaiting):
        plan(cast.service, "skm9-zi", Month(2026, 4))
    draft = Edition.begin(cast.office, "Milik kami", Edition.builtin("skm9"), by=None)
    with pytest.raises(NotAllowed):
        EditionStart.plan(cast.service16, draft, MARCH, by=None, at=IN_FEBRUARY)
    foreign = Edition.begin(cast.other, "Milik lain", Edition.builtin("skm9"), by=None)
    foreign.publish(by=None)
    with pytest.raises(NotAllowed):
        EditionStart.plan(cast.service16, foreign, MARCH, by=None, at=IN_FEBRUARY)


def test_the_hot_path_costs_no_query_more(cast: Cast) -> None:
    """The form and its sending, before and after a switch: 2 queries to show, as ever."""
    address = cast.service.get_absolute_url()

    def queries(now: datetime) -> tuple[int, int]:
        with mock.patch.object(timezone, "now", return_value=now):
            edition = Service.objects.get(pk=cast.service.pk).edition
            with CaptureQueriesContext(
                connection,
            ) as shown:
                page = Client().get(address)
            assert f'name="edition" value="{edition.pk}"' in page.content.decode()
            sent = {"id": str(uuid4()), "edition": edition.pk, "channel": "web"}
            sent |= {f"q{row.position}": "3" for row in edition.question_list}
            with CaptureQueriesContext(connection) as stored:
                assert Client().post(address, sent).status_code == 303
        return len(shown), len(stored)

    before = queries(IN_FEBRUARY)
    plan(cast.service)
    assert queries(IN_FEBRUARY) == before
    assert queries(moment("2026-03-10 03:00")) == before
    assert before[0] == 2


def test_the_form_of_the_last_evening_shows_its_mistakes_in_its_own_edition(cast: Cast) -> None:
    plan(cast.service)
    old = Edition.builtin("skm9")
    with mock.patch.object(timezone, "now", return_value=moment("2026-02-28 16:05")):
        sent = {"id": str(uuid4()), "edition": old.pk, "channel": "web"}
        sent |= {f"q{number}": "4" for number in range(1, 9)}  # the ninth is missing
        page = Client().post(cast.service.get_absolute_url(), sent)
        html = page.content.decode()
        assert page.status_code == 422
        assert f'name="edition" value="{old.pk}"' in html
        assert "Kuesioner baru saja diperbarui" not in html
        done = Client().post(cast.service.get_absolute_url(), sent | {"q9": "4"})
        assert done.status_code == 303
    assert Response.objects.get().edition == old


def test_no_question_enters_a_published_edition_by_moving_there(cast: Cast) -> None:
    draft = Edition.begin(cast.office, "Milik kami", Edition.builtin("skm9"), by=None)
    published = Edition.builtin("skm16")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Question.objects.filter(edition=draft, position=9).update(edition=published, position=17)
