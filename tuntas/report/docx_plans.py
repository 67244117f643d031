"""The documents on action plans as DOCX: monitoring and evaluation, and the RTL table."""

from __future__ import annotations

import io
from typing import Any

import segno
from docx.enum.text import WD_BREAK
from docx.shared import Cm

from tuntas.models import Report
from tuntas.report.docx import (
    add_row,
    add_run,
    fill,
    keep_row_together,
    new_table,
    rich,
    set_page,
    shade,
    tighten,
    write_monitoring,
    write_signature,
)

EFFECT_HEADS = ["Unit", "Rencana aksi", "Unsur", "Sebelum", "Sesudah", "Selisih", "Kesimpulan"]
EFFECT_WIDTHS = (2.0, 6.6, 3.6, 3.6, 3.6, 3.6, 3.0)
EVIDENCE_HEADS = ["No.", "Unit", "Rencana aksi", "Data dukung", "Dicatat", "Keadaan", "Kode QR"]
EVIDENCE_WIDTHS = (1.0, 2.0, 6.2, 9.2, 2.6, 2.8, 2.2)
PLAN_WIDTHS = (1.0, 4.2, 9.0, 3.6, 0.9, 0.9, 0.9, 0.9, 4.4)


def write_monev(document: Any, report: Report) -> None:
    content = report.content
    set_page(document.sections[0], landscape=True)
    write_monitoring(document, content["annex"])
    paragraph = document.add_paragraph()
    add_run(paragraph, content["sentence"], 9.5)
    write_signature(document, content["signature"])
    if content["effects"]:
        document.add_heading("Nilai unsur sebelum dan sesudah", level=2)
        table = new_table(document, len(EFFECT_HEADS), EFFECT_WIDTHS)
        add_row(table, EFFECT_HEADS, 8, bold=True, head=True, widths=EFFECT_WIDTHS)
        for row in content["effects"]:
            names = ("unit", "action", "element", "before", "after", "difference", "verdict")
            add_row(table, [row[name] for name in names], 8, widths=EFFECT_WIDTHS)
        add_run(document.add_paragraph(), content["effects_note"], 8.5)
    if content["evidence"]:
        write_evidence(document, content["evidence"])


def write_evidence(document: Any, rows: list[dict[str, Any]]) -> None:
    heading = document.add_heading("Daftar data dukung", level=2)
    heading.paragraph_format.page_break_before = True
    table = new_table(document, len(EVIDENCE_HEADS), EVIDENCE_WIDTHS)
    add_row(table, EVIDENCE_HEADS, 8, bold=True, head=True, widths=EVIDENCE_WIDTHS)
    for row in rows:
        name = row["name"] + (f"\nSHA-256 {row['sha256']}" if row["sha256"] else "")
        cells = [row["number"], row["unit"], row["plan"], name, row["date"], row["state"], ""]
        added = add_row(table, cells, 8, widths=EVIDENCE_WIDTHS)
        picture = io.BytesIO()
        segno.make(row["address"], error="m", micro=False).save(
            picture, kind="png", scale=4, border=1
        )
        picture.seek(0)
        added.cells[-1].paragraphs[0].add_run().add_picture(picture, width=Cm(1.7))


def write_plan(document: Any, report: Report) -> None:
    content = report.content
    set_page(document.sections[0], landscape=True)
    title = document.add_heading(level=1)
    for line in content["title_lines"]:
        title.add_run(line).add_break(WD_BREAK.LINE)
    title.add_run(content["office"].upper())
    table = new_table(document, len(PLAN_WIDTHS), PLAN_WIDTHS)
    number, element, action, time, person = content["columns"]
    upper = [number, element, action, time, f"TW {content['year']}", "", "", "", person]
    first = add_row(table, upper, 9, bold=True, head=True, widths=PLAN_WIDTHS)
    quarters = ["", "", "", "", "I", "II", "III", "IV", ""]
    second = add_row(table, quarters, 9, bold=True, head=True, widths=PLAN_WIDTHS)
    for place in (0, 1, 2, 3, 8):
        shade(join(first.cells[place], second.cells[place]))
    shade(join(first.cells[4], first.cells[7]))
    for row in content["rows"]:
        write_plan_row(table, row)
    if not content["rows"]:
        row = table.add_row()
        add_run(row.cells[0].merge(row.cells[-1]).paragraphs[0], content["empty"], 9)
    for note in content["notes"]:
        paragraph = document.add_paragraph()
        tighten(paragraph)
        rich(paragraph, note, 8.5)
    write_signature(document, content["signature"])


def join(first: Any, last: Any) -> Any:
    """Merge two cells without the empty paragraphs merging leaves behind."""
    merged = first.merge(last)
    for extra in merged.paragraphs[1:]:
        if not extra.text:
            extra._p.getparent().remove(extra._p)
    return merged


def write_plan_row(table: Any, row: dict[str, Any]) -> None:
    ticks = ["✓" if ticked else "" for ticked in row["quarters"]]
    time, person = f"{row['time']}\n{row['horizon']}", f"{row['person']}\n{row['unit']}"
    cells = [row["number"], row["element"], "", time, *ticks, person]
    added = add_row(table, cells, 9, widths=PLAN_WIDTHS)
    fill(added.cells[2], row["action"])
    keep_row_together(added)
