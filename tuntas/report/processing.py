"""Content of the regulation's processing form (Lampiran III, p. 29): respondents by elements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from fractions import Fraction

from tuntas.law.elements import element, in_regulation_order
from tuntas.law.grades import BANDS
from tuntas.law.index import IndexResult
from tuntas.law.months import Span
from tuntas.law.tally import Layout
from tuntas.models import Office, Response, Service
from tuntas.models.analyses import analysis_of
from tuntas.models.exclusions import told
from tuntas.models.results import month_results, span_result
from tuntas.models.surveys import Edition
from tuntas.report import numbers, proofs
from tuntas.report.content import ProcessingForm
from tuntas.report.facts import index_facts
from tuntas.report.followup import signature_of


class NothingToProcess(Exception):
    """There is no answer in the span; the message says which office, service and period."""


def build(
    office: Office, span: Span, cut_off: date, service: Service | None = None
) -> ProcessingForm:
    """The form of a span, for one service or the whole office. Raises NothingToProcess."""
    result = span_result(office, span.months, service=service)
    if result is None:
        where = f"{service.name}, {office.name}" if service else office.name
        raise NothingToProcess(f"Tidak ada jawaban untuk {where} pada {numbers.span(span)}.")
    codes = [row.code for row in result.elements]
    columns = tuple(f"U{place}" for place in range(1, len(codes) + 1))
    return ProcessingForm(
        office=office.name,
        title="PENGOLAHAN DATA SURVEI KEPUASAN MASYARAKAT PER RESPONDEN DAN PER UNSUR PELAYANAN",
        lines=(
            ("Unit pelayanan", service.unit.name if service else office.name),
            ("Jenis layanan", service.name if service else "Semua layanan"),
            ("Periode", numbers.span(span)),
            ("Jumlah responden", numbers.number(result.n, 0)),
        ),
        columns=columns,
        respondents=respondents(office, span, codes, {service.pk} if service else None),
        totals=totals(result),
        explanations=(
            *explanations(result),
            *index_facts(analysis_of(office, span, service=service)).lines[1:],
            *exclusions(office, span),
            *proofs.lines(month_results(office, span.months)),
        ),
        elements=tuple(
            (
                column,
                row.name,
                numbers.number(row.mean, 3),
                row.grade.letter if row.grade else "–",
            )
            for column, row in zip(columns, result.elements, strict=True)
        ),
        results=(
            ("IKM unit pelayanan", numbers.number(result.converted)),
            ("Mutu pelayanan", result.grade.letter),
            ("Kinerja unit pelayanan", result.grade.performance),
        ),
        legend=tuple((band.letter, band.performance, band.converted_interval) for band in BANDS),
        signature=signature_of(office, cut_off),
        facts={
            "IKM": numbers.number(result.converted),
            "mutu": result.grade.letter,
            "jumlah responden": numbers.number(result.n, 0),
            "bobot": weight_words(result),
        },
    )


def respondents(
    office: Office, span: Span, codes: list[str], services: Collection[int] | None = None
) -> tuple[tuple[str, ...], ...]:
    """One row per response, in order of arrival: number and the score of each element. `services`:
    keys of the services meant, None for all."""
    rows = (
        Response.objects.counted(office)
        .filter(month__in=[month.first_day for month in span.months])
        .order_by("received_at", "id")
    )
    if services is not None:
        rows = rows.filter(service__in=services)
    layouts = {
        edition.pk: edition.layout
        for edition in Edition.objects.filter(
            pk__in=set(rows.order_by().values_list("edition", flat=True).distinct())
        ).prefetch_related("questions")
    }
    return tuple(
        (str(place), *(shown(layouts[edition], answers, code) for code in codes))
        for place, (edition, answers) in enumerate(
            rows.values_list("edition", "answers").iterator(), start=1
        )
    )


def shown(layout: Layout, answers: str, code: str) -> str:
    """A respondent's score of one element, or nothing when it was not answered."""
    given = [int(answers[place]) for place in layout.by_element.get(code, ())]
    given = [score for score in given if score]
    return numbers.score(Fraction(sum(given), len(given))) if given else ""


def exclusions(office: Office, span: Span) -> tuple[str, ...]:
    """What two people took out of the index, with the reason."""
    return tuple(
        f"Dikeluarkan dari indeks {numbers.month(month)}: {numbers.number(row['n'], 0)} jawaban. "
        f"Alasan: {row['reason']} (diusulkan {row['proposed_by']}, disetujui {row['accepted_by']})."
        for month in span.months
        for row in told(office, month)
    )


def totals(result: IndexResult) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    rows = result.elements
    return (
        ("ΣNilai/unsur", tuple(numbers.score(row.total) for row in rows), ""),
        ("Jumlah yang mengisi", tuple(numbers.number(row.n, 0) for row in rows), ""),
        ("NRR/unsur", tuple(numbers.number(row.mean, 3) for row in rows), ""),
        (
            "NRR tertimbang/unsur",
            tuple(numbers.number(row.weighted, 3) for row in rows),
            f"*) {numbers.number(result.index_value, 3)}",
        ),
        ("IKM unit pelayanan", (), f"**) {numbers.number(result.converted)}"),
    )


def weight_words(result: IndexResult) -> str:
    """The weight as the form names it: `1/9 (tepat)`, `0,111`, or the office's own."""
    if result.weights == "exact":
        used = sum(row.mean is not None for row in result.elements)
        return f"1/{used} (tepat)"
    if result.weights == "own":
        return "bobot sendiri per unsur, berjumlah 1"
    weight = next(row.weight for row in result.elements if row.mean is not None)
    return numbers.number(weight, 3 if result.weights == "0.111" else 2)


def explanations(result: IndexResult) -> tuple[str, ...]:
    codes = in_regulation_order([row.code for row in result.elements])
    names = "; ".join(
        f"U{place} {element(code).short_name}" for place, code in enumerate(codes, start=1)
    )
    low, high = result.interval95 or (None, None)
    lines = [
        f"U1–U{len(codes)}: unsur-unsur pelayanan ({names})",
        "NRR: nilai rata-rata = jumlah nilai per unsur dibagi jumlah kuesioner yang terisi",
        f"NRR tertimbang = NRR per unsur × bobot; bobot yang dipakai: {weight_words(result)}",
        "*) Jumlah NRR tertimbang",
        "**) IKM unit pelayanan = jumlah NRR tertimbang × 25",
    ]
    if low is not None:
        lines.append(
            f"Selang kepercayaan 95%: {numbers.number(low)}–{numbers.number(high)} "
            "(galat pengambilan sampel saja)"
        )
    if "indicative" in result.flags:
        lines.append("Kurang dari 30 responden: nilai bersifat indikatif.")
    if "element-unanswered" in result.flags:
        lines.append("Ada unsur tanpa jawaban; bobotnya dibagi ke unsur lain.")
    if "fees-omitted" in result.flags:
        lines.append("Unsur biaya/tarif tidak ditanyakan; ini menyimpang dari peraturan.")
    return tuple(lines)
