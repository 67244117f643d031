"""Holiday: days on which an office does not work, beside the nation's, or works although it rests.

The national days are law (`law.holidays`); a row here adds a day to them or takes one back for one
office. `models.deadlines` changes rows, because deadlines of waiting feedback move with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from tuntas.law.holidays import NATIONAL
from tuntas.models.offices import Office
from tuntas.models.people import User

LINE = re.compile(r"(\d{4})-(\d{2})-(\d{2})\s+(\S.*)")
NAME_LIMIT = 120


class Holiday(models.Model):
    """One day of one office that differs from the national list."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="holidays")
    date = models.DateField(_("tanggal"))
    name = models.CharField(_("nama"), max_length=NAME_LIMIT)
    # The office works on this national day, for example on joint leave.
    is_worked = models.BooleanField(default=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["office", "date"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


@dataclass(frozen=True)
class CalendarDay:
    """A day of an office's calendar as it is shown: from the nation, of its own, or worked."""

    date: date
    name: str
    source: str  # citation of a national day, else empty
    is_worked: bool


def days_off(office_id: int) -> frozenset[date]:
    """Every holiday of an office: the national days, its own, without those it works on."""
    own = dict(Holiday.objects.filter(office=office_id).values_list("date", "is_worked"))
    added = {day for day, is_worked in own.items() if not is_worked}
    worked = {day for day, is_worked in own.items() if is_worked}
    return frozenset((NATIONAL.keys() | added) - worked)


def calendar_of(office: Office, year: int) -> list[CalendarDay]:
    """The days of a year, in order, with what the office changed."""
    own = {row.date: row for row in office.holidays.filter(date__year=year)}
    days = {day for day in NATIONAL if day.year == year} | own.keys()
    found = []
    for day in sorted(days):
        national, row = NATIONAL.get(day), own.get(day)
        name = row.name if row else national.name if national else ""
        source = national.source.instrument if national else ""
        found.append(CalendarDay(day, name, source, bool(row and row.is_worked)))
    return found


def read_lines(text: str) -> list[tuple[date, str]]:
    """Days pasted as `2026-12-25 Hari Natal`, one a line. Raises ValidationError naming each bad line."""
    found: dict[date, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        place = LINE.fullmatch(line.strip())
        try:
            day = date(int(place[1]), int(place[2]), int(place[3])) if place else None
        except ValueError:
            day = None
        if place is None or day is None or len(place[4]) > NAME_LIMIT:
            problems.append(
                ValidationError(
                    _("Baris %(number)s tidak terbaca: “%(line)s”. Tulis 2026-12-25 Hari Natal."),
                    params={"number": number, "line": line.strip()[:60]},
                )
            )
        else:
            found[day] = place[4].strip()
    if not found and not problems:
        problems.append(ValidationError(_("Tulis paling sedikit satu baris.")))
    if problems:
        raise ValidationError(problems)
    return sorted(found.items())
