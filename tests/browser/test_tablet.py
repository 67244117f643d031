"""A tablet without network, with a broken clock, a full disk, a dying server: nothing lost or double."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from tests.conftest import Cast, make_cast
from tuntas.law.months import Month
from tuntas.models import Edition, EditionStart, Feedback, Response, Tablet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def tablet_address(cast: Cast, kind: str = "outreach", name: str = "Kunjungan") -> str:
    _tablet, key = Tablet.add(cast.service, name, kind, by=None)
    return f"/d/{key}/"


def rate(page: Page, score: int = 3, suggestion: str = "") -> None:
    """One citizen, from the start screen to the thanks."""
    page.click("#begin")
    for number in range(1, 10):
        page.locator(f"label.option:has(input[name=q{number}])").nth(score - 1).click()
        expect(page.locator(f"[name=q{number}]").first).to_be_hidden()
    page.click("#next")
    if suggestion:
        page.fill("#suggestion", suggestion)
    page.click("text=Kirim penilaian")
    expect(page.locator("#thanks")).to_be_visible()


def finish(page: Page) -> None:
    page.click("#finish")
    expect(page.locator("#begin")).to_be_visible()


def waiting(page: Page, number: int) -> None:
    expect(page.locator("#waiting")).to_have_text(str(number))


def ready(page: Page) -> None:
    """The service worker holds the page."""
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("caches.keys().then(names => names.length > 0)")


def test_a_tablet_collects_offline_for_days_and_hands_over_once(cast: Cast, visitor: Any) -> None:
    who = visitor("phone")
    page = who.open(tablet_address(cast))
    ready(page)
    who.check("tablet, start")
    who.cut_network()
    rate(page)
    finish(page)
    rate(page, 4, "Mohon jadwal kunjungan diumumkan.")
    code = page.locator("#code").inner_text()
    who.check("tablet, thanks with a code")
    waiting(page, 2)
    page.reload()  # from the service worker: there is no network
    waiting(page, 2)
    rate(page, 2)
    assert Response.objects.count() == 0

    who.restore_network()
    waiting(page, 0)
    expect(page.locator("#sent-count")).to_have_text("3")
    assert sorted(Response.objects.values_list("answers", "channel")) == [
        ("222222222", "outreach"),
        ("333333333", "outreach"),
        ("444444444", "outreach"),
    ]
    found = Feedback.by_code(code)
    assert found is not None
    assert found.text == "Mohon jadwal kunjungan diumumkan."
    page.click("summary")
    who.check("tablet, queue")


def test_an_acknowledgement_that_never_arrives_counts_nothing_twice(
    cast: Cast, visitor: Any
) -> None:
    page = visitor("phone").open(tablet_address(cast))

    def swallow(route: Route) -> None:
        route.fetch()  # the server stores it …
        route.abort()  # … and the tablet never hears of it

    page.route("**/sync", swallow)
    rate(page)
    waiting(page, 1)
    page.wait_for_timeout(500)
    assert Response.objects.count() == 1
    page.unroute("**/sync")
    page.reload()
    waiting(page, 0)
    assert Response.objects.count() == 1


def test_a_server_that_fails_half_way_gets_only_the_rest(cast: Cast, visitor: Any) -> None:
    who = visitor("phone")
    page = who.open(tablet_address(cast))
    ready(page)
    who.cut_network()
    for _each in range(3):
        rate(page)
        finish(page)
    waiting(page, 3)
    left = {"failures": 2}

    def fail(route: Route) -> None:
        if left["failures"]:
            left["failures"] -= 1
            route.fulfill(status=503, body=json.dumps({"error": "database", "message": "x"}))
        else:
            route.continue_()

    page.route("**/sync", fail)
    who.restore_network()
    for _try in range(3):
        page.click("summary") if not page.locator("#send").is_visible() else None
        page.click("#send")
        page.wait_for_timeout(300)
    waiting(page, 0)
    assert Response.objects.count() == 3


def test_a_full_device_keeps_the_answer_on_the_screen(cast: Cast, visitor: Any) -> None:
    page = visitor("phone").open(tablet_address(cast))
    page.evaluate(
        "IDBObjectStore.prototype.realPut = IDBObjectStore.prototype.put;"
        "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }; void 0"
    )
    page.click("#begin")
    for number in range(1, 10):
        page.locator(f"label.option:has(input[name=q{number}])").nth(2).click()
        expect(page.locator(f"[name=q{number}]").first).to_be_hidden()
    page.click("#next")
    page.click("text=Kirim penilaian")
    expect(page.locator("#full")).to_contain_text("Jawaban belum tersimpan")
    with page.expect_download() as saved:
        page.click("#save-one")
    backup = json.loads(saved.value.path().read_text())
    assert backup["items"][0]["answers"] == "333333333"

    page.evaluate("IDBObjectStore.prototype.put = IDBObjectStore.prototype.realPut; void 0")
    page.click("text=Kirim penilaian")
    expect(page.locator("#thanks")).to_be_visible()
    waiting(page, 0)
    # The file and the tablet hold the same answer: handing in the file adds nothing.
    client = cast.client("team")
    tablet = Tablet.objects.get()
    with saved.value.path().open("rb") as file:
        client.post(f"/tablets/{tablet.pk}/backup", {"file": file})
    assert Response.objects.count() == 1


def test_two_tablets_and_two_windows_of_one_never_count_double(cast: Cast, visitor: Any) -> None:
    address = tablet_address(cast)
    first, second = visitor("phone"), visitor("desktop")
    page, other = first.open(address), second.open(tablet_address(cast, name="Kedua"))
    ready(page)
    first.cut_network()
    rate(page)
    twin = first.context.new_page()
    twin.goto(page.url)  # the same queue in a second window
    expect(twin.locator("#waiting")).to_have_text("1")
    rate(other)
    first.restore_network()
    for window in (page, twin):
        window.evaluate("dispatchEvent(new Event('online'))")
    waiting(page, 0)
    expect(other.locator("#sent-count")).to_have_text("1")
    assert Response.objects.count() == 2


def test_a_clock_that_is_wrong_by_days_does_not_move_the_answer(cast: Cast, visitor: Any) -> None:
    who = visitor("phone")
    page = who.open("about:blank")
    page.clock.set_system_time(timezone.now() + timedelta(days=3))
    page.goto(who.base + tablet_address(cast))
    rate(page)
    expect(page.locator("#sent-count")).to_have_text("1")
    stored = Response.objects.get()
    today = cast.office.today
    assert stored.month == today.replace(day=1)
    assert stored.answered_on in (None, today)


def test_a_kiosk_loads_a_new_questionnaire_between_two_citizens(cast: Cast, visitor: Any) -> None:
    page = visitor("desktop").open(tablet_address(cast, kind="kiosk"))
    old, new = cast.service.edition_id, Edition.builtin("skm16").pk
    following = Month.of(cast.office.today) + 1
    EditionStart.plan(cast.service, Edition.builtin("skm16"), following, by=None)
    later = datetime.combine(following.first_day, time(4), UTC) + timedelta(days=5)
    with mock.patch.object(timezone, "now", return_value=later):
        rate(page)  # the page still asks the old one
        expect(page.locator("#sent-count")).to_have_text("1")
        page.click("#finish")
        expect(page.locator("input[name=edition]")).to_have_value(str(new))
    assert Response.objects.get().edition_id == old


def test_a_kiosk_clears_what_somebody_left_behind(cast: Cast, visitor: Any) -> None:
    who = visitor("desktop")
    page = who.open("about:blank")
    page.clock.install()
    page.goto(who.base + tablet_address(cast, "kiosk"))
    page.click("#begin")
    page.locator("label.option:has(input[name=q1])").nth(0).click()
    page.clock.run_for(61_000)
    expect(page.locator("#idle")).to_be_visible()
    page.clock.run_for(16_000)
    expect(page.locator("#begin")).to_be_visible()
    page.click("#begin")
    assert page.locator("input:checked").count() == 0
    page.go_back()
    expect(page.locator("#begin")).to_be_visible()
    who.check("kiosk")


def test_a_revoked_tablet_says_so_and_keeps_its_answers(cast: Cast, visitor: Any) -> None:
    page = visitor("phone").open(tablet_address(cast))
    ready(page)
    Tablet.objects.get().revoke(by=cast.people["team"])
    rate(page)
    expect(page.locator("#note")).to_contain_text("dicabut")
    waiting(page, 1)
    assert Response.objects.count() == 0
