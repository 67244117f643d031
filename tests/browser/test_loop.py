"""The whole loop in a real browser: rate, answer, plan, close, report. On a phone and a desk."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import Visitor
from tests.conftest import PASSWORD, Cast, answer, make_cast
from tuntas.law.months import Month
from tuntas.models import ActionPlan, Closure, Feedback, Response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOTH = pytest.mark.parametrize("size", ["phone", "desktop"])


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def sign_in(who: Visitor, name: str) -> None:
    who.open(reverse("account_login"))
    who.check("sign-in")
    who.page.fill("#id_login", f"{name}@contoh.go.id")
    who.page.fill("#id_password", PASSWORD)
    who.page.get_by_role("button", name="Masuk", exact=True).click()
    who.page.wait_for_url("**/home/")


def rate(citizen: Visitor, cast: Cast, suggestion: str = "") -> int:
    """Fill in the nine questions by taps; returns how many there were, sending included."""
    page, taps = citizen.open(cast.service.get_absolute_url() + "?c=qr"), 0
    for number in range(1, 10):
        expect(page.get_by_text(f"Pertanyaan {number} dari 9")).to_be_visible()
        if number == 1:
            citizen.check("form, first question")
        page.locator(f"label.option:has(input[name=q{number}])").nth(3).click()
        taps += 1
    expect(page.get_by_text("Tentang Anda (opsional)")).to_be_visible()
    page.locator("label.option:has(input[name=p_sex])").nth(1).click()
    citizen.check("form, profile")
    page.click("#next")
    if suggestion:
        page.fill("#suggestion", suggestion)
    citizen.check("form, suggestion")
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/receipt/**")
    return taps + 3


@BOTH
def test_a_citizen_rates_by_tapping_and_reads_the_answer(
    cast: Cast, visitor: Any, size: str
) -> None:
    citizen = visitor(size)
    assert rate(citizen, cast, "Tambah kursi tunggu di loket.") <= 15
    citizen.check("receipt")
    assert Response.objects.get().answers == "4" * 9
    assert citizen.context.cookies() == []
    draft = citizen.page.evaluate(
        "localStorage.getItem('tuntas:' + location.pathname.split('/')[2])"
    )
    assert draft is None
    code = citizen.page.locator(".code").first.inner_text()
    citizen.page.get_by_role("link", name="Periksa tanda terima").click()
    citizen.check("receipt verified")
    Feedback.objects.get().reply("Kursi sudah ditambah.", by=cast.people["officer"])
    citizen.open("/")
    citizen.check("landing")
    citizen.page.fill("#code", code)
    citizen.page.get_by_role("button", name="Baca jawabannya").click()
    expect(citizen.page.get_by_text("Kursi sudah ditambah.")).to_be_visible()
    citizen.check("conversation")
    citizen.page.fill("#text", "Terima kasih.")
    citizen.page.get_by_role("button", name="Kirim", exact=True).click()
    expect(citizen.page.get_by_text("Terima kasih.")).to_be_visible()


def test_a_draft_survives_a_reload_and_going_back_loses_nothing(cast: Cast, visitor: Any) -> None:
    citizen = visitor("phone")
    page = citizen.open(cast.service.get_absolute_url())
    page.locator("label.option:has(input[name=q1])").nth(1).click()
    expect(page.get_by_text("Pertanyaan 2 dari 9")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Pertanyaan 2 dari 9")).to_be_visible()
    page.click("#back")
    expect(page.locator("input[name=q1]:checked")).to_have_value("2")
    page.click("#next")
    page.click("#next")
    expect(page.get_by_text("Pilih salah satu jawaban dahulu.")).to_be_visible()


@BOTH
def test_without_javascript_errors_lead_to_their_questions(
    cast: Cast, visitor: Any, size: str
) -> None:
    citizen = visitor(size, java_script_enabled=False)
    page = citizen.open(cast.service16.get_absolute_url())
    for number in range(1, 16):
        page.locator(f"input[name=q{number}]").nth(2).check(force=True)
    page.get_by_role("button", name="Kirim penilaian").click()
    expect(page.get_by_role("alert")).to_contain_text("Pilih jawaban untuk pertanyaan 16.")
    assert page.title().startswith("Galat:")
    page.get_by_role("link", name="Pilih jawaban untuk pertanyaan 16.").click()
    page.locator("input[name=q16]").nth(2).check(force=True)
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/receipt/**")
    assert Response.objects.get().answers == "3" * 16


@BOTH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_staff_page_is_clean(cast: Cast, visitor: Any, size: str, scheme: str) -> None:
    fill_office(cast)
    who = visitor(size, color_scheme=scheme)
    sign_in(who, "team")
    month = str(last_month(cast))
    feedback, plan = Feedback.objects.first(), ActionPlan.objects.first()
    assert feedback
    assert plan
    pages = {
        "home": [], "feedback-list": [], "feedback": [feedback.pk], "plan-list": [],
        "plan": [plan.pk], "plan-add": [], "plan-edit": [plan.pk], "plan-proposals": [],
        "plan-table": [], "period-list": [], "period": [month], "period-closure": [month],
        "report-list": [], "narrative-list": [], "narrative": ["follow-up", "penutup"], "service-list": [],
        "service": [cast.service.pk], "channels": [], "service-add": [],
        "unit-add": [], "unit-edit": [cast.pensiun.pk], "office-settings": [], "people": [],
        "audit": [], "office-choice": [], "account_change_password": [],
    }  # fmt: skip
    for name, arguments in pages.items():
        who.open(reverse(name, args=arguments))
        who.check(name)
    for path in ("/accounts/password/reset/", "/v/", "/t/", "/tidak-ada/"):
        who.open(path)
        who.check(path)


def last_month(cast: Cast) -> Month:
    return Month.of(cast.office.today) + -1


def fill_office(cast: Cast) -> None:
    """Answers in the last month and this one, a suggestion, a plan with everything on it."""
    during = datetime.combine(last_month(cast).last_day, time(3), UTC)
    for text in ("343434343", "444444444", "222333444"):
        answer(cast.service, text, at=during, suggestion="Kursi kurang.")
        answer(cast.service, text)
    plan = ActionPlan.add(
        cast.pensiun,
        by=cast.people["team"],
        survey_month=last_month(cast).first_day,
        element="facilities",
        action="Menambah kursi.",
        start_month=last_month(cast).first_day,
    )
    plan.add_progress(by=None, kind="note", text="Sudah diukur.")
    plan.add_obstacle(by=None, text="Menunggu anggaran.", depends_on="BKN Pusat")
    plan.add_link("https://contoh.go.id/" + "panjang" * 20, by=None)


@BOTH
def test_the_office_answers_plans_closes_and_reports(cast: Cast, visitor: Any, size: str) -> None:
    fill_office(cast)
    ActionPlan.objects.all()  # the one of fill_office stays beside the new one
    who = visitor(size)
    sign_in(who, "team")
    page = who.page
    page.get_by_role("link", name="Masukan melewati tenggat jawaban").or_(
        page.get_by_role("link", name="Masukan menunggu jawaban")
    ).first.click()
    page.get_by_role("link", name="Kursi kurang.").first.click()
    page.fill("#id_text", "Kursi ditambah bulan ini.")
    page.get_by_role("button", name="Kirim jawaban").click()
    expect(page.get_by_text("Jawaban terkirim.")).to_be_visible()

    page.get_by_role("link", name="Buat rencana aksi").click()
    page.fill("#id_action", "Menambah dua puluh kursi.")
    page.fill("#id_start_month", str(last_month(cast)))
    page.get_by_role("button", name="Simpan").click()
    expect(page.get_by_text("Rencana aksi tersimpan.")).to_be_visible()
    page.select_option("#id_progress-kind", "done")
    page.fill("#id_progress-text", "Dua puluh kursi dipasang")
    page.fill("#id_progress-on", str(last_month(cast).last_day))
    page.get_by_role("button", name="Simpan progres").click()
    page.fill("#id_obstacle-text", "Menunggu lelang.")
    page.get_by_role("button", name="Simpan kendala").click()
    page.set_input_files(
        "#id_evidence-file",
        {"name": "foto.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 isi"},
    )
    page.get_by_role("button", name="Simpan data dukung").click()
    page.get_by_role("button", name="Usulkan selesai").click()
    expect(page.get_by_text("Menunggu tinjauan orang lain")).to_be_visible()
    head = visitor(size)
    sign_in(head, "head")
    head.open(page.url)
    head.check("plan to review")
    head.page.get_by_role("button", name="Terima").click()
    expect(head.page.locator(".heading").get_by_text("Selesai", exact=True)).to_be_visible()
    page.reload()
    who.check("finished plan")

    month = str(last_month(cast))
    page = who.open(reverse("period", args=[month]))
    page.get_by_role("link", name="Tutup bulan ini").click()
    page.get_by_role("button", name="Tutup bulan").click()
    expect(page.get_by_text("3 jawaban dihitung dan dibekukan.")).to_be_visible()
    who.check("closed month")
    closure = Closure.objects.get()

    page = who.open(reverse("report-list"))
    page.select_option("#id_kind", "follow-up")
    page.select_option("#id_span", month)
    page.get_by_role("button", name="Buat laporan").click()
    expect(page.get_by_text("Laporan siap diunduh.")).to_be_visible()
    who.check("report")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF", exact=True).click()
    reader = PdfReader(io.BytesIO(download.value.path().read_bytes()))
    text = " ".join(page.extract_text() for page in reader.pages)
    assert closure.content["result"]["converted_2"].replace(".", ",") in text
    assert re.search(r"Status: selesai", text)
    page.get_by_role("link", name=re.compile("^[A-Z0-9]{4}-")).click()
    expect(page.get_by_text("Dokumen ini dibuat oleh sistem")).to_be_visible()
    who.check("document verified")


def test_an_officer_answers_without_touching_the_mouse(cast: Cast, visitor: Any) -> None:
    for number in range(5):
        answer(cast.service, suggestion=f"Kursi nomor {number} rusak.")
    who = visitor("desktop")
    sign_in(who, "officer")
    page = who.open(reverse("feedback", args=[Feedback.objects.earliest("id").pk]))
    for number in range(5):
        expect(page.get_by_text(f"Kursi nomor {number} rusak.")).to_be_visible()
        page.wait_for_load_state()  # the script that listens for keys is loaded last
        page.keyboard.press("r")
        page.keyboard.type("Kursi diganti hari ini.")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Jawaban terkirim.")).to_be_visible()
    assert not Feedback.objects.unanswered().exists()
