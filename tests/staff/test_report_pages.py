"""Report pages: choices, orders, drafts, signed files, stationery and the office's own wording."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from docx import Document
from PIL import Image
from pypdf import PdfReader

from tests.conftest import Cast, answer, moment
from tuntas import orders, report, work
from tuntas.law.months import Month, Span
from tuntas.models import Period, Report, ReportOrder, SignedFile, Stationery
from tuntas.models.closures import Closure
from tuntas.models.reports import SHORT_NAMES, ReportKind

SIGNED = b"%PDF-1.7\n% ditandatangani secara elektronik\n"


@pytest.fixture
def closed(cast: Cast) -> Cast:
    answer(cast.service, at=moment("2026-01-15 03:00"))
    period = Period.of(cast.office, Month(2026, 1))
    Closure.seal(period, by=None, at=moment("2026-02-03 03:00"))
    return cast


def order_form(**changes: Any) -> dict[str, Any]:
    return {"kind": "monthly", "span": "2026-01", "cut_off": "2026-02-04", **changes}


def made_of(cast: Cast, span: str = "2026-01", **wanted: Any) -> Report:
    return report.make(cast.office, "monthly", Span.parse(span), cut_off=date(2026, 2, 4), **wanted)


def picture(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 300), (11, 92, 99)).save(out, kind)
    return out.getvalue()


def work_off() -> None:
    """Do all the background work that waits."""
    while work.run_once("penguji"):
        pass


# -- making --------------------------------------------------------------------------------------


def test_the_page_makes_a_unit_report_with_four_chapters_on_f4(closed: Cast) -> None:
    client = closed.client("team")
    wanted = order_form(unit=closed.pensiun.pk, outline="four", paper="f4")
    page = client.post(reverse("report-list"), wanted, follow=True)
    made = Report.objects.get()
    assert made.content["unit"] == "Bidang Pensiun"
    assert len(made.content["chapters"]) == 4
    assert "F4/folio" in page.content.decode()
    assert "siap" in client.get(reverse("report-list")).content.decode()
    assert client.get(reverse("report-file", args=[made.code, "xlsx"])).status_code == 200


def test_a_long_report_is_ordered_and_made_in_the_background(
    closed: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "LONG", 0)
    client = closed.client("head")
    page = client.post(reverse("report-list"), order_form())
    order = ReportOrder.objects.get()
    assert page["Location"] == reverse("report-order", args=[order.pk])
    client.post(reverse("report-list"), order_form())  # twice is once
    assert ReportOrder.objects.count() == 1
    assert "Menunggu giliran" in client.get(page["Location"]).content.decode()
    assert "Sedang dibuat" in client.get(reverse("report-list")).content.decode()
    told = client.get(reverse("report-progress", args=[order.pk])).json()
    assert told == {"state": "waiting", "done": 0, "total": 2}
    work_off()
    made = Report.objects.get()
    assert made.made_by == closed.people["head"]
    assert client.get(page["Location"])["Location"] == reverse("report", args=[made.code])
    assert client.get(reverse("report-progress", args=[order.pk])).json()["state"] == "ready"


def test_an_order_that_cannot_be_made_says_why(closed: Cast) -> None:
    order = ReportOrder.put(closed.office, by=None, kind="processing", span="2020-01")
    work_off()
    page = closed.client("team").get(reverse("report-order", args=[order.pk])).content.decode()
    assert "Tidak ada jawaban untuk Kantor Regional Contoh pada Januari 2020" in page


# -- drafts, numbers, signed files ---------------------------------------------------------------


def test_a_draft_names_the_open_month_and_takes_no_signature(cast: Cast) -> None:
    answer(cast.service, at=moment("2026-01-15 03:00"))
    made, client = made_of(cast), cast.client("team")
    page = client.get(reverse("report", args=[made.code])).content.decode()
    assert "Masih terbuka:" in page
    assert reverse("report-signature", args=[made.code]) not in page
    upload = SimpleUploadedFile("laporan.pdf", SIGNED)
    refused = client.post(reverse("report-signature", args=[made.code]), {"file": upload})
    assert refused.status_code == 422
    assert "tutup dahulu bulannya" in refused.content.decode()
    assert not SignedFile.objects.exists()


def test_the_signed_file_is_kept_shown_and_proved(closed: Cast, client: Client) -> None:
    made, head = made_of(closed), closed.client("head")
    address = reverse("report-signature", args=[made.code])
    wrong = head.post(address, {"file": SimpleUploadedFile("laporan.pdf", b"<html>")})
    assert "Unggah laporan yang sudah ditandatangani (PDF)." in wrong.content.decode()
    for content in (SIGNED, SIGNED, SIGNED + b"lagi"):
        head.post(address, {"file": SimpleUploadedFile("laporan.pdf", content)})
    assert made.signed_files.count() == 2
    digest = hashlib.sha256(SIGNED + b"lagi").hexdigest()
    page = head.get(reverse("report", args=[made.code])).content.decode()
    assert digest in page
    assert "digantikan" in page
    assert "bertanda tangan" in head.get(reverse("report-list")).content.decode()
    file = head.get(reverse("report-signed", args=[made.code, digest]))
    assert b"".join(file.streaming_content) == SIGNED + b"lagi"  # type: ignore[attr-defined]
    assert digest in client.get(reverse("verify", args=[made.code])).content.decode()


def test_a_signed_file_and_a_number_never_change(closed: Cast) -> None:
    Stationery.of(closed.office).change(by=None, number_pattern="{urut}")
    row = made_of(closed).add_signed("laporan.pdf", SIGNED, by=None)
    for act in (
        lambda: SignedFile.objects.filter(pk=row.pk).update(file_name="lain.pdf"),
        lambda: SignedFile.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


@pytest.mark.slow
def test_reports_are_numbered_in_turn_and_drafts_are_not(closed: Cast) -> None:
    Stationery.of(closed.office).change(
        by=None, number_pattern="{urut}/{jenis}/{kode}/{romawi}/{tahun}"
    )
    first, second = made_of(closed), made_of(closed, outline="four")
    assert first.number == "001/SKM/KANREG/II/2026"
    assert second.number == "002/SKM/KANREG/II/2026"
    assert made_of(closed).number == first.number  # the same report again
    assert made_of(closed, "2026-02").number == ""
    text = " ".join(
        page.extract_text() for page in PdfReader(io.BytesIO(report.render(first, "pdf"))).pages
    )
    assert "001/SKM/KANREG/II/2026" in text


def test_every_kind_of_report_has_a_name_in_its_number(closed: Cast) -> None:
    Stationery.of(closed.office).change(by=None, number_pattern="{urut}/{jenis}")
    assert report.make(closed.office, "recap", Span.parse("2026-01")).number == "001/REKAP"
    assert set(SHORT_NAMES) == set(ReportKind)


# -- stationery ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{urut}/{bagian}", "Tempat isian {bagian} tidak dikenal"),
        ("{urut}/{", "kurung kurawal"),
        ("SKM/{tahun}", "harus memuat {urut}"),
    ],
)
def test_a_bad_number_pattern_is_named(cast: Cast, pattern: str, message: str) -> None:
    page = cast.client("team").post(
        reverse("stationery"), {"number_pattern": pattern, "paper": "a4"}
    )
    assert page.status_code == 422
    assert message in page.content.decode()
    assert Stationery.of(cast.office).number_pattern == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_is_drawn_anew_and_printed(closed: Cast, kind: str) -> None:
    data = {
        "letterhead": "PEMERINTAH CONTOH\nKANTOR CONTOH",
        "paper": "f4",
        "signatory_rank": "Pembina (IV/a)",
        "logo_file": SimpleUploadedFile("logo.svg", picture(kind)),
    }
    page = closed.client("team").post(reverse("stationery"), data, follow=True)
    kept = Stationery.of(closed.office)
    assert bytes(kept.logo).startswith(b"\x89PNG")
    assert bytes(kept.logo) != picture(kind)
    assert base64.b64encode(bytes(kept.logo)).decode() in page.content.decode()
    made = made_of(closed)
    document = Document(io.BytesIO(report.render(made, "docx")))
    assert len(document.inline_shapes) > 1
    pdf = PdfReader(io.BytesIO(report.render(made, "pdf")))
    assert any("PEMERINTAH CONTOH" in sheet.extract_text() for sheet in pdf.pages)
    assert any("Pembina (IV/a)" in sheet.extract_text() for sheet in pdf.pages)
    assert pdf.pages[0].images
    # What was made keeps what it was made with.
    before = report.render(made, "pdf")
    kept.put_logo(b"", by=None)
    assert report.render(made, "pdf") == before


@pytest.mark.parametrize(
    "content", [b'<svg xmlns="http://www.w3.org/2000/svg"/>', b"%PDF-1.7", b"\x89PNG\r\n\x1a\nx"]
)
def test_what_is_no_picture_is_refused_as_logo(cast: Cast, content: bytes) -> None:
    data = {"paper": "a4", "logo_file": SimpleUploadedFile("logo.png", content)}
    page = cast.client("team").post(reverse("stationery"), data)
    assert page.status_code == 422
    assert "SVG tidak diterima" in page.content.decode()
    assert not Stationery.of(cast.office).logo


def test_too_long_a_letterhead_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="paling banyak 6 baris"):
        Stationery.of(cast.office).change(by=None, letterhead="\n".join("abcdefg"))


# -- wording -------------------------------------------------------------------------------------


def test_the_wording_of_the_result_report_is_checked_previewed_and_taken_back(
    closed: Cast,
) -> None:
    client = closed.client("team")
    address = reverse("narrative", args=["monthly", "kesimpulan"])
    wrong = client.post(address, {"text": "Nilai {ipkm}."})
    assert wrong.status_code == 422
    assert "Tempat isian {ipkm} tidak dikenal" in wrong.content.decode()
    shown = client.post(address, {"text": "IKM kami {ikm}.", "preview": "1"}).content.decode()
    value = made_of(closed).content["facts"]["IKM"]
    assert f"IKM kami {value}." in shown
    assert "IKM kami" not in str(made_of(closed).content)
    client.post(address, {"text": "IKM kami {ikm}."})
    assert f"IKM kami {value}." in str(made_of(closed).content["chapters"][-1])
    client.post(address, {"default": "1"})
    assert "IKM kami" not in str(made_of(closed).content)
    assert client.get(reverse("narrative", args=["monthly", "lain"])).status_code == 404
