"""The tables on action plans as XLSX: real dates and numbers, ready to print, landscape.

Every text is written as text, so nothing anyone wrote is run as a formula.
"""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import xlsxwriter

from tuntas.models import Report

# Paper codes of the format; "folio" is 8.5 × 13 inches, which is F4.
PAPERS = {"a4": 9, "f4": 14}
MONEV_HEADS = (
    "No.", "Unit Kerja", "Waktu Survei", "Rencana Aksi Tindak Lanjut", "Progres Tindak Lanjut",
    "Waktu Tindak Lanjut", "Kecepatan Tindak Lanjut (bulan)", "Kendala", "Data Dukung",
    "Keadaan", "Mulai", "Sampai", "Tenggat", "Keterangan",
)  # fmt: skip
MONEV_WIDTHS = (5, 12, 13, 42, 52, 16, 12, 38, 34, 13, 14, 14, 14, 22)
EVIDENCE_HEADS = (
    "No.", "Unit", "Rencana aksi", "Data dukung", "SHA-256", "Dicatat", "Keadaan", "Alamat di sistem"
)  # fmt: skip
EFFECT_HEADS = (
    "Unit", "Rencana aksi", "Unsur", "Bulan yang dihitung", "Sebelum", "Sesudah", "Selisih",
    "Kesimpulan",
)  # fmt: skip
PLAN_WIDTHS = (5, 30, 60, 24, 6, 6, 6, 6, 30, 14, 14)


class Book:
    """A workbook with the few formats its sheets share."""

    def __init__(self, report: Report) -> None:
        self.out = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.out, {"in_memory": True})
        made = report.made_at.replace(tzinfo=None, microsecond=0)
        self.book.set_properties(
            {
                "title": report.title[:250],
                "author": report.content["office"][:250],
                "comments": f"Kode verifikasi {report.code}",
                "created": made,
            }
        )
        self.figures: dict[int, Any] = {}
        self.cell = cell = {
            "border": 1,
            "valign": "top",
            "text_wrap": True,
            "font_name": "Arial",
            "font_size": 9,
        }
        self.text = self.book.add_format(cell)
        self.bold = self.book.add_format(cell | {"bold": True})
        self.head = self.book.add_format(
            cell | {"bold": True, "bg_color": "#EEF2F4", "align": "center", "valign": "vcenter"}
        )
        self.tick = self.book.add_format(cell | {"align": "center"})
        self.month = self.book.add_format(cell | {"num_format": "mmmm yyyy", "align": "left"})
        self.day = self.book.add_format(cell | {"num_format": "d mmmm yyyy", "align": "left"})
        self.title = self.book.add_format(
            {"bold": True, "align": "center", "font_name": "Arial", "font_size": 11}
        )
        self.plain_title = self.book.add_format(
            {"bold": True, "font_name": "Arial", "font_size": 11}
        )
        self.note = self.book.add_format({"text_wrap": True, "font_name": "Arial", "font_size": 9})

    def figure(self, places: int) -> Any:
        """The look of a number with so many decimals; made once."""
        if places not in self.figures:
            pattern = "#,##0" + ("." + "0" * places if places else "")
            self.figures[places] = self.book.add_format(self.cell | {"num_format": pattern})
        return self.figures[places]

    def sheet(self, name: str, widths: tuple[int, ...], report: Report, frozen: int) -> Any:
        sheet = self.book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(PAPERS[report.content.get("paper", "a4")])
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.4, top=0.5, bottom=0.6)
        sheet.repeat_rows(frozen - 1)
        sheet.freeze_panes(frozen, 2)
        if "draft" in report.content:
            sheet.set_header(f"&R&8&B{report.content['draft']}")
        sheet.set_footer(f"&L&8Kode verifikasi {report.code}&R&8Halaman &P dari &N")
        return sheet

    def bytes(self) -> bytes:
        self.book.close()
        return self.out.getvalue()


def write_heads(sheet: Any, book: Book, row: int, heads: tuple[str, ...]) -> None:
    for column, name in enumerate(heads):
        sheet.write_string(row, column, name, book.head)


def write_day(sheet: Any, row: int, column: int, text: str, style: Any) -> None:
    """An ISO date as a real one; nothing for an empty text."""
    if text:
        sheet.write_datetime(row, column, date.fromisoformat(text), style)
    else:
        sheet.write_blank(row, column, None, style)


def joined(blocks: list[dict[str, Any]]) -> str:
    """Blocks as the lines of one cell, lists with their own marks."""
    lines: list[str] = []
    for block in blocks:
        for place, item in enumerate(block["items"], start=block["start"]):
            mark = {"ol": f"{place}. ", "ul": "– "}.get(block["kind"], "")
            lines.append(mark + item)
    return "\n".join(lines)


def write_monev(book: Book, report: Report) -> None:
    content = report.content
    sheet = book.sheet("Monev", MONEV_WIDTHS, report, 5)
    for place, line in enumerate(content["annex"]["title_lines"]):
        sheet.merge_range(place, 0, place, len(MONEV_HEADS) - 1, "", book.title)
        sheet.write_string(place, 0, line, book.title)
    write_heads(sheet, book, 4, MONEV_HEADS)
    at = 5
    for group in content["annex"]["groups"]:
        merge_down(sheet, book, at, len(group["rows"]), group)
        for row in group["rows"]:
            write_monev_row(sheet, book, at, row)
            at += 1
    sheet.write_string(at + 1, 1, content["sentence"])
    write_evidence(book, report)
    write_effects(book, report)


def merge_down(sheet: Any, book: Book, at: int, count: int, group: dict[str, Any]) -> None:
    """Number and unit once for all plans of the unit."""
    for column, text in enumerate((group["number"], group["unit"])):
        if count > 1:
            sheet.merge_range(at, column, at + count - 1, column, "", book.bold)
        sheet.write_string(at, column, text, book.bold)


def write_monev_row(sheet: Any, book: Book, at: int, row: dict[str, Any]) -> None:
    figures = row["figures"]
    write_day(sheet, at, 2, figures["survey"], book.month)
    texts = {
        3: joined(row["action"]),
        4: joined(row["progress"]),
        5: row["period"],
        7: joined(row["obstacles"]),
        8: "\n".join(row["evidence"]),
        9: row["status"],
        13: row["note"],
    }
    for column, text in texts.items():
        sheet.write_string(at, column, text, book.text)
    if figures["lead_months"] is None:
        sheet.write_blank(at, 6, None, book.text)
    else:
        sheet.write_number(at, 6, figures["lead_months"], book.text)
    for column, name in ((10, "start"), (11, "end")):
        write_day(sheet, at, column, figures[name], book.month)
    write_day(sheet, at, 12, figures["due"], book.day)


def write_evidence(book: Book, report: Report) -> None:
    sheet = book.sheet("Data dukung", (5, 12, 50, 50, 36, 18, 20, 44), report, 1)
    write_heads(sheet, book, 0, EVIDENCE_HEADS)
    names = ("number", "unit", "plan", "name", "sha256", "date", "state", "address")
    for at, row in enumerate(report.content["evidence"], start=1):
        for column, name in enumerate(names):
            sheet.write_string(at, column, row[name], book.text)


def write_effects(book: Book, report: Report) -> None:
    sheet = book.sheet("Sebelum dan sesudah", (12, 50, 30, 34, 28, 28, 28, 24), report, 1)
    write_heads(sheet, book, 0, EFFECT_HEADS)
    names = ("unit", "action", "element", "months", "before", "after", "difference", "verdict")
    at = 0
    for at, row in enumerate(report.content["effects"], start=1):
        for column, name in enumerate(names):
            sheet.write_string(at, column, row[name], book.text)
    sheet.merge_range(at + 2, 0, at + 2, 7, "", book.note)
    sheet.write_string(at + 2, 0, report.content["effects_note"], book.note)
    sheet.set_row(at + 2, 40)


def write_plan(book: Book, report: Report) -> None:
    content = report.content
    sheet = book.sheet("RTL", PLAN_WIDTHS, report, 6)
    for place, line in enumerate((*content["title_lines"], content["office"].upper())):
        sheet.merge_range(place, 0, place, len(PLAN_WIDTHS) - 1, "", book.title)
        sheet.write_string(place, 0, line, book.title)
    number, element, action, time, person = content["columns"]
    quarters = [f"TW {name}\n{content['year']}" for name in ("I", "II", "III", "IV")]
    write_heads(
        sheet, book, 5, (number, element, action, time, *quarters, person, "MULAI", "TENGGAT")
    )
    at = 6
    for at, row in enumerate(content["rows"], start=6):
        cells = (
            row["number"],
            row["element"],
            joined(row["action"]),
            f"{row['time']}\n{row['horizon']}",
        )
        for column, text in enumerate(cells):
            sheet.write_string(at, column, text, book.text)
        for column, ticked in enumerate(row["quarters"], start=4):
            sheet.write_string(at, column, "✓" if ticked else "", book.tick)
        sheet.write_string(at, 8, f"{row['person']}\n{row['unit']}", book.text)
        write_day(sheet, at, 9, row["figures"]["start"], book.month)
        write_day(sheet, at, 10, row["figures"]["due"], book.day)
    for step, note in enumerate(content["notes"], start=2):
        sheet.write_string(at + step, 1, note)
