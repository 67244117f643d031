"""MailPreference and ReminderRules: who wants mail how, and when an office is reminded of what.

Mail is held back in the quiet hours: from 18.00 to 07.00 office time, and on days without work.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.law.workdays import add_working_days, is_working_day
from tuntas.models.audit import Event
from tuntas.models.holidays import days_off as days_off
from tuntas.models.offices import Office
from tuntas.models.people import User

OPENS, SHUTS = time(7), time(18)
DIGEST_AT = time(7, 30)


class MailMode(models.TextChoices):
    IMMEDIATE = "immediate", _("Segera, satu surel untuk setiap hal")
    DIGEST = "digest", _("Ringkasan harian, paling banyak satu surel sehari")
    OFF = "off", _("Tanpa surel")


class MailPreference(models.Model):
    """How one person wants to be reminded; without a row: by the daily digest."""

    user = models.OneToOneField(User, models.CASCADE, related_name="mail_preference")
    mode = models.CharField(_("pengingat"), max_length=10, choices=MailMode)

    def __str__(self) -> str:
        return f"{self.user_id} {self.mode}"

    @classmethod
    def mode_of(cls, user: User) -> str:
        row = cls.objects.filter(user=user).first()
        return row.mode if row else MailMode.DIGEST

    @classmethod
    def choose(cls, user: User, mode: str) -> None:
        """Keep the person's own choice. Raises ValidationError for an unknown one."""
        cls(user=user, mode=mode).clean_fields()
        with transaction.atomic():
            cls.objects.update_or_create(user=user, defaults={"mode": mode})
            Event.record("mail.chosen", by=user, about=user, mode=mode)


def days(default: int, label: Any, least: int = 0) -> Any:
    """A number of days between `least` and 60."""
    return models.PositiveSmallIntegerField(
        label, default=default, validators=[MinValueValidator(least), MaxValueValidator(60)]
    )


class ReminderRules(models.Model):
    """When an office is reminded. Days of suggestions and closings are working days."""

    office = models.OneToOneField(Office, models.CASCADE, related_name="reminder_rules")
    feedback_before = days(2, _("masukan: ingatkan petugas, hari kerja sebelum tenggat"))
    feedback_team = days(1, _("masukan: beri tahu tim survei, hari kerja sesudah tenggat"), 1)
    feedback_head = days(5, _("masukan: beri tahu kepala kantor, hari kerja sesudah tenggat"), 1)
    plan_before = days(7, _("rencana aksi: ingatkan, hari sebelum tenggat"))
    plan_every = days(7, _("rencana aksi: ulangi sesudah tenggat, setiap … hari"), 1)
    close_after = days(5, _("penutupan: ingatkan tim survei, hari kerja sesudah bulan berakhir"), 1)

    FIELDS = (
        "feedback_before",
        "feedback_team",
        "feedback_head",
        "plan_before",
        "plan_every",
        "close_after",
    )

    def __str__(self) -> str:
        return f"{self.office_id}"

    @classmethod
    def of(cls, office: Office) -> ReminderRules:
        """The office's rules; the defaults, not stored, while it changed nothing."""
        return cls.objects.filter(office=office).first() or cls(office=office)

    def change(self, *, by: User, **fields: int) -> None:
        """Change the numbers of days. Raises ValidationError."""
        for field, value in fields.items():
            setattr(self, field, value)
        self.full_clean()
        with transaction.atomic():
            self.save()
            Event.record("reminders.changed", by=by, about=self, office=self.office, days=fields)


def closing_due(month: Month, rules: ReminderRules, off: Collection[date]) -> date:
    """By when a month should be closed."""
    return add_working_days(month.last_day, rules.close_after, off)


def is_open(at: datetime, zone: ZoneInfo, off: Collection[date]) -> bool:
    """Whether mail may go out at this moment."""
    local = at.astimezone(zone)
    return is_working_day(local.date(), off) and OPENS <= local.time() < SHUTS


def next_open(at: datetime, zone: ZoneInfo, off: Collection[date]) -> datetime:
    """`at` itself outside the quiet hours, else the moment they end."""
    if is_open(at, zone, off):
        return at
    local = at.astimezone(zone)
    day = local.date()
    if local.time() >= OPENS or not is_working_day(day, off):
        day += timedelta(days=1)
        while not is_working_day(day, off):
            day += timedelta(days=1)
    return datetime.combine(day, OPENS, tzinfo=zone)


def is_digest_time(at: datetime, zone: ZoneInfo, off: Collection[date]) -> bool:
    return is_open(at, zone, off) and at.astimezone(zone).time() >= DIGEST_AT
