"""Ten thousand rows with 37 bad ones through the browser: columns, preview, moving bar, result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import xlsxwriter
from django.db import connections
from django.urls import reverse
from playwright.sync_api import Error, expect

from tests.browser.conftest import Visitor
from tests.browser.test_loop import sign_in
from tests.conftest import Cast, make_cast
from tests.imports.sheets import rows_of
from tuntas import work
from tuntas.models import Import, Response, Upload

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROWS, BAD = 10_000, 37


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


@pytest.fixture
def loop(cast: Cast) -> Iterator[work.Loop]:
    """The background loop, beside the server as in production."""
    loop = work.Loop()

    def run() -> None:
        try:
            loop.run_forever()
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    yield loop
    loop.stop.set()
    thread.join()


def workbook(path: Path, n: int, bad: int) -> Path:
    """A sheet as an office keeps it: a cover first, elements by number, names beside the answers."""
    rows = rows_of(n, bad=bad)
    rows[0] = ["Tanggal", *(f"Unsur {number}" for number in range(1, 10)), "Nama", "Saran", "Nomor"]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.add_worksheet("Sampul").write(0, 0, "Rekap SKM 2026")
        sheet = book.add_worksheet("Isian")
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return path


def upload(who: Visitor, path: Path) -> None:
    who.open(reverse("import-list"))
    who.check("imports")
    who.page.set_input_files("#id_file", str(path))
    who.page.get_by_role("button", name="Unggah dan lihat kolomnya").click()
    who.page.wait_for_url("**/mapping/")


def map_columns(who: Visitor) -> None:
    page = who.page
    expect(page.locator("#sheet")).to_have_value("Isian")
    who.check("columns")
    page.get_by_role("button", name="Periksa semua baris").click()
    expect(page.get_by_role("alert")).to_contain_text("unsur 8 dan 9 berbeda")
    who.check("columns, order missing")
    page.select_option("#id_order", "regulation")
    page.get_by_role("button", name="Periksa semua baris").click()


def test_ten_thousand_rows_from_file_to_result(
    cast: Cast, visitor: Any, tmp_path: Path, loop: work.Loop
) -> None:
    who = visitor("desktop")
    sign_in(who, "team")
    upload(who, workbook(tmp_path / "rekap.xlsx", ROWS, BAD))
    map_columns(who)
    page = who.page
    expect(page.get_by_role("heading", name=f"{BAD} baris salah")).to_be_visible(timeout=60_000)
    assert page.locator("#salah tbody tr").count() == BAD
    expect(page.locator("#salah")).to_contain_text("Unsur")
    who.check("preview")
    assert Response.objects.count() == 0

    page.get_by_role("button", name="Impor 9.963 baris yang baik").click()
    bar = page.locator("progress")
    expect(bar).to_be_visible()
    who.check("progress")
    seen = set()
    for _each in range(2000):
        if not bar.count():
            break
        with suppress(Error):  # the page was just taken for the next one
            seen.add(bar.get_attribute("value", timeout=50))
        page.wait_for_timeout(50)
    assert len(seen - {None}) > 3, "the bar did not move"
    expect(page.get_by_role("heading", name="Tersimpan per bulan")).to_be_visible(timeout=60_000)
    who.check("result")
    while Upload.objects.exists():  # the next thing the loop does
        page.wait_for_timeout(50)
    page.reload()
    expect(page.get_by_text("Sudah dihapus dari server.")).to_be_visible()
    found = Import.objects.get()
    assert (found.stored, found.known, found.refused.count()) == (ROWS - BAD, 0, BAD)
    assert Response.objects.count() == ROWS - BAD


def test_on_a_phone_without_javascript_the_page_refreshes_itself(
    cast: Cast, visitor: Any, tmp_path: Path, loop: work.Loop
) -> None:
    who = visitor("phone", java_script_enabled=False)
    page = who.page
    who.open(reverse("account_login"))
    page.fill("#id_login", "team@contoh.go.id")
    page.fill("#id_password", "rahasia-sekali-2026")
    page.get_by_role("button", name="Masuk", exact=True).click()
    who.open(reverse("import-list"))
    page.set_input_files("#id_file", str(workbook(tmp_path / "x.xlsx", 400, 3)))
    page.get_by_role("button", name="Unggah dan lihat kolomnya").click()
    page.select_option("#id_order", "questionnaire")
    page.get_by_role("button", name="Periksa semua baris").click()
    expect(page.get_by_role("heading", name="3 baris salah")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Impor 397 baris yang baik").click()
    expect(page.get_by_role("heading", name="Tersimpan per bulan")).to_be_visible(timeout=30_000)
    assert Response.objects.count() == 397


def test_every_step_fits_a_phone(cast: Cast, visitor: Any, tmp_path: Path, loop: work.Loop) -> None:
    who = visitor("phone")
    sign_in(who, "team")
    upload(who, workbook(tmp_path / "x.xlsx", 150, 60))
    map_columns(who)
    page = who.page
    expect(page.get_by_text("Halaman 1 dari 2")).to_be_visible(timeout=30_000)
    who.check("preview on a phone")
    page.get_by_role("button", name="Impor 90 baris yang baik").click()
    expect(page.get_by_role("heading", name="Tersimpan per bulan")).to_be_visible(timeout=30_000)
    who.check("result on a phone")
