"""Headers, cookies, redirects, hosts, uploads, formulas and secrets: what an attacker tries first."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.conftest import PASSWORD, Cast, answer, moment
from tests.test_permissions import GETS, address, world  # noqa: F401  # a fixture
from tuntas.models import ActionPlan, Feedback, Import
from tuntas.report.sheets import plain

ROOT = Path(__file__).parents[1]
FORMULA = "=cmd|' /C calc'!A0"
DURING = moment("2026-01-15 03:00")
PAGES = ("/", "/t/", "/v/", "/o/kanreg/", "/o/kanreg/privacy/", "/accounts/login/", "/tidak-ada/")
EMBEDDED = {"/o/kanreg/card/", "/o/kanreg/badge.svg"}


def check_headers(response: Any, where: str) -> None:
    policy = response.headers.get("Content-Security-Policy", "")
    assert "unsafe" not in policy, where
    if response.headers["Content-Type"].startswith("text/html"):
        assert "default-src 'none'" in policy, where
        assert "base-uri 'none'" in policy, where
        assert "form-action 'self'" in policy, where
        assert re.search(r"frame-ancestors '(none|self)'", policy), where
        assert response["X-Frame-Options"] in ("DENY", "SAMEORIGIN"), where
        assert response["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert response["X-Content-Type-Options"] == "nosniff", where
    assert response["Referrer-Policy"] in ("same-origin", "no-referrer"), where
    assert "camera=()" in response["Permissions-Policy"], where
    assert response["Cross-Origin-Resource-Policy"] == "same-origin", where


@pytest.mark.slow
def test_every_staff_page_carries_the_headers(world: dict[str, Any]) -> None:  # noqa: F811
    client = world["cast"].client("team")
    seen = 0
    for name, (arguments, _allowed) in GETS.items():
        response = client.get(address(world, name, arguments))
        for close in response._resource_closers:
            close()
        if response.status_code == 200:
            seen += 1
            check_headers(response, name)
    assert seen > 60


def test_every_public_page_carries_the_headers_and_only_badges_may_be_embedded(cast: Cast) -> None:
    code = answer(cast.service, suggestion="Tambah kursi.").tracking_code
    form = cast.service.get_absolute_url()
    for path in (*PAGES, form, f"/t/{code}/", f"/t/{code}/data/", f"/t/{code}/data.json"):
        check_headers(Client().get(path), path)
    for path in EMBEDDED:
        response = Client().get(path)
        assert "unsafe" not in response["Content-Security-Policy"]
        assert response["X-Content-Type-Options"] == "nosniff"


def test_behind_https_everything_is_strict(cast: Cast, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31_536_000, True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    plainly = Client().get("/t/")
    assert plainly.status_code == 301
    assert plainly["Location"].startswith("https://")
    secure = Client().get("/t/", headers={"X-Forwarded-Proto": "https"})
    assert secure["Strict-Transport-Security"] == "max-age=31536000"


def settings_of(tmp_path: Path, words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the settings are in a process of its own with these variables."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TUNTAS_DATA": str(tmp_path / "d")}
    code = f"from tuntas import settings as s; print({words})"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=env | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_https_makes_the_cookies_secure(tmp_path: Path) -> None:
    words = "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS"
    found = settings_of(
        tmp_path, words, TUNTAS_HTTPS="1", TUNTAS_PUBLIC_URL="https://skm.contoh.go.id"
    )
    assert found.stdout.strip() == "True True 31536000", found.stderr


def test_every_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secrets = {
        "TUNTAS_SECRET_KEY": "k" * 60,
        "TUNTAS_DATABASE_URL": "postgresql://a:sandi-rahasia@db/nama",
        "TUNTAS_SMTP_PASSWORD": "sandi-surel",
    }
    variables = {}
    for name, value in secrets.items():
        file = tmp_path / name
        file.write_text(value + "\n", encoding="utf-8")
        variables[f"{name}_FILE"] = str(file)
    words = "s.SECRET_KEY, s.DATABASES['default']['PASSWORD'], s.EMAIL_HOST_PASSWORD"
    found = settings_of(tmp_path, words, **variables)
    assert found.stdout.split() == ["k" * 60, "sandi-rahasia", "sandi-surel"], found.stderr
    missing = settings_of(tmp_path, words, TUNTAS_SECRET_KEY_FILE=str(tmp_path / "tidak-ada"))
    assert "berkas tidak dapat dibaca" in missing.stderr


def test_signing_in_makes_a_new_session_and_cookies_are_closed_to_scripts(cast: Cast) -> None:
    client = Client()
    planted = "x" * 32
    client.cookies[product.SESSION_COOKIE_NAME] = planted
    data = {"login": "team@contoh.go.id", "password": PASSWORD}
    response = client.post(reverse("account_login"), data)
    cookie = response.cookies[product.SESSION_COOKIE_NAME]
    assert cookie.value not in ("", planted)
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    before = cookie.value
    client.post(reverse("account_logout"))
    stale = Client()
    stale.cookies[product.SESSION_COOKIE_NAME] = before
    assert stale.get(reverse("home")).status_code == 302


@pytest.mark.parametrize(
    "target",
    ["https://jahat.example/", "//jahat.example/", "/\\jahat.example", "javascript:alert(1)",
     "https:jahat.example", "\thttps://jahat.example"],
)  # fmt: skip
def test_nobody_is_led_to_another_site(cast: Cast, target: str) -> None:
    data = {"login": "team@contoh.go.id", "password": PASSWORD, "next": target}
    signed_in = Client().post(reverse("account_login"), data)
    assert "jahat" not in signed_in.get("Location", "")
    assert "javascript" not in signed_in.get("Location", "")
    chosen = Client().post(reverse("language"), {"language": "en", "next": target})
    assert chosen["Location"] == "/"


def test_a_false_host_is_refused_and_no_letter_names_it(cast: Cast, mailoutbox: Any) -> None:
    assert Client().get("/t/", headers={"Host": "jahat.example"}).status_code == 400
    client = Client()
    client.post(
        reverse("account_reset_password"),
        {"email": "team@contoh.go.id"},
        headers={"X-Forwarded-Host": "jahat.example"},
    )
    assert "jahat" not in mailoutbox[0].body


# -- uploads -------------------------------------------------------------------------------------


def plan_of(cast: Cast) -> ActionPlan:
    return ActionPlan.add(
        cast.pensiun, by=None, survey_month=DURING.date().replace(day=1), action="Menambah kursi."
    )


def test_too_large_files_are_refused_everywhere(cast: Cast, settings: Any) -> None:
    settings.EVIDENCE_MAX_BYTES = 1024 * 1024
    large = b"%PDF-1.7 " + b"0" * settings.EVIDENCE_MAX_BYTES
    client, plan = cast.client("team"), plan_of(cast)
    url = reverse("plan-evidence", args=[plan.pk])
    response = client.post(url, {"evidence-file": SimpleUploadedFile("a.pdf", large)})
    assert response.status_code == 422
    assert "terlalu besar" in response.content.decode()
    response = client.post(
        reverse("publication-list"),
        {
            "span": "2026-01",  "kind": "printed", "name": "Papan",
            "on": "2026-02-02", "file": SimpleUploadedFile("a.pdf", large),
        },
    )  # fmt: skip
    assert response.status_code == 422
    assert "terlalu besar" in response.content.decode()
    assert not plan.evidence.exists()


def test_names_of_files_lead_nowhere(cast: Cast) -> None:
    plan = plan_of(cast)
    for name in ("../../etc/passwd.pdf", "/etc/passwd.pdf", "..\\..\\a.pdf"):
        row = plan.add_file(name, b"%PDF-1.7 " + name.encode(), by=None)
        assert "/" not in row.file_name
        assert re.fullmatch(r"evidence/\d+/[0-9a-f]{64}", row.storage_path)
        assert Path(default_storage.path(row.storage_path)).is_relative_to(product.MEDIA_ROOT)
    upload = SimpleUploadedFile("x.csv", b"u1\n3\n")
    found = Import.add(cast.service, upload, "../../../x.csv", by=cast.people["team"])
    assert found.file_name == "x.csv"
    assert found.path.is_relative_to(product.MEDIA_ROOT)


@pytest.mark.slow
def test_a_bomb_sent_as_a_spreadsheet_is_refused_without_being_unfolded(cast: Cast) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", b"0" * 400_000_000)
    content = bomb.getvalue()
    assert len(content) < 1_000_000
    data = {"service": cast.service.pk, "file": SimpleUploadedFile("a.xlsx", content)}
    response = cast.client("team").post(reverse("import-add"), data)
    assert response.status_code == 422
    assert not Import.objects.exists()


def test_an_aggregate_that_is_no_aggregate_is_refused(cast: Cast) -> None:
    client = cast.client("head")
    for content in (b"[" * 200_000, b'{"body":' * 50_000, b"PK\x03\x04" + b"0" * 1000):
        response = client.post(
            reverse("aggregate-add"), {"file": SimpleUploadedFile("a.json", content)}
        )
        assert response.status_code == 422


# -- formulas ------------------------------------------------------------------------------------

EXPORTS = {
    "plan-export", "rollup-export", "analysis-table", "import-problems",
    "processing-file", "audit-file", "feedback-export",
}  # fmt: skip


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "|x", "%x", " =1", "\t=1", "\r=1", "\n=1"]
)
def test_a_cell_that_begins_a_formula_gets_an_apostrophe(text: str) -> None:
    assert plain(text).startswith("'")


def plant(world: dict[str, Any]) -> None:  # noqa: F811
    """The formula in every name and text that an export may print."""
    cast: Cast = world["cast"]
    type(cast.office).objects.filter(pk=cast.office.pk).update(name=FORMULA)
    type(cast.pensiun).objects.filter(pk=cast.pensiun.pk).update(name=FORMULA, short_name=FORMULA)
    type(cast.service).objects.filter(pk=cast.service.pk).update(name=FORMULA)
    ActionPlan.objects.update(action=FORMULA, cause=FORMULA, person_in_charge=FORMULA)
    Feedback.objects.update(text=FORMULA)
    Import.objects.get().refused.create(line=2, column=FORMULA, value=FORMULA, reason=FORMULA)


def cells(response: Any) -> list[str]:
    """Everything a spreadsheet program would see of a file, formulas included."""
    content = b"".join(response) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            sheets = [file.read(name) for name in file.namelist() if "worksheets/" in name]
        assert not any(b"<f>" in sheet for sheet in sheets)
        return []
    text = content.decode("utf-8-sig")
    return [cell.strip('"') for line in text.splitlines() for cell in re.split("[;,]", line)]


@pytest.mark.slow
def test_no_export_runs_what_somebody_wrote(world: dict[str, Any]) -> None:  # noqa: F811
    plant(world)
    client = world["cast"].client("team")
    walked = set()
    for name, (arguments, _allowed) in GETS.items():
        for path in paths_of(world, name, arguments):
            response = client.get(path)
            kind = response.headers.get("Content-Type", "")
            if response.status_code == 200 and ("csv" in kind or "spreadsheet" in kind):
                walked.add(name)
                for cell in cells(response):
                    assert not cell.lstrip(" ").startswith(("=", "@", "+cmd")), (path, cell)
            for close in response._resource_closers:
                close()
    assert walked == EXPORTS


def paths_of(world: dict[str, Any], name: str, arguments: list[str]) -> list[str]:  # noqa: F811
    """The address with each kind of file it may be asked for; a page only as it is."""
    if not {"csv", "pdf"} & set(arguments):
        return [address(world, name, arguments)]
    found = []
    for ending in ("csv", "xlsx"):
        told = [ending if each in ("csv", "pdf") else world[each] for each in arguments]
        with suppress(NoReverseMatch):
            found.append(reverse(name, args=told))
    return found


def test_the_list_of_codes_runs_nothing_either(cast: Cast) -> None:
    cast.service.change(by=None, codes="optional")
    type(cast.service).objects.filter(pk=cast.service.pk).update(name=FORMULA)
    response = cast.client("team").post(
        reverse("code-batch-add", args=[cast.service.pk]),
        {"kind": "link", "n": "5", "expires_on": cast.office.today.isoformat()},
    )
    assert response["Content-Type"].startswith("text/csv"), response.content[:400]
    assert "'=cmd" in response.content.decode("utf-8-sig")
    assert not any(cell.startswith("=") for cell in cells(response))
