"""A year of a nation: rolled up from closures, and counted again from rows. Prints rows as JSON.

    count_nation.py OFFICES OFFICES_WITH_ROWS ROWS_OF_EACH

OFFICES closed twelve months each. The recount reads OFFICES_WITH_ROWS of ROWS_OF_EACH responses: 1,000 of
10,000 are the ten million of a nation, and what one office costs does not depend on how many there are.
"""

from __future__ import annotations

import json
import os
import random
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
import django

django.setup()

from django.core.management import call_command
from django.db import connection

from bench.grow import FIRST, LAST, SERVICES, in_batches, insert, responses
from bench.make_report import seconds
from tests.nation import close_many, tally_of
from tuntas.law.months import Span
from tuntas.models import Edition, Office, Service, Unit
from tuntas.models.results import span_result
from tuntas.models.rollups import roll_up

YEAR = Span(FIRST, LAST)
# What the engine itself does with the same rows: reads each once, by office, service and month.
SCAN = (
    "SELECT office_id, service_id, month, count(*), sum(length(answers)), min(answers) "
    "FROM tuntas_response GROUP BY office_id, service_id, month"
)


def main() -> None:
    offices, with_rows, each = map(int, sys.argv[1:])
    call_command("migrate", verbosity=0)
    chance = random.Random(1)
    print(json.dumps([rolled_up(offices, chance), recounted(with_rows, each, chance)]))


def rolled_up(count: int, chance: random.Random) -> dict[str, object]:
    nation = Office.add("nation", "Kementerian", by=None)
    places = Office.objects.bulk_create(
        Office(code=f"k{n}", name=f"Kantor {n:04}", parent=nation) for n in range(count)
    )
    for place in places:
        place.path = f"{nation.path}{place.pk}/"
    Office.objects.bulk_update(places, ["path"], batch_size=200)
    tallies = [
        tally_of(["".join(chance.choices("1234", (1, 4, 20, 15), k=9)) for _each in range(800)])
        for _month in range(12)
    ]
    n = close_many(places, YEAR.months, tallies)
    analyse()

    def whole() -> None:
        result = roll_up(nation, YEAR).result
        assert result is not None
        assert result.n == n

    return {
        "what": f"roll-up of {count:,} offices x 12 closures, s, limit",
        "ours": seconds(whole, 3),
        "limit": 0.1,
        "at_most": 1,
        "note": f"{n:,} answers behind the closures",
    }


def recounted(count: int, each: int, chance: random.Random) -> dict[str, object]:
    edition, places = Edition.builtin("skm9"), []
    for number in range(count):
        place = Office.add(f"r{number}", f"Kantor {number}", by=None)
        unit = Unit.add(place, "unit", "Unit", by=None)
        services = [
            Service.add(unit, f"r{number}s{n}", f"Layanan {n}", edition=edition, by=None)
            for n in range(SERVICES)
        ]
        in_batches(insert, responses(place, services, each, chance))
        places.append(place)
    analyse()

    def ours() -> None:
        found = [span_result(place, YEAR.months) for place in places]
        assert sum(year.n for year in found if year) == count * each

    def limit() -> None:
        with connection.cursor() as cursor:
            cursor.execute(SCAN)
            assert sum(row[3] for row in cursor.fetchall()) == count * each

    return {
        "what": f"recount of {count} offices x {each:,} rows, s, SQL scan",
        "ours": seconds(ours, 3),
        "limit": seconds(limit, 3),
        "at_most": 2,
        "note": "the year of every office, from rows",
    }


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main()
