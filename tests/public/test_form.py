"""The questionnaire: what a citizen sees, sends and gets, and every way it can go wrong."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from tests.conftest import Cast
from tuntas.models import Feedback, Response, Service


def filled(service: Service, **changes: Any) -> dict[str, Any]:
    data = {
        "id": str(uuid4()),
        "edition": service.edition_id,
        "channel": "qr",
        "p_sex": "P",
        "p_age": "3",
        "suggestion": "",
    }
    data |= {f"q{question.position}": "3" for question in service.edition.question_list}
    return data | changes


def send(service: Service, **changes: Any) -> Any:
    return Client().post(f"/s/{service.token}/", filled(service, **changes))


@pytest.mark.parametrize("name", ["service", "service16"])
def test_a_filled_form_is_stored_and_thanked_for(cast: Cast, name: str) -> None:
    service: Service = getattr(cast, name)
    response = send(service)
    assert response.status_code == 303
    page = Client().get(response["Location"]).content.decode()
    stored = Response.objects.get()
    assert stored.answers == "3" * len(service.edition.question_list)
    assert (stored.channel, stored.profile) == ("qr", "P3--")
    assert stored.id.hex.upper() in page
    assert "Kode pelacakan" not in page


def test_sending_twice_counts_once_and_shows_the_same_codes(cast: Cast) -> None:
    data = {"id": str(uuid4()), "suggestion": "Tambah kursi."}
    pages = [
        Client().get(send(cast.service, **data)["Location"]).content.decode() for _twice in range(2)
    ]
    codes = [re.findall(r'class="code">([^<]+)<', page) for page in pages]
    assert codes[0] == codes[1]
    assert len(codes[0]) == 1
    assert Response.objects.count() == Feedback.objects.count() == 1
    assert Feedback.by_code(codes[0][0]) is not None


def test_the_receipt_shows_no_code_after_half_an_hour(cast: Cast) -> None:
    location = send(cast.service, suggestion="Tambah kursi.")["Location"]
    with patch("django.core.signing.time.time", return_value=timezone.now().timestamp() + 1801):
        page = Client().get(location).content.decode()
    assert "Terima kasih" in page
    assert 'class="code' not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"q3": ""}, "Pilih jawaban untuk pertanyaan 3."),
        ({"q3": "5"}, "Pertanyaan 3: jawaban di luar pilihan yang ada."),
        ({"q3": "0"}, "Pertanyaan 3: jawaban di luar pilihan yang ada."),
        ({"q10": "3"}, "pertanyaan yang tidak ada (q10)"),
        ({"id": "bukan-nomor"}, "Nomor formulir rusak"),
        ({"suggestion": "a" * 2001}, "Saran terlalu panjang: 2001 huruf"),
        ({"p_sex": "X"}, "Pilihan Jenis kelamin tidak dikenal."),
        ({"edition": "999"}, "Kuesioner baru saja diperbarui"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    cast: Cast, changes: dict[str, str], words: str
) -> None:
    response = send(cast.service, **({"suggestion": "Saran saya"} | changes))
    html = response.content.decode()
    assert response.status_code == 422
    assert words in html
    assert "<title>Galat:" in html
    assert html.count(" checked") >= 8
    assert changes.get("suggestion", "Saran saya") in html
    assert not Response.objects.exists()


def test_a_score_outside_the_options_never_reaches_the_database(cast: Cast) -> None:
    send(cast.service, q1="400")
    Client().get(f"/s/{cast.service.token}/?q1=4&q2=4&kirim_survei=1")
    assert not Response.objects.exists()


def test_a_closed_service_and_an_unknown_link_say_so(cast: Cast) -> None:
    cast.service.change(by=None, closed_at=timezone.now())
    response = send(cast.service)
    assert response.status_code == 410
    assert "sudah ditutup" in response.content.decode()
    response = Client().get("/s/tidakada/")
    assert response.status_code == 404
    assert "Layanan tidak ditemukan" in response.content.decode()


def test_a_used_form_with_other_answers_is_a_conflict(cast: Cast) -> None:
    key = str(uuid4())
    send(cast.service, id=key)
    response = send(cast.service, id=key, q1="1")
    assert response.status_code == 409
    assert Response.objects.get().answers[0] == "3"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://lain.example"}]
)
def test_a_post_from_another_site_is_refused(cast: Cast, headers: dict[str, str]) -> None:
    response = Client().post(f"/s/{cast.service.token}/", filled(cast.service), headers=headers)
    assert response.status_code == 403
    assert not Response.objects.exists()


def test_a_silent_database_is_told_in_words_and_the_form_can_be_sent_again(cast: Cast) -> None:
    data = filled(cast.service)
    with patch.object(Response, "receive", side_effect=OperationalError("gone")):
        response = Client().post(f"/s/{cast.service.token}/", data)
    assert response.status_code == 503
    assert "Jawaban belum tersimpan" in response.content.decode()
    assert Client().post(f"/s/{cast.service.token}/", data).status_code == 303
    assert Response.objects.count() == 1


def test_what_a_citizen_writes_is_never_markup(cast: Cast) -> None:
    location = send(cast.service, suggestion="<script>alert(1)</script>")["Location"]
    page = Client().get(location).content.decode()
    code = re.search(r'class="code">([^<]+)<', page)[1]  # type: ignore[index]
    assert "<script>alert" not in Client().get(f"/t/{code}/").content.decode()


@pytest.mark.parametrize(
    ("given", "kept"), [("qr", "qr"), ("whatsapp", "whatsapp"), ("kiosk", "web"), ("x", "web")]
)
def test_the_link_says_the_channel(cast: Cast, given: str, kept: str) -> None:
    html = Client().get(f"/s/{cast.service.token}/?c={given}").content.decode()
    assert f'name="channel" value="{kept}"' in html
