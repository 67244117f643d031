"""The index of a region or ministry, and signed aggregate files between installations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from tuntas.cli.arguments import (
    fail,
    find_office,
    json_option,
    parse_month,
    parse_span,
    ready,
    show,
)


@click.command()
@click.argument("office")
@click.option("--from", "first", required=True, metavar="2023-01", help="Bulan pertama.")
@click.option("--to", "last", required=True, metavar="2023-12", help="Bulan terakhir.")
@click.option("--weights", type=click.Choice(["exact", "0.111", "0.11"]), help="Bobot unsur.")
@json_option
def rollup(office: str, first: str, last: str, weights: str | None, as_json: bool) -> None:
    """Gabungkan kantor dan semua kantor di bawahnya dari bulan yang sudah ditutup."""
    with ready():
        from tuntas import figures
        from tuntas.law.months import Span

        place = find_office(office)
        try:
            span = Span(parse_month(first), parse_month(last))
        except ValueError as error:
            fail(str(error))
        data = figures.rollup_data(place, span, weights=weights)
        if as_json:
            show(data)
        else:
            for line in [*figures.index_lines(data), *figures.rollup_lines(data)]:
                click.echo(line)
        if not data["n"] and not data["historical"]:
            if not as_json:
                click.echo("Tidak ada penutupan dengan jawaban dalam rentang ini.", err=True)
            sys.exit(3)


@click.group()
def aggregate() -> None:
    """Berkas agregat bertanda tangan antar-pemasangan (docs/aggregate.md)."""


@aggregate.command("export")
@click.argument("office")
@click.argument("period", metavar="2023-S1")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Berkas hasil.")
@json_option
def export_command(office: str, period: str, out: Path, as_json: bool) -> None:
    """Tulis penutupan kantor dan semua kantor di bawahnya, bertanda tangan."""
    with ready():
        from tuntas.models import aggregate_file
        from tuntas.models.signing import KeyUnreadable, fingerprint_words

        try:
            content = aggregate_file.build(find_office(office), parse_span(period))
            out.write_bytes(content)
        except KeyUnreadable as error:
            fail(str(error))
        except OSError as error:
            fail(f"Berkas {out} tidak dapat ditulis: {error.strerror}.")
        made = aggregate_file.read(content)
        words = fingerprint_words(made.key)
        if as_json:
            show(
                {
                    "file": str(out),
                    "span": str(made.span),
                    "offices": len(made.offices),
                    "closures": len(made.closures),
                    "key": made.key,
                    "fingerprint": words,
                }
            )
            return
        click.echo(f"{out}: {len(made.closures)} penutupan dari {len(made.offices)} kantor.")
        click.echo(f"Sidik jari kunci, bacakan kepada penerima: {words}")


@aggregate.command("key")
@json_option
def key_command(as_json: bool) -> None:
    """Tampilkan kunci publik pemasangan ini dan sidik jarinya."""
    with ready():
        from tuntas.models.signing import KeyUnreadable, fingerprint_words, public_key

        try:
            key = public_key()
        except KeyUnreadable as error:
            fail(str(error))
        words = fingerprint_words(key)
        if as_json:
            show({"key": key, "fingerprint": words})
        else:
            click.echo(f"{words}\n{key}")


@aggregate.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--office", required=True, metavar="PARENT", help="Kantor induk yang menerima.")
@click.option("--accept-key", metavar="WORDS", help="Sidik jari yang sudah dibandingkan.")
@click.option("--reason", default="", help="Alasan bila kunci pengirim berubah.")
@click.option("--dry-run", is_flag=True, help="Periksa saja, tidak menyimpan.")
@json_option
def import_command(
    file: Path, office: str, accept_key: str | None, reason: str, dry_run: bool, as_json: bool
) -> None:
    """Periksa berkas agregat, lalu simpan seluruhnya di bawah kantor induk."""
    with ready():
        from django.core.exceptions import ValidationError

        from tuntas.models import aggregates
        from tuntas.models.aggregate_file import AggregateRefused, read

        place = find_office(office)
        try:
            content = file.read_bytes()
            found = aggregates.preview(place, read(content))
            if not dry_run:
                compared = key_compared(found, accept_key)
                row = aggregates.receive(place, file.name, content, by=None)
                try:
                    aggregates.confirm(row, by=None, key_compared=compared, reason=reason)
                except ValidationError:
                    row.cancel(by=None)
                    raise
        except OSError as error:
            fail(f"Berkas {file} tidak dapat dibaca: {error.strerror}.")
        except AggregateRefused as error:
            refuse(error, as_json)
        told = import_data(found, stored=not dry_run)
        if as_json:
            show(told)
        else:
            for line in import_lines(told):
                click.echo(line)


def key_compared(found: Any, accept_key: str | None) -> bool:
    """Whether a person compared the key: told by --accept-key, or asked on a terminal."""
    if not (found.key_is_new or found.key_has_changed):
        return True
    if accept_key is not None:
        if accept_key.strip().lower() != found.words:
            fail(
                f"Sidik jari berkas adalah {found.words}, bukan {accept_key}. Tidak ada yang disimpan."
            )
        return True
    if not sys.stdin.isatty():
        fail(
            f"Kunci {found.file.signer_name} belum dipercaya. Bandingkan sidik jari ini dengan "
            f"pengirim, lalu ulangi dengan --accept-key {found.words}"
        )
    click.echo(f"Sidik jari kunci {found.file.signer_name}: {found.words}")
    return click.confirm("Sudah dibandingkan dengan pengirim dan sama?")


def refuse(error: Any, as_json: bool) -> NoReturn:
    if as_json:
        show({"stored": False, "code": error.code, "message": str(error)})
        sys.exit(2)
    fail(f"{error} Tidak ada yang disimpan.")


def import_data(found: Any, *, stored: bool) -> dict[str, Any]:
    return {
        "stored": stored,
        "signer": found.file.signer_name,
        "span": str(found.file.span),
        "fingerprint": found.words,
        "key_is_new": found.key_is_new,
        "key_has_changed": found.key_has_changed,
        "closures": found.counts,
        "at_home": list(found.at_home),
    }


def import_lines(told: dict[str, Any]) -> list[str]:
    counts = told["closures"]
    lines = [
        f"{told['signer']}, {told['span']}: {counts['new']} penutupan baru, "
        f"{counts['replaces']} pengganti, {counts['same']} sudah ada, {counts['older']} lebih lama.",
    ]
    if told["at_home"]:
        lines.append(f"Dihitung dari penutupannya sendiri di sini: {', '.join(told['at_home'])}.")
    lines.append("Tersimpan." if told["stored"] else "Pemeriksaan saja; tidak ada yang disimpan.")
    return lines
