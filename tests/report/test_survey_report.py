"""The official result report: its numbers, its outlines, its edges, in all formats."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.conftest import Cast, answer, moment
from tests.report.test_documents import NASTY, docx_text, pdf_text
from tuntas import report
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    Edition,
    Feedback,
    HistoricalResult,
    Office,
    Period,
    Report,
    Service,
    Unit,
)
from tuntas.models.closures import Closure
from tuntas.models.results import span_result
from tuntas.report import numbers, suggestions
from tuntas.report.suggestions import anonymous

DAY = date(2026, 4, 10)


def seal(office: Office, month: int) -> Closure:
    at = moment(f"2026-{month + 1:02d}-03 03:00")
    return Closure.seal(Period.of(office, Month(2026, month)), by=None, at=at)


def made_of(office: Office, span: str, **wanted: Any) -> Report:
    wanted.setdefault("cut_off", DAY)
    return report.make(office, "monthly", Span.parse(span), **wanted)


def grids(made: Report) -> dict[str, dict[str, Any]]:
    """Every table by its caption without the number."""
    sections = [row for chapter in made.content["chapters"] for row in chapter["sections"]]
    blocks = [b for part in (*sections, *made.content["parts"]) for b in part["blocks"]]
    return {b["caption"].split(". ", 1)[1]: b for b in blocks if b["kind"] == "grid"}


@pytest.fixture
def quarter(cast: Cast) -> Cast:
    """Three months of two units, 16 and 9 questions, all closed."""
    for month in (1, 2, 3):
        at = moment(f"2026-{month:02d}-15 03:00")
        for place in range(12):
            text = "Tambah kursi, hubungi 0812 3456 7890." if place == 0 else ""
            answer(cast.service, "343444323", at=at, profile="L35a", suggestion=text, channel="qr")
            answer(cast.service16, "3434443233444434", at=at, profile="P24d")
        seal(cast.office, month)
    return cast


def test_of_very_many_suggestions_the_last_are_printed_and_the_reader_is_told(
    quarter: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "MOST_SUGGESTIONS", 2)
    made = made_of(quarter.office, "2026-Q1")
    rows = grids(made)["Saran dan masukan"]["rows"]
    assert [row[0] for row in rows[1:]] == ["2.", "3."]
    assert "Saran dan masukan berjumlah 3," in json.dumps(made.content)
    monkeypatch.setattr(suggestions, "MOST_SUGGESTIONS", 3)
    made = made_of(quarter.office, "2026-Q1")
    assert len(grids(made)["Saran dan masukan"]["rows"]) == 4
    assert "Saran dan masukan berjumlah" not in json.dumps(made.content)


def test_the_index_of_the_report_is_the_one_of_the_results(quarter: Cast) -> None:
    made = made_of(quarter.office, "2026-Q1")
    result = span_result(quarter.office, Span.parse("2026-Q1").months)
    assert result is not None
    table = grids(made)["Indeks per unsur dan Indeks Kepuasan Masyarakat"]
    assert [row[3] for row in table["rows"][1:-1]] == [
        numbers.number(row.mean, 3) for row in result.elements
    ]
    assert table["rows"][-1][5:] == [numbers.number(result.converted), result.grade.letter]
    assert made.content["facts"]["IKM"] == numbers.number(result.converted)
    lowest = grids(made)["Tiga unsur dengan nilai terendah"]["rows"][1:]
    assert [row[1] for row in lowest] == [row.name for row in result.lowest()]
    highest = grids(made)["Tiga unsur dengan nilai tertinggi"]["rows"][1:]
    assert [row[1] for row in highest] == [row.name for row in result.highest()]


def test_a_closed_month_keeps_the_weights_it_was_closed_with(quarter: Cast) -> None:
    before = made_of(quarter.office, "2026-01").content["facts"]["IKM"]
    quarter.office.change(by=None, weights="0.11")
    assert made_of(quarter.office, "2026-01").content["facts"]["IKM"] == before


@pytest.mark.slow
def test_all_formats_say_the_same(quarter: Cast) -> None:
    made = made_of(quarter.office, "2026-Q1")
    value = made.content["facts"]["IKM"]
    as_pdf, as_docx = report.render(made, "pdf"), report.render(made, "docx")
    assert report.render(made, "pdf") == as_pdf
    assert report.render(made, "docx") == as_docx
    for text in (pdf_text(as_pdf), docx_text(as_docx)):
        assert value in text
        for caption in grids(made):
            assert caption.split()[0] in text
    book = CalamineWorkbook.from_filelike(io.BytesIO(report.render(made, "xlsx")))
    assert len(book.sheet_names) == len(grids(made))
    name = next(name for name in book.sheet_names if "Indeks per unsur" in name)
    last = book.get_sheet_by_name(name).to_python()[-1]
    assert numbers.number(Decimal(str(last[5]))) == value


def test_five_and_four_chapters_hold_what_offices_expect(quarter: Cast) -> None:
    five = [row["title"] for row in made_of(quarter.office, "2026-Q1").content["chapters"]]
    assert five == [
        "PENDAHULUAN",
        "PENGUMPULAN DATA SKM",
        "HASIL PENGOLAHAN DATA SKM",
        "ANALISIS HASIL SKM",
        "KESIMPULAN",
    ]
    four = made_of(quarter.office, "2026-Q1", outline="four").content["chapters"]
    assert [row["number"] for row in four] == ["BAB I", "BAB II", "BAB III", "BAB IV"]
    assert four[2]["title"] == "HASIL TINDAK LANJUT SKM PERIODE SEBELUMNYA"
    with pytest.raises(ValueError, match="sistematika"):
        made_of(quarter.office, "2026-Q1", outline="six")


def test_a_unit_reports_only_its_own(quarter: Cast) -> None:
    made = made_of(quarter.office, "2026-Q1", unit=quarter.inka)
    assert made.content["facts"]["jumlah responden"] == "36"
    assert made.content["unit"] == "Bidang Informasi Kepegawaian"
    assert "Saran dan masukan" not in grids(made)
    assert "bidang-informasi-kepegawaian" in report.file_name(made, "pdf")
    with_words = made_of(quarter.office, "2026-Q1", unit=quarter.pensiun)
    assert len(grids(with_words)["Saran dan masukan"]["rows"]) == 4


def test_suggestions_stand_with_their_answers_and_without_anybody(quarter: Cast) -> None:
    row = Feedback.objects.order_by("id")[0]
    row.reply("Kursi ditambah; surel budi@contoh.go.id.", by=quarter.people["officer"],
              at=moment("2026-02-01 03:00"))  # fmt: skip
    table = grids(made_of(quarter.office, "2026-01"))["Saran dan masukan"]
    assert table["rows"][1][2:] == [
        "Tambah kursi, hubungi [disamarkan].",
        "Kursi ditambah; surel [disamarkan].",
    ]
    words = str(made_of(quarter.office, "2026-01").content)
    assert "Officer" not in words
    assert "0812" not in words
    assert anonymous("NIP 19800101 200501 1 001, pukul 08.00") == "NIP [disamarkan], pukul 08.00"


def test_an_answer_given_after_the_day_of_the_report_is_not_told(quarter: Cast) -> None:
    row = Feedback.objects.order_by("id")[0]
    row.reply("Sudah.", by=quarter.people["officer"], at=moment("2026-05-01 03:00"))
    table = grids(made_of(quarter.office, "2026-01"))["Saran dan masukan"]
    assert table["rows"][1][3].startswith("Belum dijawab; tenggat ")


def test_a_half_closed_period_is_a_draft_on_every_page(cast: Cast) -> None:
    for month in (1, 2):
        answer(cast.service, at=moment(f"2026-{month:02d}-15 03:00"))
    seal(cast.office, 1)
    made = made_of(cast.office, "2026-01..2026-02")
    assert made.is_draft
    pages = PdfReader(io.BytesIO(report.render(made, "pdf"))).pages
    assert all("DRAF – bulan belum ditutup" in page.extract_text() for page in pages)
    with zipfile.ZipFile(io.BytesIO(report.render(made, "docx"))) as package:
        headers = [name for name in package.namelist() if "header" in name]
        assert headers
        assert all("DRAF" in package.read(name).decode() for name in headers if ".rels" not in name)
    assert "Februari 2026 belum ditutup" in str(made.content["summary"])
    seal(cast.office, 2)
    assert not made_of(cast.office, "2026-01..2026-02").is_draft


@pytest.mark.parametrize("n", [0, 1])
def test_no_answer_and_one_answer_are_documents_too(cast: Cast, n: int) -> None:
    for _each in range(n):
        answer(cast.service, at=moment("2026-01-15 03:00"))
    seal(cast.office, 1)
    made = made_of(cast.office, "2026-01")
    words = str(made.content)
    assert ("Tidak ada jawaban untuk" in words) == (n == 0)
    assert ("indikatif" in words) == (n == 1)
    for format in ("pdf", "docx", "xlsx"):
        assert report.render(made, format)


def test_historical_values_stay_apart_and_say_so(cast: Cast) -> None:
    for month in (1, 2):
        HistoricalResult.record(
            cast.office, Month(2026, month), 80 + month, source="Laporan 2026", by=None
        )  # type: ignore[arg-type]
    made = made_of(cast.office, "2026-01..2026-02")
    assert not made.is_draft
    assert made.content["facts"]["IKM"] == "–"
    assert made.content["facts"]["nilai Februari 2026"] == "82,00"
    assert "tidak digabung dengan nilai lain" in str(made.content["summary"])
    assert made_of(cast.office, "2026-02").content["facts"]["IKM"] == "82,00"


def test_two_years_are_compared_and_a_first_year_says_so(quarter: Cast) -> None:
    assert "tidak ada yang dapat dibandingkan" in str(made_of(quarter.office, "2026-Q1").content)
    HistoricalResult.record(quarter.office, Month(2025, 1), 80, source="Laporan 2025", by=None)  # type: ignore[arg-type]
    table = grids(made_of(quarter.office, "2026-01"))["Perbandingan antartahun"]
    assert table["rows"][0] == ["Unsur", "Januari 2025", "Januari 2026", "Selisih"]
    index = next(row for row in table["rows"] if row[0] == "IKM")
    assert index[1] == "80,00"
    assert index[3].startswith("+")


def test_the_proof_of_a_closure_and_its_exclusions_are_annexed(quarter: Cast) -> None:
    made = made_of(quarter.office, "2026-Q1")
    rows = grids(made)["Sidik penutupan bulan"]["rows"][1:]
    kept = Closure.objects.order_by("period__month").values_list("sha256", flat=True)
    assert [row[4] for row in rows] == list(kept)
    assert "Tidak ada jawaban yang dikeluarkan dari indeks." in str(made.content["parts"])
    numbers_of = [part["number"] for part in made.content["parts"]]
    assert numbers_of == [f"Lampiran {place}" for place in range(1, 7)]


def test_the_follow_up_of_the_period_before_is_annexed(quarter: Cast) -> None:
    plan = ActionPlan.add(
        quarter.pensiun, by=None, at=moment("2026-01-20 03:00"), survey_month=date(2026, 1, 1),
        action="Menambah kursi.",
    )  # fmt: skip
    plan.add_progress(by=None, at=moment("2026-02-20 03:00"), kind="note", text="Sudah dipesan.")
    row = grids(made_of(quarter.office, "2026-02"))["Tindak lanjut rencana aksi"]["rows"][1]
    assert row[1:5] == ["Pensiun", "Menambah kursi.", "Proses", "Sudah dipesan."]


def test_the_word_file_has_styles_captions_and_repeated_heads(quarter: Cast) -> None:
    data = report.render(made_of(quarter.office, "2026-Q1"), "docx")
    document = Document(io.BytesIO(data))
    styles = [paragraph.style.name for paragraph in document.paragraphs if paragraph.style]
    assert {"Heading 1", "Heading 2", "Heading 3", "Caption", "Title"} <= set(styles)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        xml = package.read("word/document.xml").decode()
    assert 'TOC \\o "1-2"' in xml
    assert xml.count("SEQ Tabel") == styles.count("Caption") - xml.count("SEQ Gambar")
    assert xml.count("w:tblHeader") == xml.count("SEQ Tabel")
    marks = [f"_Toc{100000 + place}" for place in range(styles.count("Heading 1"))]
    assert all(f'w:name="{mark}"' in xml and f"PAGEREF {mark} " in xml for mark in marks)
    assert xml.count(' descr="') == xml.count("SEQ Gambar")


@pytest.mark.slow
def test_libreoffice_opens_it_with_its_contents_and_paper(quarter: Cast, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    assert office, "LibreOffice tidak ada; jalankan make setup"
    made = made_of(quarter.office, "2026-Q1", paper="f4")
    source = tmp_path / "laporan.docx"
    source.write_bytes(report.render(made, "docx"))
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(source)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    pages = PdfReader(tmp_path / "laporan.pdf").pages
    assert round(float(pages[0].mediabox.height) / 72 * 25.4) == 330
    contents = pages[1].extract_text()
    assert re.search(r"BAB V KESIMPULAN\.*\s*\d+", contents)
    assert re.search(r"BAB I PENDAHULUAN\.*\s*4\b", contents)
    assert "PENDAHULUAN" in pages[3].extract_text()
    assert made.content["facts"]["IKM"] in pages[2].extract_text()


@pytest.mark.parametrize(("paper", "size"), [("a4", (210, 297)), ("f4", (215, 330))])
@pytest.mark.parametrize("kind", ["monthly", "follow-up", "processing", "monev", "plan"])
def test_every_document_comes_on_both_papers(
    cast: Cast, kind: str, paper: str, size: tuple[int, int]
) -> None:
    answer(cast.service, at=moment("2026-01-15 03:00"))
    made = report.make(cast.office, kind, Span.parse("2026-01"), cut_off=DAY, paper=paper)
    box = PdfReader(io.BytesIO(report.render(made, "pdf"))).pages[0].mediabox
    found = sorted(round(float(side) / 72 * 25.4) for side in (box.width, box.height))
    assert tuple(found) == size
    sheet = Document(io.BytesIO(report.render(made, "docx"))).sections[0]
    assert sorted([round(sheet.page_width.mm), round(sheet.page_height.mm)]) == list(size)  # type: ignore[union-attr]


@pytest.mark.slow
def test_four_hundred_suggestions_and_long_names_stay_inside_the_page(cast: Cast) -> None:
    name = "Bagian " + "Sangat Panjang " * 12
    unit = Unit.add(cast.office, "panjang", name[:200], by=None)
    service = Service.add(
        unit, "panjang", ("Layanan" + "x" * 100 + " " + name)[:200],
        edition=Edition.builtin("skm16"), by=None,
    )  # fmt: skip
    for place in range(400):
        text = "kata" * 300 if place == 0 else f"{NASTY} nomor saran {place}"
        answer(service, "3" * 16, at=moment("2026-01-15 03:00"), suggestion=text)
    seal(cast.office, 1)
    made = made_of(cast.office, "2026-01")
    data = report.render(made, "pdf")
    reader = PdfReader(io.BytesIO(data))
    assert "nomor saran 399" in pdf_text(data)
    heads = [page for page in reader.pages if "nomor saran" in page.extract_text()]
    assert len(heads) > 10
    assert all("Jawaban kantor" in page.extract_text() for page in heads)
    for page in reader.pages:
        edge = float(page.mediabox.width) - 30

        def check(text: str, _cm: Any, tm: Any, _font: Any, _size: Any, edge: float = edge) -> None:
            if text.strip() and tm[1] == 0:  # not the watermark
                assert 0 <= tm[4] <= edge, text

        page.extract_text(visitor_text=check)
    assert report.render(made, "docx").startswith(b"PK")
