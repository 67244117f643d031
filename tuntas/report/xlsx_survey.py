"""The tables of the result report as XLSX: one sheet each, numbers as numbers.

A number is read back from its text, so that a cell says exactly what the document prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tuntas.models import Report
from tuntas.report.xlsx import Book

NUMBER = re.compile(r"([+−]?)(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?(%?)")
PLAIN = {"border": 1, "valign": "top", "text_wrap": True, "font_name": "Arial", "font_size": 9}
CM = 5.2  # signs of a column's width per centimetre of the document's
# Signs a sheet's name may not have.
FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def write_survey(book: Book, report: Report) -> None:
    styles: dict[str, Any] = {}
    for place, block in enumerate(grids_of(report.content), start=1):
        title = FORBIDDEN.sub(" ", block["caption"].split(". ", 1)[1])
        widths = tuple(max(6, round(width * CM)) for width in block["widths"])
        sheet = book.sheet(f"{place} {title}"[:31].strip(), widths, report, 2)
        sheet.write_string(0, 0, block["caption"], book.plain_title)
        for column, name in enumerate(block["rows"][0]):
            sheet.write_string(1, column, name, book.head)
        for at, row in enumerate(block["rows"][1:], start=2):
            for column, text in enumerate(row):
                is_number = block["aligns"][column] in "rc"
                write_cell(sheet, at, column, text, is_number, book, styles)
        if block["note"]:
            sheet.write_string(len(block["rows"]) + 2, 0, block["note"])


def grids_of(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every captioned table in the order of the document."""
    sections = [section for chapter in content["chapters"] for section in chapter["sections"]]
    for holder in (*sections, *content["parts"]):
        yield from (block for block in holder["blocks"] if block["kind"] == "grid")


def write_cell(
    sheet: Any,
    row: int,
    column: int,
    text: str,
    is_number: bool,
    book: Book,
    styles: dict[str, Any],
) -> None:
    found = NUMBER.fullmatch(text) if is_number else None
    if found is None:
        sheet.write_string(row, column, text, book.text)
        return
    value, form = read(found)
    if form not in styles:
        styles[form] = book.book.add_format({**PLAIN, "num_format": form})
    sheet.write_number(row, column, value, styles[form])


def read(found: re.Match[str]) -> tuple[Decimal, str]:
    """Value of a printed number and the format that prints it again."""
    sign, whole, decimals, percent = found.groups()
    value = Decimal(whole.replace(".", "") + (f".{decimals}" if decimals else ""))
    form = "#,##0" + ("." + "0" * len(decimals) if decimals else "")
    if percent:
        value, form = value / 100, form + "%"
    return (-value if sign == "−" else value), form
