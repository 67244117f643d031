"""Documents: made from data, kept as content, rendered the same from then on.

report = make(office, "follow-up", Span.parse("2023-S1"), cut_off=…, by=user)
pdf = render(report, "pdf")
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date

from tuntas.law.months import Span
from tuntas.models import Office, Report, ReportKind, Service, User
from tuntas.report import (
    docx,
    docx_plans,
    followup,
    integrity,
    monev,
    numbers,
    pdf,
    processing,
    recap,
    xlsx,
)
from tuntas.report.content import FollowUpReport, MonevReport, PlanReport, ProcessingForm
from tuntas.report.followup import default_cut_off
from tuntas.report.pdf import MissingFont
from tuntas.report.processing import NothingToProcess

# 30 signs without look-alikes; 17 of them hold more than 80 bits of the content's SHA-256.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
FORMATS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Kinds that are tables, which an office may want as a spreadsheet too.
AS_SHEET = frozenset({ReportKind.MONEV.value, ReportKind.PLAN.value, "recap", "integrity"})
DOCX_WRITERS = docx_plans.WRITERS | {
    "recap": recap.write_docx,
    "integrity": integrity.write_docx,
}
XLSX_WRITERS = {"recap": recap.write_xlsx, "integrity": integrity.write_xlsx}


def make(
    office: Office,
    kind: str,
    span: Span,
    *,
    cut_off: date | None = None,
    service: Service | None = None,
    by: User | None = None,
) -> Report:
    """Build a document's content and keep it. The same content again is the same report.

    `cut_off` None takes `default_cut_off`. Raises NothingToProcess, ValueError for another kind.
    """
    today = office.today
    day = cut_off or default_cut_off(office, span, today)
    content: (
        FollowUpReport
        | ProcessingForm
        | MonevReport
        | PlanReport
        | recap.RecapReport
        | integrity.IntegrityReport
    )
    if kind == ReportKind.FOLLOW_UP:
        content = followup.build(office, span, day)
    elif kind == ReportKind.PROCESSING:
        content = processing.build(office, span, day, service)
    elif kind == ReportKind.MONEV:
        content = monev.build_monev(office, span, day)
    elif kind == ReportKind.PLAN:
        content = monev.build_plan(office, span, day)
    elif kind == ReportKind.RECAP:
        content = recap.build(office, span, day)
    elif kind == ReportKind.INTEGRITY:
        content = integrity.build(office, span, day)
    else:
        raise ValueError(f"jenis laporan {kind!r} tidak dikenal")
    data = json.loads(json.dumps(asdict(content)))
    digest = hashlib.sha256(
        json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
    return Report.keep(
        office,
        kind=kind,
        span=str(span),
        cut_off=day,
        title=title_of(kind, office, span, service),
        content=data,
        content_sha256=digest.hexdigest(),
        code=code_of(digest.digest()),
        by=by,
    )


def title_of(kind: str, office: Office, span: Span, service: Service | None) -> str:
    name = {
        ReportKind.FOLLOW_UP: "Laporan Tindak Lanjut Survei Kepuasan Masyarakat",
        ReportKind.PROCESSING: "Pengolahan Data Survei Kepuasan Masyarakat",
        ReportKind.MONEV: "Monitoring dan Evaluasi Rencana Aksi SKM",
        ReportKind.PLAN: "Rencana Tindak Lanjut SKM",
        ReportKind.RECAP: "Rekapitulasi Hasil SKM",
        ReportKind.INTEGRITY: "Laporan SPKP dan SPAK",
    }[ReportKind(kind)]
    of = f"{service.name}, {office.name}" if service else office.name
    return f"{name} {numbers.span_title(span)} – {of}"


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
        writer = DOCX_WRITERS.get(report.kind)
        return docx.render(report, writer)
    if format == "xlsx" and report.kind in AS_SHEET:
        return xlsx.render(report, XLSX_WRITERS.get(report.kind))
    raise ValueError(f"format {format!r} tidak tersedia untuk laporan ini")


def formats_of(kind: str) -> tuple[str, ...]:
    """In which formats a kind of report can be had."""
    return ("pdf", "docx", "xlsx") if kind in AS_SHEET else ("pdf", "docx")


def file_name(report: Report, format: str) -> str:
    """A name that sorts and says what it is: `follow-up-kanreg10-2023-S1.pdf`."""
    return f"{report.kind}-{report.office.code}-{report.span}.{format}"


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
