"""Calendar months and spans of months, the only units of time a survey is counted in."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

SPAN_KINDS = {1: "month", 3: "quarter", 6: "half_year", 12: "year"}


@dataclass(frozen=True, order=True)
class Month:
    """One calendar month, for example Month(2023, 1)."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not 1 <= self.month <= 12 or not 1900 <= self.year <= 2999:
            raise ValueError(f"bukan bulan: {self.year}-{self.month}")

    @classmethod
    def parse(cls, text: str) -> Month:
        """From "2023-01". Raises ValueError."""
        found = re.fullmatch(r"(\d{4})-(\d{1,2})", text.strip())
        if not found:
            raise ValueError(f"bulan harus berbentuk 2023-01, bukan {text!r}")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def number(self) -> int:
        """Months since year 0, for differences."""
        return self.year * 12 + self.month - 1

    def __add__(self, months: int) -> Month:
        year, month = divmod(self.number + months, 12)
        return Month(year, month + 1)

    def __sub__(self, other: Month) -> int:
        """Whole months from `other` to this one."""
        return self.number - other.number

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True)
class Span:
    """Consecutive months, first and last included."""

    first: Month
    last: Month

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"bulan akhir {self.last} mendahului bulan awal {self.first}")

    @classmethod
    def parse(cls, text: str) -> Span:
        """From "2023-01", "2023-Q1", "2023-S1", "2023" or "2023-01..2023-06". Raises ValueError."""
        text = text.strip().upper()
        if ".." in text:
            first, last = text.split("..", 1)
            return cls(Month.parse(first), Month.parse(last))
        if re.fullmatch(r"\d{4}", text):
            return cls(Month(int(text), 1), Month(int(text), 12))
        part = re.fullmatch(r"(\d{4})-(Q[1-4]|S[12])", text)
        if part:
            length = 3 if part[2][0] == "Q" else 6
            first_month = Month(int(part[1]), (int(part[2][1]) - 1) * length + 1)
            return cls(first_month, first_month + (length - 1))
        try:
            month = Month.parse(text)
        except ValueError:
            raise ValueError(
                f"periode harus berbentuk 2023-01, 2023-Q1, 2023-S1, 2023, "
                f"atau 2023-01..2023-06, bukan {text!r}"
            ) from None
        return cls(month, month)

    @property
    def months(self) -> tuple[Month, ...]:
        return tuple(self.first + step for step in range(self.last - self.first + 1))

    @property
    def kind(self) -> str:
        """month, quarter, half_year or year when it is exactly one of the calendar; else range."""
        length = self.last - self.first + 1
        aligned = (self.first.month - 1) % length == 0 if length in SPAN_KINDS else False
        return SPAN_KINDS[length] if aligned else "range"

    @property
    def ordinal(self) -> int:
        """Which quarter or half of the year, from 1; 1 for a year, the month itself for a month."""
        return (self.first.month - 1) // (self.last - self.first + 1) + 1

    def __str__(self) -> str:
        match self.kind:
            case "month":
                return str(self.first)
            case "quarter":
                return f"{self.first.year}-Q{self.ordinal}"
            case "half_year":
                return f"{self.first.year}-S{self.ordinal}"
            case "year":
                return f"{self.first.year}"
        return f"{self.first}..{self.last}"


def calendar_spans(length: int, first: Month, last: Month) -> list[Span]:
    """The months (1), quarters (3), half-years (6) or years (12) in which one of these months lies,
    the newest first."""
    start = last + -(last.number % length)
    spans = []
    while start + (length - 1) >= first:
        spans.append(Span(start, start + (length - 1)))
        start += -length
    return spans
