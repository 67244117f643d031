"""Fill a month with responses and time counting it. Prints rows as JSON."""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from uuid import UUID

os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tuntas.law.months import Month, Span
from tuntas.models import Edition, Office, Response, Service, Unit
from tuntas.models.analyses import analysis_of
from tuntas.models.results import month_results

MONTH = Month(2026, 1)


def main() -> None:
    size = int(sys.argv[1])
    call_command("migrate", verbosity=0)
    chance, rows = random.Random(1), []
    for code in ("skm9", "skm16"):
        office = Office.add(f"bench-{code}", "Kantor Uji", by=None)
        unit = Unit.add(office, "unit", "Unit", by=None)
        services = [
            Service.add(unit, f"s{n}", f"Layanan {n}", edition=Edition.builtin(code), by=None)
            for n in range(5)
        ]
        fill(office, services, size, chance)
        rows.append(timed(office, code, size))
        rows.append(timed(office, code, size, is_analysis=True))
    print(json.dumps(rows))


def fill(office: Office, services: list[Service], size: int, chance: random.Random) -> None:
    width, now = len(services[0].edition.question_list), timezone.now()
    for start in range(0, size, 5000):
        Response.objects.bulk_create(
            Response(
                office=office,
                id=UUID(int=chance.getrandbits(128)),
                service=services[n % 5],
                edition_id=services[0].edition_id,
                month=MONTH.first_day,
                received_at=now,
                channel="web",
                answers="".join(chance.choices("1234", (1, 4, 20, 15), k=width)),
                profile="P3--",
            )
            for n in range(start, min(start + 5000, size))
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def timed(office: Office, code: str, size: int, *, is_analysis: bool = False) -> dict[str, object]:
    """Median of 5 of the whole month's index, or of everything on the analysis page, and of one
    scan that reads what it counts once."""
    columns = ", min(profile), min(channel), sum(signs)" if is_analysis else ""
    scan = (
        f"SELECT service_id, count(*), sum(length(answers)), min(answers){columns} "
        "FROM tuntas_response WHERE office_id = %s AND month = %s GROUP BY service_id"
    )
    ours, limit = [], []
    for _round in range(5):
        start = time.perf_counter()
        n = analyse(office) if is_analysis else month_results(office, [MONTH])[0].n
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(scan, [office.pk, MONTH.first_day])
            cursor.fetchall()
        limit.append(time.perf_counter() - start)
    assert n == size
    a, b = statistics.median(ours) * 1000, statistics.median(limit) * 1000
    what = "analysis" if is_analysis else "index"
    return {
        "what": f"{what} of a month, {size} responses {code}, ms, SQL scan",
        "ours": a,
        "limit": b,
        "at_most": 2,
    }


def analyse(office: Office) -> int:
    """Index, groups, frequencies, cross tables and correlations of the month."""
    found = analysis_of(office, Span(MONTH, MONTH))
    assert found.result
    assert found.unsigned_result
    for by in ("sex", "age", "education", "occupation", "channel", "service"):
        found.groups(by)
    found.frequencies()
    found.correlations()
    return found.n


if __name__ == "__main__":
    main()
