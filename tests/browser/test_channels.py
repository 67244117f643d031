"""Channels in a real browser: choosing a service, an officer's keys, sheets typed by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD, Cast, make_cast
from tuntas.models import PaperBatch, Response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def sign_in(who: Any, name: str) -> Page:
    page: Page = who.open("/accounts/login/")
    page.fill("#id_login", f"{name}@contoh.go.id")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/home/")
    return page


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_citizen_finds_the_service_by_typing(cast: Cast, visitor: Any, size: str) -> None:
    who = visitor(size)
    page = who.open("/o/kanreg/services/?c=qr")
    expect(page.locator(".choices a")).to_have_count(2)
    heights = page.locator(".choices a").evaluate_all("all => all.map(a => a.offsetHeight)")
    assert min(heights) >= 48
    who.check("chooser")
    page.fill("#q", "zzz")
    expect(page.locator("#none")).to_be_visible()
    page.fill("#q", "data info")
    expect(page.locator(".choices a:visible")).to_have_count(1)
    who.check("chooser, filtered")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/s/{cast.service16.token}/?c=qr")
    expect(page.locator("input[name=channel]")).to_have_value("qr")


def test_the_choice_works_without_a_script(cast: Cast, visitor: Any) -> None:
    page = visitor("phone", java_script_enabled=False).open("/o/kanreg/services/?c=whatsapp")
    page.fill("#q", "pensiun")
    page.click("#find")
    page.click("text=Layanan Pensiun")
    expect(page.locator("input[name=channel]")).to_have_value("whatsapp")


class ForeignSite(BaseHTTPRequestHandler):
    """Another web site, of the kind that lets in only pictures which say that they may be shared."""

    picture = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.end_headers()
        self.wfile.write(f'<img id="badge" src="{self.picture}" alt="IKM">'.encode())

    def log_message(self, *_words: Any) -> None:
        """Nothing on the console."""


@pytest.fixture
def foreign_site() -> Iterator[str]:
    # A real server: Chromium asks for a permission before a made-up page may reach this computer.
    server = ThreadingHTTPServer(("127.0.0.1", 0), ForeignSite)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_the_badge_shows_as_a_picture_of_a_foreign_page(
    cast: Cast, visitor: Any, foreign_site: str
) -> None:
    who = visitor("desktop")
    page = who.page
    address = f"{who.base}/s/{cast.service.token}/badge.svg"
    ForeignSite.picture = address
    page.goto(foreign_site)
    page.wait_for_function("document.getElementById('badge').naturalWidth > 100", timeout=5000)
    # Its own style is let in: the left part is drawn in the office's green, not in black.
    page.goto(address)
    assert page.evaluate("getComputedStyle(document.querySelector('.l')).fill") == "rgb(11, 92, 99)"


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_pages_of_the_channels_are_sound(cast: Cast, visitor: Any, size: str) -> None:
    who = visitor(size)
    page = sign_in(who, "team")
    batch = PaperBatch.add(cast.service, "Loket", 120, by=cast.people["team"])
    for path in (
        "/channels/",
        "/services/",
        f"/services/{cast.service.pk}/",
        "/assisted/",
        f"/assisted/{cast.service.pk}/",
        "/papers/",
        f"/papers/{batch.pk}/",
        f"/papers/{batch.pk}/typing/1/",
    ):
        page.goto(who.base + path)
        who.check(f"{path} ({size})")


def test_an_officer_answers_by_digits_and_has_the_next_form_at_once(
    cast: Cast, visitor: Any
) -> None:
    who = visitor("desktop")
    page = sign_in(who, "officer")
    page.goto(f"{who.base}/assisted/{cast.service.pk}/")
    expect(page.locator("#q1")).to_be_focused()
    assert page.locator(".ask .paper:visible").count() == 0  # that is for the printed form
    for key in ("3", "4", "Backspace", "2", *"3443332"):
        page.keyboard.press(key)
    expect(page.locator("[name=p_sex]").first).to_be_focused()
    page.fill("#suggestion", "Mohon tambah kursi.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#receipt")).to_be_visible()
    expect(page.locator("#tracking-code")).to_have_text(
        "".join(page.locator("#tracking-code").all_inner_texts())
    )
    who.check("assisted, receipt")
    assert Response.objects.get().answers == "323443332"
    for key in "111111111":
        page.keyboard.press(key)
    page.locator("button.wide").dblclick()
    page.wait_for_load_state()
    expect(page.locator("#tracking-code")).to_have_count(0)
    assert sorted(Response.objects.values_list("answers", "channel")) == [
        ("111111111", "assisted"),
        ("323443332", "assisted"),
    ]


SHEETS = ["343444333", "444444444", "222333222", "111111110", "334433443"]


def type_sheet(page: Page, answers: str, profile: str = "p35a") -> None:
    """From the first digit to Enter: the cursor goes on by itself."""
    expect(page.locator("#id_answers")).to_be_focused()
    page.keyboard.type(answers)
    expect(page.locator("#id_profile")).to_be_focused()
    page.keyboard.type(profile)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_five_sheets_are_typed_twice_by_keyboard_with_one_difference(
    cast: Cast, visitor: Any
) -> None:
    batch = PaperBatch.add(cast.service, "Loket", 5, by=cast.people["team"])
    who = visitor("desktop")
    page = sign_in(who, "officer")
    page.goto(f"{who.base}/papers/{batch.pk}/typing/1/")
    expect(page.locator("#id_day")).to_be_focused()
    page.keyboard.type(f"{timezone.localdate():%d%m%Y}")
    page.keyboard.press("Tab")
    for answers in SHEETS:
        type_sheet(page, answers)
    page.wait_for_url(f"**/papers/{batch.pk}/")
    assert Response.objects.count() == 0
    who.check("paper, typed once")

    second = visitor("desktop")
    page = sign_in(second, "team")
    page.goto(f"{second.base}/papers/{batch.pk}/typing/2/")
    expect(page.locator("#id_day")).to_be_focused()
    page.keyboard.type(f"{timezone.localdate():%d/%m/%Y}")
    page.keyboard.press("Tab")
    second.check("paper, second pass")
    for answers in SHEETS[:2]:
        type_sheet(page, answers)
    type_sheet(page, "222433222")  # the fourth question was read otherwise
    page.wait_for_url("**/sheets/3/")
    assert Response.objects.count() == 2
    second.check("paper, difference")
    for _tab in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "q4":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("[name=q4][value='2']")).to_be_checked()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert Response.objects.count() == 3
    # The date is empty again after a decision: the sheet at hand is another one.
    page.keyboard.type(f"{timezone.localdate():%d%m%Y}")
    page.keyboard.press("Tab")
    for answers in SHEETS[3:]:
        type_sheet(page, answers)
    page.wait_for_url(f"**/papers/{batch.pk}/")
    second.check("paper, all counted")
    expect(page.locator("main")).to_contain_text("5 dari 5 diketik, 5 dihitung, 0 berbeda")
    assert sorted(Response.objects.values_list("answers", flat=True)) == sorted(
        [*SHEETS[:2], "222433222", *SHEETS[3:]]
    )
    assert set(Response.objects.values_list("channel", "profile")) == {("paper", "P35a")}
