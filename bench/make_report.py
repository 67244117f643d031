"""Make the result report of a quarter and time it against a bare Typst compile. Prints rows as JSON."""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
import django

django.setup()

from django.core.management import call_command

from bench.count_month import MONTH, fill
from tuntas import report
from tuntas.law.months import Span
from tuntas.models import Edition, Office, Report, Service, Unit
from tuntas.report import pdf


def main() -> None:
    size, runs = int(sys.argv[1]), int(sys.argv[2])
    call_command("migrate", verbosity=0)
    office = Office.add("bench-report", "Kantor Uji", by=None)
    unit = Unit.add(office, "unit", "Unit", by=None)
    edition = Edition.builtin("skm9")
    services = [
        Service.add(unit, f"s{n}", f"Layanan {n}", edition=edition, by=None) for n in range(5)
    ]
    fill(office, services, size, random.Random(1))
    # Typst remembers what it has set: every run has a day of its own, so that none is remembered.
    days = iter(MONTH.last_day + timedelta(days=n) for n in range(1, 20 * runs + 20))
    made = [make(office, next(days)) for _run in range(runs + 1)]
    known = iter([(pdf.data_of(row), row.made_at) for row in made])
    bare = seconds(lambda: compile_bare(*next(known)), runs)
    rows = []
    for format in ("pdf", "docx"):
        ours = seconds(
            lambda format=format: report.render(make(office, next(days)), format),  # type: ignore[misc]
            runs,
        )
        rows.append(
            {
                "what": f"report from the database to {format.upper()}, s, bare Typst",
                "ours": ours,
                "limit": bare,
                "at_most": 3,
                "note": f"{size} respondents",
            }
        )
    print(json.dumps(rows))


def make(office: Office, day: date) -> Report:
    return report.make(office, "monthly", Span(MONTH, MONTH), cut_off=day)


def compile_bare(data: dict[str, Any], made_at: datetime) -> bytes:
    return pdf.typeset("monthly", data, made_at=made_at)


def seconds(act: Callable[[], object], runs: int) -> float:
    """Median of some runs, after one that is not counted."""
    act()
    times = []
    for _run in range(runs):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
