"""The recap of a span: one row for each service, as agencies hand it up (rules 2.4 of the research).

That the nineteen columns are a form of the ministry is not confirmed; they are the ones in use.
Only closed months are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm

from tuntas.law.elements import REGULATION_ORDER, element
from tuntas.law.index import IndexResult
from tuntas.law.months import Month, Span
from tuntas.law.rounding import half_up
from tuntas.models import ActionPlan, Channel, Office, Response, Service
from tuntas.models.releases import released, span_released
from tuntas.models.results import HISTORICAL, MonthResult
from tuntas.report import numbers
from tuntas.report.content import Signature
from tuntas.report.docx import (
    add_row,
    add_run,
    new_table,
    set_page,
    tighten,
    write_signature,
)
from tuntas.report.followup import signature_of
from tuntas.report.monitoring import end_of

COLUMNS = (
    "No", "Nama OPP", "Periode Survei", "Jenis Layanan", "Persyaratan", "Prosedur", "Waktu", "Biaya",
    "Produk", "Kompetensi", "Perilaku", "Aduan", "Sarpras", "IKM", "Jumlah Responden", "Metode SKM",
    "Unsur Perbaikan", "RTL", "% TL Periode Sebelumnya",
)  # fmt: skip
WIDTHS = (0.7, 2.6, 1.8, 2.4, *((1.05,) * 9), 1.3, 1.3, 1.6, 2.5, 3.5, 1.3)
METHODS = {
    Channel.PAPER.value: "kuesioner kertas",
    Channel.ASSISTED.value: "wawancara",
}
ONLINE = "e-survei"
LONGEST_PLAN = 160
MOST_PLANS = 3
UNKNOWN = "–"
F4 = (Cm(33), Cm(21.5))  # folio, flat: nineteen columns want its width


@dataclass(frozen=True)
class RecapRow:
    """One line: all cells as text; nine means, index and n once more, for a spreadsheet."""

    cells: tuple[str, ...]
    figures: tuple[str, ...]


@dataclass(frozen=True)
class RecapReport:
    office: str
    title_lines: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[RecapRow, ...]
    total: RecapRow | None
    notes: tuple[str, ...]
    empty: str
    signature: Signature
    facts: dict[str, str] = field(default_factory=dict)
    kind: str = "recap"


def build(office: Office, span: Span, cut_off: date) -> RecapReport:
    """The table of a span, telling of plans what was known by the end of `cut_off`."""
    services = [
        service_row(office, span, service, cut_off)
        for service in office.services.select_related("unit").order_by(
            "unit__position", "unit__code", "name"
        )
    ]
    rows = [row for row in services if row]
    old = [row for row in released(office, span.months) if row.state == HISTORICAL]
    rows += [historical_row(office, row) for row in old]
    whole = span_released(office, span)
    return RecapReport(
        office=office.name,
        title_lines=(
            "REKAPITULASI HASIL SURVEI KEPUASAN MASYARAKAT",
            office.name.upper(),
            numbers.span_title(span).upper(),
        ),
        columns=COLUMNS,
        rows=tuple(
            RecapRow((str(place), *row.cells[1:]), row.figures)
            for place, row in enumerate(rows, start=1)
        ),
        total=total_row(office, span, whole.result, whole.months),
        notes=notes(old),
        empty=f"Tidak ada bulan yang ditutup pada {numbers.span(span)}.",
        signature=signature_of(office, cut_off),
        facts={
            "IKM": numbers.number(whole.result.converted) if whole.result else UNKNOWN,
            "jumlah responden": numbers.number(whole.result.n, 0) if whole.result else UNKNOWN,
            "jumlah layanan": numbers.number(sum(row is not None for row in services), 0),
        },
    )


def service_row(office: Office, span: Span, service: Service, cut_off: date) -> RecapRow | None:
    """One service; None when nobody rated it."""
    found = span_released(office, span, service=service, for_everyone=False)
    result = found.result
    if result is None:
        return None
    plans = ActionPlan.objects.filter(unit=service.unit, created_at__lt=end_of(cut_off, office))
    cells = (
        "",
        office.name,
        months_of(found.months),
        service.name,
        *(mean_of(result, code) for code in REGULATION_ORDER),
        numbers.number(result.converted),
        numbers.number(result.n, 0),
        method_of(service, found.months),
        "; ".join(element(row.code).short_name for row in result.lowest()),
        plans_of(plans.surveyed_in(span.months)),
        percent_of(plans.surveyed_in(span_before(span).months)),
    )
    return RecapRow(cells, figures_of(result))


def total_row(
    office: Office, span: Span, result: IndexResult | None, months: Sequence[Month]
) -> RecapRow | None:
    """The whole office, pooled from all answers: never the mean of the rows above."""
    if result is None:
        return None
    plans = ActionPlan.objects.filter(office=office)
    cells = (
        "",
        office.name,
        months_of(months),
        "Seluruh layanan",
        *(mean_of(result, code) for code in REGULATION_ORDER),
        numbers.number(result.converted),
        numbers.number(result.n, 0),
        "",
        "; ".join(element(row.code).short_name for row in result.lowest()),
        "",
        percent_of(plans.surveyed_in(span_before(span).months)),
    )
    return RecapRow(cells, figures_of(result))


def historical_row(office: Office, row: MonthResult) -> RecapRow:
    cells = (
        "",
        office.name,
        numbers.month(row.month),
        "Seluruh layanan *",
        *((UNKNOWN,) * 9),
        numbers.number(row.converted),
        numbers.number(row.n, 0),
        *((UNKNOWN,) * 4),
    )
    value = str(half_up(row.converted, 2)) if row.converted is not None else ""
    return RecapRow(cells, ("",) * 9 + (value, "" if row.n is None else str(row.n)))


def mean_of(result: IndexResult, code: str) -> str:
    """NRR of an element; a dash when it was not asked or answered."""
    rows = result.elements
    return next((numbers.number(row.mean, 3) for row in rows if row.code == code), UNKNOWN)


def figures_of(result: IndexResult) -> tuple[str, ...]:
    """The nine means, the index and n with a decimal point, for the spreadsheet; empty: unknown."""
    means = {row.code: row.mean for row in result.elements}
    found = [means.get(code) for code in REGULATION_ORDER]
    shown = ["" if mean is None else str(half_up(mean, 3)) for mean in found]
    return (*shown, str(half_up(result.converted, 2)), str(result.n))


def months_of(months: Sequence[Month]) -> str:
    """`Januari–Juni 2026`, or the months one by one when some between are missing."""
    if len(months) == months[-1] - months[0] + 1:
        return numbers.months(months[0], months[-1])
    return numbers.listing([numbers.month(month) for month in months])


def method_of(service: Service, months: Sequence[Month]) -> str:
    """By which ways the answers came; empty when the answers are no longer kept."""
    channels = (
        Response.objects.filter(
            office=service.office_id,
            service=service,
            month__in=[month.first_day for month in months],
        )
        .order_by()
        .values_list("channel", flat=True)
        .distinct()
    )
    return ", ".join(sorted({METHODS.get(channel, ONLINE) for channel in channels}))


def plans_of(plans: Any) -> str:
    rows = [numbers.shortened(plan.action, LONGEST_PLAN) for plan in plans.order_by("id")]
    more = f"; dan {len(rows) - MOST_PLANS} lainnya" if len(rows) > MOST_PLANS else ""
    return "; ".join(rows[:MOST_PLANS]) + more if rows else "belum ada"


def percent_of(plans: Any) -> str:
    """Finished plans of the span before; "tidak ada" without any, never 100 %."""
    share = plans.share()
    return numbers.percent(share.finished_percent) if share.total else "tidak ada"


def span_before(span: Span) -> Span:
    length = span.last - span.first + 1
    return Span(span.first + -length, span.last + -length)


def notes(old: Sequence[MonthResult]) -> tuple[str, ...]:
    lines = [
        "Nilai unsur: NRR pada skala 1–4; IKM pada skala 25–100 (PermenPANRB 14/2017).",
        "Hanya bulan yang sudah ditutup yang dihitung. Nilai seluruh layanan dihitung dari semua "
        "jawaban, bukan rata-rata baris di atasnya.",
        "Unsur perbaikan: tiga unsur terendah. % TL: rencana aksi periode sebelumnya yang selesai.",
    ]
    if old:
        sources = sorted({row.source for row in old})
        lines.append(
            "*) Nilai terbitan lama, tidak digabungkan; jawaban aslinya tidak tersimpan. "
            f"Sumber: {'; '.join(sources)}."
        )
    return tuple(lines)


# -- DOCX and XLSX -------------------------------------------------------------------------------


def write_docx(document: Any, report: Any) -> None:
    content = report.content
    section = document.sections[0]
    set_page(section, landscape=True)
    section.page_width, section.page_height = F4
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_run(title, "\n".join(content["title_lines"]), 12, bold=True)
    table = new_table(document, len(COLUMNS), WIDTHS)
    add_row(table, content["columns"], 6.5, bold=True, head=True, widths=WIDTHS)
    for row in content["rows"]:
        add_row(table, row["cells"], 7, widths=WIDTHS)
    if content["total"]:
        add_row(table, content["total"]["cells"], 7, bold=True, widths=WIDTHS)
    if not content["rows"]:
        row = table.add_row()
        add_run(row.cells[0].merge(row.cells[-1]).paragraphs[0], content["empty"], 9)
    for note in content["notes"]:
        paragraph = document.add_paragraph()
        tighten(paragraph)
        add_run(paragraph, note, 8)
    write_signature(document, content["signature"])


def write_xlsx(book: Any, report: Any) -> None:
    content = report.content
    last = len(COLUMNS) - 1
    widths = (5, 28, 18, 28, *((11,) * 9), 9, 12, 18, 34, 50, 14)
    sheet = book.sheet("Rekapitulasi", widths, report, 5)
    for place, line in enumerate(content["title_lines"]):
        sheet.merge_range(place, 0, place, last, "", book.title)
        sheet.write_string(place, 0, line, book.title)
    for column, name in enumerate(content["columns"]):
        sheet.write_string(4, column, name, book.head)
    rows = [*content["rows"], *([content["total"]] if content["total"] else [])]
    at = 4
    for at, row in enumerate(rows, start=5):
        write_row(sheet, book, at, row)
    for step, note in enumerate(content["notes"], start=2):
        sheet.write_string(at + step, 1, note)


def write_row(sheet: Any, book: Any, at: int, row: dict[str, Any]) -> None:
    """Texts as texts; the means, the index and n as numbers with all that is printed of them."""
    figures = row["figures"]
    for column, text in enumerate(row["cells"]):
        figure = figures[column - 4] if 4 <= column < 4 + len(figures) else ""
        if figure:
            places = 3 if column < 13 else 2 if column == 13 else 0
            sheet.write_number(at, column, float(figure), book.figure(places))
        else:
            sheet.write_string(at, column, text, book.text)
