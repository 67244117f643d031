"""The second step: an app's codes and recovery codes; an office may demand it of its leaders."""

from __future__ import annotations

import re
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from tests.conftest import PASSWORD, Cast
from tuntas.models import Event


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def signed_in(email: str) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    return client


def with_app(email: str) -> tuple[Client, str]:
    """A person who has just added an app; and the app's secret."""
    client = signed_in(email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    secret = page.context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert done.status_code == 302, done.content.decode()
    return client, secret


def test_an_app_is_added_and_asked_for_from_then_on(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client, secret = with_app("team@contoh.go.id")
    row = Authenticator.objects.get(type="totp")
    assert secret not in str(row.data)
    assert Event.objects.filter(action="second-step.app-added", office=cast.office).exists()
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = re.findall(r"<code>(\w+)</code>", page)
    assert len(codes) == 10
    again = signed_in("team@contoh.go.id")
    assert again.get(reverse("home")).status_code == 302
    url = reverse("mfa_authenticate")
    assert "Langkah kedua" in again.get(url).content.decode()
    assert "Kode salah" in again.post(url, {"code": "000000"}).content.decode()
    assert again.post(url, {"code": codes[0]})["Location"] == reverse("home")
    assert again.get(reverse("home")).status_code == 200
    once = signed_in("team@contoh.go.id")
    assert once.post(url, {"code": codes[0]}).status_code == 200  # used up
    assert once.post(url, {"code": codes[1]}).status_code == 302


def test_the_pages_of_the_second_step_are_ours_and_indonesian(cast: Cast) -> None:
    client, _secret = with_app("team@contoh.go.id")
    for name, words in (
        ("mfa_index", "Lepas aplikasi"),
        ("mfa_deactivate_totp", "tidak diminta lagi"),
        ("mfa_view_recovery_codes", "kode belum dipakai"),
        ("mfa_generate_recovery_codes", "Kode yang lama tidak berlaku"),
        ("mfa_list_webauthn", "Belum ada kunci sandi"),
        ("mfa_add_webauthn", "Nama kunci"),
        ("account_reauthenticate", "Pastikan ini Anda"),
        ("mfa_reauthenticate", "Pastikan ini Anda"),
        ("account", "aktif"),
    ):
        page = client.get(reverse(name))
        assert page.status_code == 200, name
        assert words in page.content.decode(), name
    sent = client.get(reverse("mfa_download_recovery_codes"))
    assert sent["Content-Disposition"].startswith("attachment")


def test_an_office_may_demand_it_of_its_team_and_head(cast: Cast) -> None:
    cast.office.change(by=None, second_step_required=True)
    client = signed_in("team@contoh.go.id")
    for name in ("home", "people", "plan-list"):
        assert client.get(reverse(name))["Location"] == reverse("mfa_index")
    assert client.post(reverse("people"), {}).status_code == 302
    assert cast.client("head").get(reverse("home"))["Location"] == reverse("mfa_index")
    for who in ("officer", "auditor", "stranger"):
        assert cast.client(who).get(reverse("home")).status_code == 200, who
    ready, _secret = with_app("team@contoh.go.id")
    assert ready.get(reverse("home")).status_code == 200
    off = ready.post(reverse("mfa_deactivate_totp"))
    assert off.status_code == 200
    assert Authenticator.objects.filter(type="totp").exists()
    cast.office.change(by=None, second_step_required=False)
    assert ready.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(type="totp").exists()


def test_changing_the_way_in_asks_again_who_it_is(cast: Cast) -> None:
    client = cast.client("team")  # a session in which no password was typed lately
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 302
    assert page["Location"].startswith(reverse("account_reauthenticate"))
