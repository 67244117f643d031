"""Reading dates and moments the way forms and clerks write them.

A moment without a stated offset is one of the chosen time zone; the day that counts is that of the
office. Whether 5/6/2023 is in May or June is decided once for a whole column, never row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
EARLIEST = date(2000, 1, 1)
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "januari jan january",
            "februari feb pebruari peb february",
            "maret mar march",
            "april apr",
            "mei may",
            "juni jun june",
            "juli jul july",
            "agustus agu ags agt aug august",
            "september sep sept",
            "oktober okt oct october",
            "november nov nopember nop",
            "desember des dec december",
        ),
        start=1,
    )
    for word in words.split()
}
WRITTEN = re.compile(
    r"""(?:(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})
        |(?P<first>\d{1,2})[-/.\s]+(?P<second>\d{1,2}|[a-z]+)[-/.\s,]+(?P<late>\d{4}|\d{2}))
    (?:[t,\s]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<instant>\d{2})(?:[.,]\d+)?)?
        \s*(?P<half>[ap]m)?\s*(?P<zone>wib|wita|wit)?
        \s*(?:gmt|utc)?(?P<offset>z|[+-]\d{1,2}(?::?\d{2})?)?)?""",
    re.X | re.I | re.A,
)
ZONES = {"wib": 7, "wita": 8, "wit": 9}
# Days since 30 December 1899, as a cell holds a date that was not formatted as one.
SERIAL_ZERO, SERIALS = date(1899, 12, 30), (36526, 73051)  # the years 2000 to 2099


class BadDate(ValueError):
    """The cell holds no date we can read."""


@dataclass(frozen=True)
class Calendar:
    """How a column of dates is read: the zone of its moments, the office's own, and the order."""

    zone: tzinfo
    office_zone: tzinfo
    order: str = DAY_FIRST

    def day(self, value: Any) -> date:
        """Day in the office's zone. Raises BadDate."""
        if isinstance(value, datetime):
            return self.local(value)
        if isinstance(value, date):
            return value
        if isinstance(value, int | float) and SERIALS[0] <= value < SERIALS[1]:
            return self.local(
                datetime.combine(SERIAL_ZERO, datetime.min.time()) + timedelta(days=value)
            )
        return self.parse(str(value).strip())

    def local(self, moment: datetime) -> date:
        """Day of a moment; midnight sharp of an own zone is a day without a time."""
        if moment.tzinfo is None:
            if moment.time() == datetime.min.time():
                return moment.date()
            moment = moment.replace(tzinfo=self.zone)
        return self.at_office(moment)

    def at_office(self, moment: datetime) -> date:
        try:
            return moment.astimezone(self.office_zone).date()
        except OverflowError as error:
            raise BadDate(str(moment)) from error

    def parse(self, text: str) -> date:
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise BadDate(text)
        try:
            day = self.written_day(found)
            if found["hour"] is None:
                return day
            moment = datetime.combine(day, clock(found))
            return self.at_office(moment if moment.tzinfo else moment.replace(tzinfo=self.zone))
        except (ValueError, OverflowError, KeyError) as error:
            raise BadDate(text) from error

    def written_day(self, found: re.Match[str]) -> date:
        if found["year"]:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        year = int(found["late"]) + (2000 if len(found["late"]) == 2 else 0)
        first, second = found["first"], found["second"]
        if not second.isdigit():
            return date(year, MONTHS[second.lower()], int(first))
        day, month = (first, second) if self.order == DAY_FIRST else (second, first)
        return date(year, int(month), int(day))


def clock(found: re.Match[str]) -> time:
    """Time of the day as written, with its offset when one is stated. Raises ValueError."""
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    return time(hour, int(found["minute"]), int(found["instant"] or 0), tzinfo=offset_of(found))


def offset_of(found: re.Match[str]) -> timezone | None:
    if found["zone"]:
        return timezone(timedelta(hours=ZONES[found["zone"].lower()]))
    text = found["offset"]
    if not text:
        return None
    if text.lower() == "z":
        return UTC
    hours, minutes = re.fullmatch(r"[+-](\d{1,2}):?(\d{2})?", text).groups()  # type: ignore[union-attr]  # WRITTEN found it
    size = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-size if text[0] == "-" else size)


def date_order(values: Iterable[Any]) -> str:
    """Whether numbers come day first or month first; day first unless the values forbid it."""
    months_first = False
    for value in values:
        found = WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None or found["first"] is None or not found["second"].isdigit():
            continue
        if int(found["first"]) > 12:
            return DAY_FIRST
        months_first = months_first or int(found["second"]) > 12
    return MONTH_FIRST if months_first else DAY_FIRST
