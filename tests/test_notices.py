"""Who is told what and when: planned from the rows and the time, never the same thing twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast, answer
from tuntas import chores, reminders
from tuntas.law.months import Month
from tuntas.law.workdays import subtract_working_days
from tuntas.models import (
    ActionPlan,
    Chore,
    Closure,
    Feedback,
    MailMode,
    MailPreference,
    Membership,
    Notice,
    Period,
    ReminderRules,
    Role,
)
from tuntas.models.reminders import is_digest_time, next_open

ZONE = ZoneInfo("Asia/Makassar")


def at(text: str) -> datetime:
    """`2026-03-05 10:00` in the office's zone."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@pytest.fixture
def everybody_at_once(cast: Cast) -> None:
    for user in cast.people.values():
        MailPreference.choose(user, MailMode.IMMEDIATE)


@pytest.fixture
def feedback(cast: Cast) -> Feedback:
    """Received on Monday 2 March 2026: five working days make it due on Monday 9 March."""
    answer(cast.service, suggestion="Tambah kursi tunggu.", at=at("2026-03-02 10:00"))
    row = Feedback.objects.get()
    assert row.due_on == date(2026, 3, 9)
    return row


def told(kind: str = "") -> list[tuple[str, str]]:
    """(kind, who) of every notice, in the order of their keys."""
    rows = Notice.objects.exclude(kind="digest").select_related("person").order_by("key")
    return [(row.kind, row.person.name.lower()) for row in rows if kind in row.kind]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-04 09:00", []),
        ("2026-03-05 09:00", [("feedback-soon", "officer")]),  # two working days before
        ("2026-03-08 09:00", [("feedback-soon", "officer")]),  # a Sunday
        ("2026-03-09 09:00", [("feedback-today", "officer")]),
        ("2026-03-10 09:00", [("feedback-late", "team")]),
        ("2026-03-13 09:00", [("feedback-late", "team")]),
        ("2026-03-16 09:00", [("feedback-escalated", "head"), ("feedback-late", "team")]),
    ],
)
def test_a_suggestion_climbs_with_its_age(
    feedback: Feedback, everybody_at_once: None, now: str, expected: list[tuple[str, str]]
) -> None:
    reminders.plan(at(now))
    assert told() == expected


def test_running_the_planner_again_creates_nothing(feedback: Feedback, cast: Cast) -> None:
    assert reminders.plan(at("2026-03-05 09:00")) == 2  # the item and its digest
    assert reminders.plan(at("2026-03-05 09:05")) == 0
    assert reminders.plan(at("2026-03-06 09:00")) == 0
    assert Notice.objects.count() == 2


def test_the_database_refuses_the_second_of_two_planners(
    feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both read before either wrote: the key decides."""
    now = at("2026-03-05 09:00")
    reminders.plan(now)
    row = Notice.objects.get(kind="feedback-soon")
    again = Notice(**{f.name: getattr(row, f.name) for f in row._meta.fields if f.name != "id"})
    Notice.objects.bulk_create([again], ignore_conflicts=True)
    assert Notice.objects.filter(kind="feedback-soon").count() == 1


def test_an_answered_suggestion_is_not_told(
    feedback: Feedback, cast: Cast, everybody_at_once: None
) -> None:
    feedback.reply("Sudah ditambah.", by=cast.people["officer"])
    assert reminders.plan(at("2026-03-16 09:00")) == 0


def test_a_unit_without_officer_is_told_to_the_survey_team(
    feedback: Feedback, cast: Cast, everybody_at_once: None
) -> None:
    Membership.objects.filter(user=cast.people["officer"]).delete()
    reminders.plan(at("2026-03-09 09:00"))
    assert told() == [("feedback-today", "team")]


def test_old_news_does_not_flood_an_office_that_turns_mail_on(
    feedback: Feedback, everybody_at_once: None
) -> None:
    assert reminders.plan(at("2026-06-01 09:00")) == 0


def test_the_rules_are_the_offices_own(
    feedback: Feedback, cast: Cast, everybody_at_once: None
) -> None:
    ReminderRules.of(cast.office).change(by=cast.people["team"], feedback_before=3, feedback_head=2)
    reminders.plan(at("2026-03-04 09:00"))
    assert told() == [("feedback-soon", "officer")]
    reminders.plan(at("2026-03-11 09:00"))
    assert ("feedback-escalated", "head") in told()
    with pytest.raises(ValidationError):
        ReminderRules.of(cast.office).change(by=cast.people["team"], plan_every=0)


def test_a_plan_is_told_before_it_is_due_and_weekly_after(
    cast: Cast, everybody_at_once: None
) -> None:
    ActionPlan.add(
        cast.pensiun,
        by=None,
        survey_month=date(2026, 1, 1),
        action="Menambah kursi.",
        due_on=date(2026, 3, 20),
    )
    days = [
        ("2026-03-12 09:00", 0),
        ("2026-03-13 09:00", 1),
        ("2026-03-20 09:00", 1),
        ("2026-03-21 09:00", 2),
        ("2026-03-27 09:00", 2),
        ("2026-03-28 09:00", 3),
        ("2026-04-04 09:00", 4),
    ]
    for now, expected in days:
        reminders.plan(at(now))
        assert len(told("plan")) == expected, now


def test_a_month_over_and_open_is_told_after_five_working_days(
    cast: Cast, everybody_at_once: None
) -> None:
    answer(cast.service, at=at("2026-02-10 10:00"))
    reminders.plan(at("2026-03-05 09:00"))
    assert told() == []
    reminders.plan(at("2026-03-06 09:00"))
    assert told() == [("month-open", "team")]
    Closure.seal(Period.of(cast.office, Month(2026, 2)), by=None, at=at("2026-03-06 10:00"))
    assert not Notice.objects.get().still_holds()


# -- how each person wants it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(MailMode.IMMEDIATE, (1, 0)), (MailMode.DIGEST, (1, 1)), (MailMode.OFF, (0, 0))],
)
def test_each_person_chooses(
    feedback: Feedback, cast: Cast, mode: str, expected: tuple[int, int]
) -> None:
    MailPreference.choose(cast.people["officer"], mode)
    reminders.plan(at("2026-03-05 09:00"))
    digests = Notice.objects.filter(kind="digest").count()
    assert (len(told()), digests) == expected


@pytest.mark.parametrize("mode", MailMode.values)
def test_what_reaches_the_head_cannot_be_switched_off_and_comes_in_the_digest(
    feedback: Feedback, cast: Cast, mode: str
) -> None:
    MailPreference.choose(cast.people["head"], mode)
    reminders.plan(at("2026-03-16 09:00"))
    item = Notice.objects.get(kind="feedback-escalated")
    assert item.is_item
    assert item.within is not None
    assert item.within.person == cast.people["head"]


def test_a_digest_is_one_mail_a_day_and_what_comes_later_waits_for_the_next(
    feedback: Feedback, cast: Cast
) -> None:
    answer(cast.service, suggestion="Tambah kipas.", at=at("2026-03-02 11:00"))
    reminders.plan(at("2026-03-05 07:29"))
    assert not Notice.objects.filter(kind="digest").exists()
    reminders.plan(at("2026-03-05 07:30"))
    assert Notice.objects.get(kind="digest").items.count() == 2
    ActionPlan.add(
        cast.pensiun,
        by=None,
        survey_month=date(2026, 1, 1),
        action="x",
        due_on=date(2026, 3, 6),
    )
    reminders.plan(at("2026-03-05 12:00"))
    assert Notice.objects.filter(kind="digest").count() == 1
    assert Notice.objects.for_digest().count() == 1
    reminders.plan(at("2026-03-06 07:30"))
    assert [row.items.count() for row in Notice.objects.filter(kind="digest").order_by("id")] == [
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("now", "release"),
    [
        ("2026-03-05 06:59", "2026-03-05 07:00"),
        ("2026-03-05 07:00", "2026-03-05 07:00"),
        ("2026-03-05 17:59", "2026-03-05 17:59"),
        ("2026-03-05 18:00", "2026-03-06 07:00"),
        ("2026-03-06 20:00", "2026-03-09 07:00"),  # Friday evening to Monday
        ("2026-03-07 10:00", "2026-03-09 07:00"),
        ("2026-03-08 05:00", "2026-03-09 07:00"),
    ],
)
def test_quiet_hours_hold_mail_back(now: str, release: str) -> None:
    assert next_open(at(now), ZONE, ()) == at(release)
    assert is_digest_time(at(now), ZONE, ()) == (now in {"2026-03-05 17:59"})


def test_a_holiday_is_quiet_too() -> None:
    assert next_open(at("2026-03-05 10:00"), ZONE, {date(2026, 3, 5)}) == at("2026-03-06 07:00")


def test_what_happens_at_night_is_kept_for_the_morning(
    feedback: Feedback, everybody_at_once: None
) -> None:
    reminders.plan(at("2026-03-09 22:00"))
    notice = Notice.objects.get()
    assert notice.not_before == at("2026-03-10 07:00")
    assert not Notice.objects.to_send(at("2026-03-10 06:59")).exists()
    assert Notice.objects.to_send(at("2026-03-10 07:00")).exists()


def test_working_days_are_counted_back() -> None:
    assert subtract_working_days(date(2026, 3, 9), 2) == date(2026, 3, 5)
    assert subtract_working_days(date(2026, 3, 9), 0) == date(2026, 3, 9)


# -- what the loop does by itself ------------------------------------------------------------------


def do_chore(name: str, now: datetime, done_at: datetime | None = None) -> None:
    chores.TURNS[name].do(now, done_at)


def test_a_loop_that_stood_still_is_told_once(
    cast: Cast, everybody_at_once: None, settings: Any
) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    now = at("2026-03-05 09:00")
    do_chore("plan-notices", now, now - timedelta(minutes=20))
    assert told() == []
    do_chore("plan-notices", now, now - timedelta(minutes=40))
    do_chore("plan-notices", now, now - timedelta(minutes=40))
    assert told() == [("work-silent", "team"), ("work-silent", "stranger")]


def test_dead_letters_are_told_to_the_survey_team(
    feedback: Feedback, cast: Cast, everybody_at_once: None
) -> None:
    reminders.plan(at("2026-03-05 09:00"))
    Notice.objects.update(given_up_at=at("2026-03-05 10:00"))
    reminders.plan(at("2026-03-05 11:00"))
    assert ("mail-dead", "team") in told()


def test_without_a_mail_server_nothing_is_planned(feedback: Feedback) -> None:
    do_chore("plan-notices", at("2026-03-05 09:00"))
    assert not Notice.objects.exists()


def test_chores_are_taken_when_they_are_due_and_only_then(db: None) -> None:
    assert set(chores.waiting().values_list("name", flat=True)) == {
        "plan-notices",
        "tell-citizens",
        "seal-days",
        "purge",
    }
    Chore.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    assert not chores.waiting().exists()


def test_the_purge_forgets_what_has_expired_and_nothing_else(
    feedback: Feedback, cast: Cast, everybody_at_once: None, client: Client
) -> None:
    from django.contrib.sessions.models import Session
    from django.core.cache import cache
    from django.core.management import call_command
    from django.db import connection

    call_command("createcachetable", verbosity=0)
    cache.set("short", 1, timeout=10)
    cache.set("long", 1, timeout=86400 * 365)
    cast.client("team")
    old = Session.objects.create(
        session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1)
    )
    sent_at = at("2026-03-05 09:00")
    reminders.plan(sent_at)
    reminders.plan(at("2026-03-09 09:00"))
    do_chore("purge", timezone.now() + timedelta(seconds=60))
    assert not Session.objects.filter(pk=old.pk).exists()
    assert Session.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM tuntas_cache")
        assert [row[0] for row in cursor.fetchall()] == [":1:long"]
    Notice.objects.filter(kind="feedback-soon").update(sent_at=sent_at)
    do_chore("purge", sent_at + timedelta(days=179))
    assert Notice.objects.count() == 2
    do_chore("purge", sent_at + timedelta(days=181))
    assert told() == [("feedback-today", "officer")]  # never sent: nothing is lost


def test_the_heads_role_alone_does_not_make_a_reminder_of_every_suggestion(
    feedback: Feedback, cast: Cast, everybody_at_once: None
) -> None:
    reminders.plan(at("2026-03-10 09:00"))
    assert cast.people["head"].memberships.get().role == Role.HEAD
    assert [who for _kind, who in told()] == ["team"]
    assert reverse("feedback", args=[feedback.pk]) == Notice.objects.get().path
