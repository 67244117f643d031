"""Prepare an empty database for a measurement, or count what it holds. Prints JSON or a number."""

from __future__ import annotations

import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
import django

django.setup()

from django.core.management import call_command
from django.db import connection

from tuntas.models import Edition, Office, Response, Service, Unit


def main() -> None:
    if sys.argv[1:] == ["count"]:
        print(Response.objects.count())
        return
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    office = Office.add("bench", "Kantor Uji", by=None)
    unit = Unit.add(office, "unit", "Unit", by=None)
    service = Service.add(unit, "layanan", "Layanan", edition=Edition.builtin("skm9"), by=None)
    with connection.cursor() as cursor:
        # The peer's table has the same columns, whatever they are, and no trigger or foreign key.
        cursor.execute("CREATE TABLE bench_raw AS SELECT * FROM tuntas_response WHERE 1 = 0")
        cursor.execute("CREATE UNIQUE INDEX bench_raw_key ON bench_raw (office_id, id)")
    print(
        json.dumps({"path": f"/s/{service.token}/", "edition": service.edition_id, "questions": 9})
    )


main()
