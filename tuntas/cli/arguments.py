"""What the commands share: how they fail, find things by code and read months and zones."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuntas.settings")


def fail(message: str, code: int = 2) -> NoReturn:
    click.echo(f"Galat: {message}", err=True)
    sys.exit(code)


@contextmanager
def ready() -> Iterator[None]:
    """Django set up; a silent database or a refused setting becomes one sentence."""
    import django  # `--help` must not wait for the whole framework
    from django.core.exceptions import ImproperlyConfigured, ValidationError
    from django.db.utils import OperationalError, ProgrammingError

    try:
        django.setup()
        yield
    except ImproperlyConfigured as error:
        fail(str(error))
    except (OperationalError, ProgrammingError) as error:
        text = str(error).strip().splitlines()[0]
        if "no such table" in text or "does not exist" in text:
            fail(
                "Basis data belum disiapkan. Jalankan dahulu: tuntas serve, atau tuntas manage migrate."
            )
        fail(
            f"Basis data tidak dapat dipakai ({text}). Periksa TUNTAS_DATABASE_URL atau TUNTAS_DATA."
        )
    except ValidationError as error:
        fail("; ".join(error.messages))


def show(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


json_option = click.option("--json", "as_json", is_flag=True, help="Cetak JSON.")
office_option = click.option("--office", required=True, metavar="O", help="Kode kantor.")


def find_office(code: str) -> Any:
    from tuntas.models import Office

    parts = code.strip("/").split("/")
    found = Office.objects.filter(code=parts[-1])
    if len(parts) > 1:
        found = found.filter(parent__code=parts[-2])
    offices = list(found[:2])
    if not offices:
        known = ", ".join(Office.objects.values_list("code", flat=True)[:10]) or "belum ada"
        fail(f"Kantor {code!r} tidak ditemukan. Kantor yang ada: {known}.")
    if len(offices) > 1:
        fail(f"Ada beberapa kantor berkode {code!r}. Tulis dengan induknya, misalnya induk/{code}.")
    return offices[0]


def find_unit(office: Any, code: str) -> Any:
    unit = office.units.filter(code=code).first()
    if unit is None:
        known = ", ".join(office.units.values_list("code", flat=True)) or "belum ada"
        fail(f"Unit {code!r} tidak ada di {office.code}. Unit yang ada: {known}.")
    return unit


def find_service(office: Any, code: str, unit_code: str | None) -> Any:
    services = office.services.filter(code=code).with_editions()
    if unit_code:
        services = services.filter(unit=find_unit(office, unit_code))
    found = list(services[:2])
    if not found:
        known = ", ".join(f"{s.unit.code}/{s.code}" for s in office.services.select_related("unit"))
        fail(f"Layanan {code!r} tidak ada di {office.code}. Yang ada: {known or 'belum ada'}.")
    if len(found) > 1:
        fail(f"Beberapa unit memiliki layanan {code!r}. Tambahkan --unit KODE.")
    return found[0]


def parse_month(text: str | None) -> Any:
    from tuntas.law.months import Month

    if text is None:
        return None
    try:
        return Month.parse(text)
    except ValueError as error:
        fail(str(error))


def parse_zone(name: str) -> str:
    """The name of a time zone again; WIB, WITA and WIT are names too."""
    from tuntas.models.offices import time_zones

    zones = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
    name = zones.get(name.upper(), name)
    if name and name not in time_zones():
        fail(
            f"Zona waktu {name!r} tidak dikenal; tulis WIB, WITA, WIT, atau misalnya Asia/Jakarta."
        )
    return name


def parse_span(text: str) -> Any:
    from tuntas.law.months import Span

    try:
        return Span.parse(text)
    except ValueError as error:
        fail(str(error))


# -- serve, demo, manage -------------------------------------------------------------------------
