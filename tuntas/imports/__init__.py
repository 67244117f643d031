"""Spreadsheets in: responses and published values, from CSV and XLSX.

Columns are found by name. Every bad row is told with its line and reason; nothing is stored when
there is one, unless the caller asked to skip them. The same file again stores nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from tuntas.imports.columns import HEADER_WITHIN, Columns, find_columns
from tuntas.imports.dates import Calendar, date_order
from tuntas.imports.examination import CHUNK, batches
from tuntas.imports.outcome import Outcome
from tuntas.imports.published import import_results
from tuntas.imports.rows import BadRow, GoodRow, Reader
from tuntas.imports.table import BadFile, OrderUnclear, Table, open_table
from tuntas.law.months import Month
from tuntas.models import Response, Service, Submission, User
from tuntas.models.audit import Event
from tuntas.models.responses import BadSubmission, IdUsedElsewhere, ServiceClosed

__all__ = ["BadFile", "BadRow", "OrderUnclear", "Outcome", "import_responses", "import_results"]


def import_responses(
    path: Path,
    service: Service,
    *,
    order: str | None = None,
    names: Mapping[str, str] | None = None,
    month: Month | None = None,
    batch: str = "",
    time_zone: str = "",
    sheet: str = "",
    dry_run: bool = False,
    skip_bad: bool = False,
    by: User | None = None,
    progress: Callable[[Iterable[Submission]], Iterable[Submission]] = iter,
) -> Outcome:
    """Import a file of answers into a service. All or nothing, unless `skip_bad`.

    `time_zone` is that of the file's moments, the office's own when empty. Raises BadFile or
    OrderUnclear before anything is stored.
    """
    table = open_table(path, sheet=sheet)
    if month:
        service = service.as_of(month.first_day)  # with the questions of that month
    columns = find_columns(table.head(HEADER_WITHIN), service, order, names or {})
    now = timezone.now()
    reader = Reader(
        service,
        columns,
        calendar_of(table, columns, service, time_zone),
        now.astimezone(service.office.zone).date(),
        month,
        batch,
    )
    good: list[Submission] = []
    outcome = Outcome(dry_run=dry_run)
    for row in reader.read(table.rows()):
        if isinstance(row, GoodRow):
            good.append(row.submission)
        else:
            outcome.bad.append(row)
    outcome.rows = len(good) + len(outcome.bad)
    outcome.identity = [columns.names[place] for place in columns.identity]
    outcome.ignored = [columns.names[place] for place in columns.ignored]
    if not outcome.rows:
        raise BadFile(f"{path.name} tidak berisi satu baris pun di bawah nama kolom.")
    if (outcome.bad and not skip_bad) or dry_run:
        return outcome
    store_all(service, good, outcome, now, by, progress)
    return outcome


def calendar_of(table: Table, columns: Columns, service: Service, time_zone: str) -> Calendar:
    """Zone as told; the order of day and month as the whole column shows it."""
    day = columns.day
    below = islice(table.rows(), columns.header_line + 1, None) if day is not None else ()
    order = date_order(row[day] for row in below if day is not None and day < len(row))
    zone = service.office.zone
    return Calendar(ZoneInfo(time_zone) if time_zone else zone, zone, order)


def store_all(
    service: Service,
    good: list[Submission],
    outcome: Outcome,
    now: datetime,
    by: User | None,
    progress: Callable[[Iterable[Submission]], Iterable[Submission]],
) -> None:
    """Store in one transaction: a command that fails leaves nothing behind."""
    with transaction.atomic():
        for rows in batches(progress(good), CHUNK):
            store(service, rows, outcome, now)
        Event.record(
            "responses.imported",
            by=by,
            about=service,
            office=service.office,
            stored=outcome.stored,
            known=outcome.known,
            bad=len(outcome.bad),
        )


def store(service: Service, submissions: list[Submission], outcome: Outcome, now: datetime) -> None:
    try:
        receipts = Response.receive_many(service, submissions, at=now)
    except BadSubmission as error:
        raise BadFile(f"Baris tidak dapat disimpan: {error}") from error
    except ServiceClosed as error:
        raise BadFile("Layanan ini sudah ditutup dan tidak menerima jawaban.") from error
    except IdUsedElsewhere as error:
        raise BadFile("Sebuah baris berbenturan dengan jawaban yang sudah tersimpan.") from error
    for submission, receipt in zip(submissions, receipts, strict=True):
        if not receipt.is_new:
            outcome.known += 1
            continue
        outcome.stored += 1
        outcome.months[str(receipt.month)] += 1
        if submission.answered_on and receipt.month != Month.of(submission.answered_on):
            outcome.moved += 1
