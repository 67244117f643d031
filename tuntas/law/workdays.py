"""Indonesian working days: Monday to Friday without holidays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

SATURDAY = 5


def is_working_day(day: date, holidays: Collection[date] = ()) -> bool:
    return day.weekday() < SATURDAY and day not in holidays


def add_working_days(start: date, days: int, holidays: Collection[date] = ()) -> date:
    """The `days`-th working day after `start`; the start itself never counts."""
    if days < 1:
        raise ValueError("jumlah hari kerja paling sedikit 1")
    day = start
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day, holidays)
    return day


def subtract_working_days(end: date, days: int, holidays: Collection[date] = ()) -> date:
    """The `days`-th working day before `end`; the end itself never counts, 0 gives it back."""
    day = end
    while days:
        day -= timedelta(days=1)
        days -= is_working_day(day, holidays)
    return day
