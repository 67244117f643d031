"""Monitoring by leadership, the wall screen and the calendar: right numbers, bounded work, no secrets."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast, answer
from tuntas.law.change import DOWN, NOISE, UNKNOWN, UP, change_of
from tuntas.law.months import Month
from tuntas.models import (
    ActionPlan,
    CalendarFeed,
    Closure,
    Feedback,
    Notice,
    Period,
    Service,
    Unit,
    WallScreen,
)
from tuntas.models.monitoring import days_at, dependencies, reply_times, unit_lines
from tuntas.report.ics import folded

NOW = timezone.now()
THIS = Month.of(NOW.astimezone(ZoneInfo("Asia/Makassar")).date())


def back(months: int) -> datetime:
    """The 15th, so many months ago."""
    day = (THIS + -months).first_day.replace(day=15)
    return datetime(day.year, day.month, day.day, 3, tzinfo=NOW.tzinfo)


def close(cast: Cast, months: int) -> None:
    month = THIS + -months
    Closure.seal(Period.of(cast.office, month), by=None, at=back(months - 1))


F = Fraction


@pytest.mark.parametrize(
    ("before", "after", "before95", "after95", "verdict"),
    [
        (F(80), F(82), (F(78), F(82)), (F(80), F(84)), NOISE),
        (F(80), F(84), (F(78), F(82)), (F(82), F(86)), NOISE),  # they touch
        (F(80), F(90), (F(78), F(82)), (F(88), F(92)), UP),
        (F(90), F(80), (F(88), F(92)), (F(78), F(82)), DOWN),
        (F(90), F(80), None, (F(78), F(82)), UNKNOWN),
    ],
)
def test_a_change_is_one_only_beyond_the_noise(
    before: Fraction, after: Fraction, before95: Any, after95: Any, verdict: str
) -> None:
    change = change_of(before, after, before95, after95)
    assert (change.difference, change.verdict) == (after - before, verdict)


def test_percentiles_are_values_that_occurred() -> None:
    days = [86400 * n for n in range(1, 11)]
    assert (days_at(days, 50), days_at(days, 90)) == (5, 9)
    assert (days_at(days[:1], 50), days_at(days[:1], 90), days_at([], 50)) == (1, 1, None)


def test_times_of_answering(cast: Cast) -> None:
    for day in range(1, 5):
        answer(cast.service, suggestion=f"Tambah kursi {day}.", at=back(1))
    rows = list(Feedback.objects.order_by("id"))
    for days, row in enumerate(rows[:3], start=1):
        row.reply("Sudah.", by=cast.people["officer"], at=row.received_at + timedelta(days=days))
        row.reply("Lagi.", by=cast.people["officer"], at=row.received_at + timedelta(days=30))
    rows[0].answer_back("Terima kasih.", at=rows[0].received_at + timedelta(hours=1))
    times = reply_times(Feedback.objects.needing_reply())
    assert (times.answered, times.median, times.ninetieth, times.waiting) == (3, 2, 3, 1)


def test_whom_plans_wait_for(cast: Cast) -> None:
    fields = {"by": None, "survey_month": date(2026, 1, 1)}
    first = ActionPlan.add(cast.pensiun, action="a", **fields)  # type: ignore[arg-type]
    second = ActionPlan.add(cast.inka, action="b", **fields)  # type: ignore[arg-type]
    first.add_obstacle(by=None, text="x", depends_on="BKN Pusat")
    first.add_obstacle(by=None, text="y", depends_on="bkn  pusat")
    second.add_obstacle(by=None, text="z", depends_on="BKN pusat ")
    second.add_obstacle(by=None, text="z", depends_on="Dinas Kominfo")
    over = first.add_obstacle(by=None, text="lewat", depends_on="Dinas Kominfo")
    over.resolve(NOW.date() - timedelta(days=1), by=None)
    second.add_obstacle(by=None, text="sendiri")
    found = dependencies(ActionPlan.objects.filter(office=cast.office))
    assert [(row.name, row.plans) for row in found] == [("BKN Pusat", 2), ("Dinas Kominfo", 1)]
    page = cast.client("head").get(reverse("plan-list") + "?state=running&depends=Dinas Kominfo")
    assert [plan.pk for plan in page.context["page"]] == [second.pk]


def test_the_page_shows_leadership_the_state_of_the_office(cast: Cast) -> None:
    for months in (2, 1):
        for _each in range(3):
            answer(cast.service, at=back(months), suggestion="Tambah kursi.")
        close(cast, months)
    answer(cast.service, at=NOW)
    response = cast.client("head").get(reverse("overview"))
    context, html = response.context, response.content.decode()
    assert context["last"].month == THIS + -1
    assert context["last_change"].verdict == NOISE
    assert "dalam batas derau" in html
    assert context["current"].n == 1
    assert context["overdue"] >= 3
    line = next(row for row in context["units"] if row.unit == cast.pensiun)
    assert (line.closed.n, line.current.n) == (3, 1)
    assert line.overdue == context["overdue"]
    assert context["silent"] == [cast.service16]
    assert dict(context["channels"]) == {"Situs web": 1}
    url = f"{reverse('feedback-list')}?state=overdue&unit=pensiun"
    assert url.replace("&", "&amp;") in html
    listed = cast.client("head").get(url).context["n"]
    assert listed == line.overdue


def test_an_office_without_anything_has_a_page_too(cast: Cast) -> None:
    assert cast.client("head").get(reverse("overview")).status_code == 200
    # A ministry's own office rates nothing itself.
    html = cast.client("ministry").get(reverse("overview")).content.decode()
    assert "Belum ada layanan." in html
    assert "semua layanan dinilai" not in html


def test_what_waits_longest_is_named_however_long_ago_it_came(cast: Cast) -> None:
    for months in (9, 2):
        answer(cast.service, at=back(months), suggestion="Tambah kursi.")
    oldest = Feedback.objects.earliest("received_at").received_at
    response = cast.client("head").get(reverse("overview"))
    assert response.context["oldest"] == oldest
    assert "Tertua yang belum dijawab" in response.content.decode()


def test_a_ministry_sees_the_offices_below_side_by_side(cast: Cast) -> None:
    answer(cast.service, at=back(2))
    answer(cast.service, at=back(1))
    close(cast, 2)
    close(cast, 1)
    rows = cast.client("ministry").get(reverse("overview")).context["below"]
    assert {row.office.code: row.month for row in rows} == {"kanreg": THIS + -1, "lain": None}
    assert [row.converted is None for row in rows] == [True, False]


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_more_rows_units_and_services_need_no_more_queries(cast: Cast) -> None:
    url = reverse("overview")
    client = cast.client("head")

    def grow(units: list[Unit], n: int) -> None:
        for unit in units:
            service = Service.add(unit, f"s{n}", "Layanan", edition=cast.service.edition, by=None)
            for _each in range(n):
                answer(service, at=NOW, suggestion="Tambah kursi.")
            plan = ActionPlan.add(unit, by=None, survey_month=date(2026, 1, 1), action="a")
            plan.add_obstacle(by=None, text="x", depends_on=f"Kantor {n}")

    answer(cast.service, at=back(1))
    close(cast, 1)
    grow([cast.pensiun], 1)
    client.get(url)  # the first page after a sign-in also notes the visit
    few = queries_of(client, url)
    more = [Unit.add(cast.office, f"u{n}", f"Unit {n}", by=None) for n in range(12)]
    grow(more, 6)
    assert queries_of(client, url) == few
    assert few <= 45


# -- the wall -------------------------------------------------------------------------------------


def test_a_wall_needs_only_its_address_and_shows_nothing_of_an_open_month(cast: Cast) -> None:
    for _each in range(3):
        answer(cast.service, "111111111", at=back(1), suggestion="Tambah kursi Pak Budi.")
    screen, key = WallScreen.add(cast.office, "Lobi", by=cast.people["team"])
    url = reverse("wall", args=[key])
    open_page = Client().get(url)
    assert open_page.context["last"] is None
    close(cast, 1)
    answer(cast.service, "444444444", at=NOW)
    response = Client().get(url)
    html = response.content.decode()
    assert (response.context["last"].n, response.context["answers"]) == (3, 1)
    assert response["Refresh"] == "300"
    assert response.cookies == {}
    assert "25,00" in html
    assert "100,00" not in html
    for secret in ("Budi", "Team", "contoh.go.id", "Officer"):
        assert secret not in html
    assert queries_of(Client(), url) <= 30
    screen.revoke(by=cast.people["team"])
    assert Client().get(url).status_code == 404
    assert key not in str(WallScreen.objects.values())


def test_a_wall_is_made_and_revoked_on_the_page(cast: Cast) -> None:
    client = cast.client("team")
    html = client.post(reverse("wall-add"), {"name": "Lobi"}).content.decode()
    screen = WallScreen.objects.get()
    assert "/w/" in html
    assert client.post(reverse("wall-add"), {"name": " "}).status_code == 422
    client.post(reverse("wall-revocation", args=[screen.pk]))
    screen.refresh_from_db()
    assert screen.revoked_by == cast.people["team"]
    page = client.post(reverse("wall-revocation", args=[screen.pk]), follow=True)
    assert "sudah dicabut" in page.content.decode()


# -- the calendar ----------------------------------------------------------------------------------


def feed_of(cast: Cast, who: str) -> tuple[bytes, dict[str, icalendar.Event]]:
    response = Client().get(reverse("calendar", args=[CalendarFeed.renew(cast.people[who])]))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    parsed = icalendar.Calendar.from_ical(response.content)
    assert isinstance(parsed, icalendar.Calendar)
    return response.content, {str(event["UID"]): event for event in parsed.walk("VEVENT")}


def test_the_calendar_is_valid_and_holds_what_the_person_must_do(cast: Cast) -> None:
    answer(cast.service, suggestion="Tambah kursi; segera, ya.", at=NOW)
    answer(cast.service16, "3434343434343434", suggestion="Tambah meja.", at=NOW)
    row = Feedback.objects.get(unit=cast.pensiun)
    plan = ActionPlan.add(
        cast.pensiun,
        by=None,
        survey_month=date(2026, 1, 1),
        action="Rahasia",
        due_on=date(2026, 12, 31),
    )
    raw, events = feed_of(cast, "officer")
    assert set(events) == {f"feedback-{row.pk}@127.0.0.1", f"plan-{plan.pk}@127.0.0.1"}
    event = events[f"feedback-{row.pk}@127.0.0.1"]
    assert event["SUMMARY"] == f"Masukan #{row.pk} – Pensiun"
    assert event["DTSTART"].dt == row.due_on
    assert event["DTEND"].dt == row.due_on + timedelta(days=1)
    assert event["DTSTAMP"].dt.tzinfo is not None
    assert event["URL"].endswith(reverse("feedback", args=[row.pk]))
    assert b"kursi" not in raw
    assert b"Rahasia" not in raw
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert {uid.split("-")[0] for uid in feed_of(cast, "team")[1]} == {
        "feedback",
        "plan",
        "closing",
    }
    assert len(feed_of(cast, "team")[1]) == 4
    assert feed_of(cast, "auditor")[1] == {}
    row.reply("Sudah.", by=cast.people["officer"])
    assert set(feed_of(cast, "officer")[1]) == {f"plan-{plan.pk}@127.0.0.1"}


def test_a_calendar_address_is_replaced_and_revoked(cast: Cast) -> None:
    client = cast.client("officer")
    first = CalendarFeed.renew(cast.people["officer"])
    html = client.post(reverse("calendar-address")).content.decode()
    assert "/calendar/" in html
    assert Client().get(reverse("calendar", args=[first])).status_code == 404
    second = CalendarFeed.renew(cast.people["officer"])
    assert Client().get(reverse("calendar", args=[second])).status_code == 200
    client.post(reverse("calendar-revocation"))
    assert Client().get(reverse("calendar", args=[second])).status_code == 404


def test_lines_are_folded_between_characters() -> None:
    text = "SUMMARY:" + "é–" * 80
    lines = folded(text).split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"".join([lines[0], *(line[1:] for line in lines[1:])]).decode() == text


# -- reminders on the page -------------------------------------------------------------------------


def test_each_person_chooses_on_the_page(cast: Cast) -> None:
    client = cast.client("officer")
    assert client.post(reverse("notices"), {"mode": "immediate"}).status_code == 302
    assert cast.people["officer"].mail_preference.mode == "immediate"
    assert client.post(reverse("notices"), {"mode": "often"}).status_code == 422
    assert cast.people["officer"].mail_preference.mode == "immediate"


def test_the_rules_are_changed_on_the_page_and_bad_numbers_are_named(cast: Cast) -> None:
    client, url = cast.client("team"), reverse("reminder-rules")
    fields = dict.fromkeys(cast_fields(), "3")
    assert client.post(url, fields).status_code == 302
    assert cast.office.reminder_rules.plan_every == 3
    refused = client.post(url, fields | {"plan_every": "0", "close_after": "90"})
    assert refused.status_code == 422
    assert {"plan_every", "close_after"} == set(refused.context["form"].errors)


def cast_fields() -> tuple[str, ...]:
    from tuntas.models import ReminderRules

    return ReminderRules.FIELDS


def test_dead_letters_are_listed_and_taken_up_again(cast: Cast) -> None:
    made = Notice.objects.create(
        person=cast.people["officer"],
        office=cast.office,
        kind="plan-soon",
        about="#4 – Pensiun",
        path="/plans/4/",
        key="k",
        made_at=NOW,
        not_before=NOW,
        given_up_at=NOW,
        attempts=8,
        last_error="RCPT 550",
    )
    client = cast.client("team")
    html = client.get(reverse("letters")).content.decode()
    assert "RCPT 550" in html
    assert "officer@contoh.go.id" in html
    client.post(reverse("letter-retry", args=[made.pk]))
    made.refresh_from_db()
    assert (made.state, made.attempts) == ("waiting", 0)


def test_lines_of_units_stay_right_without_a_closed_month(cast: Cast) -> None:
    rows = unit_lines(cast.office, NOW.date(), None, [])
    assert [(row.unit.code, row.closed, row.waiting) for row in rows] == [
        ("pensiun", None, 0),
        ("inka", None, 0),
    ]
