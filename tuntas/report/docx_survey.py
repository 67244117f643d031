"""The result report as DOCX: headings, a table of contents and captions that a word processor knows.

The contents are a field already filled with the pages of the PDF; a word processor counts its own when
the field is updated.
"""

from __future__ import annotations

import io
from html import escape
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm

from tuntas.models import Report
from tuntas.report import pdf
from tuntas.report.docx import (
    RICH,
    add_row,
    add_run,
    keep_last_with_signature,
    new_table,
    tighten,
    write_block,
    write_cover,
    write_signature,
)

PICTURE_PPI = 200
# A row with more signs may go on overleaf.
LONG = 1200
SIDES = {
    "l": WD_ALIGN_PARAGRAPH.LEFT,
    "c": WD_ALIGN_PARAGRAPH.CENTER,
    "r": WD_ALIGN_PARAGRAPH.RIGHT,
}


def write_survey(document: Any, report: Report) -> None:
    content = report.content
    document.sections[0].different_first_page_header_footer = True
    write_cover(document, content)
    write_contents(document, content, pdf.pages_of(report))
    marks = Marks()
    marks.heading(document, "RINGKASAN EKSEKUTIF")
    write_blocks(document, content["summary"])
    for chapter in content["chapters"]:
        marks.heading(document, chapter["number"], chapter["title"])
        for section in chapter["sections"]:
            if section["title"]:
                marks.subheading(document, f"{section['letter']} {section['title']}")
            write_blocks(document, section["blocks"])
    keep_last_with_signature(document)
    write_signature(document, content["signature"])
    for part in content["parts"]:
        marks.heading(document, part["number"].upper(), part["title"].upper())
        write_blocks(document, part["blocks"])


def write_blocks(container: Any, blocks: list[dict[str, Any]]) -> None:
    for block in blocks:
        if block["kind"] == "grid":
            write_grid(container, block)
        elif block["kind"] == "figure":
            write_figure(container, block)
        elif block["kind"] == "h":
            container.add_heading(block["items"][0], level=3)
        else:
            write_block(container, block)


# -- headings and contents -----------------------------------------------------------------------


def titles_of(content: dict[str, Any]) -> list[tuple[int, str]]:
    """Level and text of every heading of the contents, in order."""
    found = [(1, "RINGKASAN EKSEKUTIF")]
    for chapter in content["chapters"]:
        found.append((1, f"{chapter['number']} {chapter['title']}"))
        found += [
            (2, f"{section['letter']} {section['title']}")
            for section in chapter["sections"]
            if section["title"]
        ]
    return found + [(1, f"{part['number']} {part['title']}".upper()) for part in content["parts"]]


class Marks:
    """Bookmarks of the headings, counted in the order in which the contents name them."""

    def __init__(self) -> None:
        self.count = 0

    def heading(self, document: Any, *lines: str) -> None:
        paragraph = document.add_heading(level=1)
        paragraph.paragraph_format.page_break_before = True
        for place, line in enumerate(lines):
            if place:
                paragraph.add_run().add_break(WD_BREAK.LINE)
            paragraph.add_run(line)
        self.mark(paragraph)

    def subheading(self, document: Any, text: str) -> None:
        self.mark(document.add_heading(text, level=2))

    def mark(self, paragraph: Any) -> None:
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for element in (start, end):
            element.set(qn("w:id"), str(self.count))
        start.set(qn("w:name"), name_of(self.count))
        paragraph._p.insert(1, start)
        paragraph._p.append(end)
        self.count += 1


def name_of(place: int) -> str:
    return f"_Toc{100000 + place}"


def write_contents(document: Any, content: dict[str, Any], pages: list[int]) -> None:
    """A contents field with its entries already in it, each leading to its heading."""
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.page_break_before = True
    add_run(title, "DAFTAR ISI", 12.5, bold=True)
    titles = titles_of(content)
    for place, ((level, text), page) in enumerate(zip(titles, pages, strict=True)):
        paragraph = document.add_paragraph()
        tighten(paragraph)
        form = paragraph.paragraph_format
        form.left_indent = Cm(0.6 * (level - 1))
        form.tab_stops.add_tab_stop(Cm(15.4), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        if place == 0:
            field_mark(paragraph, "begin")
            field_code(paragraph, 'TOC \\o "1-2" \\h \\z \\u')
            field_mark(paragraph, "separate")
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), name_of(place))
        link.append(add_run(paragraph, f"{text}\t", 10.5, bold=level == 1)._r)
        reference = OxmlElement("w:fldSimple")
        reference.set(qn("w:instr"), f"PAGEREF {name_of(place)} \\h")
        reference.append(add_run(paragraph, str(page), 10.5)._r)
        link.append(reference)
        paragraph._p.append(link)
        if place == len(titles) - 1:
            field_mark(paragraph, "end")


def field_mark(paragraph: Any, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)


def field_code(paragraph: Any, code: str) -> None:
    text = OxmlElement("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = code
    paragraph.add_run()._r.append(text)


# -- tables and pictures -------------------------------------------------------------------------


def write_caption(container: Any, text: str, *, is_above: bool) -> None:
    """`Tabel 3. …` in Word's own caption style, its number a field that counts on."""
    word, number, rest = text.split(" ", 2)
    paragraph = container.add_paragraph(style="Caption")
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = is_above
    paragraph.add_run(f"{word} ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), f"SEQ {word} \\* ARABIC")
    field.append(paragraph.add_run(number.rstrip("."))._r)
    paragraph._p.append(field)
    paragraph.add_run(f". {rest}")


def write_grid(container: Any, block: dict[str, Any]) -> None:
    write_caption(container, block["caption"], is_above=True)
    head, *rows = block["rows"]
    widths = tuple(block["widths"])
    table = new_table(container, len(head), widths)
    add_row(table, head, 9, bold=True, head=True, widths=widths)
    for place, cells in enumerate(rows, start=1):
        bold = place in block["strong"]
        if not any(RICH.search(cell) for cell in cells):
            table._tbl.append(plain_row(cells, widths, block["aligns"], bold=bold))
            continue
        row = add_row(table, cells, 9, bold=bold, widths=widths)
        for cell, side in zip(row.cells, block["aligns"], strict=True):
            cell.paragraphs[0].alignment = SIDES[side]
        if sum(len(cell) for cell in cells) > LONG:
            row._tr.trPr.remove(row._tr.trPr.find(qn("w:cantSplit")))
    note = container.add_paragraph()
    tighten(note)
    add_run(note, block["note"], 8.5)


ROW = (
    '<w:tr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:trPr>{split}</w:trPr>{cells}</w:tr>"
)
CELL = (
    '<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr>'
    '<w:spacing w:after="60" w:line="240" w:lineRule="auto"/><w:jc w:val="{side}"/></w:pPr>'
    '<w:r><w:rPr>{bold}<w:sz w:val="18"/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'
    "</w:p></w:tc>"
)
LINE = '</w:t><w:br/><w:t xml:space="preserve">'
JUSTIFIED = {"l": "left", "c": "center", "r": "right"}


def plain_row(cells: list[str], widths: tuple[float, ...], aligns: str, *, bold: bool) -> Any:
    """A row without links and emphasis, written at once: a processing form has hundreds."""
    made = "".join(
        CELL.format(
            width=round(width * 567),
            side=JUSTIFIED[side],
            bold="<w:b/>" if bold else "",
            text=escape(cell).replace("\n", LINE),
        )
        for cell, width, side in zip(cells, widths, aligns, strict=True)
    )
    is_long = sum(len(cell) for cell in cells) > LONG
    return parse_xml(ROW.format(split="" if is_long else '<w:cantSplit w:val="true"/>', cells=made))


def write_figure(container: Any, block: dict[str, Any]) -> None:
    paragraph = container.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    picture = pdf.typeset("picture", {"svg": block["svg"]}, format="png", ppi=PICTURE_PPI)
    drawn = paragraph.add_run().add_picture(io.BytesIO(picture), width=Cm(block["width"]))
    drawn._inline.docPr.set("descr", block["alt"])
    write_caption(container, block["caption"], is_above=False)
