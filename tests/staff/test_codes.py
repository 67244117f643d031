"""Codes and tokens on the staff pages: made once, shown once, counted by day, revoked with a question."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfReader

from tests.conftest import Cast, answer, moment
from tests.public.test_form import filled
from tuntas.law.months import Month
from tuntas.models import ApiToken, Event, Invitation, InvitationBatch, Response
from tuntas.models.codes import plain
from tuntas.report import MissingFont


@pytest.fixture
def page(cast: Cast) -> str:
    cast.service.change(by=None, codes="optional")
    return f"/services/{cast.service.pk}/codes/"


def make(cast: Cast, page: str, who: str = "team", **changes: Any) -> Any:
    soon = cast.office.today + timedelta(days=30)
    data = {"kind": "slip", "n": "12", "expires_on": str(soon)} | changes
    return cast.client(who).post(f"{page}add", data)


def test_slips_come_as_a_pdf_with_every_code_once(cast: Cast, page: str) -> None:
    made = make(cast, page)
    assert made["Content-Type"] == "application/pdf"
    assert made["Cache-Control"] == "no-store"
    reader = PdfReader(io.BytesIO(made.content))
    text = "\n".join(sheet.extract_text() for sheet in reader.pages)
    codes = {word for word in text.split() if len(word) == 9 and word[4] == "-"}
    assert len(reader.pages) == 2
    assert len(codes) == 12
    assert text.count("Layanan Pensiun") == 12
    assert "Berlaku sampai" in text
    for code in codes:
        assert Invitation.find(cast.service, plain(code)) is not None
    assert Event.objects.get(action="invitations.made").by == cast.people["team"]
    shown = cast.client("team").get(page).content.decode()
    assert "0 dari 12 kode" in shown
    assert not [code for code in codes if code in shown]


def test_a_long_name_leaves_room_for_the_code(cast: Cast, page: str) -> None:
    cast.service.change(by=None, name="Layanan Pertimbangan Teknis " + "Kepegawaian Daerah " * 9)
    reader = PdfReader(io.BytesIO(make(cast, page, n="5").content))
    text = reader.pages[0].extract_text()
    assert len(reader.pages) == 1
    assert text.count("…") == text.count("Sekali pakai.") == 5


def test_links_come_as_a_list_for_a_mail_merge(cast: Cast, page: str) -> None:
    tickets = SimpleUploadedFile("t.csv", "\ufefftiket\nT-1\n\nT-2\nT-3\nT-4\n#5\n".encode())
    made = make(cast, page, who="officer", kind="link", n="", tickets=tickets)
    assert made.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert [row["tiket"] for row in rows] == ["T-1", "T-2", "T-3", "T-4", "#5"]
    assert list(rows[0]) == ["tiket", "tautan", "kode", "layanan", "berlaku_sampai"]
    for row in rows:
        path = row["tautan"].removeprefix("http://127.0.0.1:8000")
        assert Client().get(path).status_code == 200
    kept = str(list(Invitation.objects.values())) + str(list(InvitationBatch.objects.values()))
    assert "T-1" not in kept
    assert "tiket" not in make(cast, page, kind="link", n="5").content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n": "4"}, "lebih besar dari atau sama dengan 5"),
        ({"n": "501"}, "lebih kecil dari atau sama dengan 500"),
        ({"n": ""}, "Isi jumlah kode"),
        ({"expires_on": "2020-01-01"}, "Pilih hari dari hari ini"),
        ({"kind": "link", "tickets": b"T-1\nBudi Santoso\n"}, "Baris 2 bukan nomor tiket"),
        ({"kind": "link", "tickets": b"T-1\nT-2\n"}, "Buat 5 sampai 500 kode"),
        ({"kind": "link", "tickets": b"\xff\xfe1"}, "Simpan sebagai teks atau CSV UTF-8"),
    ],
)
def test_what_is_wrong_is_said_and_no_code_is_made(
    cast: Cast, page: str, changes: dict[str, Any], words: str
) -> None:
    if "tickets" in changes:
        changes = changes | {"tickets": SimpleUploadedFile("t.csv", changes["tickets"])}
    made = make(cast, page, **changes)
    assert made.status_code == 422
    assert words in made.content.decode()
    assert not Invitation.objects.exists()


def test_without_a_file_there_are_no_codes(cast: Cast, page: str) -> None:
    with patch("tuntas.report.pdf.check_fonts", side_effect=MissingFont("Berkas huruf tiada")):
        made = make(cast, page)
    assert made.status_code == 422
    assert "Berkas huruf tiada" in made.content.decode()
    assert not InvitationBatch.objects.exists()


def test_the_list_counts_by_day_and_the_rest_is_revoked_after_a_question(
    cast: Cast, page: str
) -> None:
    batch, codes = InvitationBatch.make(
        cast.service, "link", 5, expires_on=cast.office.today, by=None
    )
    for code in codes[:2]:
        Client().post(f"/s/{cast.service.token}/", filled(cast.service, u=code))
    team = cast.client("team")
    assert "2 dari 5 kode" in team.get(page).content.decode()
    question = f"{page}{batch.pk}/revocation"
    assert "3 dari 5 kode" in team.get(question).content.decode()
    batch.refresh_from_db()
    assert batch.revoked_on is None
    told = team.post(question, follow=True).content.decode()
    assert "3 kode yang tersisa dicabut" in told
    assert "sisa dicabut" in told
    again = team.post(question, follow=True).content.decode()
    assert "sudah dicabut" in again


def test_an_officer_makes_codes_for_the_own_unit_only(cast: Cast, page: str) -> None:
    cast.service16.change(by=None, codes="optional")
    assert make(cast, page, who="officer").status_code == 200
    assert make(cast, f"/services/{cast.service16.pk}/codes/", who="officer").status_code == 404
    other, _codes = InvitationBatch.make(
        cast.service16, "slip", 5, expires_on=cast.office.today, by=None
    )
    # The batch of another service under the own service's address.
    assert cast.client("officer").post(f"{page}{other.pk}/revocation").status_code == 404


def test_the_rule_is_the_teams_and_codes_need_it(cast: Cast, page: str) -> None:
    team = cast.client("team")
    team.post(f"{page}rule", {"codes": "none"})
    cast.service.refresh_from_db()
    assert cast.service.codes == "none"
    refused = make(cast, page)
    assert refused.status_code == 422
    assert "belum memakai kode" in refused.content.decode()
    team.post(f"{page}rule", {"codes": "semua"})
    cast.service.refresh_from_db()
    assert cast.service.codes == "none"


def test_shares_of_codes_and_signs_stand_on_quality_and_settings(cast: Cast, page: str) -> None:
    _made, codes = InvitationBatch.make(
        cast.service, "link", 5, expires_on=cast.office.today, by=None
    )
    answer(cast.service, channel="helpdesk", code=codes[0])
    answer(cast.service, channel="helpdesk", code=codes[1])
    answer(cast.service, channel="helpdesk")
    answer(cast.service, "444444444", channel="web")
    month = Month.of(cast.office.today)
    helpdesk, web = Response.objects.shares(cast.office, month)
    assert (helpdesk.n, helpdesk.with_code, helpdesk.signed) == (3, 2, 0)
    assert (web.n, web.with_code, web.signed) == (1, 0, 1)
    for url in (f"/periods/{month}/quality/", "/settings/"):
        html = cast.client("team").get(url).content.decode()
        assert "2 (66,67%)" in html
        assert "1 (100" in html
    assert Response.objects.shares(cast.other, month) == []


def test_the_new_sign_is_listed(cast: Cast) -> None:
    answer(cast.service, "343434343", at=moment("2026-01-15 03:00"), is_unproven=True)
    html = cast.client("team").get("/periods/2026-01/quality/?sign=8").content.decode()
    assert html.count("Datang dalam lonjakan tanpa bukti kerja peramban") == 2


def test_a_token_is_shown_once_and_revoked(cast: Cast) -> None:
    team, until = cast.client("team"), cast.office.today + timedelta(days=90)
    data = {"name": "Helpdesk", "scopes": ["services", "invitations"], "expires_on": str(until)}
    made = team.post("/settings/tokens/", data)
    key = made.content.decode().split('id="key" readonly value="')[1].split('"')[0]
    assert made["Cache-Control"] == "no-store"
    token = ApiToken.by_key(key)
    assert token is not None
    assert token.scopes == ["invitations", "services"]
    listed = team.get("/settings/tokens/").content.decode()
    assert "Helpdesk" in listed
    assert key not in listed
    team.post(f"/settings/tokens/{token.pk}/revocation")
    assert ApiToken.by_key(key) is None
    assert "dicabut" in team.get("/settings/tokens/").content.decode()


def test_a_token_without_an_end_in_reach_is_refused(cast: Cast) -> None:
    late = cast.office.today + timedelta(days=800)
    data = {"name": "Helpdesk", "scopes": "services", "expires_on": str(late)}
    made = cast.client("team").post("/settings/tokens/", data)
    assert made.status_code == 422
    assert "730 hari" in made.content.decode()
