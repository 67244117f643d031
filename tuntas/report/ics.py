"""The due dates of a person as an iCalendar feed (RFC 5545), for the calendar of a phone.

All-day dates, so no time zone can shift them; ids that stay, so that a changed date moves its entry.
No word of a citizen stands in it: only which thing, of which unit, and where to find it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from tuntas import __version__
from tuntas.law.months import Month
from tuntas.models import (
    ActionPlan,
    Feedback,
    Office,
    ReminderRules,
    Role,
    User,
)
from tuntas.models.releases import closed_months
from tuntas.models.reminders import closing_due, days_off
from tuntas.models.results import answered_months
from tuntas.report import numbers

# Octets of one line, without its end (RFC 5545, 3.1).
LINE = 75
MOST = 1000
ACTING = (Role.SURVEY_TEAM, Role.HEAD, Role.UNIT_OFFICER)
CLOSING = (Role.SURVEY_TEAM, Role.HEAD)


@dataclass(frozen=True)
class Entry:
    """One due date. `uid` is the same for ever for the same thing."""

    uid: str
    day: date
    summary: str
    path: str


def entries_of(user: User, now: datetime) -> list[Entry]:
    """What a person has to see to, in the offices where the person acts; the earliest first."""
    held = user.reach.held
    mine = {office for office, _unit, role in held if role in ACTING}
    feedback = Feedback.objects.visible_to(user).filter(office__in=mine).unanswered()
    plans = ActionPlan.objects.visible_to(user).filter(office__in=mine).unfinished()
    found = [
        Entry(
            f"feedback-{row.pk}",
            row.due_on,
            _("Masukan #%(number)s – %(unit)s") % {"number": row.pk, "unit": row.unit.label},
            reverse("feedback", args=[row.pk]),
        )
        for row in feedback.select_related("unit").order_by("due_on", "id")[:MOST]
    ]
    found += [
        Entry(
            f"plan-{row.pk}",
            row.due_on,
            _("Rencana aksi #%(number)s – %(unit)s") % {"number": row.pk, "unit": row.unit.label},
            reverse("plan", args=[row.pk]),
        )
        for row in plans.filter(due_on__isnull=False)
        .select_related("unit")
        .order_by("due_on", "id")[:MOST]
        if row.due_on
    ]
    closed_by = {office for office, _unit, role in held if role in CLOSING}
    for office in Office.objects.filter(pk__in=closed_by):
        found += closings(office, now)
    return sorted(found, key=lambda entry: (entry.day, entry.uid))


def closings(office: Office, now: datetime) -> Iterator[Entry]:
    """The current month and those before it that are still open."""
    this_month = Month.of(now.astimezone(office.zone).date())
    months = [this_month + step for step in range(-3, 1)]
    still_open = answered_months(office, months) - closed_months(office)
    rules, off = ReminderRules.of(office), days_off(office.pk)
    for month in months:
        if month in still_open or month == this_month:
            yield Entry(
                f"closing-{office.pk}-{month}",
                closing_due(month, rules, off),
                _("Tutup bulan %(month)s – %(office)s")
                % {"month": numbers.month(month), "office": office.name},
                reverse("period", args=[month]),
            )


def feed(user: User, now: datetime) -> bytes:
    """The whole calendar, UTF-8 with CRLF."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    name = _("Tenggat SKM")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Tuntas//Tuntas {__version__}//ID",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
    ]
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    for entry in entries_of(user, now):
        url = f"{settings.PUBLIC_URL}{entry.path}"
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.uid}@{host}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{escaped(entry.summary)}",
            f"DESCRIPTION:{escaped(url)}",
            f"URL:{url}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def escaped(text: str) -> str:
    """A text value (RFC 5545, 3.3.11)."""
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\\n").replace("\n", "\\n")


def folded(line: str) -> bytes:
    """One content line, broken after at most 75 octets and never inside a character."""
    rest, parts, room = line.encode(), [], LINE
    while len(rest) > room:
        cut = room
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        parts.append(rest[:cut])
        rest, room = rest[cut:], LINE - 1
    return b"\r\n ".join([*parts, rest]) + b"\r\n"
