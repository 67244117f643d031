"""The background steps of an import: check, store, forget the file. Registered with `tuntas.work`.

Each may be killed anywhere. The check begins anew; storing goes on after the rows that are
committed, and the ids of the rows make sure that none is stored twice.
"""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from tuntas import work
from tuntas.imports.examination import (
    CHUNK,
    batches,
    digest_of,
    examine,
    read_all,
    reader_of,
    submissions,
)
from tuntas.imports.rows import BadRow, Reader
from tuntas.imports.table import BadFile, Table, open_table
from tuntas.law.months import Month
from tuntas.models import Import, Lease, Submission, Upload
from tuntas.models.responses import BadSubmission, IdUsedElsewhere, ServiceClosed

GONE = "Berkas unggahan tidak ada lagi di server. Unggah kembali."
CHANGED = (
    "Kuesioner layanan atau isi berkas berubah sejak diperiksa; tidak ada yang disimpan setelah "
    "itu. Unggah kembali dan periksa lagi."
)
CLOSED = "Layanan ini sudah ditutup dan tidak menerima jawaban. Buka kembali layanannya dahulu."
CLASH = "Sebuah baris berbenturan dengan jawaban lain yang sudah tersimpan."


def check(found: Import, lease: Lease) -> None:
    """Read every row; keep counts, the bad rows and what the first good ones look like."""
    found.begin_check(lease)
    office = found.office
    today = office.today
    try:
        table, reader = opened(found, today)
        seen = None
        for seen in examine(read_all(reader, table), found.service, at_month=Month.of(today)):
            found.refuse_rows(lease, [told(row) for row in seen.bad], seen.rows)
            seen.bad.clear()
    except BadFile as error:
        found.fail(lease, str(error))
        return
    if seen is None or not seen.rows:
        found.fail(lease, f"{found.file_name} tidak berisi satu baris pun di bawah nama kolom.")
        return
    names = reader.columns.names
    summary = seen.summary() | {
        "today": today.isoformat(),
        "edition": found.service.edition_id,
        "identity": [names[place] for place in reader.columns.identity],
        "ignored": [names[place] for place in reader.columns.ignored],
    }
    found.finish_check(lease, summary, [shown(row) for row in seen.first])


def store(found: Import, lease: Lease) -> None:
    """Store what the check announced, a few hundred rows at a time."""
    summary = found.summary
    today = date.fromisoformat(summary["today"])
    try:
        if found.service.edition_id != summary["edition"]:
            raise BadFile(CHANGED)
        table, reader = opened(found, today)
        if digest_of(keeping(lease, read_all(reader, table))) != found.digest:
            raise BadFile(CHANGED)
        for rows in batches(submissions(read_all(reader, table), after=found.done), CHUNK):
            began = time.monotonic()
            found.store(lease, rows)
            time.sleep(min(time.monotonic() - began, 1))  # citizens' turn: SQLite has one writer
    except ServiceClosed:
        found.fail(lease, CLOSED)
    except IdUsedElsewhere:
        found.fail(lease, CLASH)
    except (BadFile, BadSubmission) as error:
        found.fail(lease, str(error))
    else:
        found.finish(lease)


def forget(upload: Upload, lease: Lease) -> None:
    """Delete a file that is no longer needed."""
    lease.renew()
    upload.forget()


def keeping(lease: Lease, rows: Any) -> Any:
    """The same rows, holding the lease on the way."""
    for number, row in enumerate(rows):
        if number % 5000 == 0:
            lease.renew()
        yield row


def opened(found: Import, today: date) -> tuple[Table, Reader]:
    """The file and how to read it. Raises BadFile."""
    if not found.path.exists():
        raise BadFile(GONE)
    table = open_table(found.path, sheet=found.mapping.get("sheet", ""), name=found.file_name)
    return table, reader_of(found.mapping, found.service, today)


def told(row: BadRow) -> tuple[int, str, str, str]:
    return row.line, row.column, row.value, row.reason


def shown(row: Submission) -> dict[str, Any]:
    """One row for the preview."""
    return {
        "answers": row.answers,
        "profile": row.profile,
        "day": row.answered_on.isoformat() if row.answered_on else "",
        "suggestion": row.suggestion,
    }


work.register("import-check", lambda: Import.objects.to_check().order_by("pk"), check)
work.register("import-store", lambda: Import.objects.to_store().order_by("pk"), store)
work.register("upload-forget", Upload.objects.done_with, forget)
