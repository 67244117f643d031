"""Values an office published before it used this system, from a spreadsheet."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from tuntas.imports.outcome import Outcome
from tuntas.imports.rows import BadRow, RowProblem, cell
from tuntas.imports.table import BadFile, open_table
from tuntas.imports.words import plain
from tuntas.law.months import Month
from tuntas.models import HistoricalResult, Office, PeriodClosed, User


def import_results(path: Path, office: Office, *, source: str, by: User | None) -> Outcome:
    """Import published values: columns `bulan` (2023-01), `nilai` and, if known, `n`. All or nothing."""
    rows = list(open_table(path).rows())
    header = [plain(value) for value in rows[0]] if rows else []
    if "bulan" not in header or "nilai" not in header:
        raise BadFile("Kolom bulan dan nilai tidak ditemukan pada baris pertama.")
    outcome = Outcome()
    values: list[tuple[Month, Decimal, int | None]] = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(str(value).strip() for value in row if value is not None):
            continue
        outcome.rows += 1
        try:
            values.append(read_result(row, header))
        except RowProblem as problem:
            name = str(rows[0][problem.column]) if problem.column is not None else ""
            outcome.bad.append(BadRow(line, name, str(problem.value), problem.reason))
    if outcome.bad:
        return outcome
    with transaction.atomic():
        for month, value, n in values:
            try:
                HistoricalResult.record(office, month, value, source=source, n=n, by=by)
            except PeriodClosed as error:
                raise BadFile(
                    f"Bulan {month} sudah dihitung di sistem ini; tidak ada yang diimpor."
                ) from error
            outcome.stored += 1
            outcome.months[str(month)] += 1
    return outcome


def read_result(row: list[Any], header: list[str]) -> tuple[Month, Decimal, int | None]:
    at_month, at_value = header.index("bulan"), header.index("nilai")
    try:
        month = Month.parse(cell(row, at_month)[:7])
    except ValueError as error:
        raise RowProblem(at_month, cell(row, at_month), str(error)) from error
    text = cell(row, at_value).replace(",", ".")
    try:
        value = Decimal(text)
        HistoricalResult._meta.get_field("converted").clean(value, None)
    except (InvalidOperation, ValidationError) as error:
        raise RowProblem(
            at_value, text, "nilai harus 25–100 dengan paling banyak dua desimal"
        ) from error
    n = cell(row, header.index("n")) if "n" in header else ""
    return month, value, int(n) if n.isascii() and n.isdigit() and len(n) < 9 else None
