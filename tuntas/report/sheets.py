"""A list as CSV or XLSX. Texts stay texts: nothing a person wrote is ever run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import xlsxwriter

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_IN_XLSX = 20_000  # rows of a long list; a workbook is made in memory, a CSV is not
# A spreadsheet program takes a cell for a formula that begins so, or so after blanks.
CONTROL_STARTS, FORMULA_STARTS = ("\t", "\r", "\n"), ("=", "+", "-", "@", "|", "%")


def write(format: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The table as a file; values are text, whole numbers, dates or None."""
    return as_csv(heads, rows) if format == "csv" else as_xlsx(title, heads, rows)


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with its mark, so that spreadsheet programs read it rightly; `;` as in Indonesia."""
    return b"".join(csv_lines(heads, rows))


class Echo:
    """A file that hands back what is written to it, so that rows can be sent one by one."""

    def write(self, text: str) -> str:
        return text


def csv_lines(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The same file as `as_csv`, row by row, for lists that need not fit into memory."""
    writer = csv.writer(Echo(), delimiter=";")
    yield writer.writerow(heads).encode("utf-8-sig")
    for row in rows:
        yield writer.writerow([plain(value) for value in row]).encode()


def plain(value: Any) -> str:
    """A cell's text, with an apostrophe before what would begin a formula."""
    if value is None:
        return ""
    return harmless(value.isoformat() if isinstance(value, date) else str(value))


def harmless(text: str) -> str:
    """A cell that no spreadsheet program takes for a formula."""
    is_formula = text.lstrip().startswith(FORMULA_STARTS) or text.startswith(CONTROL_STARTS)
    return f"'{text}" if is_formula else text


def as_xlsx(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(title[:31])
        head = book.add_format(
            {"bold": True, "text_wrap": True, "bg_color": "#EEF2F4", "border": 1}
        )
        text = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        day = book.add_format({"num_format": "d mmmm yyyy", "valign": "top", "border": 1})
        for column, name in enumerate(heads):
            sheet.write_string(0, column, name, head)
        last = 0
        for last, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                write_cell(sheet, last, column, value, text, day)
        sheet.set_column(0, len(heads) - 1, 18)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(heads) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
    return out.getvalue()


def write_cell(sheet: Any, row: int, column: int, value: Any, text: Any, day: Any) -> None:
    """One value by its kind: numbers and dates as such, everything else as text."""
    if value is None:
        sheet.write_blank(row, column, None, text)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, day)
    elif isinstance(value, int):
        sheet.write_number(row, column, value, text)
    else:
        sheet.write_string(row, column, str(value), text)
