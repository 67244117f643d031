"""Documents: made from data, kept as content, rendered the same from then on.

report = make(office, "follow-up", Span.parse("2023-S1"), cut_off=…, by=user)
pdf = render(report, "pdf")
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.text import slugify

from tuntas.law.months import Span
from tuntas.models import Office, Paper, Report, ReportKind, Service, Stationery, Unit, User
from tuntas.models.results import unclosed
from tuntas.report import (
    excel,
    followup,
    integrity,
    monev,
    monthly,
    numbers,
    outlines,
    pdf,
    processing,
    recap,
    word,
)
from tuntas.report.content import (
    FollowUpReport,
    MonevReport,
    PlanReport,
    ProcessingForm,
    RankedSignature,
    SurveyReport,
)
from tuntas.report.followup import default_cut_off
from tuntas.report.pdf import MissingFont
from tuntas.report.processing import NothingToProcess

MOST_TITLE = 299
# 30 signs without look-alikes; 17 of them hold more than 80 bits of the content's SHA-256.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
FORMATS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Kinds that tell results, which may change while a month of them is open.
DRAFT = "DRAF – bulan belum ditutup"
OF_RESULTS = frozenset(
    {ReportKind.MONTHLY.value, ReportKind.FOLLOW_UP.value, ReportKind.PROCESSING.value}
)
Content = (
    FollowUpReport
    | ProcessingForm
    | MonevReport
    | PlanReport
    | SurveyReport
    | recap.RecapReport
    | integrity.IntegrityReport
)


def make(
    office: Office,
    kind: str,
    span: Span,
    *,
    cut_off: date | None = None,
    service: Service | None = None,
    unit: Unit | None = None,
    outline: str = "",
    paper: str = "",
    by: User | None = None,
) -> Report:
    """Build a document's content and keep it. The same content again is the same report.

    `cut_off` None takes `default_cut_off`; `unit` and `outline` matter to the result report;
    `paper` empty is the office's own. Raises NothingToProcess, ValueError for another kind,
    outline or paper.
    """
    day = cut_off or default_cut_off(office, span, office.today)
    if outline not in ("", *outlines.OUTLINES):
        raise ValueError(f"sistematika {outline!r} tidak dikenal")
    with translation.override("id"):  # whoever asks: the office's papers are Indonesian
        content = content_of(office, kind, span, day, service, unit, outline)
        title = title_of(kind, office, span, service or unit)
    data = as_data(content, office, span, paper)
    digest = hashlib.sha256(
        json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
    return Report.keep(
        office,
        kind=kind,
        span=str(span),
        cut_off=day,
        title=title,
        content=data,
        content_sha256=digest.hexdigest(),
        code=code_of(digest.digest()),
        by=by,
    )


def content_of(
    office: Office,
    kind: str,
    span: Span,
    day: date,
    service: Service | None,
    unit: Unit | None,
    outline: str,
) -> Content:
    """What a document of this kind says. Raises NothingToProcess, ValueError for another kind."""
    if kind == ReportKind.MONTHLY:
        return monthly.build(office, span, day, unit=unit, outline=outline or outlines.FIVE)
    if kind == ReportKind.FOLLOW_UP:
        return followup.build(office, span, day)
    if kind == ReportKind.PROCESSING:
        return processing.build(office, span, day, service)
    if kind == ReportKind.MONEV:
        return monev.build_monev(office, span, day)
    if kind == ReportKind.PLAN:
        return monev.build_plan(office, span, day)
    if kind == ReportKind.RECAP:
        return recap.build(office, span, day)
    if kind == ReportKind.INTEGRITY:
        return integrity.build(office, span, day)
    raise ValueError(f"jenis laporan {kind!r} tidak dikenal")


def as_data(content: Content, office: Office, span: Span, paper: str) -> dict[str, Any]:
    """The content as JSON-ready data, with the stationery it was made with.

    Only what differs from a plain A4 document is written, so that a document made before offices
    had stationery keeps its code.
    """
    rules = Stationery.of(office)
    sheet = paper or rules.paper
    if sheet not in Paper.values:
        raise ValueError(f"kertas {sheet!r} tidak dikenal; pilih a4 atau f4")
    if rules.signatory_rank:
        signature = RankedSignature(**asdict(content.signature), rank=rules.signatory_rank)
        content = replace(content, signature=signature)
    data: dict[str, Any] = json.loads(json.dumps(asdict(content)))
    if sheet != Paper.A4:
        data["paper"] = str(sheet)
    if rules.letterhead_lines or rules.logo:
        data["letterhead"] = {"lines": rules.letterhead_lines, "logo": rules.logo_text}
    if content.kind in OF_RESULTS and unclosed(office, span.months):
        data["draft"] = DRAFT
    return data


def title_of(kind: str, office: Office, span: Span, part: Service | Unit | None) -> str:
    name = {
        ReportKind.MONTHLY: "Laporan Hasil Survei Kepuasan Masyarakat",
        ReportKind.FOLLOW_UP: "Laporan Tindak Lanjut Survei Kepuasan Masyarakat",
        ReportKind.PROCESSING: "Pengolahan Data Survei Kepuasan Masyarakat",
        ReportKind.MONEV: "Monitoring dan Evaluasi Rencana Aksi SKM",
        ReportKind.PLAN: "Rencana Tindak Lanjut SKM",
        ReportKind.RECAP: "Rekapitulasi Hasil SKM",
        ReportKind.INTEGRITY: "Laporan SPKP dan SPAK",
    }[ReportKind(kind)]
    of = f"{part.name}, {office.name}" if part else office.name
    return numbers.shortened(f"{name} {numbers.span_title(span)} – {of}", MOST_TITLE)


def code_of(digest: bytes) -> str:
    """`XXXX-XXXX-XXXX-XXXXX`, the document's own code."""
    value, signs = int.from_bytes(digest, "big"), []
    for _place in range(17):
        value, rest = divmod(value, len(ALPHABET))
        signs.append(ALPHABET[rest])
    text = "".join(signs)
    return "-".join((text[:4], text[4:8], text[8:12], text[12:]))


def render(report: Report, format: str) -> bytes:
    """The report as a file. Raises MissingFont, ValueError for another format."""
    if format == "pdf":
        return pdf.render(report)
    if format == "docx":
        return word.render(report)
    if format == "xlsx" and report.kind in excel.WRITERS:
        return excel.render(report)
    raise ValueError(f"format {format!r} tidak tersedia untuk laporan ini")


def formats_of(kind: str) -> tuple[str, ...]:
    """In which formats a kind of report can be had."""
    return ("pdf", "docx", "xlsx") if kind in excel.WRITERS else ("pdf", "docx")


def file_name(report: Report, format: str) -> str:
    """A name that sorts and says what it is: `follow-up-kanreg10-2023-S1.pdf`."""
    unit = slugify(report.content.get("unit", ""))[:40]
    return "-".join(
        [report.kind, report.office.code, *([unit] if unit else []), f"{report.span}.{format}"]
    )


__all__ = [
    "FORMATS",
    "MissingFont",
    "NothingToProcess",
    "default_cut_off",
    "file_name",
    "formats_of",
    "make",
    "render",
]
