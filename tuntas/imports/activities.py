"""Pasted lists of activities: "3. Bimtek KP tanggal 9 Februari 2023;" into dated entries.

Read by line, nothing guessed: a line without a date is a description, and the preview says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from tuntas.law.months import Month

MONTHS = (
    "januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september",
    "oktober", "november", "desember",
)  # fmt: skip
NUMBER = re.compile(r"^\s*(?:\(?\d{1,3}[.)]|[-•*–])\s+")
MONTH = "(?P<month>" + "|".join(MONTHS) + r"|jan|feb|mar|apr|jun|jul|agt|agu|sep|okt|nov|des)\.?"
TAIL = r"\s*(?P<rest>[;.,]*)\s*$"
DAYS = re.compile(
    r"[\s,(]*(?:pada\s+)?(?:tanggal|tgl\.?)?\s*(?P<first>\d{1,2})"
    rf"(?:\s*(?:-|–|s\.?d\.?|sampai(?:\s+dengan)?)\s*(?P<last>\d{{1,2}}))?\s+{MONTH}"
    rf"\s+(?P<year>\d{{4}})\)?{TAIL}",
    re.IGNORECASE,
)
ONLY_MONTH = re.compile(
    rf"[\s,(]*(?:pada\s+)?(?:bulan\s+)?{MONTH}\s+(?P<year>\d{{4}})\)?{TAIL}", re.IGNORECASE
)
MOST_LINES = 100


@dataclass(frozen=True)
class Activity:
    """One line. kind: note (no date), done or planned; `problem` says why it cannot be kept."""

    kind: str
    text: str
    on: date | None = None
    until: date | None = None
    month_only: bool = False
    problem: str = ""


class TooManyLines(ValueError):
    """More than MOST_LINES lines were pasted."""


def read(text: str, today: date) -> list[Activity]:
    """Entries of a pasted list. A date after `today` makes a planned activity, and so does a
    heading above it that begins with "Rencana" and ends with a colon.

    Raises TooManyLines.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise TooManyLines(len(lines))
    found, all_planned = [], False
    for line in lines:
        row = read_line(line, today)
        if row.kind == "note" and row.text.endswith(":"):
            all_planned = row.text.lower().startswith("rencana")
        elif row.kind == "done" and all_planned:
            row = replace(row, kind="planned")
        found.append(row)
    return found


def read_line(line: str, today: date) -> Activity:
    words = NUMBER.sub("", line)
    numbered = words != line
    found = DAYS.search(words) or ONLY_MONTH.search(words)
    if found is None:
        problem = "" if not numbered else "Tanggal tidak terbaca; baris ini menjadi uraian."
        return Activity("note", words if not numbered else line, problem=problem)
    name = words[: found.start()].rstrip(" ,;(")
    try:
        on, until, month_only = days_of(found)
    except ValueError:
        return Activity("note", line, problem="Tanggal itu tidak ada di kalender.")
    if not name:
        return Activity("note", line, problem="Nama kegiatan kosong.")
    last = Month.of(on).last_day if month_only else until or on
    kind = "planned" if last > today else "done"
    return Activity(kind, name, on, until, month_only)


def days_of(found: re.Match[str]) -> tuple[date, date | None, bool]:
    """First day, last day if another, and whether only the month is known. Raises ValueError."""
    parts = found.groupdict()
    month, year = month_number(parts["month"]), int(parts["year"])
    if parts.get("first") is None:
        return date(year, month, 1), None, True
    first = date(year, month, int(parts["first"]))
    until = date(year, month, int(parts["last"])) if parts.get("last") else None
    if until is not None and until < first:
        raise ValueError("last day before the first")
    return first, until if until != first else None, False


def month_number(name: str) -> int:
    short = {"agt": "agu"}.get(name.lower()[:3], name.lower()[:3])
    return next(place for place, full in enumerate(MONTHS, start=1) if full.startswith(short))
