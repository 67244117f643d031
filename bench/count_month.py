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

from tuntas.law.months import Month
from tuntas.models import Edition, Office, Response, Service, Unit
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


def timed(office: Office, code: str, size: int) -> dict[str, object]:
    """Median of 5 of the whole month's index, and of one scan that reads every answer once."""
    scan = (
        "SELECT service_id, count(*), sum(length(answers)), min(answers) FROM tuntas_response "
        "WHERE office_id = %s AND month = %s GROUP BY service_id"
    )
    ours, limit = [], []
    for _round in range(5):
        start = time.perf_counter()
        result = month_results(office, [MONTH])[0]
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(scan, [office.pk, MONTH.first_day])
            cursor.fetchall()
        limit.append(time.perf_counter() - start)
    assert result.n == size
    a, b = statistics.median(ours) * 1000, statistics.median(limit) * 1000
    return {
        "what": f"index of a month, {size} responses {code}, ms, one SQL scan",
        "ours": a,
        "limit": b,
        "ratio": round(a / b, 2),
        "note": "lower is better",
    }


if __name__ == "__main__":
    main()
