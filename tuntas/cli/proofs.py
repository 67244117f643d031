"""The archive that proves a closed month, and checking it with or without the database."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from tuntas.cli.arguments import fail, find_office, json_option, parse_month, ready, show


@click.command()
@click.argument("office")
@click.argument("month")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Berkas hasil.")
@json_option
def pack(office: str, month: str, out: Path, as_json: bool) -> None:
    """Tulis arsip bukti satu bulan yang ditutup, tanpa identitas dan tanpa teks warga."""
    with ready():
        from tuntas.models import proofs

        place, wanted = find_office(office), parse_month(month)
        try:
            closure = proofs.standing_closure(place, wanted)
            with bar("Menulis", 2 * closure.content["proof"]["answers"]["n"]) as step:
                sha256 = written(out, lambda file: proofs.write_pack(closure, file, step))
        except proofs.NotClosed:
            fail(f"Bulan {wanted} belum ditutup. Jalankan dahulu: tuntas close {office} {wanted}")
        except proofs.WithoutProof:
            fail(
                f"Penutupan {wanted} dibuat sebelum ada akar bukti. Penutupan itu tetap sah; untuk "
                "bukti, buka kembali dengan alasan lalu tutup lagi."
            )
        except proofs.Altered:
            fail(
                f"Jawaban yang tersimpan bukan lagi jawaban yang ditutup. Jalankan: tuntas verify "
                f"--database {office} {wanted}",
                1,
            )
        except OSError as error:
            fail(f"Berkas {out} tidak dapat ditulis: {error.strerror}.")
        data = {"file": str(out), "sha256": sha256, "root": closure.root, "n": closure.n}
        if as_json:
            show(data)
        else:
            click.echo(f"{out}: {closure.n} jawaban dihitung. SHA-256 penutupan {sha256}")


def written(out: Path, write: Callable[[Any], str]) -> str:
    """Write beside the target and move it there when whole: no half archive under its name."""
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("w+b") as file:
            found = write(file)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return found


@click.command()
@click.argument("target", metavar="FILE")
@click.argument("month", required=False)
@click.option("--database", is_flag=True, help="Periksa basis data: verify --database O [2023-01].")
@click.option("--sha256", "printed", metavar="SIDIK", help="Sidik yang tercetak, untuk dicocokkan.")
@json_option
def verify(
    target: str, month: str | None, database: bool, printed: str | None, as_json: bool
) -> None:
    """Periksa arsip bukti tanpa basis data dan tanpa jaringan; sebut tepat apa yang salah."""
    if database:
        data = checked_database(target, month)
    elif month:
        fail("Hanya satu berkas yang diperiksa. Untuk basis data tambahkan --database.")
    else:
        data = checked_file(Path(target), printed)
    if as_json:
        show(data)
    else:
        tell(data)
    if not data["holds"]:
        sys.exit(1)


def checked_file(path: Path, printed: str | None) -> dict[str, Any]:
    from tuntas.proof import checking

    try:
        with path.open("rb") as file, bar("Memeriksa", 2 * path.stat().st_size) as step:
            verdict = checking.check(file, step)
    except OSError as error:
        fail(f"Berkas {path} tidak dapat dibaca: {error.strerror}.")
    if printed is not None and printed.strip().lower() != verdict.sha256:
        told = f"SHA-256 {verdict.sha256}, yang tercetak {printed.strip().lower()}"
        verdict.add("closure.json", "", told)
    closure = verdict.closure
    return {
        "holds": verdict.holds,
        "findings": [
            {"file": row.file, "place": row.place, "what": row.what} for row in verdict.findings
        ],
        "office": closure.get("office"),
        "month": closure.get("month"),
        "n": closure.get("n"),
        "result": closure.get("result"),
        "receipts": verdict.receipts,
        "answers": verdict.answers,
        "days": verdict.days,
        "root": verdict.root,
        "sha256": verdict.sha256,
    }


def checked_database(office: str, month: str | None) -> dict[str, Any]:
    with ready():
        from tuntas.law.months import Month
        from tuntas.models import DaySeal, Period, proofs

        place = find_office(office)
        wanted = [parse_month(month)] if month else []
        if not wanted:
            known = set(Period.objects.filter(office=place).values_list("month", flat=True))
            known |= set(DaySeal.objects.filter(office=place).values_list("month", flat=True))
            wanted = [Month.of(day) for day in sorted(known)]
        sizes = DaySeal.objects.filter(office=place, month__in=[m.first_day for m in wanted])
        total = sum(sizes.values_list("n", flat=True))
        with bar("Memeriksa", total) as step:
            rows = [(m, row) for m in wanted for row in proofs.findings(place, m, step)]
        return {
            "holds": not rows,
            "findings": [
                {"month": str(m), "file": row.file, "place": row.place, "what": row.what}
                for m, row in rows
            ],
            "office": place.code,
            "months": [str(m) for m in wanted],
            "receipts": total,
        }


def tell(data: dict[str, Any]) -> None:
    for row in data["findings"]:
        place = f", {row['place']}" if row["place"] else ""
        where = " ".join(part for part in (row.get("month"), row["file"]) if part)
        click.echo(f"SALAH {where}{place}: {row['what']}")
    if not data["holds"]:
        click.echo(f"{len(data['findings'])} hal tidak cocok.", err=True)
    elif "months" in data:
        n, months = data["receipts"], ", ".join(data["months"]) or "tanpa bulan"
        click.echo(f"Utuh: {n} isian tersegel di {data['office']} ({months}) tidak berubah.")
    else:
        value = (data["result"] or {}).get("converted_2", "tanpa nilai").replace(".", ",")
        click.echo(f"Utuh: {data['office']} {data['month']}, {data['n']} jawaban, IKM {value}.")
        click.echo(f"Akar bukti       {data['root']}")
        click.echo(f"Sidik penutupan  {data['sha256']}")
        click.echo("Cocokkan sidik ini dengan yang tercetak pada laporan atau halaman verifikasi.")


@contextmanager
def bar(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the terminal; nothing where the output is read by a program."""
    if not sys.stderr.isatty():
        yield lambda _steps: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as shown:
        yield shown.update
