"""First run, invitation, second step and passkeys in a real browser with a virtual authenticator."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.conftest import PASSWORD, Cast, make_cast
from tests.staff.test_second_step import code_of
from tuntas.models import Deactivation, Event, Office, SetupCode, User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = ["small", "desktop"]
NEW = "kursi-tunggu-loket-dua"


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def sign_in(visitor: Visitor, email: str, password: str = PASSWORD) -> Page:
    page = visitor.open("/accounts/login/")
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(password)
    page.get_by_role("button", name="Masuk", exact=True).click()
    return page


def with_authenticator(visitor: Visitor) -> None:
    """A device that holds passkeys and always finds its owner."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


@pytest.mark.parametrize("size", SIZES)
def test_an_empty_installation_is_set_up(live_server: Any, visitor: Any, size: str) -> None:
    code, first = SetupCode.renew(), visitor(size)
    assert code
    page = first.open("/")
    first.check("setup")
    for label, value in (
        ("Kode pemasangan", "salah"),
        ("Nama kantor", "Dinas Contoh"),
        ("Kode kantor", "dinas"),
        ("Unit kerja pertama", "Bagian Umum"),
        ("Kode unit", "umum"),
        ("Nama Anda", "Wayan Ketua"),
        ("Alamat surel Anda", "ketua@contoh.go.id"),
    ):
        page.get_by_label(label).fill(value)
    for password in page.locator("input[type=password]").all():
        password.fill(NEW)
    page.get_by_role("button", name="Siapkan").click()
    expect(page.get_by_role("alert")).to_contain_text("bukan kode yang terakhir dicetak")
    first.check("setup refused")
    page.get_by_label("Kode pemasangan").fill(code)
    for password in page.locator("input[type=password]").all():
        password.fill(NEW)
    page.get_by_role("button", name="Siapkan").click()
    page.wait_for_url("**/accounts/login/")
    first.check("sign in")
    assert Office.objects.get().code == "dinas"


@pytest.mark.parametrize("size", SIZES)
def test_a_person_is_asked_in_comes_and_goes(cast: Cast, visitor: Any, size: str) -> None:
    team, guest = visitor(size), visitor(size)
    page = sign_in(team, "team@contoh.go.id")
    page = team.open("/settings/people/")
    team.check("people")
    page.get_by_label("Alamat surel").fill("baru@contoh.go.id")
    page.get_by_label("Nama", exact=True).fill("Made Baru")
    page.get_by_label("Auditor").check()
    page.get_by_role("button", name="Undang").click()
    team.check("invitation link")
    url = page.locator("#key").input_value()
    door = guest.open(url[url.index("/accounts/") :])
    guest.check("invitation")
    for password in door.locator("input[type=password]").all():
        password.fill(NEW)
    door.get_by_role("button", name="Simpan sandi dan terima").click()
    door.wait_for_url("**/accounts/login/")
    sign_in(guest, "baru@contoh.go.id", NEW)
    guest.open("/accounts/")
    guest.check("account")
    person = User.objects.get(email="baru@contoh.go.id")
    team.open(f"/settings/people/{person.pk}/")
    team.check("person")
    page.get_by_role("link", name="Nonaktifkan").click()
    team.check("deactivation")
    page.get_by_label("Alasan").fill("Pindah tugas.")
    page.get_by_role("button", name="Nonaktifkan").click()
    expect(page.get_by_role("status")).to_contain_text("dinonaktifkan")
    guest.open("/home/")
    expect(door).to_have_url(f"{guest.base}/accounts/login/?next=/home/")
    assert Deactivation.objects.get().person == person


@pytest.mark.parametrize("size", SIZES)
def test_the_second_step_that_an_office_demands(cast: Cast, visitor: Any, size: str) -> None:
    cast.office.change(by=None, second_step_required=True)
    head = visitor(size)
    page = sign_in(head, "head@contoh.go.id")
    page.wait_for_url("**/accounts/second-step/")
    head.check("second step")
    page.get_by_role("link", name="Pasang aplikasi").click()
    head.check("who is it")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Lanjut").click()
    head.check("app")
    assert page.locator("img").evaluate("image => image.naturalWidth") > 0
    page.locator("#id_code").fill(code_of(page.get_by_label("Tidak dapat memindai?").input_value()))
    page.get_by_role("button", name="Pasang").click()
    page.wait_for_url("**/recovery-codes/")
    head.check("recovery codes")
    page.get_by_role("link", name="Lanjut ke beranda").click()
    page.wait_for_url("**/home/")


@pytest.mark.parametrize("size", SIZES)
def test_a_passkey_is_added_and_opens_the_door_alone(cast: Cast, visitor: Any, size: str) -> None:
    team = visitor(size)
    with_authenticator(team)
    page = sign_in(team, "team@contoh.go.id")
    page.wait_for_url("**/home/")
    team.open("/accounts/second-step/webauthn/add/")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Lanjut").click()
    team.check("new passkey")
    page.get_by_label("Boleh masuk dengan kunci ini saja").check()
    page.get_by_role("button", name="Tambah kunci sandi").click()
    page.wait_for_url("**/recovery-codes/")
    assert Authenticator.objects.filter(user=cast.people["team"], type="webauthn").count() == 1
    assert Event.objects.filter(action="second-step.passkey-added").exists()
    team.open("/accounts/second-step/webauthn/")
    team.check("passkeys")
    # Password first: the passkey is the second step.
    team.context.clear_cookies()
    sign_in(team, "team@contoh.go.id")
    page.wait_for_url("**/authenticate/")
    team.check("second step asked")
    page.get_by_role("button", name="Pakai kunci sandi").click()
    page.wait_for_url("**/home/")
    # Without a password.
    team.context.clear_cookies()
    team.open("/accounts/login/")
    page.get_by_role("button", name="Masuk dengan kunci sandi").click()
    page.wait_for_url("**/home/")
    assert team.errors == []


def test_a_device_without_the_passkey_is_told_so(cast: Cast, visitor: Any) -> None:
    guest = visitor("desktop")
    with_authenticator(guest)
    page = guest.open("/accounts/login/")
    page.get_by_role("button", name="Masuk dengan kunci sandi").click()
    expect(page.locator("#passkey-problem")).to_be_visible(timeout=70_000)
    guest.check("no passkey")
