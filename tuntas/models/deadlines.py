"""HolidayChange: days added to or taken from an office's calendar, and the deadlines that move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.answering import reply_working_days
from tuntas.law.holidays import NATIONAL
from tuntas.law.workdays import add_working_days
from tuntas.models.audit import Event
from tuntas.models.feedback import Feedback
from tuntas.models.holidays import Holiday, days_off
from tuntas.models.offices import Office
from tuntas.models.people import User


@dataclass(frozen=True)
class HolidayChange:
    """Days that become holidays (`added`) and days on which the office works after all (`removed`).

    Nothing changes until `apply`. Only deadlines of feedback that waits for its first answer move;
    what was answered keeps the deadline under which it was answered.
    """

    office: Office
    added: tuple[tuple[date, str], ...] = ()
    removed: tuple[date, ...] = ()

    @cached_property
    def calendar(self) -> frozenset[date]:
        """The office's holidays after the change."""
        return (days_off(self.office.pk) | {day for day, _name in self.added}) - set(self.removed)

    @property
    def moved(self) -> list[tuple[Feedback, date]]:
        """Waiting feedback with its new deadline, where that differs from the present one."""
        waiting = Feedback.objects.filter(
            office=self.office, waits=True, answered_at__isnull=True
        ).only("received_at", "due_on")
        found, known = [], {}
        for row in waiting.iterator(chunk_size=2000):
            day = row.received_at.astimezone(self.office.zone).date()
            if day not in known:
                known[day] = add_working_days(day, reply_working_days(day), self.calendar)
            if known[day] != row.due_on:
                found.append((row, known[day]))
        return found

    def apply(self, *, by: User | None) -> int:
        """Change the calendar and move the deadlines; returns how many moved. Raises ValidationError."""
        if not self.added and not self.removed:
            raise ValidationError(_("Tidak ada hari yang diubah."))
        with transaction.atomic():
            Office.objects.select_for_update().get(pk=self.office.pk)
            moved = self.moved
            for day, name in self.added:
                self._add(day, name, by)
            for day in self.removed:
                self._remove(day, by)
            for row, due_on in moved:
                row.due_on = due_on
            Feedback.objects.bulk_update([row for row, _due in moved], ["due_on"], batch_size=500)
            Event.record(
                "holidays.changed", by=by, about=self.office, office=self.office,
                added=[str(day) for day, _name in self.added],
                removed=[str(day) for day in self.removed], moved=len(moved),
            )  # fmt: skip
        return len(moved)

    def _add(self, day: date, name: str, by: User | None) -> None:
        own = Holiday.objects.filter(office=self.office, date=day)
        if day in NATIONAL:
            own.filter(is_worked=True).delete()
            return
        Holiday.objects.update_or_create(
            office=self.office,
            date=day,
            defaults={"name": name, "is_worked": False, "by": by, "at": timezone.now()},
        )

    def _remove(self, day: date, by: User | None) -> None:
        if day not in NATIONAL:
            Holiday.objects.filter(office=self.office, date=day).delete()
            return
        Holiday.objects.update_or_create(
            office=self.office,
            date=day,
            defaults={
                "name": NATIONAL[day].name,
                "is_worked": True,
                "by": by,
                "at": timezone.now(),
            },
        )
