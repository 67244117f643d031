"""What an office consists of: offices, units, services, audiences, people."""

from __future__ import annotations

import secrets
import sys

import click

from tuntas.cli.arguments import (
    fail,
    find_office,
    find_service,
    find_unit,
    json_option,
    office_option,
    ready,
    show,
)


@click.group()
def office() -> None:
    """Kantor."""


@office.command("add")
@click.argument("code")
@click.option("--name", required=True, help="Nama kantor.")
@click.option("--parent", help="Kode kantor induk.")
@click.option("--city", default="", help="Kota pada blok tanda tangan.")
@click.option("--time-zone", default="Asia/Jakarta", show_default=True)
def office_add(code: str, name: str, parent: str | None, city: str, time_zone: str) -> None:
    """Tambah kantor."""
    with ready():
        from tuntas.models import Office

        above = find_office(parent) if parent else None
        Office.add(code, name, by=None, parent=above, city=city, time_zone=time_zone)
        click.echo(f"Kantor {code} tersimpan.")


@office.command("list")
@json_option
def office_list(as_json: bool) -> None:
    """Daftar kantor."""
    with ready():
        from tuntas.models import Office

        rows = [{"code": o.code, "name": o.name} for o in Office.objects.order_by("path")]
        if as_json:
            show(rows)
        for row in [] if as_json else rows:
            click.echo(f"{row['code']:20} {row['name']}")


@click.group()
def unit() -> None:
    """Unit kerja."""


@unit.command("add")
@click.argument("office_code", metavar="OFFICE")
@click.argument("code")
@click.option("--name", required=True, help="Nama unit.")
@click.option("--short-name", default="", help="Nama singkat dalam tabel.")
def unit_add(office_code: str, code: str, name: str, short_name: str) -> None:
    """Tambah unit kerja."""
    with ready():
        from tuntas.models import Unit

        Unit.add(find_office(office_code), code, name, short_name=short_name, by=None)
        click.echo(f"Unit {code} tersimpan.")


@click.group()
def service() -> None:
    """Layanan."""


@service.command("add")
@click.argument("office_code", metavar="OFFICE")
@click.argument("unit_code", metavar="UNIT")
@click.argument("code")
@click.option("--name", required=True, help="Nama layanan.")
@click.option(
    "--edition",
    type=click.Choice(["skm9", "skm16", "skm16-online", "skm9-zi", "skm16-zi"]),
    default="skm9",
    show_default=True,
    help="Kuesioner bawaan.",
)
def service_add(office_code: str, unit_code: str, code: str, name: str, edition: str) -> None:
    """Tambah layanan dan cetak tautan formulirnya."""
    with ready():
        from django.conf import settings

        from tuntas.models import Edition, Service

        place = find_unit(find_office(office_code), unit_code)
        made = Service.add(place, code, name, edition=Edition.builtin(edition), by=None)
        click.echo(f"Layanan {code} tersimpan: {settings.PUBLIC_URL}/s/{made.token}/")


@click.group()
def audience() -> None:
    """Populasi layanan dan kecukupan responden."""


@audience.command("set")
@click.argument("office_code", metavar="OFFICE")
@click.argument("unit_code", metavar="UNIT")
@click.argument("service_code", metavar="SERVICE")
@click.argument("year", type=int)
@click.argument("size", type=click.IntRange(1, 2**31 - 1))
@click.option("--source", required=True, help="Sumber angka, misalnya judul register.")
def audience_set(
    office_code: str, unit_code: str, service_code: str, year: int, size: int, source: str
) -> None:
    """Simpan jumlah penerima satu layanan dalam setahun."""
    with ready():
        from tuntas.models import Audience

        target = find_service(find_office(office_code), service_code, unit_code)
        row = Audience.record(target, year, size, source=source, by=None)
        click.echo(f"{target.code} {year}: {row.size} penerima, perlu {row.wanted} responden.")


@audience.command("list")
@office_option
@click.option("--year", type=click.IntRange(2000, 2100), help="Tanpa ini tahun berjalan.")
@json_option
def audience_list(office: str, year: int | None, as_json: bool) -> None:
    """Kecukupan responden setiap layanan, yang paling tertinggal lebih dahulu."""
    with ready():
        from tuntas import figures

        rows = figures.adequacy_data(find_office(office), year)
        if as_json:
            show(rows)
        for row in [] if as_json else rows:
            place, wanted = f"{row['unit']}/{row['service']}", row["wanted"]
            lack = f"kurang {row['missing']}" if wanted else "populasi belum diisi"
            click.echo(f"{place:32} {row['answered']:>7} dari {wanted or '–':>6}  {lack}")


@click.group()
def user() -> None:
    """Orang yang dapat masuk."""


@user.command("add")
@click.argument("email")
@office_option
@click.option(
    "--role",
    required=True,
    type=click.Choice(["survey_team", "unit_officer", "head", "auditor", "ministry"]),
)
@click.option("--unit", "unit_code", help="Unit, wajib untuk unit_officer.")
@click.option("--name", default="", help="Nama orang.")
@click.option("--password-stdin", is_flag=True, help="Baca sandi dari masukan baku.")
def user_add(
    email: str, office: str, role: str, unit_code: str | None, name: str, password_stdin: bool
) -> None:
    """Tambah orang, atau beri peran kepada yang sudah ada."""
    with ready():
        from tuntas.models import Membership, User

        place = find_office(office)
        if (role == "unit_officer") != bool(unit_code):
            fail("Peran unit_officer memerlukan --unit; peran lain tidak memakainya.")
        own_unit = find_unit(place, unit_code) if unit_code else None
        found = User.objects.filter(email=email.lower()).first()
        password = sys.stdin.readline().strip() if password_stdin else secrets.token_urlsafe(12)
        person = found or User.objects.create_user(email, password, name=name or email)
        Membership.grant(person, place, role, by=None, unit=own_unit)
        click.echo(f"{email} sekarang {role} di {place.code}.")
        if not found and not password_stdin:
            click.echo(f"Sandi pertama: {password}")


# -- import --------------------------------------------------------------------------------------
