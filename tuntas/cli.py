"""The `tuntas` command. Every message is one sentence that says what is wrong and what to do.

Exit codes: 0 done, 1 a check failed, 2 wrong use or bad input (nothing was stored), 3 no answers.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tuntas")
def main() -> None:
    """Tuntas: survei kepuasan masyarakat sampai tuntas."""


# -- finding things by code ----------------------------------------------------------------------


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
    from zoneinfo import available_timezones

    zones = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
    name = zones.get(name.upper(), name)
    if name and name not in available_timezones():
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


@main.command()
@click.option("--demo", is_flag=True, help="Muat kantor contoh bila belum ada.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Alamat jaringan.")
@click.option("--port", type=int, envvar="PORT", default=8000, show_default=True, help="Porta.")
def serve(demo: bool, host: str, port: int) -> None:
    """Siapkan basis data dan jalankan situs."""
    from tuntas import server

    os.environ["PORT"] = str(port)
    with ready():
        try:
            server.prepare()
            signs = load_demo(quiet=False) if demo else []
            server.announce(host, port, signs)
            server.run(host, port)
        except server.CannotServe as error:
            fail(str(error), 1)


@main.command()
@click.option("--parent", type=int, hidden=True, help="Berhenti bila proses ini sudah tiada.")
def work(parent: int | None) -> None:
    """Kerjakan antrean latar belakang (impor) sampai dihentikan; serve sudah menjalankannya."""
    with ready():
        from tuntas import server

        server.run_work(parent)


@main.command()
@json_option
def demo(as_json: bool) -> None:
    """Muat kantor contoh (sekali) dan cetak cara masuknya."""
    with ready():
        signs = load_demo(quiet=as_json)
        if as_json:
            show([{"email": s.email, "role": s.role, "password": s.password} for s in signs])
        else:
            for sign in signs:
                click.echo(f"{sign.email:32} {sign.password}   {sign.role}")


def load_demo(*, quiet: bool) -> list[Any]:
    from tuntas import demo as demo_office

    try:
        return demo_office.load(
            lambda step: None if quiet else click.echo(f"Memuat kantor contoh: {step} …")
        )
    except demo_office.NotADemo:
        fail("Kantor berkode kanreg10 sudah ada dan bukan kantor contoh; tidak ada yang diubah.")


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def manage(words: tuple[str, ...]) -> None:
    """Jalankan perintah Django, misalnya `tuntas manage migrate`."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["tuntas manage", *words])


# -- office, unit, service, user -----------------------------------------------------------------


@main.group()
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


@main.group()
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


@main.group()
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


@main.group()
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


@main.group()
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


@main.group("import")
def import_group() -> None:
    """Impor dari lembar kerja (CSV atau XLSX)."""


@import_group.command("responses")
@click.argument("file", type=click.Path(path_type=Path))
@office_option
@click.option("--service", "service_code", required=True, metavar="S", help="Kode layanan.")
@click.option("--unit", "unit_code", metavar="U", help="Kode unit bila layanan lebih dari satu.")
@click.option("--month", help="Bulan survei (2023-05) bila berkas tidak memuat tanggal.")
@click.option("--order", type=click.Choice(["regulation", "questionnaire"]), help="Urutan u1–u9.")
@click.option("--map", "mapping", type=click.Path(path_type=Path), help='JSON: {"Kolom": "u1"}.')
@click.option("--batch", default="", help="Pembeda bila berkas lain memuat baris yang sama.")
@click.option("--time-zone", default="", help="Zona waktu cap waktu, misalnya Asia/Jakarta.")
@click.option("--sheet", default="", help="Nama lembar XLSX; tanpa ini lembar pertama.")
@click.option("--dry-run", is_flag=True, help="Periksa saja, tidak menyimpan.")
@click.option("--skip-bad", is_flag=True, help="Simpan baris yang baik walau ada yang salah.")
@json_option
def import_responses_command(
    file: Path,
    office: str,
    service_code: str,
    unit_code: str | None,
    month: str | None,
    order: str | None,
    mapping: Path | None,
    batch: str,
    time_zone: str,
    sheet: str,
    dry_run: bool,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Impor jawaban survei ke satu layanan."""
    with ready():
        from tuntas import imports

        target = find_service(find_office(office), service_code, unit_code)
        options = {
            "names": read_mapping(mapping),
            "month": parse_month(month),
            "batch": batch,
            "time_zone": parse_zone(time_zone),
            "sheet": sheet,
            "dry_run": dry_run,
            "skip_bad": skip_bad,
            "progress": progress_bar,
        }
        try:
            try:
                outcome = imports.import_responses(file, target, order=order, **options)
            except imports.OrderUnclear as error:
                if as_json or not sys.stdin.isatty():
                    raise
                click.echo(str(error))
                order = click.prompt("Urutan", type=click.Choice(["regulation", "questionnaire"]))
                outcome = imports.import_responses(file, target, order=order, **options)
        except imports.BadFile as error:
            fail(str(error))
        tell(outcome, as_json, skip_bad=skip_bad)


@import_group.command("results")
@click.argument("file", type=click.Path(path_type=Path))
@office_option
@click.option("--source", default="", help="Asal nilai, misalnya judul laporan.")
@json_option
def import_results_command(file: Path, office: str, source: str, as_json: bool) -> None:
    """Impor nilai terbitan lama: kolom bulan, nilai, dan n bila diketahui."""
    with ready():
        from tuntas import imports

        try:
            outcome = imports.import_results(
                file, find_office(office), source=source or file.name, by=None
            )
        except imports.BadFile as error:
            fail(str(error))
        tell(outcome, as_json)


def read_mapping(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"Berkas --map {path} tidak dapat dibaca sebagai JSON: {error}.")
    if not isinstance(data, dict):
        fail('Berkas --map harus berbentuk {"Nama kolom": "u1", …}.')
    return {str(key): str(value) for key, value in data.items()}


def progress_bar(rows: Any) -> Any:
    """The rows again, with a bar on a terminal."""
    if not sys.stderr.isatty():
        yield from rows
        return
    with click.progressbar(rows, label="Menyimpan", file=sys.stderr) as bar:
        yield from bar


def tell(outcome: Any, as_json: bool, *, skip_bad: bool = False) -> None:
    """Say what an import did; bad rows end the command with code 2 unless they were skipped."""
    failed = bool(outcome.bad) and not skip_bad
    if as_json:
        show(outcome.data())
    else:
        tell_in_words(outcome, failed)
    if failed:
        sys.exit(2)


def tell_in_words(outcome: Any, failed: bool) -> None:
    for line in outcome.bad_lines():
        click.echo(line, err=True)
    if outcome.identity:
        click.echo(f"Kolom identitas tidak disimpan: {', '.join(outcome.identity)}.")
    if outcome.ignored:
        click.echo(f"Kolom lain diabaikan: {', '.join(outcome.ignored)}.")
    if failed:
        click.echo(
            f"{len(outcome.bad)} dari {outcome.rows} baris salah; tidak ada yang disimpan. "
            "Perbaiki, atau ulangi dengan --skip-bad.",
            err=True,
        )
        return
    for line in outcome.lines():
        click.echo(line)


# -- index, close, report ------------------------------------------------------------------------


@main.command()
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


@main.command()
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
                    "result": made.content["result"],
                }
            )
        else:
            click.echo(f"Bulan {wanted} ditutup: {made.n} jawaban. SHA-256 {made.sha256}")


@main.command()
@click.argument("kind", type=click.Choice(["follow-up", "processing", "monev", "plan"]))
@office_option
@click.option("--period", required=True, metavar="2023-S1", help="2023-01, 2023-Q1, 2023-S1, 2023.")
@click.option("--format", "form", type=click.Choice(["pdf", "docx", "xlsx"]), required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Berkas hasil.")
@click.option("--cut-off", metavar="2023-08-21", help="Keadaan per tanggal ini.")
@click.option("--service", "service_code", metavar="S", help="Hanya satu layanan (processing).")
@click.option("--unit", "unit_code", metavar="U", help="Unit dari layanan itu.")
def report(
    kind: str,
    office: str,
    period: str,
    form: str,
    out: Path,
    cut_off: str | None,
    service_code: str | None,
    unit_code: str | None,
) -> None:
    """Buat laporan resmi sebagai PDF, DOCX, atau (monev, plan) XLSX."""
    with ready():
        from tuntas import report as reports

        place = find_office(office)
        service = find_service(place, service_code, unit_code) if service_code else None
        try:
            day = date.fromisoformat(cut_off) if cut_off else None
            if form not in reports.formats_of(kind):
                fail(f"Laporan {kind} tidak tersedia sebagai {form.upper()}; pilih pdf atau docx.")
            made = reports.make(place, kind, parse_span(period), cut_off=day, service=service)
            content = reports.render(made, form)
            out.write_bytes(content)
        except ValueError as error:
            fail(f"Tanggal --cut-off harus berbentuk 2023-08-21 ({error}).")
        except (reports.NothingToProcess, reports.MissingFont) as error:
            fail(str(error))
        except OSError as error:
            fail(f"Berkas {out} tidak dapat ditulis: {error.strerror}.")
        click.echo(f"{out}: {made.title}, kode {made.code}")


@main.command()
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


@main.command()
@click.argument("office")
@click.argument("year", type=click.IntRange(2017, 2999))
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


@main.command()
@json_option
def doctor(as_json: bool) -> None:
    """Periksa kesehatan pemasangan ini."""
    with ready():
        from tuntas import figures

        findings = figures.health()
        if as_json:
            show([{"level": level, "text": text, "hint": hint} for level, text, hint in findings])
        for level, text, hint in [] if as_json else findings:
            click.echo(f"{level:8} {text}" + (f"\n         → {hint}" if hint else ""))
        if any(level == "galat" for level, _text, _hint in findings):
            sys.exit(1)


if __name__ == "__main__":
    main()
