"""Looking at every row before anything is stored, and storing what was announced.

The check and the import read the file with the same reader; `digest` is the fingerprint of all rows
the check found good, and the import stores nothing when its own differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tuntas.imports.columns import Header, resolve
from tuntas.imports.dates import DAY_FIRST, Calendar
from tuntas.imports.rows import BadRow, GoodRow, Reader
from tuntas.imports.table import Table
from tuntas.law.months import Month
from tuntas.law.tally import Tally, count
from tuntas.models import Response, Service, Submission
from tuntas.models.surveys import Edition

FIRST = 20
CHUNK = 200  # rows of one transaction: a tenth of a second of SQLite's only writer
LOOKED_UP = 500


@dataclass
class Examination:
    """What a file holds, row by row. `months`: good rows by the month of their day."""

    rows: int = 0
    good: int = 0
    known: int = 0
    months: Counter[str] = field(default_factory=Counter)
    first: list[Submission] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally.empty)
    digest: str = ""

    def summary(self) -> dict[str, Any]:
        """JSON-ready, without any row."""
        return {
            "rows": self.rows,
            "good": self.good,
            "bad": self.rows - self.good,
            "known": self.known,
            "months": dict(sorted(self.months.items())),
            "tally": self.tally.to_json(),
            "digest": self.digest,
        }


def examine(
    found: Iterable[GoodRow | BadRow], service: Service, *, at_month: Month
) -> Iterator[Examination]:
    """Read all rows; yields the examination so far every few hundred rows, and at the end.

    `at_month` is where rows without any day count. The caller takes the bad rows out of `bad` as
    they come, so that a hundred thousand of them need no memory.
    """
    seen = Examination()
    digest = sha256()
    for batch in batches(found, LOOKED_UP):
        good = [row for row in batch if isinstance(row, GoodRow)]
        seen.rows += len(batch)
        seen.good += len(good)
        seen.bad += [row for row in batch if isinstance(row, BadRow)]
        seen.known += already_stored(service, [row.submission.id for row in good])
        for row in good:
            day = row.submission.answered_on
            seen.months[str(Month.of(day) if day else at_month)] += 1
            digest.update(row.submission.id.bytes)
        seen.tally = seen.tally.merge(tally_of(good, service.edition))
        seen.first += [row.submission for row in good[: FIRST - len(seen.first)]]
        seen.digest = digest.hexdigest()
        yield seen
    yield seen


def tally_of(rows: list[GoodRow], edition: Edition) -> Tally:
    return count("".join(row.submission.answers for row in rows), edition.layout, edition.weights)


def already_stored(service: Service, ids: list[UUID]) -> int:
    return Response.objects.filter(office_id=service.office_id, id__in=ids).count()


def batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def digest_of(found: Iterable[GoodRow | BadRow]) -> str:
    """The same fingerprint, without looking anything up."""
    digest = sha256()
    for row in found:
        if isinstance(row, GoodRow):
            digest.update(row.submission.id.bytes)
    return digest.hexdigest()


def submissions(found: Iterable[GoodRow | BadRow], *, after: int = 0) -> Iterator[Submission]:
    """The good rows beyond the first `after`, which are stored already."""
    return (
        row.submission for row in islice((r for r in found if isinstance(r, GoodRow)), after, None)
    )


def reader_of(mapping: dict[str, Any], service: Service, today: Any) -> Reader:
    """The reader a person confirmed on the page of the columns. Raises BadFile."""
    header = Header(int(mapping["line"]), tuple(mapping["names"]), tuple(mapping["columns"]), {})
    month = Month.parse(mapping["month"]) if mapping.get("month") else None
    return Reader(
        service=service,
        columns=resolve(header, header.meanings, service.edition, mapping.get("order")),
        calendar=Calendar(
            ZoneInfo(mapping.get("zone") or service.office.time_zone),
            service.office.zone,
            mapping.get("dates") or DAY_FIRST,
        ),
        today=today,
        month=month,
        batch=str(mapping.get("batch") or ""),
    )


def read_all(reader: Reader, table: Table) -> Iterator[GoodRow | BadRow]:
    """All rows of the table, by a reader that has counted nothing yet."""
    reader.seen.clear()
    return reader.read(table.rows())
