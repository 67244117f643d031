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
    uuid = "uuid" if connection.vendor == "postgresql" else "char(32)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bench_raw (office_id bigint, id {uuid}, service_id bigint,"
            " edition_id bigint, month date, received_at timestamp, answered_on date,"
            " channel varchar(10), answers varchar(60), profile varchar(8), PRIMARY KEY (office_id, id))"
        )
    print(
        json.dumps({"path": f"/s/{service.token}/", "edition": service.edition_id, "questions": 9})
    )


main()
