"""Period: one month of one office, and the lock that keeps a closed month closed.

Receiving a response takes a *shared* lock on the month, closing an exclusive one. On PostgreSQL
these are advisory transaction locks; SQLite lets only one writer in at a time, so its
`BEGIN IMMEDIATE` is the lock. Without it late answers slip into a closed month.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from django.db import connection, models
from django.db.models import Q

from tuntas.law.months import Month
from tuntas.models.offices import Office
from tuntas.models.people import User


class PeriodClosed(Exception):
    """The month has been closed; `month` says which."""

    def __init__(self, month: Month) -> None:
        self.month = month
        super().__init__(f"period {month} is closed")


class PeriodNotOver(Exception):
    """The month cannot be closed before its last day has passed in the office's time zone."""


class PeriodQuerySet(models.QuerySet["Period"]):
    # A closure stands while no reopening points at it.
    STANDING = Q(closures__isnull=False, closures__reopening__isnull=True)

    def closed(self) -> PeriodQuerySet:
        return self.filter(self.STANDING)

    def open(self) -> PeriodQuerySet:
        return self.exclude(pk__in=self.model.objects.closed().values("pk"))

    def visible_to(self, user: User) -> PeriodQuerySet:
        return self.filter(office__in=Office.objects.visible_to(user).values("pk"))


class Period(models.Model):
    """One month of one office. Open until a closure stands."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="periods")
    month = models.DateField()

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ["office", "-month"]
        constraints = [
            models.UniqueConstraint(fields=["office", "month"], name="period_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="period_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.office_id} {self.as_month}"

    @property
    def as_month(self) -> Month:
        return Month.of(self.month)

    @classmethod
    def of(cls, office: Office, month: Month) -> Period:
        """The period of `month`, made on first use."""
        period, _created = cls.objects.get_or_create(office=office, month=month.first_day)
        return period


def hold_month(office_id: int, month: Month, *, exclusive: bool) -> None:
    """Hold the month until the end of the transaction: shared to receive, exclusive to close."""
    if connection.vendor != "postgresql":
        return  # SQLite: the transaction was begun IMMEDIATE, so no other writer is inside.
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}(%s, %s)", [office_id % 2**31, month.year * 12 + month.month]
        )


def is_closed(office_id: int, month: Month) -> bool:
    """Whether a closure of the month stands. To act on the answer, hold the month first."""
    return Period.objects.closed().filter(office_id=office_id, month=month.first_day).exists()


def first_open_month(office_id: int, month: Month) -> Month:
    """`month`, or the next one after it that is open."""
    with connection.cursor() as cursor:
        cursor.execute(closed_from(), [office_id, month.first_day])
        found = cursor.fetchall()
    closed = {
        Month.of(day if isinstance(day, date) else date.fromisoformat(day)) for (day,) in found
    }
    while month in closed:
        month += 1
    return month


@cache
def closed_from() -> str:
    """SQL for the closed months of an office from a month on. Written once by the ORM, which takes ten
    times as long to write it as the database to answer; every response asks it."""
    asked = (1, date(2000, 1, 1))
    rows = Period.objects.closed().filter(office_id=asked[0]).filter(month__gte=asked[1])
    sql, values = rows.order_by().values_list("month").query.sql_with_params()
    assert [str(value) for value in values] == [str(value) for value in asked]
    return str(sql)
