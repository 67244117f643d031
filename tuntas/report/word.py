"""A report as a DOCX file: the writer of its kind, then what all share: paper, letterhead, footer.

The same report gives the same bytes.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable
from typing import Any

from django.conf import settings
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from tuntas.models import Report
from tuntas.report import integrity, recap
from tuntas.report.docx import add_run, set_styles, write_follow_up, write_processing
from tuntas.report.docx_plans import write_monev, write_plan
from tuntas.report.docx_survey import write_survey

WRITERS: dict[str, Callable[[Any, Report], None]] = {
    "monthly": write_survey,
    "follow-up": write_follow_up,
    "processing": write_processing,
    "monev": write_monev,
    "plan": write_plan,
    "recap": recap.write_docx,
    "integrity": integrity.write_docx,
}
# A fixed moment inside the ZIP, so that the same report gives the same bytes.
ZIP_MOMENT = (1980, 1, 1, 0, 0, 0)
F4 = (Cm(21.5), Cm(33))
WITH_COVER = ("monthly", "follow-up")
# Word's own kind of watermark: a text shape behind the page, kept in the header.
WATERMARK = (
    '<w:pict xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
    '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
    'path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/>'
    '<v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>'
    '<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>'
    '<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>'
    '<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
    '<v:shape id="draf{place}" type="#_x0000_t136" alt="{text}" style="position:absolute;'
    "width:440pt;height:44pt;rotation:310;z-index:-251658752;"
    "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
    'mso-position-vertical:center;mso-position-vertical-relative:margin" fillcolor="#e3cfcf" '
    'stroked="f"><v:textpath style="font-family:Arial;font-size:1pt" string="{text}"/></v:shape>'
    "</w:pict>"
)


def render(report: Report) -> bytes:
    """The report as DOCX. The same report gives the same bytes."""
    document = Document()
    set_styles(document)
    properties = document.core_properties
    properties.title, properties.author = report.title[:255], report.content["office"][:255]
    properties.language, properties.comments = "id-ID", f"Kode verifikasi {report.code}"
    properties.created = properties.modified = report.made_at.replace(tzinfo=None, microsecond=0)
    properties.last_modified_by = report.content["office"][:255]
    WRITERS[report.kind](document, report)
    write_letterhead(document, report)
    number = report.number
    for place, section in enumerate(document.sections):
        fit_paper(section, report.content.get("paper", "a4"))
        write_footer(section, report, number)
        write_draft(section, report, place)
    return stable_bytes(document)


def stable_bytes(document: Any) -> bytes:
    """The package with sorted parts and fixed times."""
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(
                zipfile.ZipInfo(name, ZIP_MOMENT), source.read(name), zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def fit_paper(section: Any, paper: str) -> None:
    if paper != "f4":
        return
    width, height = F4
    if section.orientation == WD_ORIENT.LANDSCAPE:
        width, height = height, width
    section.page_width, section.page_height = width, height


def write_letterhead(document: Any, report: Report) -> None:
    """Logo and lines over the first words of a document; on a cover the logo alone."""
    kept = report.content.get("letterhead")
    if not kept:
        return
    body = document.element.body
    first = body[0]
    made = []
    if kept["logo"]:
        paragraph = document.add_paragraph()
        logo = io.BytesIO(base64.b64decode(kept["logo"]))
        drawn = paragraph.add_run().add_picture(logo, height=Cm(2.2))
        drawn._inline.docPr.set("descr", f"Logo {report.content['office']}")
        made.append(paragraph)
    if report.kind not in WITH_COVER:
        for place, line in enumerate(kept["lines"]):
            paragraph = document.add_paragraph()
            add_run(paragraph, line, 13 if place == 0 else 10, bold=place == 0)
            made.append(paragraph)
    for paragraph in made:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(2)
        first.addprevious(paragraph._p)
    if made and report.kind not in WITH_COVER:
        rule_below(made[-1])


def rule_below(paragraph: Any) -> None:
    """The double rule that ends a letterhead."""
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "thickThinSmallGap"), ("sz", "18"), ("space", "4")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)
    paragraph.paragraph_format.space_after = Pt(12)


def write_draft(section: Any, report: Report, place: int) -> None:
    """What is not final says so on every page, in words and as a watermark."""
    text = report.content.get("draft")
    if not text:
        return
    headers = [section.header]
    if section.different_first_page_header_footer:
        headers.append(section.first_page_header)
    for at, header in enumerate(headers):
        header.is_linked_to_previous = False
        paragraph = header.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        add_run(paragraph, text, 8, bold=True)
        shape = WATERMARK.format(text=text, place=f"{place}-{at}")
        paragraph.add_run()._r.append(parse_xml(shape))


def write_footer(section: Any, report: Report, number: str) -> None:
    section.footer.is_linked_to_previous = False
    paragraph = section.footer.paragraphs[0]
    numbered = f" · Nomor {number}" if number else ""
    add_run(
        paragraph,
        f"{report.title}{numbered} · Kode verifikasi {report.code} · "
        f"{settings.PUBLIC_URL}/v/{report.code}/ · ",
        7.5,
    )
    add_run(paragraph, "Halaman ", 7.5)
    add_field(paragraph, "PAGE")
    add_run(paragraph, " dari ", 7.5)
    add_field(paragraph, "NUMPAGES")


def add_field(paragraph: Any, code: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = add_run(paragraph, "1", 7.5)
    field.append(run._r)
    paragraph._p.append(field)
