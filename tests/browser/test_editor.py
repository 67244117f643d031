"""A survey team builds, previews, publishes and schedules its own questionnaire by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.conftest import PASSWORD, Cast, answer, make_cast
from tuntas.law.months import Month
from tuntas.models import Audience, Edition, EditionStart, Response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def sign_in(who: Visitor, name: str = "team") -> Page:
    page = who.open(reverse("account_login"))
    page.fill("#id_login", f"{name}@contoh.go.id")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/home/")
    return page


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this accessible name has the focus."""
    for _each in range(200):
        page.keyboard.press("Tab")
        words = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent"
            ".replace(/\\s+/g, ' ').trim()"
        )
        if words.startswith(name):
            return
    raise AssertionError(f"{name} is not reached by Tab")


def press(page: Page, name: str) -> None:
    """Reach a button or link by Tab and press it."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_own_edition_from_copy_to_start_without_a_mouse(cast: Cast, visitor: Any) -> None:
    who = visitor("desktop")
    page = sign_in(who)
    who.open(reverse("edition-list"))
    who.check("questionnaires")
    press(page, "Buat kuesioner sendiri")
    tab_to(page, "Nama kuesioner")
    page.keyboard.type("Layanan daring")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    who.check("draft")

    press(page, "↓ Turun pertanyaan 1")
    focused = page.evaluate("document.activeElement.textContent.trim()")
    assert focused.startswith("↓")
    edition = Edition.objects.get(questionnaire__office=cast.office)
    assert [row.element for row in edition.question_list[:2]] == ["procedures", "requirements"]
    with page.expect_navigation():
        page.keyboard.press("Enter")  # the focus stayed on the button: once more
    edition = Edition.objects.get(pk=edition.pk)
    assert [row.element for row in edition.question_list[:3]][2] == "requirements"

    press(page, "Tambah pertanyaan lokal")
    who.check("question")
    tab_to(page, "Pertanyaan")
    page.keyboard.type("Dari mana Anda tahu layanan ini?")
    for number, text in enumerate(("Situs web", "Teman"), start=1):
        tab_to(page, f"Pilihan {number}")
        page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_text("Dari mana Anda tahu layanan ini?")).to_be_visible()
    press(page, "Tambahkan Survei Persepsi Kualitas Pelayanan")
    press(page, "Urungkan perubahan terakhir")
    expect(page.get_by_text("Perubahan terakhir diurungkan.")).to_be_visible()

    press(page, "Pratinjau")
    frame = page.frame_locator("iframe.phone")
    expect(frame.get_by_text("10 pertanyaan singkat")).to_be_visible()
    assert page.locator("iframe.phone").bounding_box()["width"] == 360  # type: ignore[index]
    who.check("preview")

    page.goto(f"{who.base}{reverse('edition-publication', args=[edition.pk])}")
    who.check("publication")
    press(page, "Terbitkan sekarang")
    expect(page.get_by_text("Edisi 1 diterbitkan")).to_be_visible()
    who.check("published")
    coming = Month.of(cast.office.today) + 1
    page.fill("#id_month", str(coming))
    tab_to(page, "Layanan Pensiun")
    page.keyboard.press("Space")
    press(page, "Tetapkan bulan mulai")
    expect(page.get_by_text("1 layanan memakai edisi ini mulai 1")).to_be_visible()
    who.check("waiting for its month")
    start = EditionStart.objects.get()
    assert (start.service, start.edition.pk, start.as_month) == (cast.service, edition.pk, coming)


def test_the_preview_can_be_walked_to_its_end_and_stores_nothing(cast: Cast, visitor: Any) -> None:
    who = visitor("phone")
    page = who.open(reverse("survey-preview", args=[Edition.builtin("skm9-zi").preview_key]))
    who.check("preview, start")
    for number in range(1, 23):
        page.locator(f"label.option:has(input[name=q{number}])").last.click()
        expect(page.locator(f"[name=q{number}]").first).to_be_hidden()
    page.click("#next")
    page.click("text=Kirim penilaian")
    expect(page.get_by_text("Di pratinjau tidak ada yang disimpan")).to_be_visible()
    assert not Response.objects.exists()


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_pages_fit_and_satisfy_axe(cast: Cast, visitor: Any, size: str) -> None:
    draft = Edition.begin(cast.office, "Milik kami", Edition.builtin("skm9-zi"), by=None)
    Audience.record(cast.service, cast.office.today.year, 100, source="Register", by=None)
    answer(cast.service)
    who = visitor(size)
    sign_in(who)
    question = draft.question_list[-1].pk
    for name, arguments in {
        "edition-list": [],
        "edition": [draft.pk],
        "edition-preview": [draft.pk],
        "edition-publication": [draft.pk],
        "edition-removal": [draft.pk],
        "edition-fee": [draft.pk],
        "edition-weights": [draft.pk],
        "question-add": [draft.pk],
        "question": [draft.pk, question],
        "audience-list": [],
        "audience": [cast.service.pk, 2026],
        "home": [],
    }.items():
        who.open(reverse(name, args=arguments))
        who.check(name)
