"""Read answers and published values from spreadsheets."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from tuntas.cli.arguments import (
    fail,
    find_office,
    find_service,
    json_option,
    office_option,
    parse_month,
    parse_zone,
    ready,
    show,
)


@click.group("import")
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
