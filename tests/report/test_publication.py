"""What is hung up and handed up: Lampiran IV to the letter, pictures, recap, SPKP and SPAK."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from click.testing import CliRunner
from docx import Document
from PIL import Image
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.conftest import Cast, answer, moment
from tests.public.test_results import closed, running
from tests.report.test_documents import docx_text, pdf_text
from tuntas import report
from tuntas.cli import main
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Edition, HistoricalResult, Service, Unit
from tuntas.report import poster_results
from tuntas.report.poster_results import PIXELS, STYLES, NothingToPublish, poster

JANUARY, SPAN = Month(2026, 1), Span.parse("2026-01")


def filled_month(cast: Cast) -> None:
    """Thirty-one answers: 16 L, 14 P, one silent; schools of every kind."""
    during = moment("2026-01-15 03:00")
    for place in range(30):
        profile = ("L" if place < 16 else "P") + "3" + "01234567"[place % 8] + "a"
        answer(cast.service, "343444333", at=during, profile=profile)
    closed(cast, JANUARY, "343444333", times=1)


# -- posters -------------------------------------------------------------------------------------


def test_the_poster_says_what_lampiran_iv_says_in_its_order(cast: Cast) -> None:
    filled_month(cast)
    made = poster(cast.office, SPAN)
    (page,) = PdfReader(io.BytesIO(made)).pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (842, 595)
    words = pdf_text(made)
    order = [
        "INDEKS KEPUASAN MASYARAKAT (IKM)",
        "KANTOR REGIONAL CONTOH",
        "BADAN CONTOH",
        "BULAN JANUARI TAHUN 2026",
        "NILAI IKM",
        "86,11",
        "NAMA LAYANAN :",
        "RESPONDEN",
        "JUMLAH : 31 orang",
        "JENIS KELAMIN : L = 16 orang / P = 14 orang / tidak diisi = 1 orang",
        "PENDIDIKAN : SD = 4 orang",
        "SMP = 4 orang",
        "SMA = 4 orang",
        "DIII = 4 orang",
        "S1 = 4 orang",
        "S2 = 6 orang",
        "Periode Survei = 01-01-2026 s/d 31-01-2026",
        "TERIMA KASIH ATAS PENILAIAN YANG TELAH ANDA BERIKAN",
        "MASUKAN ANDA SANGAT BERMANFAAT UNTUK KEMAJUAN UNIT KAMI AGAR TERUS MEMPERBAIKI DAN "
        "MENINGKATKAN KUALITAS PELAYANAN BAGI MASYARAKAT",
    ]
    places = [words.index(each) for each in order]
    assert places == sorted(places)
    counted = [int(n) for n in re.findall(r"(?:S[DM]\w*|DIII|S1|S2|diisi) = (\d+)", words)]
    assert sum(counted) == 31 + 1  # "tidak diisi" stands once with L and P, once with the schools


@pytest.mark.parametrize(("text", "line"), [
    ("2026-Q1", "TRIWULAN I TAHUN 2026"),
    ("2026-S1", "SEMESTER I TAHUN 2026"),
    ("2026", "TAHUN 2026"),
])  # fmt: skip
def test_the_fourth_line_names_the_period(cast: Cast, text: str, line: str) -> None:
    assert poster_results.heading(cast.office, Span.parse(text), None)[-1] == line


def test_longer_periods_are_pooled_from_closed_months_only(cast: Cast) -> None:
    closed(cast, JANUARY, "444444444", times=5)
    closed(cast, Month(2026, 2), "222222222", times=15)
    data = poster_results.content(cast.office, Span.parse("2026-01..2026-02"))
    assert (data["value"], data["n"]) == ("62,50", "20")
    answer(cast.service, at=moment("2026-03-05 03:00"))
    with pytest.raises(NothingToPublish, match="Maret 2026 belum ditutup"):
        poster(cast.office, Span.parse("2026-Q1"))
    running(cast)
    with pytest.raises(NothingToPublish, match="belum ditutup"):
        poster(cast.office, Span.parse(str(Month.of(cast.office.today))))


def test_a_value_from_before_is_marked_and_its_respondents_are_not_invented(cast: Cast) -> None:
    HistoricalResult.record(
        cast.office, Month(2023, 1), Decimal("88.81"), source="SK 5/2023", by=None
    )
    for style in STYLES:
        words = pdf_text(poster(cast.office, Span.parse("2023-01"), style=style))
        assert "88,81" in words, style
        assert "Nilai terbitan lama (SK 5/2023)" in words, style
    words = pdf_text(poster(cast.office, Span.parse("2023-01")))
    assert "JUMLAH : – orang" in words
    assert "L = – orang / P = – orang" in words
    with pytest.raises(NothingToPublish, match="tidak dapat digabungkan"):
        poster(cast.office, Span.parse("2023"))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_holds_the_longest_names_on_one_page(cast: Cast, style: str) -> None:
    name = ("Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu Kabupaten Contoh " * 3)[:200]
    cast.office.change(by=None, name=name.strip())
    cast.ministry.change(by=None, name=name.strip())
    unit = Unit.add(cast.office, "panjang", name.strip(), by=None)
    service = Service.add(unit, "panjang", name.strip(), edition=cast.service.edition, by=None)
    closed(cast, JANUARY, service=service)
    fresh = type(cast.office).objects.get(pk=cast.office.pk)
    made = poster(fresh, SPAN, style=style, service=service)
    pages = PdfReader(io.BytesIO(made)).pages
    assert len(pages) == 1
    assert b"pdfaid" in made
    words = pdf_text(made).upper()
    assert "86,11" in words
    assert "INDIKATIF" in words
    png = Image.open(io.BytesIO(poster(fresh, SPAN, style=style, format="png", service=service)))
    assert png.size == PIXELS.get(style, png.size)


def test_the_modern_poster_leads_to_the_page_of_the_month(cast: Cast) -> None:
    filled_month(cast)
    png = poster(cast.office, SPAN, style="modern", format="png")
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L"))
    assert code.text.endswith("/o/pusat.kanreg/2026-01/")
    words = pdf_text(poster(cast.office, SPAN, style="modern"))
    for each in ("86,11", "Baik", "31 responden", "Metode: PermenPANRB 14/2017", "Persyaratan"):
        assert each in words


def test_a_part_with_few_answers_gets_no_poster(cast: Cast) -> None:
    closed(cast, JANUARY, times=4)
    with pytest.raises(NothingToPublish, match="terlalu sedikit"):
        poster(cast.office, SPAN, unit=cast.pensiun)
    assert poster(cast.office, SPAN, style="link", format="png").startswith(b"\x89PNG")


def test_the_command_writes_posters_and_says_what_is_wrong(cast: Cast, tmp_path: Path) -> None:
    closed(cast, JANUARY)
    out = tmp_path / "poster.png"
    base = ["report", "poster", "--office", "kanreg", "--out", str(out)]
    done = CliRunner().invoke(
        main, [*base, "--period", "2026-01", "--format", "png", "--style", "square"]
    )
    assert done.exit_code == 0, done.output
    assert Image.open(io.BytesIO(out.read_bytes())).size == (1080, 1080)
    for words, message in (
        (["--period", "2026-02", "--format", "pdf"], "Tidak ada nilai"),
        (["--period", "2026-01", "--format", "docx"], "Format 'docx' tidak tersedia"),
        (["--period", "Januari", "--format", "pdf"], "periode harus berbentuk"),
    ):
        done = CliRunner().invoke(main, [*base, *words])
        assert (done.exit_code, message in done.output) == (2, True), done.output


# -- recap ---------------------------------------------------------------------------------------


def recap(cast: Cast, span: str = "2026-01") -> Any:
    return report.make(cast.office, "recap", Span.parse(span))


def test_the_recap_has_a_row_for_each_service_and_the_pooled_office(cast: Cast) -> None:
    for _each in range(5):
        answer(cast.service16, "4" * 16, at=moment("2026-01-15 03:00"), channel="paper")
    closed(cast, JANUARY, "343444333", times=15)
    ActionPlan.add(
        cast.pensiun,
        by=None,
        survey_month=JANUARY.first_day,
        action="Menambah kursi.",
        at=moment("2026-01-20 03:00"),
    )
    made = recap(cast)
    cells = [row["cells"] for row in made.content["rows"]]
    assert len(made.content["columns"]) == len(cells[0]) == 19
    assert [(row[0], row[3], row[13], row[14], row[15]) for row in cells] == [
        ("1", "Layanan Pensiun", "86,11", "15", "e-survei"),
        ("2", "Layanan Data", "100,00", "5", "kuesioner kertas"),
    ]
    assert cells[0][2] == "Januari 2026"
    assert cells[0][16].startswith("Persyaratan; ")
    assert cells[0][17:] == ["Menambah kursi.", "tidak ada"]
    assert made.content["total"]["cells"][13:15] == ["89,58", "20"]  # (15 × 86,11 + 5 × 100) / 20
    assert made.content["facts"]["IKM"] == "89,58"
    assert "Menambah kursi." in pdf_text(report.render(made, "pdf"))
    assert "Layanan Data" in docx_text(report.render(made, "docx"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(report.render(made, "xlsx")))
    row = book.get_sheet_by_index(0).to_python(skip_empty_area=False)[5]
    assert (row[4], row[13], row[14]) == (3, 86.11, 15)


def test_the_recap_leaves_running_months_out_and_marks_old_values(cast: Cast) -> None:
    HistoricalResult.record(cast.office, Month(2025, 12), Decimal("88.81"), source="SK", by=None)
    closed(cast, JANUARY)
    answer(cast.service, "111111111", at=moment("2026-02-05 03:00"))
    rows = recap(cast, "2025-12..2026-02").content["rows"]
    assert [(row["cells"][2], row["cells"][13]) for row in rows] == [
        ("Januari 2026", "86,11"),
        ("Desember 2025", "88,81"),
    ]
    assert rows[1]["cells"][3] == "Seluruh layanan *"
    empty = recap(cast, "2024")
    assert "Tidak ada bulan yang ditutup" in pdf_text(report.render(empty, "pdf"))
    assert report.render(empty, "xlsx")
    assert report.render(empty, "docx")


# -- SPKP and SPAK -------------------------------------------------------------------------------


@pytest.fixture
def zone(cast: Cast) -> Service:
    service = Service.add(
        cast.inka, "zi", "Layanan ZI", edition=Edition.builtin("skm9-zi"), by=None
    )
    for month in (1, 2, 3):
        closed(cast, Month(2026, month), "343444333" + "56565656" + "66655", service=service)
    return service


def test_the_report_of_an_integrity_zone_tells_both_indices(cast: Cast, zone: Service) -> None:
    made = report.make(cast.office, "integrity", Span.parse("2026-Q1"))
    assert made.content["results"] == [["IPKP", "3,67", "15"], ["IPAK", "3,73", "15"]]
    assert [row["title"] for row in made.content["chapters"]] == [
        "KUESIONER",
        "METODOLOGI",
        "PENGOLAHAN SURVEI",
        "DATA SURVEI",
    ]
    for words in (pdf_text(report.render(made, "pdf")), docx_text(report.render(made, "docx"))):
        assert "Nomor 04 Tahun 2023" in words
        assert "3 bulan yang sudah ditutup" in words
        assert "Tidak ada diskriminasi" in words
        assert "tidak dikumpulkan" in words
    book = CalamineWorkbook.from_filelike(io.BytesIO(report.render(made, "xlsx")))
    assert book.sheet_names == ["IPKP", "IPAK", "Per bulan"]
    assert book.get_sheet_by_name("IPKP").to_python()[1][3] == 5
    assert book.get_sheet_by_name("Per bulan").to_python()[4][1] == 3.667
    assert zone.pk


def test_fewer_than_three_months_and_none_at_all_are_said(cast: Cast, zone: Service) -> None:
    made = report.make(cast.office, "integrity", Span.parse("2026-01"))
    assert "paling sedikit 3 bulan" in pdf_text(report.render(made, "pdf"))
    with pytest.raises(report.NothingToProcess, match="SPKP atau SPAK"):
        report.make(cast.office, "integrity", Span.parse("2025"))
    done = CliRunner().invoke(
        main,
        ["report", "integrity", "--office", "kanreg", "--period", "2025", "--format", "pdf",
         "--out", "x.pdf"],
    )  # fmt: skip
    assert done.exit_code == 2
    assert zone.pk


@pytest.mark.slow
def test_libreoffice_opens_both_word_files(cast: Cast, zone: Service, tmp_path: Path) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice tidak ada")
    for kind in ("recap", "integrity"):
        content = report.render(report.make(cast.office, kind, Span.parse("2026-Q1")), "docx")
        assert Document(io.BytesIO(content)).tables
        path = tmp_path / f"{kind}.docx"
        path.write_bytes(content)
        subprocess.run(
            [program, f"-env:UserInstallation=file://{tmp_path}/lo", "--headless", "--convert-to",
             "pdf", "--outdir", str(tmp_path), str(path)],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
        assert PdfReader(tmp_path / f"{kind}.pdf").pages
    assert zone.pk
