"""The first run: an empty installation is set up once, by whoever reads the server's console."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast, at_once
from tuntas.models import Event, Membership, Office, SetupCode, User
from tuntas.models.setup_codes import FirstPerson, SetupCodeRefused, SetupOver

FIRST = FirstPerson("ketua@contoh.go.id", "Wayan Ketua", "kursi-tunggu-loket-dua")
PLACE: dict[str, Any] = {
    "office": {"code": "dinas", "name": "Dinas Contoh"},
    "unit": {"code": "umum", "name": "Bagian Umum"},
}


def data(printed: str, **changes: str) -> dict[str, str]:
    return {
        "code": printed.lower().replace("-", " "),
        "office_name": "Dinas Contoh",
        "office_code": "dinas",
        "city": "Denpasar",
        "time_zone": "Asia/Makassar",
        "unit_name": "Bagian Umum",
        "unit_code": "umum",
        "name": "Wayan Ketua",
        "email": "Ketua@contoh.go.id",
        "password1": "kursi-tunggu-loket-dua",
        "password2": "kursi-tunggu-loket-dua",
    } | changes


def test_an_empty_installation_is_set_up_in_the_browser(db: None) -> None:
    code, client = SetupCode.renew(), Client()
    assert code
    assert client.get("/")["Location"] == reverse("setup")
    assert "Kode pemasangan" in client.get("/setup/").content.decode()
    assert client.post("/setup/", data(code))["Location"] == reverse("account_login")
    member = Membership.objects.get()
    assert (member.user.email, member.office.code, member.role) == (
        "ketua@contoh.go.id",
        "dinas",
        "survey_team",
    )
    assert member.office.units.get().code == "umum"
    assert Event.objects.filter(action="office.set-up", by=member.user).exists()
    sign_in = {"login": "ketua@contoh.go.id", "password": FIRST.password}
    assert client.post(reverse("account_login"), sign_in)["Location"] == reverse("home")
    assert client.get(reverse("home")).status_code == 200
    assert client.get("/setup/").status_code == 404
    assert client.get("/").status_code == 200
    assert SetupCode.renew() is None
    assert code not in str(SetupCode.objects.values())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "AAAA-BBBB-CCCC-DDDD"}, "bukan kode yang terakhir dicetak"),
        ({"password1": "pendek"}, "12 karakter"),
        ({"password1": "qwerty123456", "password2": "qwerty123456"}, "umum"),
        ({"password1": "wayan-ketua1", "password2": "wayan-ketua1"}, "mirip"),
        ({"password2": "kursi-tunggu-loket-tiga"}, "Kedua sandi tidak sama"),
        ({"office_code": "Dinas Contoh"}, "huruf kecil"),
        ({"email": "bukan surel"}, "Alamat surel Anda"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    db: None, changes: dict[str, str], words: str
) -> None:
    code = SetupCode.renew()
    assert code
    response = Client().post("/setup/", data(code, **changes))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not User.objects.exists()
    assert not Office.objects.exists()
    assert Client().post("/setup/", data(code)).status_code == 302  # the code is not used up


def test_only_the_code_printed_last_counts(db: None) -> None:
    old, new = SetupCode.renew(), SetupCode.renew()
    assert old
    assert new
    with pytest.raises(SetupCodeRefused):
        SetupCode.redeem(old, FIRST, **PLACE)
    assert SetupCode.redeem(new, FIRST, **PLACE).email == FIRST.email
    with pytest.raises(SetupOver):
        SetupCode.redeem(new, FIRST, **PLACE)


def test_where_there_is_a_person_nothing_can_be_set_up(cast: Cast) -> None:
    assert SetupCode.renew() is None
    assert Client().get("/setup/").status_code == 404
    assert Client().post("/setup/", data("AAAA")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_several_who_set_up_at_once_one_wins() -> None:
    code, outcomes = SetupCode.renew(), []
    assert code

    def act() -> None:
        try:
            outcomes.append(SetupCode.redeem(code, FIRST, **PLACE).email)
        except (SetupOver, SetupCodeRefused) as error:
            outcomes.append(type(error).__name__)

    at_once(act, threads=6)
    assert outcomes.count(FIRST.email) == 1
    assert len(outcomes) == 6
    assert (Office.objects.count(), User.objects.count()) == (1, 1)
