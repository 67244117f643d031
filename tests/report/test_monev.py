"""The documents on action plans: what they say in each format, with real dates and no formula."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.conftest import Cast, moment
from tests.report.test_documents import NASTY, docx_text, pdf_text
from tuntas import demo, report
from tuntas.law.months import Span
from tuntas.models import ActionPlan, Office, Report
from tuntas.report import sheets

FIRST = Span.parse("2023-S1")


@pytest.fixture
def office(db: None) -> Office:
    demo.load()
    return Office.objects.get(code="kanreg10")


def sheet(made: Report, name: str) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(report.render(made, "xlsx")))
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


@pytest.mark.slow
def test_the_monev_document_is_the_annex_of_the_follow_up_report(office: Office) -> None:
    monev = report.make(office, "monev", FIRST)
    follow_up = report.make(office, "follow-up", FIRST)
    assert monev.content["annex"] == follow_up.content["annex"]
    assert len(monev.content["evidence"]) == 11
    for text in (pdf_text(report.render(monev, "pdf")), docx_text(report.render(monev, "docx"))):
        assert text.count("Status: belum selesai") == 2
        assert "5 di antaranya telah selesai (71,43%)" in text
        assert "Daftar data dukung" in text
        assert "Yudhantoro Bayu Wiratmoko" in text


@pytest.mark.slow
def test_a_unit_that_runs_on_names_itself_on_the_next_page(office: Office) -> None:
    made = report.make(office, "monev", FIRST)
    pages = [
        " ".join(page.extract_text().split())
        for page in PdfReader(io.BytesIO(report.render(made, "pdf"))).pages
    ]
    assert sum("PdSK (lanjutan)" in page for page in pages) == 1
    assert not any("Pensiun (lanjutan)" in page for page in pages)
    assert all("Kecepatan" in page for page in pages[:4])


@pytest.mark.slow
def test_the_spreadsheet_holds_real_dates_and_numbers(office: Office) -> None:
    made = report.make(office, "monev", FIRST)
    assert report.render(made, "xlsx") == report.render(made, "xlsx")
    rows = sheet(made, "Monev")
    assert rows[4][:3] == ["No.", "Unit Kerja", "Waktu Survei"]
    table = rows[5:12]
    assert [row[6] for row in table] == [1, 1, 1, 1, 4, 1, 3]
    assert [row[2] for row in table][:2] == [date(2023, 1, 1)] * 2
    assert [row[1] for row in table] == ["Pensiun", "", "INKA", "", "", "PdSK", ""]
    assert table[5][4].count("\n") == 14
    assert table[5][11] == ""
    with zipfile.ZipFile(io.BytesIO(report.render(made, "xlsx"))) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    assert 'orientation="landscape"' in xml
    assert 'paperSize="9"' in xml
    assert "<mergeCell " in xml
    assert 'state="frozen"' in xml


@pytest.mark.slow
def test_carried_plans_say_where_they_come_from(office: Office) -> None:
    made = report.make(office, "monev", Span.parse("2023-S2"), cut_off=date(2023, 12, 31))
    rows = [row for group in made.content["annex"]["groups"] for row in group["rows"]]
    # On 1 July 2023 four of the seven were finished; the long list was accepted in August.
    assert [row["note"] for row in rows] == ["Lanjutan dari SMT I 2023"] * 3
    assert "3 rencana aksi dari periode sebelumnya dilanjutkan; 1 di antaranya" in str(made.content)
    assert "Lanjutan dari SMT I 2023" in pdf_text(report.render(made, "pdf"))


@pytest.mark.slow
def test_the_rtl_table_has_the_worst_element_first_and_ticks_quarters(office: Office) -> None:
    made = report.make(office, "plan", FIRST)
    rows = made.content["rows"]
    assert [row["number"] for row in rows] == ["1.", "", "2.", "", "3.", "4.", "5."]
    assert made.content["year"] == "2023"
    assert rows[0]["quarters"] == [True] * 4
    assert rows[1]["quarters"] == [False, False, True, False]
    assert rows[2]["quarters"] == [True, True, False, False]
    for text in (pdf_text(report.render(made, "pdf")), docx_text(report.render(made, "docx"))):
        assert "RENCANA TINDAK LANJUT PERBAIKAN" in text
        assert "PRIORITAS UNSUR" in text
        assert "jangka pendek" in text
    table = sheet(made, "RTL")
    assert table[5][0] == "NO"
    assert table[6][9] == date(2023, 2, 1)
    assert table[6][4] == "✓"


@pytest.mark.slow
def test_the_follow_up_report_tells_the_same_plans_in_chapter_two(office: Office) -> None:
    rows = report.make(office, "plan", FIRST).content["rows"]
    section = report.make(office, "follow-up", FIRST).content["chapters"][1]["sections"][2]
    table = section["blocks"][-1]
    assert [row[1] for row in table["rows"][1:]] == [row["element"] for row in rows]
    assert len(table["widths"]) == 5


def test_nothing_in_a_spreadsheet_is_a_formula(cast: Cast) -> None:
    for text in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", NASTY):
        ActionPlan.add(
            cast.pensiun, by=None, at=moment("2026-01-20 03:00"),
            survey_month=date(2026, 1, 1), action=text, cause="=1+1",
        )  # fmt: skip
    for kind in ("monev", "plan"):
        made = report.make(cast.office, kind, Span.parse("2026-01"), cut_off=date(2026, 2, 1))
        for format in report.formats_of(kind):
            assert report.render(made, format)
        with zipfile.ZipFile(io.BytesIO(report.render(made, "xlsx"))) as package:
            assert not any(
                b"<f>" in package.read(name) for name in package.namelist() if "sheet" in name
            )


def test_a_csv_cell_never_begins_a_formula() -> None:
    rows = [("=1+1", "+1", "-1", "@x", "\tx", "biasa", 7, None, date(2026, 1, 2))]
    text = sheets.write("csv", "x", ["a"] * 9, rows).decode("utf-8-sig").splitlines()[1]
    assert text == "'=1+1;'+1;'-1;'@x;'\tx;biasa;7;;2026-01-02"
    assert b"<f>" not in sheets.write("xlsx", "x", ["a"] * 9, rows)


def test_other_kinds_have_no_spreadsheet_and_empty_ones_are_documents(cast: Cast) -> None:
    made = report.make(cast.office, "follow-up", Span.parse("2020-S1"))
    with pytest.raises(ValueError, match="tidak tersedia"):
        report.render(made, "xlsx")
    for kind in ("monev", "plan"):
        empty = report.make(cast.office, kind, Span.parse("2020-S1"))
        assert "100%" not in str(empty.content)
        for format in report.formats_of(kind):
            assert report.render(empty, format)


@pytest.mark.slow
def test_libreoffice_opens_the_word_files(office: Office, tmp_path: Path) -> None:
    program = shutil.which("soffice")
    assert program, "LibreOffice tidak ada; jalankan make setup"
    names = []
    for kind in ("monev", "plan"):
        made = report.make(office, kind, FIRST)
        names.append(tmp_path / f"{kind}.docx")
        names[-1].write_bytes(report.render(made, "docx"))
    subprocess.run(
        [program, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, names)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    for name in names:
        reader = PdfReader(io.BytesIO(name.with_suffix(".pdf").read_bytes()))
        assert all(page.mediabox.width > page.mediabox.height for page in reader.pages), name
        assert "Diagendakan pelaksanaan" in " ".join(
            " ".join(page.extract_text() for page in reader.pages).split()
        )


@pytest.mark.slow
def test_word_merges_the_heads_of_the_rtl_table(office: Office) -> None:
    document = Document(io.BytesIO(report.render(report.make(office, "plan", FIRST), "docx")))
    heads = [cell.text for cell in document.tables[0].rows[0].cells]
    assert heads[4:8] == ["TW 2023"] * 4
    assert [cell.text for cell in document.tables[0].rows[1].cells][4:8] == ["I", "II", "III", "IV"]
