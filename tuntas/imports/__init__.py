"""Spreadsheets in: responses and published values, from CSV and XLSX.

Columns are found by name. Every bad row is told with its line and reason; nothing is stored when
there is one, unless the caller asked to skip them. The same file again stores nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from tuntas.imports.columns import find_columns
from tuntas.imports.rows import BadRow, RowProblem, cell, read_rows
from tuntas.imports.table import BadFile, OrderUnclear, read_table
from tuntas.imports.words import plain
from tuntas.law.months import Month
from tuntas.models import (
    HistoricalResult,
    Office,
    PeriodClosed,
    Response,
    Service,
    Submission,
    User,
)
from tuntas.models.audit import Event
from tuntas.models.responses import BadSubmission

__all__ = ["BadFile", "BadRow", "OrderUnclear", "Outcome", "import_responses", "import_results"]


@dataclass
class Outcome:
    """What an import did, or would do."""

    rows: int = 0
    stored: int = 0
    known: int = 0
    bad: list[BadRow] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    identity: list[str] = field(default_factory=list)
    months: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    dry_run: bool = False


def import_responses(
    path: Path,
    service: Service,
    *,
    order: str | None = None,
    names: Mapping[str, str] | None = None,
    month: Month | None = None,
    batch: str = "",
    dry_run: bool = False,
    skip_bad: bool = False,
    by: User | None = None,
    progress: Callable[[Iterable[Submission]], Iterable[Submission]] = iter,
) -> Outcome:
    """Import a file of answers into a service. All or nothing, unless `skip_bad`.

    Raises BadFile or OrderUnclear before anything is stored.
    """
    rows = read_table(path)
    if month:
        service = service.as_of(month.first_day)  # with the questions of that month
    columns = find_columns(rows, service, order, names or {})
    now = timezone.now()
    today = now.astimezone(service.office.zone).date()
    good, bad = read_rows(rows, columns, service, month=month, batch=batch, today=today)
    outcome = Outcome(rows=len(good) + len(bad), bad=bad, dry_run=dry_run)
    outcome.identity = [columns.names[place] for place in columns.identity]
    outcome.ignored = [columns.names[place] for place in columns.ignored]
    if not good and not bad:
        raise BadFile(f"{path.name} tidak berisi satu baris pun di bawah nama kolom.")
    if (bad and not skip_bad) or dry_run:
        return outcome
    with transaction.atomic():
        for submission in progress(good):
            store(service, submission, outcome, now)
        Event.record(
            "responses.imported",
            by=by,
            about=service,
            office=service.office,
            stored=outcome.stored,
            known=outcome.known,
            bad=len(bad),
        )
    return outcome


def store(service: Service, submission: Submission, outcome: Outcome, now: datetime) -> None:
    try:
        receipt = Response.receive(service, submission, at=now)
    except BadSubmission as error:
        raise BadFile(f"Baris tidak dapat disimpan: {error}") from error
    if not receipt.is_new:
        outcome.known += 1
        return
    outcome.stored += 1
    outcome.months[str(receipt.month)] += 1
    if submission.answered_on and receipt.month != Month.of(submission.answered_on):
        outcome.moved += 1


def import_results(path: Path, office: Office, *, source: str, by: User | None) -> Outcome:
    """Import published values: columns `bulan` (2023-01), `nilai` and, if known, `n`. All or nothing."""
    rows = read_table(path)
    header = [plain(value) for value in rows[0]]
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
    return month, value, int(n) if n.isdigit() else None
