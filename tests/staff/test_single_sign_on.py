"""Signing in through a real OpenID Connect provider, at a real site."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
import requests

from scripts.with_postgres import free_port
from tests.cli.test_commands import environment, run
from tests.conftest import PASSWORD
from tests.serving import site, until

pytestmark = pytest.mark.slow

ADDRESS = "sari@kantor.example"
USERS = [
    {
        "sub": "sari-1",
        "email": "Sari@Kantor.example",
        "email_verified": True,
        "phone": "0812-RAHASIA",
    },
    {"sub": "sari-2", "email": ADDRESS, "email_verified": True},
    {"sub": "asing", "email": "asing@luar.example", "email_verified": True},
    {"sub": "bodong", "email": ADDRESS, "email_verified": False},
    {"sub": "tanpa-surel"},
]


@dataclass
class Here:
    address: str
    env: dict[str, str]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """A provider, and a site that trusts it, with one invited person."""
    folder = tmp_path_factory.mktemp("sso")
    port = free_port()
    provider = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for user in USERS:
        command += ["--user-claims", json.dumps(user)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: answers(provider), 30)
            told = {
                "TUNTAS_OIDC_URL": provider,
                "TUNTAS_OIDC_CLIENT_ID": "tuntas",
                "TUNTAS_OIDC_CLIENT_SECRET": "rahasia-klien",
                "TUNTAS_OIDC_NAME": "SSO Kanreg",
            }
            with site(folder, **told) as running:
                add_person(running.env)
                yield Here(f"http://127.0.0.1:{running.port}", running.env)
        finally:
            process.terminate()
            process.wait(30)


def answers(address: str) -> bool:
    with suppress(OSError):
        urlopen(f"{address}/.well-known/openid-configuration").close()
        return True
    return False


def add_person(env: dict[str, str]) -> None:
    assert run("office", "add", "kanreg", "--name", "Kanreg", env=env).returncode == 0
    words = ("user", "add", ADDRESS, "--name", "Sari", "--office", "kanreg")
    made = run(*words, "--role", "survey_team", env=env | {"TUNTAS_PASSWORD": PASSWORD})
    assert made.returncode == 0, made.stderr


def sign_in(here: Here, sub: str, **form: str) -> tuple[requests.Session, requests.Response]:
    """Walk from our page to the provider's, say there who one is, and come back."""
    session = requests.Session()
    page = session.get(f"{here.address}/accounts/login/")
    link = re.search(r'href="(/accounts/sso/[^"]+)"[^>]*>Masuk dengan SSO Kanreg<', page.text)
    assert link, page.text
    asked = session.get(here.address + link.group(1))
    query = parse_qs(urlsplit(asked.url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert set(query["scope"][0].split()) == {"openid", "profile", "email"}
    return session, session.post(asked.url, data=form or {"sub": sub})


def test_an_invited_person_signs_in_and_is_known_by_subject_from_then_on(here: Here) -> None:
    session, page = sign_in(here, "sari-1")
    assert (page.status_code, urlsplit(page.url).path) == (200, "/home/"), page.text
    account = session.get(f"{here.address}/accounts/").text
    assert "SSO Kanreg" in account
    assert "terhubung sejak" in account
    # Another identity with the same address is not the same person.
    _session, other = sign_in(here, "sari-2")
    assert other.status_code == 403
    assert "terhubung ke identitas lain" in other.text
    _session, again = sign_in(here, "sari-1")
    assert again.status_code == 200
    # Until the person lets go of the first one.
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', account)
    assert token
    done = session.post(
        f"{here.address}/accounts/sso/disconnection", {"csrfmiddlewaretoken": token.group(1)}
    )
    assert "Hubungan itu diputus." in done.text
    _session, other = sign_in(here, "sari-2")
    assert other.status_code == 200
    audit = session.get(f"{here.address}/settings/audit/").text
    assert audit.count("menghubungkan akun dengan penyedia identitas") >= 2
    assert "memutus hubungan dengan penyedia identitas" in audit


@pytest.mark.parametrize(
    ("sub", "reason"),
    [
        ("asing", "asing@luar.example belum diundang"),
        ("bodong", "tidak menyatakan alamat surel Anda terverifikasi"),
        ("tanpa-surel", "tidak menyatakan alamat surel Anda terverifikasi"),
    ],
)
def test_nobody_else_gets_in_and_is_told_why(here: Here, sub: str, reason: str) -> None:
    session, page = sign_in(here, sub)
    assert page.status_code == 403
    assert reason in page.text
    assert "/accounts/login/" in session.get(f"{here.address}/home/").url
    assert people(here) == 1


def test_whoever_says_no_at_the_provider_is_back_where_they_began(here: Here) -> None:
    session, page = sign_in(here, "", action="deny")
    assert "batal" in page.text
    assert "/accounts/login/" in session.get(f"{here.address}/home/").url


def test_an_answer_that_nobody_asked_for_opens_nothing(here: Here) -> None:
    """Forged state, as a page of somebody else would send."""
    page = requests.get(f"{here.address}/accounts/sso/oidc/sso/login/callback/?code=x&state=y")
    assert page.status_code == 403
    assert "Coba lagi, atau masuk dengan sandi." in page.text


def test_only_the_subject_is_kept(here: Here) -> None:
    sign_in(here, "sari-1")
    code = (
        "from allauth.socialaccount.models import SocialAccount, SocialToken\n"
        "print(list(SocialAccount.objects.values_list('extra_data', flat=True)), "
        "SocialToken.objects.count())"
    )
    told = run("manage", "shell", "-c", code, env=here.env)
    assert told.stdout.splitlines()[-1] == "[{}] 0", told


def people(here: Here) -> int:
    code = "from tuntas.models import User; print(User.objects.count())"
    return int(run("manage", "shell", "-c", code, env=here.env).stdout.splitlines()[-1])


def test_a_deactivated_person_stays_out(here: Here) -> None:
    code = "from tuntas.models import User; User.objects.update(is_active={})"
    run("manage", "shell", "-c", code.format(False), env=here.env)
    try:
        session, page = sign_in(here, "sari-2")
        assert "dinonaktifkan" in page.text
        assert "/accounts/login/" in session.get(f"{here.address}/home/").url
    finally:
        run("manage", "shell", "-c", code.format(True), env=here.env)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"TUNTAS_OIDC_URL": "https://sso.example"}, "TUNTAS_OIDC_CLIENT_ID"),
        ({"TUNTAS_OIDC_URL": "http://sso.example", "TUNTAS_OIDC_CLIENT_ID": "t"}, "https://"),
    ],
)
def test_half_a_setting_or_an_open_wire_is_refused(
    tmp_path: Path, more: dict[str, str], reason: str
) -> None:
    told = run("doctor", env=environment(tmp_path, **more))
    assert told.returncode != 0
    assert reason in told.stderr
