"""The documents: what they say, that both formats say it, and that nothing can break them."""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from tests.conftest import Cast, answer, moment
from tuntas import demo, report
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Office, Period, Report
from tuntas.models.closures import Closure
from tuntas.report import content, narrative, pdf

SEED_VALUES = ["88,81", "89,15", "86,48", "87,63", "90,83", "87,97"]


def pdf_text(data: bytes) -> str:
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
        .replace("\u200b", "")
        .split()
    )


def docx_text(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        xml = package.read("word/document.xml").decode()
    return " ".join(
        html.unescape("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", xml))).split()
    )


@pytest.fixture
def seed(db: None) -> Report:
    demo.load()
    return report.make(Office.objects.get(code="kanreg10"), "follow-up", Span.parse("2023-S1"))


def rows_of(made: Report) -> list[dict[str, Any]]:
    return [row for group in made.content["annex"]["groups"] for row in group["rows"]]


@pytest.mark.slow
def test_the_semester_report_says_what_the_real_one_says(seed: Report) -> None:
    assert seed.cut_off == date(2023, 8, 21)
    table = seed.content["chapters"][1]["sections"][1]["blocks"][-1]["rows"]
    assert [row[2].split(" ")[0] for row in table[1:]] == SEED_VALUES
    assert [row[1] for row in table[1:]] == ["Januari", "Februari", "Maret", "April", "Mei", "Juni"]
    groups = seed.content["annex"]["groups"]
    assert [(group["unit"], len(group["rows"])) for group in groups] == [
        ("Pensiun", 2),
        ("INKA", 3),
        ("PdSK", 2),
    ]
    rows = rows_of(seed)
    assert [row["lead_time"] for row in rows] == [f"{n} bulan" for n in (1, 1, 1, 1, 4, 1, 3)]
    assert [row["period"] for row in rows] == [
        "Februari–Juni 2023",
        "Februari–Juni 2023",
        "Februari–Juni 2023",
        "Maret–Juni 2023",
        "Agustus 2023",
        "Februari 2023 s.d. sekarang",
        "Agustus 2023",
    ]
    assert [len(row["evidence"]) for row in rows] == [2, 1, 2, 1, 1, 3, 1]
    assert [row["status"] for row in rows].count("Belum selesai") == 2
    signature = seed.content["signature"]
    assert signature["place_and_date"] == "Denpasar, 21 Agustus 2023"
    assert signature["name"] == "Yudhantoro Bayu Wiratmoko"
    assert signature["anchor"] == "$"


@pytest.mark.slow
def test_claims_are_made_only_when_the_data_says_so(seed: Report) -> None:
    words = str(seed.content["chapters"])
    assert "selalu memperoleh nilai Baik/Sangat Baik" in words
    assert "telah ditindaklanjuti (100%); 5 di antaranya telah selesai (71,43%)" in words
    assert "INKA (April 2023) dan PdSK (Mei 2023)" in words
    assert "Tidak ada saran dan masukan periode ini yang tercatat" in words
    assert "direspon 100%" not in words
    assert "Tahun 2022" not in words


@pytest.mark.slow
def test_pdf_and_word_say_the_same_and_are_made_the_same_again(seed: Report) -> None:
    as_pdf, as_docx = report.render(seed, "pdf"), report.render(seed, "docx")
    assert report.render(seed, "pdf") == as_pdf
    assert report.render(seed, "docx") == as_docx
    for text in (pdf_text(as_pdf), docx_text(as_docx)):
        for value in SEED_VALUES:
            assert value in text
        assert "LAPORAN MONITORING, EVALUASI, DAN TINDAK LANJUT RENCANA AKSI" in text
        assert text.count("Status: belum selesai") == 2
        assert "Yudhantoro Bayu Wiratmoko" in text
    assert seed.code in pdf_text(as_pdf)


@pytest.mark.slow
def test_the_pdf_is_archival_tagged_and_titled(seed: Report) -> None:
    reader = PdfReader(io.BytesIO(report.render(seed, "pdf")))
    assert reader.metadata is not None
    assert reader.metadata.title == seed.title
    assert b"pdfaid:part" in reader.xmp_metadata.stream.get_data()  # type: ignore[union-attr]
    root = reader.trailer["/Root"].get_object()
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "id"
    assert reader.outline
    assert {font for page in reader.pages for font in fonts_of(page)} <= {"LiberationSans"}
    landscape = [page.mediabox.width > page.mediabox.height for page in reader.pages]
    assert landscape == sorted(landscape)
    assert any(landscape)


def fonts_of(page: Any) -> set[str]:
    fonts = page["/Resources"]["/Font"].get_object()
    names = {str(font.get_object()["/BaseFont"]) for font in fonts.values()}
    return {name.split("+")[-1].split("-")[0] for name in names}


@pytest.mark.slow
def test_the_annex_repeats_its_head_and_prints_a_unit_once(seed: Report) -> None:
    document = Document(io.BytesIO(report.render(seed, "docx")))
    annex = next(table for table in document.tables if len(table.columns) == 9)
    heads = [
        row for row in annex.rows if row._tr.trPr is not None and "tblHeader" in row._tr.trPr.xml
    ]
    assert len(heads) == 2
    units = [row.cells[1].text for row in annex.rows[2:]]
    assert units == ["Pensiun"] * 2 + ["INKA"] * 3 + ["PdSK"] * 2
    # Number and unit of each of the three groups begin a merged cell.
    assert annex._tbl.xml.count('<w:vMerge w:val="restart"/>') == 6
    assert [p.style.name for p in document.paragraphs].count("Heading 1") == 3  # type: ignore[union-attr]


@pytest.mark.slow
def test_libreoffice_opens_the_word_file_and_prints_the_same_pages(
    seed: Report, tmp_path: Path
) -> None:
    office = shutil.which("soffice")
    assert office, "LibreOffice tidak ada; jalankan make setup"
    source = tmp_path / "laporan.docx"
    source.write_bytes(report.render(seed, "docx"))
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(source)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    text = pdf_text((tmp_path / "laporan.pdf").read_bytes())
    assert all(value in text for value in SEED_VALUES)
    assert "Yudhantoro Bayu Wiratmoko" in text


def closed_month(cast: Cast, answers: list[str]) -> None:
    for text in answers:
        answer(cast.service, text, at=moment("2026-01-15 03:00"))
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-02 03:00"))


def test_the_processing_form_adds_up_and_prints_its_weight(cast: Cast) -> None:
    # Question 8 asks for the facilities (U9), question 9 for complaint handling (U8).
    closed_month(cast, ["444444412", "333333312", "333333312"])
    made = report.make(cast.office, "processing", Span.parse("2026-01"))
    form = made.content
    assert [row[0] for row in form["respondents"]] == ["1", "2", "3"]
    assert sorted(row[1:] for row in form["respondents"])[-1] == [*"444444421"]
    totals = {label: values for label, values, _total in form["totals"]}
    assert totals["ΣNilai/unsur"] == ["10"] * 7 + ["6", "3"]
    assert totals["NRR/unsur"] == ["3,333"] * 7 + ["2,000", "1,000"]
    assert form["elements"][7][1] == "Penanganan Pengaduan, Saran, dan Masukan"
    assert form["results"][0] == ["IKM unit pelayanan", "73,15"]
    assert "1/9 (tepat)" in " ".join(form["explanations"])
    assert "indikatif" in " ".join(form["explanations"])
    for format in ("pdf", "docx"):
        text = (pdf_text if format == "pdf" else docx_text)(report.render(made, format))
        assert "73,15" in text
        assert "PENGOLAHAN DATA SURVEI KEPUASAN MASYARAKAT" in text


@pytest.mark.slow
def test_three_hundred_respondents_take_several_pages_with_the_head_on_each(cast: Cast) -> None:
    closed_month(cast, ["343434343"] * 300)
    made = report.make(cast.office, "processing", Span.parse("2026-01"))
    pages = [
        page.extract_text() for page in PdfReader(io.BytesIO(report.render(made, "pdf"))).pages
    ]
    assert len(pages) >= 5
    assert all("No. responden" in page for page in pages[:-1])


def test_the_same_content_is_the_same_report_and_another_weight_is_another(cast: Cast) -> None:
    closed_month(cast, ["343434343"])
    span, day = Span.parse("2026-01"), date(2026, 2, 3)
    first = report.make(cast.office, "processing", span, cut_off=day)
    assert report.make(cast.office, "processing", span, cut_off=day) == first
    cast.office.change(by=None, weights="0.11")
    again = report.make(cast.office, "processing", span, cut_off=day)
    assert again != first  # the span is pooled anew with the office's present weight
    assert "0,11" in " ".join(again.content["explanations"])


NASTY = '#panic("x") *tebal* _m_ $x^2$ @ref <b> \\ ` ] } {{ %s "kutip" https://contoh.go.id/a_b?c=d'


def test_nothing_anyone_writes_is_read_as_markup(cast: Cast) -> None:
    plan = ActionPlan.add(
        cast.pensiun, by=None, at=moment("2026-01-20 03:00"),
        survey_month=date(2026, 1, 1), action=NASTY,
    )  # fmt: skip
    plan.add_progress(by=None, at=moment("2026-01-20 03:00"), kind="note", text=NASTY * 40)
    plan.add_obstacle(by=None, at=moment("2026-01-20 03:00"), text="kata-" * 600)
    cast.office.change(by=None, name="Kantor " + "Sangat Panjang " * 12, signatory_name=NASTY[:60])
    made = report.make(cast.office, "follow-up", Span.parse("2026-01"), cut_off=date(2026, 2, 1))
    text = pdf_text(report.render(made, "pdf"))
    assert '#panic("x")' in text
    assert "$x^2$" in text
    assert '#panic("x")' in docx_text(report.render(made, "docx"))


def test_an_empty_semester_is_a_document_too(cast: Cast) -> None:
    made = report.make(cast.office, "follow-up", Span.parse("2020-S1"))
    words = str(made.content)
    assert "Belum ada nilai survei" in words
    assert "tidak ada rencana aksi yang tercatat" in words
    assert "100%" not in words
    assert report.render(made, "pdf").startswith(b"%PDF")
    assert report.render(made, "docx").startswith(b"PK")


def test_a_missing_font_is_named(cast: Cast, tmp_path: Path) -> None:
    made = report.make(cast.office, "follow-up", Span.parse("2020-S1"))
    with pytest.raises(pdf.MissingFont, match=r"LiberationSans-Regular\.ttf.*Pasang ulang"):
        pdf.render(made, fonts=tmp_path)


def test_the_fonts_are_those_that_were_chosen() -> None:
    import hashlib

    lines = (pdf.FONTS / "SHA256SUMS").read_text().splitlines()[1:]
    for line in lines:
        digest, name = line.split()
        assert hashlib.sha256((pdf.FONTS / name).read_bytes()).hexdigest() == digest
    assert len(lines) == 4


def test_the_grade_sentence_tells_each_month_apart(cast: Cast) -> None:
    closed_month(cast, ["222222222"] * 3)
    answer(cast.service, "444444444", at=moment("2026-02-10 03:00"))
    words = str(report.make(cast.office, "follow-up", Span.parse("2026-Q1")).content["chapters"])
    assert "Tidak baik pada Januari" in words
    assert "Sangat baik pada Februari" in words
    assert "Tidak ada nilai untuk Maret" in words
    assert "selalu" not in words


def test_narratives_are_checked_for_unknown_places() -> None:
    assert narrative.check("Nilai {kantor} pada {periode}.") == []
    assert "{kator}" in narrative.check("Nilai {kator}.")[0]
    assert narrative.check("Kurung { terbuka")
    assert all(narrative.check(text) == [] for text in narrative.DEFAULTS.values())
    blocks = content.blocks("Satu.\n\n1. a\n2. b\n- c\nDua.")
    assert [block.kind for block in blocks] == ["p", "ol", "ul", "p"]
