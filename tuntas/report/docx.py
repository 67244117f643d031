"""Pieces of DOCX documents: real styles and headings, so that an office can go on editing the text.

Arial has the metrics of the PDF's Liberation Sans; word processors that lack one use the other.
"""

from __future__ import annotations

import re
from typing import Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from tuntas.models import Report

FONT = "Arial"
INK = RGBColor(0x1C, 0x27, 0x33)
RICH = re.compile(r"\*([^*\n]+)\*|(https?://[^\s)]+)")
ANNEX_WIDTHS = (0.9, 1.8, 1.9, 4.4, 5.9, 2.1, 1.9, 4.0, 3.2)
# A plan stays on one page unless its text alone would fill most of one.
LONG_ROW = 3500


# -- styles --------------------------------------------------------------------------------------


def set_styles(document: Any) -> None:
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size, normal.font.color.rgb = FONT, Pt(11), INK
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "id-ID")
    normal.element.rPr.append(language)
    normal.paragraph_format.space_after = Pt(8)
    normal.paragraph_format.line_spacing = 1.3
    for name, size, centred in (
        ("Title", 22, True),
        ("Heading 1", 12.5, True),
        ("Heading 2", 11.5, False),
        ("Heading 3", 10.5, False),
        ("Caption", 9.5, True),
    ):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.bold = FONT, Pt(size), True
        style.font.color.rgb, style.font.italic = INK, False
        style.element.rPr.rFonts.set(qn("w:asciiTheme"), FONT)
        for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            style.element.rPr.rFonts.attrib.pop(qn(f"w:{attribute}"), None)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.space_before = Pt({"Title": 0, "Caption": 8}.get(name, 16))
        style.paragraph_format.space_after = Pt(4 if name == "Caption" else 10)
        if centred:
            style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    border = document.styles["Title"].element.pPr.find(qn("w:pBdr"))
    if border is not None:
        document.styles["Title"].element.pPr.remove(border)
    set_page(document.sections[0])


def set_page(section: Any, *, landscape: bool = False) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (
        (Cm(29.7), Cm(21)) if landscape else (Cm(21), Cm(29.7))
    )
    section.left_margin = Cm(1.8 if landscape else 3)
    section.right_margin = Cm(1.6 if landscape else 2.5)
    section.top_margin, section.bottom_margin = Cm(1.8 if landscape else 2.5), Cm(2)
    section.footer_distance = Cm(1)


# -- text ----------------------------------------------------------------------------------------


def rich(paragraph: Any, text: str, size: float | None = None, *, bold: bool = False) -> Any:
    """Add text with *emphasis* and clickable addresses to a paragraph."""
    at = 0
    for found in RICH.finditer(text):
        add_run(paragraph, text[at : found.start()], size, bold=bold)
        if found[2]:
            add_link(paragraph, found[2], size)
        else:
            add_run(paragraph, found[1], size, bold=bold).italic = True
        at = found.end()
    add_run(paragraph, text[at:], size, bold=bold)
    return paragraph


def add_run(paragraph: Any, text: str, size: float | None = None, *, bold: bool = False) -> Any:
    run = paragraph.add_run(text)
    run.bold = bold or None
    if size:
        run.font.size = Pt(size)
    return run


def add_link(paragraph: Any, url: str, size: float | None) -> None:
    relation = paragraph.part.relate_to(
        url,
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
        is_external=True,
    )
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    run = add_run(paragraph, url, size)
    run.font.color.rgb, run.underline = RGBColor(0x0B, 0x4A, 0x6F), True
    link.append(run._r)
    paragraph._p.append(link)


def write_block(container: Any, block: dict[str, Any], size: float | None = None) -> None:
    """A content block into a document or a table cell. Lists carry their own numbers in cells,
    where Word's numbering would run on from one plan to the next."""
    if block["kind"] == "table":
        write_plain_table(container, block)
        return
    for place, item in enumerate(block["items"], start=block["start"]):
        paragraph = container.add_paragraph()
        if size:
            tighten(paragraph)
        if block["kind"] == "p":
            rich(paragraph, item, size)
            continue
        mark = f"{place}." if block["kind"] == "ol" else "–"
        indent = Cm(0.45 if size else 0.75)
        paragraph.paragraph_format.left_indent = indent
        paragraph.paragraph_format.first_line_indent = -indent
        paragraph.paragraph_format.tab_stops.add_tab_stop(indent)
        add_run(paragraph, f"{mark}\t", size)
        rich(paragraph, item, size)


def tighten(paragraph: Any) -> None:
    paragraph.paragraph_format.space_after = Pt(3)
    paragraph.paragraph_format.line_spacing = 1.0


# -- tables --------------------------------------------------------------------------------------


def new_table(container: Any, columns: int, widths: tuple[float, ...] | None = None) -> Any:
    table = container.add_table(rows=0, cols=columns)
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    table.autofit = widths is None
    if widths:
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
    return table


def add_row(
    table: Any,
    cells: list[str],
    size: float,
    *,
    bold: bool = False,
    head: bool = False,
    centred: bool = False,
    widths: tuple[float, ...] | None = None,
) -> Any:
    row = table.add_row()
    for place, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
        paragraph = cell.paragraphs[0]
        tighten(paragraph)
        rich(paragraph, text, size, bold=bold)
        if head or (centred and place != 1):
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if head:
            shade(cell)
        if widths:
            cell.width = Cm(widths[place])
    if head:
        repeat(row)
    keep_row_together(row)
    return row


def repeat(row: Any) -> None:
    """Print the row again at the top of each page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def keep_row_together(row: Any) -> None:
    mark = OxmlElement("w:cantSplit")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def shade(cell: Any) -> None:
    fill = OxmlElement("w:shd")
    fill.set(qn("w:val"), "clear")
    fill.set(qn("w:fill"), "EEF2F4")
    cell._tc.get_or_add_tcPr().append(fill)


def write_plain_table(document: Any, block: dict[str, Any]) -> None:
    head, *rows = block["rows"]
    widths = tuple(block.get("widths", ())) or None
    size = 9 if widths else 10.5
    table = new_table(document, len(head), widths)
    add_row(table, head, size, bold=True, head=True, widths=widths)
    for row in rows:
        add_row(table, row, size, centred=not widths, widths=widths)
    note = document.add_paragraph()
    tighten(note)
    add_run(note, block["note"], 8.5)


# -- documents -----------------------------------------------------------------------------------


def write_follow_up(document: Any, report: Report) -> None:
    content = report.content
    document.sections[0].different_first_page_header_footer = True
    write_cover(document, content)
    for chapter in content["chapters"]:
        heading = document.add_heading(level=1)
        heading.paragraph_format.page_break_before = True
        heading.add_run(chapter["number"]).add_break(WD_BREAK.LINE)
        heading.add_run(chapter["title"])
        for section in chapter["sections"]:
            if section["title"]:
                document.add_heading(f"{section['letter']}. {section['title'].upper()}", level=2)
            for block in section["blocks"]:
                write_block(document, block)
    keep_last_with_signature(document)
    write_signature(document, content["signature"])
    write_annex(document, content)


def write_cover(document: Any, content: dict[str, Any]) -> None:
    centre = WD_ALIGN_PARAGRAPH.CENTER
    top = document.add_paragraph()
    top.alignment, top.paragraph_format.space_before = centre, Pt(48)
    add_run(top, content["office"].upper(), 15, bold=True)
    title = document.add_paragraph(style="Title")
    title.paragraph_format.space_before = Pt(170)
    for place, line in enumerate(content["title_lines"]):
        run = title.add_run(line)
        if place < len(content["title_lines"]) - 1:
            run.add_break(WD_BREAK.LINE)
    period = document.add_paragraph()
    period.alignment = centre
    add_run(period, content["period"], 16)
    bottom = document.add_paragraph()
    bottom.alignment, bottom.paragraph_format.space_before = centre, Pt(220)
    add_run(bottom, content["city"].upper(), 13).add_break(WD_BREAK.LINE)
    add_run(bottom, content["year"], 13)


def keep_last_with_signature(document: Any) -> None:
    """The signature never stands alone on a page."""
    if document.paragraphs:
        document.paragraphs[-1].paragraph_format.keep_with_next = True
        document.paragraphs[-1].paragraph_format.keep_together = True


def write_signature(document: Any, signature: dict[str, Any]) -> None:
    lines = [signature["place_and_date"], *signature["title_lines"]]
    rows = [(line, 0, False) for line in lines]
    rows += [(signature["anchor"], 34, False), (signature["name"], 14, True)]
    if signature.get("rank"):
        rows.append((signature["rank"], 0, False))
    if signature["employee_id"]:
        rows.append((f"NIP {signature['employee_id']}", 0, False))
    left = document.sections[-1].page_width - document.sections[-1].right_margin - Cm(10.6)
    for place, (text, before, bold) in enumerate(rows):
        paragraph = document.add_paragraph()
        tighten(paragraph)
        form = paragraph.paragraph_format
        form.left_indent = left - document.sections[-1].left_margin + Cm(3)
        form.space_before = Pt(before or (18 if place == 0 else 0))
        form.keep_with_next = place < len(rows) - 1
        add_run(paragraph, text, bold=bold)


def write_annex(document: Any, content: dict[str, Any]) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.different_first_page_header_footer = False
    set_page(section, landscape=True)
    write_monitoring(document, content["annex"])
    document.add_paragraph()
    write_signature(document, content["signature"])


def write_monitoring(document: Any, annex: dict[str, Any]) -> None:
    """The nine-column table with its title repeated on each page."""
    table = new_table(document, len(annex["columns"]), ANNEX_WIDTHS)
    title = table.add_row()
    merged = title.cells[0].merge(title.cells[-1])
    open_borders(merged)
    merged.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_run(merged.paragraphs[0], "\n".join(annex["title_lines"]), 10.5, bold=True)
    repeat(title)
    add_row(table, annex["columns"], 8, bold=True, head=True, widths=ANNEX_WIDTHS)
    if not annex["groups"]:
        row = table.add_row()
        add_run(row.cells[0].merge(row.cells[-1]).paragraphs[0], annex["empty"], 8)
    for group in annex["groups"]:
        write_group(table, group)


def write_group(table: Any, group: dict[str, Any]) -> None:
    first = None
    for row in group["rows"]:
        added = table.add_row()
        first = first or added
        if words_of(row) <= LONG_ROW:
            keep_row_together(added)
        cells = added.cells
        for cell, width in zip(cells, ANNEX_WIDTHS, strict=True):
            cell.width = Cm(width)
        survey = [row["survey"], *([row["note"]] if row.get("note") else [])]
        fill(cells[2], [{"kind": "p", "items": survey, "start": 1}])
        fill(cells[3], row["action"])
        fill(cells[4], row["progress"], lead=f"Status: {row['status'].lower()}")
        fill(cells[5], [{"kind": "p", "items": [row["period"]], "start": 1}])
        fill(cells[6], [{"kind": "p", "items": [row["lead_time"]], "start": 1}])
        fill(cells[7], row["obstacles"])
        fill(cells[8], [{"kind": "p", "items": row["evidence"], "start": 1}])
    if first is None:
        return
    last = table.rows[-1]
    for place, text in ((0, group["number"]), (1, group["unit"])):
        cell = (
            first.cells[place].merge(last.cells[place]) if last is not first else first.cells[place]
        )
        for extra in cell.paragraphs[1:]:
            extra._p.getparent().remove(extra._p)
        tighten(cell.paragraphs[0])
        add_run(cell.paragraphs[0], text, 8, bold=place == 1)


def words_of(row: dict[str, Any]) -> int:
    """Signs of text in a plan's three wide columns."""
    columns = (row["action"], row["progress"], row["obstacles"])
    return sum(len(item) for column in columns for block in column for item in block["items"])


def fill(cell: Any, blocks: list[dict[str, Any]], lead: str = "") -> None:
    """Blocks into a cell, without the empty paragraph a new cell begins with."""
    if lead:
        paragraph = cell.add_paragraph()
        tighten(paragraph)
        add_run(paragraph, lead, 8, bold=True)
    for block in blocks:
        write_block(cell, block, 8)
    if len(cell.paragraphs) > 1:
        empty = cell.paragraphs[0]._p
        empty.getparent().remove(empty)


def open_borders(cell: Any) -> None:
    """No lines around the title that is repeated above the column names."""
    borders = OxmlElement("w:tcBorders")
    for side in ("top", "left", "right"):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "nil")
        borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)


def write_processing(document: Any, report: Report) -> None:
    content = report.content
    title = document.add_heading(level=1)
    title.add_run(content["title"])
    facts = document.add_table(rows=0, cols=2)
    for name, value in content["lines"]:
        add_row(facts, [name, f": {value}"], 10)
    document.add_paragraph()
    columns = len(content["columns"])
    widths = (2.9, *((10.7 / columns,) * columns), 1.9)
    table = new_table(document, columns + 2, widths)
    add_row(
        table, ["No. responden", *content["columns"], ""], 8.5, bold=True, head=True, widths=widths
    )
    for row in content["respondents"]:
        add_row(table, [*row, ""], 8.5, widths=widths)
    for label, values, total in content["totals"]:
        cells = [label, *(values or [""] * columns), total]
        add_row(table, cells, 8.5, bold=not values, widths=widths)
    document.add_heading("Keterangan", level=2)
    for line in content["explanations"]:
        write_block(document, {"kind": "ul", "items": [line], "start": 1}, 9)
    document.add_heading("Nilai rata-rata per unsur", level=2)
    elements = new_table(document, 4)
    add_row(
        elements, ["No.", "Unsur pelayanan", "Nilai rata-rata", "Mutu"], 9.5, bold=True, head=True
    )
    for row in content["elements"]:
        add_row(elements, row, 9.5, centred=True)
    document.add_paragraph()
    results = new_table(document, 2)
    for name, value in content["results"]:
        add_row(results, [name, value], 10.5, bold=True)
    document.add_heading("Mutu pelayanan", level=2)
    legend = new_table(document, 3)
    for row in content["legend"]:
        add_row(legend, row, 9.5)
    write_signature(document, content["signature"])
