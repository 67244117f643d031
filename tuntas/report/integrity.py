"""The report of SPKP and SPAK for an integrity zone, in the outline of SE MenPANRB 04/2023.

The circular holds for 2023; whether it was issued again is not known, so the report cites it as what
it is. Names and telephone numbers of respondents, which its outline asks for, are never collected.
Only closed months are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK

from tuntas.law.instruments import INSTRUMENTS, LEAST_MONTHS, InstrumentResult
from tuntas.law.months import Span
from tuntas.law.profile import PROFILE
from tuntas.models import Office
from tuntas.models.releases import SpanResult, profile_counts, released, span_released
from tuntas.models.results import CLOSED, MonthResult
from tuntas.report import numbers
from tuntas.report.content import Block, Chapter, Section, Signature
from tuntas.report.docx import add_run, keep_last_with_signature, write_block, write_signature
from tuntas.report.followup import channels, signature_of
from tuntas.report.monitoring import end_of, known_plans, plan_rows, plan_table
from tuntas.report.processing import NothingToProcess

SOURCE = "Surat Edaran Menteri PANRB Nomor 04 Tahun 2023 (15 Februari 2023)"
HEADS = ("No.", "Pernyataan", "Yang mengisi", "Rata-rata (1–6)", "Skala 4")
STATEMENT_WIDTHS = (1.0, 7.4, 2.2, 2.6, 2.2)


@dataclass(frozen=True)
class IntegrityReport:
    office: str
    title_lines: tuple[str, ...]
    period: str
    results: tuple[tuple[str, str, str], ...]  # IPKP, its value on the scale of 4, respondents
    chapters: tuple[Chapter, ...]
    signature: Signature
    tables: tuple[Block, ...]  # of the statements and the months, for the spreadsheet
    facts: dict[str, str] = field(default_factory=dict)
    kind: str = "integrity"


def build(office: Office, span: Span, cut_off: date) -> IntegrityReport:
    """The report of a span. Raises NothingToProcess when nobody was asked in a closed month."""
    found = span_released(office, span)
    if not found.instruments:
        raise NothingToProcess(
            f"Tidak ada jawaban SPKP atau SPAK pada bulan yang sudah ditutup dalam "
            f"{numbers.span(span)} di {office.name}. Pakai kuesioner yang memuatnya, lalu tutup "
            "bulannya."
        )
    months = [row for row in released(office, span.months) if row.instruments]
    statements = tuple(statement_table(row) for row in found.instruments)
    monthly = month_table(months, found.instruments)
    return IntegrityReport(
        office=office.name,
        title_lines=(
            "LAPORAN HASIL SURVEI PERSEPSI KUALITAS PELAYANAN (SPKP)",
            "DAN SURVEI PERSEPSI ANTI KORUPSI (SPAK)",
            office.name.upper(),
        ),
        period=numbers.span(span),
        results=tuple(
            (row.name, numbers.number(row.index_value), numbers.number(row.n, 0))
            for row in found.instruments
        ),
        chapters=(
            questionnaire_chapter(found.instruments),
            method_chapter(office, span, len(months)),
            result_chapter(office, span, cut_off, found.instruments, statements, monthly),
            data_chapter(office, found),
        ),
        signature=signature_of(office, cut_off),
        tables=(*statements, monthly),
        facts={
            **{row.name: numbers.number(row.index_value) for row in found.instruments},
            "jumlah responden": numbers.number(max(row.n for row in found.instruments), 0),
            "bulan yang dihitung": numbers.number(len(months), 0),
        },
    )


# -- chapters ------------------------------------------------------------------------------------


def questionnaire_chapter(results: Sequence[InstrumentResult]) -> Chapter:
    sections = []
    for place, result in enumerate(results):
        instrument = INSTRUMENTS[result.code]
        items = tuple(statement.text for statement in instrument.statements)
        sections.append(Section("AB"[place], instrument.name, (Block("ol", items),)))
    return Chapter("BAB I", "KUESIONER", tuple(sections))


def method_chapter(office: Office, span: Span, months: int) -> Chapter:
    enough = (
        f"Nilai dihitung dari {months} bulan yang sudah ditutup."
        if months >= LEAST_MONTHS
        else f"Nilai dihitung dari {months} bulan yang sudah ditutup; surat edaran meminta "
        f"paling sedikit {LEAST_MONTHS} bulan terakhir sebelum pengusulan."
    )
    sections = (
        (
            "Kriteria Responden",
            "Responden adalah penerima layanan yang telah selesai dilayani pada "
            f"{numbers.span(span)}, dari semua layanan yang menanyakan SPKP dan SPAK.",
        ),
        (
            "Metode Pencacahan",
            f"Survei diisi sendiri oleh penerima layanan melalui {channels(office, span)}. "
            "Nama, nomor telepon, dan identitas lain tidak ditanyakan, supaya setiap orang bebas "
            "menjawab.",
        ),
        (
            "Metode Pengolahan dan Analisis",
            "Setiap pernyataan dinilai dengan bintang 1 sampai 6. Nilai pernyataan adalah rata-rata "
            "jawaban yang terisi; indeks adalah rata-rata nilai semua pernyataan, dinyatakan pada "
            f"skala 4 (rata-rata : 6 × 4), menurut {SOURCE}. Cara mengubah skala 6 ke skala 4 tidak "
            f"dirinci dalam surat edaran itu. {enough}",
        ),
    )
    return Chapter(
        "BAB II",
        "METODOLOGI",
        tuple(
            Section("ABC"[place], title, (Block("p", (text,)),))
            for place, (title, text) in enumerate(sections)
        ),
    )


def result_chapter(
    office: Office,
    span: Span,
    cut_off: date,
    results: Sequence[InstrumentResult],
    statements: Sequence[Block],
    monthly: Block,
) -> Chapter:
    blocks: list[Block] = []
    for result, table in zip(results, statements, strict=True):
        blocks += [Block("p", (sentence(result),)), table]
    blocks += [Block("p", ("Nilai setiap bulan yang sudah ditutup:",)), monthly]
    rows = plan_rows(office, span, known_plans(office, span, end_of(cut_off, office)))
    followed = (
        (Block("p", ("Rencana tindak lanjut atas hasil survei periode ini:",)), plan_table(rows))
        if rows
        else (Block("p", ("Belum ada rencana tindak lanjut yang dicatat untuk periode ini.",)),)
    )
    return Chapter(
        "BAB III",
        "PENGOLAHAN SURVEI",
        (
            Section("A", "Analisis Hasil Survei", tuple(blocks)),
            Section("B", "Tindak Lanjut Hasil Survei", followed),
        ),
    )


def data_chapter(office: Office, found: SpanResult) -> Chapter:
    """Who answered, as counts; the respondents of the months, whatever each of them answered."""
    counted = profile_counts(office, found.months)
    rows = [("Karakteristik", "Pilihan", "Jumlah", "Persentase")]
    for question in PROFILE:
        rows += profile_rows(question.label, question.choices, counted[question.code])
    table = Block("table", rows=tuple(rows), widths=(4.0, 5.6, 2.6, 3.2))
    words = (
        "Jumlah responden semua layanan pada bulan yang dihitung. Nama dan nomor telepon tidak "
        "dikumpulkan; karena itu lampiran daftar responden tidak ada."
    )
    return Chapter(
        "BAB IV",
        "DATA SURVEI",
        (
            Section("A", "Data Responden", (Block("p", (words,)), table)),
            Section(
                "B",
                "Data Dukung Lainnya",
                (
                    Block(
                        "p",
                        (
                            "Nilai setiap bulan dibekukan saat bulannya ditutup; sidik SHA-256 isi "
                            "penutupan tersimpan dalam sistem. Keaslian laporan ini diperiksa dengan "
                            "kode verifikasi di kaki halaman.",
                        ),
                    ),
                ),
            ),
        ),
    )


def profile_rows(
    label: str, choices: Sequence[tuple[str, str]], counted: Counter[str]
) -> list[tuple[str, str, str, str]]:
    """The choices somebody made, and who made none; the rows add up to all of them."""
    total = sum(counted.values())
    found: list[tuple[str, str, str, str]] = []
    for character, words in (*choices, ("-", "Tidak diisi")):
        if counted[character]:
            share = Fraction(100 * counted[character], total)
            cells = (words, numbers.number(counted[character], 0), numbers.percent(share, 1))
            found.append((label if not found else "", *cells))
    return found


def sentence(result: InstrumentResult) -> str:
    """The index in words, with the strongest and the weakest statement."""
    rated = [row for row in result.statements if row.mean is not None]
    ranked = sorted(rated, key=lambda row: row.mean or 0)
    words = (
        f"{INSTRUMENTS[result.code].index_name}: *{numbers.number(result.index_value)} dari 4* "
        f"(rata-rata {numbers.number(result.mean, 3)} dari 6), dari {numbers.number(result.n, 0)} "
        "responden."
    )
    if len(ranked) > 1 and ranked[0].mean != ranked[-1].mean:
        words += f" Nilai tertinggi: {ranked[-1].name}; terendah, yang diperbaiki lebih dahulu: {ranked[0].name}."
    return words


# -- tables --------------------------------------------------------------------------------------


def statement_table(result: InstrumentResult) -> Block:
    rows = [
        (
            f"{place}.",
            row.name,
            numbers.number(row.n, 0),
            numbers.number(row.mean, 3),
            numbers.number(row.index_value, 3),
        )
        for place, row in enumerate(result.statements, start=1)
    ]
    total = (
        "",
        result.name,
        numbers.number(result.n, 0),
        numbers.number(result.mean, 3),
        numbers.number(result.index_value, 3),
    )
    return Block("table", rows=(HEADS, *rows, total), widths=STATEMENT_WIDTHS)


def month_table(months: Sequence[MonthResult], results: Sequence[InstrumentResult]) -> Block:
    """Every closed month in which they were asked, and the whole span below."""
    names = [row.name for row in results]
    head = ("Bulan", *(word for name in names for word in (name, f"Responden {name}")))
    rows = [
        (numbers.month(row.month), *cells(row.instruments, results))
        for row in months
        if row.state == CLOSED
    ]
    widths = (4.4, *((2.8,) * (2 * len(names))))
    return Block(
        "table", rows=(head, *rows, ("Seluruhnya", *cells(results, results))), widths=widths
    )


def cells(found: Sequence[InstrumentResult], wanted: Sequence[InstrumentResult]) -> tuple[str, ...]:
    """Index and respondents of each instrument; dashes where one was not asked."""
    by_code = {row.code: row for row in found}
    pairs: list[str] = []
    for each in wanted:
        row = by_code.get(each.code)
        pairs += [
            numbers.number(row.index_value if row else None, 3),
            numbers.number(row.n if row else None, 0),
        ]
    return tuple(pairs)


# -- DOCX and XLSX -------------------------------------------------------------------------------


def write_docx(document: Any, report: Any) -> None:
    content = report.content
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_run(title, "\n".join((*content["title_lines"], content["period"])), 14, bold=True)
    for name, value, n in content["results"]:
        line = document.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        add_run(line, f"{name} {value} dari 4 ({n} responden)", 12, bold=True)
    for chapter in content["chapters"]:
        heading = document.add_heading(level=1)
        heading.add_run(chapter["number"]).add_break(WD_BREAK.LINE)
        heading.add_run(chapter["title"])
        for section in chapter["sections"]:
            document.add_heading(f"{section['letter']}. {section['title']}", level=2)
            for block in section["blocks"]:
                write_block(document, block)
    keep_last_with_signature(document)
    write_signature(document, content["signature"])


def write_xlsx(book: Any, report: Any) -> None:
    """One sheet for each instrument, one for the months; numbers are numbers."""
    content = report.content
    names = [*(name for name, _value, _n in content["results"]), "Per bulan"]
    for name, table in zip(names, content["tables"], strict=True):
        widths = (16, 44, 16, 18, 16) if name != "Per bulan" else (22, 14, 18, 14, 18)
        sheet = book.sheet(name, widths, report, 1)
        head, *rows = table["rows"]
        for column, text in enumerate(head):
            sheet.write_string(0, column, text, book.head)
        for at, row in enumerate(rows, start=1):
            for column, text in enumerate(row):
                write_cell(
                    sheet, book, at, column, text, is_text=name != "Per bulan" and column < 2
                )


def write_cell(sheet: Any, book: Any, at: int, column: int, text: str, *, is_text: bool) -> None:
    """`3,512` as the number it is; words and dashes as they are."""
    plain = text.replace(".", "").replace(",", ".")
    if is_text or column == 0 or not plain.replace(".", "").isdigit():
        sheet.write_string(at, column, text, book.text)
        return
    places = len(plain.partition(".")[2])
    sheet.write_number(at, column, float(plain), book.figure(places))
