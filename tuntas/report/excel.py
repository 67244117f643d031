"""A report as an XLSX file, for the kinds that are tables or have them."""

from __future__ import annotations

from collections.abc import Callable

from tuntas.models import Report
from tuntas.report import integrity, recap
from tuntas.report.xlsx import Book, write_monev, write_plan
from tuntas.report.xlsx_survey import write_survey

WRITERS: dict[str, Callable[[Book, Report], None]] = {
    "monthly": write_survey,
    "monev": write_monev,
    "plan": write_plan,
    "recap": recap.write_xlsx,
    "integrity": integrity.write_xlsx,
}


def render(report: Report) -> bytes:
    """The report as XLSX. Only for the kinds in WRITERS."""
    book = Book(report)
    WRITERS[report.kind](book, report)
    return book.bytes()
