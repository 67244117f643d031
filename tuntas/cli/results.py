"""The index, closing, and the documents made of it."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from tuntas.cli import publishing
from tuntas.cli.arguments import (
    fail,
    find_office,
    find_service,
    find_unit,
    json_option,
    office_option,
    parse_month,
    parse_span,
    ready,
    show,
)
from tuntas.law.pekppp import FIRST_YEAR


@click.command()
@office_option
@click.option("--unit", "unit_code", metavar="U", help="Hanya satu unit.")
@click.option("--service", "service_code", metavar="S", help="Hanya satu layanan.")
@click.option("--from", "first", metavar="2023-01", help="Bulan pertama; tanpa ini dari awal.")
@click.option("--to", "last", metavar="2023-06", help="Bulan terakhir; tanpa ini sampai kini.")
@click.option("--weights", type=click.Choice(["exact", "0.111", "0.11"]), help="Bobot unsur.")
@json_option
def index(
    office: str,
    unit_code: str | None,
    service_code: str | None,
    first: str | None,
    last: str | None,
    weights: str | None,
    as_json: bool,
) -> None:
    """Hitung indeks kepuasan masyarakat dari jawaban yang tersimpan."""
    with ready():
        from tuntas import figures

        place = find_office(office)
        unit = find_unit(place, unit_code) if unit_code else None
        service = find_service(place, service_code, unit_code) if service_code else None
        try:
            data = figures.index_data(
                place,
                parse_month(first),
                parse_month(last),
                unit=unit,
                service=service,
                weights=weights,
            )
        except ValueError as error:
            fail(str(error))
        if as_json:
            show(data)
        else:
            for line in figures.index_lines(data):
                click.echo(line)
        if not data["n"] and not data["historical"]:
            if not as_json:
                click.echo("Tidak ada jawaban dalam rentang ini.", err=True)
            sys.exit(3)


@click.command()
@click.argument("office")
@click.argument("month")
@json_option
def close(office: str, month: str, as_json: bool) -> None:
    """Tutup satu bulan: hitung sekali dan bekukan."""
    with ready():
        from tuntas.models import Closure, Period, PeriodClosed, PeriodNotOver

        place, wanted = find_office(office), parse_month(month)
        try:
            made = Closure.seal(Period.of(place, wanted), by=None)
        except PeriodClosed:
            fail(f"Bulan {wanted} sudah ditutup.")
        except PeriodNotOver:
            fail(f"Bulan {wanted} belum berakhir; tutuplah setelah tanggal {wanted.last_day}.")
        if as_json:
            show(
                {
                    "month": str(wanted),
                    "n": made.n,
                    "sha256": made.sha256,
                    "root": made.root,
                    "result": made.content["result"],
                }
            )
        else:
            click.echo(f"Bulan {wanted} ditutup: {made.n} jawaban. SHA-256 {made.sha256}")
            click.echo(f"Akar bukti {made.root}")


@click.command()
@click.argument(
    "kind",
    type=click.Choice(
        [
            "monthly",
            "follow-up",
            "processing",
            "monev",
            "plan",
            "recap",
            "integrity",
            publishing.POSTER,
        ]
    ),
)
@office_option
@click.option("--period", required=True, metavar="2023-S1", help="2023-01, 2023-Q1, 2023-S1, 2023.")
@click.option("--format", "form", type=click.Choice(["pdf", "docx", "xlsx", "png"]), required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Berkas hasil.")
@click.option("--cut-off", metavar="2023-08-21", help="Keadaan per tanggal ini.")
@click.option("--service", "service_code", metavar="S", help="Satu layanan (processing, poster).")
@click.option(
    "--unit",
    "unit_code",
    metavar="U",
    help="Unit dari layanan itu; atau satu unit (monthly, poster).",
)
@click.option("--outline", type=click.Choice(["five", "four"]), help="Sistematika (monthly).")
@click.option("--paper", type=click.Choice(["a4", "f4"]), help="Kertas; tanpa ini milik kantor.")
@publishing.style_option
def report(
    kind: str,
    office: str,
    period: str,
    form: str,
    out: Path,
    cut_off: str | None,
    service_code: str | None,
    unit_code: str | None,
    outline: str | None,
    paper: str | None,
    style: str,
) -> None:
    """Buat laporan resmi sebagai PDF, DOCX, atau XLSX; poster hasil sebagai PDF atau PNG."""
    with ready():
        from tuntas import report as reports

        place = find_office(office)
        service = find_service(place, service_code, unit_code) if service_code else None
        if kind == publishing.POSTER:
            unit = find_unit(place, unit_code) if unit_code else None
            publishing.write(place, parse_span(period), style, form, out, unit, service)
            return
        try:
            day = date.fromisoformat(cut_off) if cut_off else None
            if form not in reports.formats_of(kind):
                known = ", ".join(reports.formats_of(kind))
                fail(f"Laporan {kind} tidak tersedia sebagai {form.upper()}; pilih {known}.")
            made = reports.make(
                place,
                kind,
                parse_span(period),
                cut_off=day,
                service=service if kind == "processing" else None,
                unit=find_unit(place, unit_code) if kind == "monthly" and unit_code else None,
                outline=outline or "",
                paper=paper or "",
            )
            content = reports.render(made, form)
            out.write_bytes(content)
        except ValueError as error:
            fail(f"Tanggal --cut-off harus berbentuk 2023-08-21 ({error}).")
        except (reports.NothingToProcess, reports.MissingFont) as error:
            fail(str(error))
        except OSError as error:
            fail(f"Berkas {out} tidak dapat ditulis: {error.strerror}.")
        click.echo(f"{out}: {made.title}, kode {made.code}")


@click.command()
@click.argument("office_code", metavar="OFFICE")
@click.option("--unit", "unit_code", metavar="U", help="Hanya layanan unit ini.")
@click.option("--service", "service_code", metavar="S", help="Langsung ke formulir layanan ini.")
@click.option("--size", type=click.Choice(["a4", "tent", "stickers"]), default="a4")
@click.option("--format", "form", type=click.Choice(["pdf", "png"]), default="pdf")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Berkas hasil.")
def poster(
    office_code: str,
    unit_code: str | None,
    service_code: str | None,
    size: str,
    form: str,
    out: Path,
) -> None:
    """Buat poster, tenda meja, atau stiker dengan kode QR survei."""
    with ready():
        from tuntas.report import MissingFont, posters

        place = find_office(office_code)
        unit = find_unit(place, unit_code) if unit_code else None
        service = find_service(place, service_code, unit_code) if service_code else None
        try:
            made = posters.poster(place, size=size, format=form, unit=unit, service=service)
            out.write_bytes(made)
        except MissingFont as error:
            fail(str(error))
        except OSError as error:
            fail(f"Berkas {out} tidak dapat ditulis: {error.strerror}.")
        click.echo(f"{out}: {posters.address(place, 'qr', unit=unit, service=service)}")


@click.command()
@click.argument("office")
@click.argument("year", type=click.IntRange(FIRST_YEAR, 2100))
@json_option
def pekppp(office: str, year: int, as_json: bool) -> None:
    """Nilai sendiri PEKPPP indikator 6–9 untuk survei satu tahun."""
    with ready():
        from tuntas.models import evaluations

        found = evaluations.evaluate(find_office(office), year)
        if as_json:
            show(evaluations.as_data(found))
            return
        for row in found.indicators:
            click.echo(f"{row.number}. {row.title}: {row.score} dari {row.most}\n   {row.how}")
            for step in row.raise_by:
                click.echo(f"   → {step}")
