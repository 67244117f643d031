"""Codes and bursts in a real browser: the work is done while the citizen reads; nobody is shut out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_loop import rate, sign_in
from tests.conftest import Cast, make_cast
from tuntas.law.quality import BURST_MOST, Sign
from tuntas.models import InvitationBatch, Response
from tuntas.public import traffic

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def burst(cast: Cast) -> None:
    for _each in range(BURST_MOST + 1):
        traffic.bursts.arrived(cast.service.pk)
    assert traffic.bursts.is_on(cast.service.pk)


def signs() -> Sign:
    return Sign(Response.objects.get().signs)


def codes_of(cast: Cast, kind: str, rule: str) -> list[str]:
    cast.service.change(by=None, codes=rule)
    soon = cast.office.today + timedelta(days=30)
    return InvitationBatch.make(cast.service, kind, 5, expires_on=soon, by=None)[1]


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_page_solves_the_proof_by_itself(cast: Cast, visitor: Any, size: str) -> None:
    burst(cast)
    citizen = visitor(size)
    page = citizen.open(cast.service.get_absolute_url())
    expect(page.locator("[name=proof]")).not_to_have_value("", timeout=20_000)
    citizen.check("form in a burst")
    rate(citizen, cast)
    assert Sign.UNPROVEN not in signs()


def fill_all(page: Page) -> None:
    for number in range(1, 10):
        page.locator(f"input[name=q{number}]").nth(number % 4).check()
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/receipt/**")


def test_without_a_script_the_answer_is_taken_and_marked(cast: Cast, visitor: Any) -> None:
    burst(cast)
    citizen = visitor("phone", java_script_enabled=False)
    fill_all(citizen.open(cast.service.get_absolute_url()))
    assert signs() & Sign.UNPROVEN


def test_a_phone_too_slow_to_finish_is_not_held_up(cast: Cast, visitor: Any) -> None:
    burst(cast)
    citizen = visitor("phone")
    citizen.context.add_init_script(
        "crypto.subtle.digest = () => new Promise(() => {})"  # never done
    )
    rate(citizen, cast)
    assert signs() & Sign.UNPROVEN


def test_a_form_opened_before_the_burst_is_not_marked(cast: Cast, visitor: Any) -> None:
    citizen = visitor("phone", java_script_enabled=False)
    page = citizen.open(cast.service.get_absolute_url())
    burst(cast)
    fill_all(page)
    assert not signs() & Sign.UNPROVEN


def test_a_slip_is_typed_and_used_once(cast: Cast, visitor: Any) -> None:
    code = codes_of(cast, "slip", "required")[0]
    citizen = visitor("phone")
    page = citizen.open(cast.service.get_absolute_url() + "?c=qr")
    expect(page.get_by_role("heading", name="Masukkan kode dari petugas")).to_be_visible()
    citizen.check("code asked for")
    page.fill("#code", "salah-123")
    page.get_by_role("button", name="Buka formulir").click()
    expect(page.get_by_role("heading", name="Kode tidak dikenal")).to_be_visible()
    citizen.check("code unknown")
    page.fill("#code", f"{code[:4]}-{code[4:]}".lower())
    page.get_by_role("button", name="Buka formulir").click()
    address = page.url
    for number in range(1, 10):
        page.locator(f"label.option:has(input[name=q{number}])").nth(2).click()
        expect(page.locator(f"[name=q{number}]").first).to_be_hidden()
    page.click("#next")
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/receipt/**")
    stored = Response.objects.get()
    assert (stored.channel, stored.with_code) == ("qr", True)
    citizen.open(address)
    expect(page.get_by_role("heading", name="Kode ini sudah dipakai")).to_be_visible()
    citizen.check("code used")


def test_an_optional_code_is_offered_and_a_new_code_is_not_mixed_with_an_old_draft(
    cast: Cast, visitor: Any
) -> None:
    first, second = codes_of(cast, "link", "optional")[:2]
    citizen = visitor("phone")
    page = citizen.open(cast.service.get_absolute_url())
    citizen.check("form with a code offered")
    page.get_by_text("Punya kode dari petugas?").click()
    page.fill("#code", first)
    citizen.check("code offered, open")
    page.get_by_role("button", name="Buka formulir").click()
    page.locator("label.option:has(input[name=q1])").nth(1).click()
    expect(page.get_by_text("Pertanyaan 2 dari 9")).to_be_visible()
    citizen.open(f"{cast.service.get_absolute_url()}?u={second}")
    expect(page.locator("[data-survey] [name=u]")).to_have_value(second)


def test_a_stopped_address_reads_when_to_come_back_and_loses_nothing(
    cast: Cast, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic.answers, "at_once", 0)
    citizen = visitor("phone", extra_http_headers={"X-Forwarded-For": "203.0.113.9"})
    page = citizen.open(cast.service.get_absolute_url())
    for number in range(1, 10):
        page.locator(f"label.option:has(input[name=q{number}])").nth(2).click()
        expect(page.locator(f"[name=q{number}]").first).to_be_hidden()
    page.click("#next")
    page.get_by_role("button", name="Kirim penilaian").click()
    expect(page.get_by_role("heading", name="Terlalu banyak kiriman")).to_be_visible()
    citizen.check("too many")
    monkeypatch.setattr(traffic.answers, "at_once", 400)
    page.reload()  # what the page says to do
    page.wait_for_url("**/receipt/**")
    assert Response.objects.get().answers == "3" * 9


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_office_makes_codes_and_a_token(cast: Cast, visitor: Any, size: str) -> None:
    codes_of(cast, "slip", "optional")
    who = visitor(size)
    sign_in(who, "team")
    page = who.open(f"/services/{cast.service.pk}/")
    who.check("service")
    page.get_by_role("link", name="Aturan, slip loket, dan tautan helpdesk").click()
    who.check("codes")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Buat dan unduh").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF")
    page.reload()
    page.get_by_role("link", name="Cabut sisanya").first.click()
    who.check("revocation")
    page.get_by_role("button", name="Cabut sisanya").click()
    expect(page.get_by_text("kode yang tersisa dicabut")).to_be_visible()
    page = who.open("/settings/")
    who.check("settings with shares")
    page.get_by_role("link", name="Token API").click()
    who.check("tokens, none")
    page.fill("#id_name", "Helpdesk")
    page.get_by_label("Membuat tautan").check()
    page.get_by_role("button", name="Buat token").click()
    expect(page.get_by_text("Rahasia token")).to_be_visible()
    who.check("token shown once")
    who.open("/settings/tokens/")
    who.check("tokens")


def test_changing_the_language_before_the_proof_is_found_does_not_spoil_it(
    cast: Cast, visitor: Any
) -> None:
    burst(cast)
    citizen = visitor("phone")
    citizen.context.add_init_script(  # never done on the first page, as fast as ever afterwards
        """if (!sessionStorage.visited) { sessionStorage.visited = "1";
           crypto.subtle.digest = () => new Promise(() => {}) }"""
    )
    page = citizen.open(cast.service.get_absolute_url())
    page.locator("label.option:has(input[name=q1])").nth(1).click()
    expect(page.get_by_text("Pertanyaan 2 dari 9")).to_be_visible()
    page.locator(".tools button[value=en]").click()
    expect(page.get_by_text("Question 2 of 9")).to_be_visible()
    expect(page.locator("[name=proof]")).not_to_have_value("", timeout=20_000)
    for number in range(2, 10):
        page.locator(f"label.option:has(input[name=q{number}])").nth(1).click()
        expect(page.locator(f"[name=q{number}]").first).to_be_hidden()
    page.click("#next")
    page.locator("button.wide").click()
    page.wait_for_url("**/receipt/**")
    assert Response.objects.get().answers == "2" * 9
    assert Sign.UNPROVEN not in signs()
