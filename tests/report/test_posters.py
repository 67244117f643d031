"""Posters, tents and stickers: the printed code leads where it should, and nothing falls off."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from click.testing import CliRunner
from django.conf import settings
from django.test import Client
from PIL import Image
from pypdf import PdfReader

from tests.conftest import Cast
from tests.report.test_documents import pdf_text
from tuntas.cli import main
from tuntas.report import pdf, posters

A4 = (595.276, 841.89)
SIZES = {"a4": 1, "tent": 2, "stickers": 24}


def codes_in(png: bytes) -> list[Any]:
    return list(zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L")))


@pytest.mark.parametrize(("size", "count"), SIZES.items())
def test_the_printed_code_leads_to_the_form(cast: Cast, size: str, count: int) -> None:
    png = posters.poster(cast.office, size=size, format="png", service=cast.service)
    found = codes_in(png)
    assert len(found) == count
    assert {code.text for code in found} == {f"{settings.PUBLIC_URL}/s/{cast.service.token}/?c=qr"}
    assert Client().get(found[0].text.removeprefix(settings.PUBLIC_URL)).status_code == 200


def test_the_faces_of_a_tent_both_read_right_when_it_is_folded(cast: Cast) -> None:
    png = posters.poster(cast.office, size="tent", format="png", service=cast.service)
    top, bottom = sorted(codes_in(png), key=lambda code: code.position.top_left.y)
    assert abs(abs(top.orientation) - 180) < 2
    assert abs(bottom.orientation) < 2
    sheet = Image.open(io.BytesIO(png)).convert("L")
    width, height = sheet.size
    back = sheet.crop((0, 0, width, height // 2)).rotate(180)
    front = sheet.crop((0, height - height // 2, width, height))
    # The code itself stands at the same place of both faces.
    assert codes_in_image(back) == codes_in_image(front)


def codes_in_image(face: Image.Image) -> list[tuple[str, int, int]]:
    return [
        (code.text, round(code.position.top_left.x / 4), round(code.position.top_left.y / 4))
        for code in zxingcpp.read_barcodes(face)
    ]


@pytest.mark.parametrize("size", SIZES)
def test_the_office_and_a_unit_have_a_code_that_leads_to_the_choice(cast: Cast, size: str) -> None:
    whole = codes_in(posters.poster(cast.office, size=size, format="png"))[0].text
    assert whole == f"{settings.PUBLIC_URL}/o/pusat.kanreg/services/?c=qr"
    unit = codes_in(posters.poster(cast.office, size=size, format="png", unit=cast.inka))[0].text
    assert unit == f"{settings.PUBLIC_URL}/o/pusat.kanreg/services/?c=qr&u=inka"
    html = Client().get(unit.removeprefix(settings.PUBLIC_URL)).content.decode()
    assert f"/s/{cast.service16.token}/?c=qr" in html


@pytest.mark.parametrize("size", SIZES)
def test_the_pdf_is_one_archival_a4_page_with_the_words(cast: Cast, size: str) -> None:
    made = posters.poster(cast.office, size=size, format="pdf", service=cast.service)
    reader = PdfReader(io.BytesIO(made))
    (page,) = reader.pages
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4, abs=0.5)
    assert b"pdfaid" in made
    text = pdf_text(made)
    for words in (
        "Kantor Regional Contoh",
        "Layanan Pensiun",
        "Bagaimana pelayanan",
        "How was our service?",
        "Nama tidak ditanyakan. Setiap saran dijawab.",
    ):
        assert words in text
    assert f"/s/{cast.service.token}".split("/")[-1] in text.replace(" ", "")


def test_the_typed_address_leads_to_the_form_too(cast: Cast) -> None:
    shown = posters.typed(posters.address(cast.office, None, service=cast.service))
    assert shown == f"{settings.PUBLIC_URL.split('//')[1]}/s/{cast.service.token}"
    response = Client().get("/" + shown.split("/", 1)[1], follow=True)
    assert "Bagaimana pelayanan kami?" in response.content.decode()


@pytest.mark.parametrize("size", SIZES)
def test_the_longest_names_stay_on_the_page_and_beside_the_code(cast: Cast, size: str) -> None:
    cast.office.name, cast.service.name = "Kantor Wilayah " * 13, "W" * 200
    cast.pensiun.name = "Bidang #panjang [sekali] " * 8
    made = posters.poster(cast.office, size=size, format="pdf", service=cast.service)
    assert len(PdfReader(io.BytesIO(made)).pages) == 1
    found = codes_in(posters.poster(cast.office, size=size, format="png", service=cast.service))
    assert len(found) == SIZES[size]


def test_a_demo_office_says_so_on_paper(cast: Cast) -> None:
    cast.office.is_demo = True
    assert "KANTOR CONTOH" in pdf_text(posters.poster(cast.office, size="a4", format="pdf"))


def test_unknown_sizes_and_formats_are_named() -> None:
    office: Any = None
    with pytest.raises(posters.NotAPoster, match="a4, tent, stickers"):
        posters.poster(office, size="a3", format="pdf")
    with pytest.raises(posters.NotAPoster, match="pdf, png"):
        posters.poster(office, size="a4", format="docx")


def test_the_command_writes_the_file(cast: Cast, tmp_path: Path) -> None:
    out = tmp_path / "poster.png"
    words = ["poster", "kanreg", "--service", "pensiun", "--size", "tent", "--format", "png"]
    done = CliRunner().invoke(main, [*words, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert f"/s/{cast.service.token}/?c=qr" in done.output
    assert len(codes_in(out.read_bytes())) == 2
    done = CliRunner().invoke(main, ["poster", "tidakada", "--out", str(out)])
    assert (done.exit_code, "Kantor 'tidakada' tidak ditemukan" in done.output) == (2, True)
    done = CliRunner().invoke(main, ["poster", "kanreg", "--out", str(tmp_path / "x" / "y.pdf")])
    assert "tidak dapat ditulis" in done.output


def test_a_missing_font_is_said(tmp_path: Path) -> None:
    with pytest.raises(pdf.MissingFont):
        pdf.check_fonts(tmp_path)
