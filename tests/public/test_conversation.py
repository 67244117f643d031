"""A conversation by its code: what the citizen reads and does, and what nobody else learns."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.conftest import Cast, answer
from tuntas.models import (
    Contact,
    Feedback,
    Merge,
    Office,
    PublishedAnswer,
    Referral,
    Reopened,
    SpamMark,
    Vote,
)


def start(cast: Cast, text: str = "Antrean lama.") -> tuple[str, Feedback]:
    code = answer(cast.service, suggestion=text).tracking_code
    found = Feedback.by_code(code)
    assert found
    return f"/t/{code}/", found


def read(url: str) -> str:
    return Client().get(url).content.decode()


def test_the_code_is_shown_with_a_picture_and_only_its_hash_is_kept(cast: Cast) -> None:
    edition = cast.service.edition_id
    page = Client().get(cast.service.get_absolute_url())
    data = {f"q{number}": "4" for number in range(1, 10)} | {
        "id": page.context["form"].id, "edition": edition, "suggestion": "Tambah kursi.",
    }  # fmt: skip
    html = Client().post(cast.service.get_absolute_url(), data, follow=True).content.decode()
    assert "data:image/svg+xml;charset=utf-8,%3Csvg" in html
    assert "xmlns" in html  # without its namespace no browser draws it
    assert "wa.me" in html
    code = html.split('class="code">')[1].split("<")[0]
    assert len(code.replace("-", "")) >= 17  # 30 signs each: 83 bits
    assert code not in str(Feedback.objects.values())


def test_a_citizen_votes_and_a_no_offers_to_reopen(cast: Cast) -> None:
    url, row = start(cast)
    assert "membantu?" not in read(url)
    reply = row.reply("Kami menambah petugas.", by=cast.people["officer"])
    assert "Sudah dijawab. Anda dapat bertanya lagi sampai" in read(url)
    data = {"act": "vote", "reply": reply.pk, "helped": "no", "words": "Masih lama"}
    assert Client().post(url, data).status_code == 302
    assert "Jawaban itu tidak membantu?" in read(url)
    Client().post(url, data | {"helped": "partly"})
    assert Vote.objects.get().helped == "partly"
    assert Client().post(url, data | {"helped": "x"}).status_code == 422
    assert Client().post(url, data | {"reply": "999"}).status_code == 422
    response = Client().post(url, {"act": "reopen", "text": ""})
    assert response.status_code == 422
    assert Client().post(url, {"act": "reopen", "text": "Masih antre."}).status_code == 302
    html = read(url)
    assert "Anda membuka kembali percakapan ini. Kantor akan menjawab paling lambat" in html
    assert Feedback.objects.get().waits
    assert Reopened.objects.count() == 1


def test_reopening_ends_after_thirty_days(cast: Cast) -> None:
    url, row = start(cast)
    long_ago = timezone.now() - timedelta(days=31)
    row.reply("Sudah.", by=cast.people["team"], at=long_ago)
    assert "Kirim dan buka kembali" not in read(url)
    response = Client().post(url, {"act": "reopen", "text": "Halo?"})
    assert response.status_code == 422
    assert "Halo?" in response.content.decode()


def test_the_status_is_said_in_plain_words(cast: Cast) -> None:
    team = cast.people["team"]
    url, row = start(cast)
    assert "Belum dijawab. Kantor akan menjawab paling lambat" in read(url)
    Referral.make(
        row, "Kami teruskan.", by=team, destination="lapor", addressee="Admin", number="LPR-77",
        on=date(2026, 7, 1),
    )  # fmt: skip
    assert "LPR-77" in read(url)
    assert "diteruskan kepada instansi yang berwenang" in read(url)
    url, row = start(cast, "Beli murah di sini")
    SpamMark.put(row, "Iklan barang dagangan", by=team)
    assert "Iklan barang dagangan" in read(url)
    url, row = start(cast, "Kenapa bayar?")
    row.decline("Tarif diatur peraturan pemerintah.", by=team)
    assert "Tarif diatur peraturan pemerintah." in read(url)
    row.replies.get().withdraw(by=team)
    assert "Dibatalkan oleh kantor" in read(url)


def test_the_merged_read_the_answer_but_not_each_other(cast: Cast) -> None:
    team = cast.people["team"]
    main_url, main = start(cast, "Rahasia pengirim pertama")
    other_url, other = start(cast, "Tulisan pengirim kedua")
    main.answer_back("Pesan pribadi pertama")
    Merge.make(main, [other], by=team)
    assert "Digabungkan dengan masukan serupa" in read(other_url)
    main.reply("Jawaban untuk semua.", by=team)
    html = read(other_url)
    assert "Jawaban untuk semua." in html
    assert "Rahasia" not in html
    assert "Pesan pribadi" not in html
    assert "pengirim kedua" not in read(main_url)


def test_one_code_shows_both_matters(cast: Cast) -> None:
    url, row = start(cast, "Kursi kurang. Data salah.")
    part = row.split("Data salah.", by=cast.people["team"], unit=cast.inka)
    part.reply("Data sudah diperbaiki.", by=cast.people["other_officer"])
    html = read(url)
    assert "Pokok lain dalam saran Anda" in html
    assert "Data sudah diperbaiki." in html
    Client().post(url, {"text": "Terima kasih datanya", "about": part.pk})
    assert part.replies.last().text == "Terima kasih datanya"  # type: ignore[union-attr]
    stranger = start(cast)[1]
    Client().post(url, {"text": "Salah alamat", "about": stranger.pk})
    assert not stranger.replies.exists()


def test_without_a_mail_server_no_address_is_asked_for_or_kept(cast: Cast) -> None:
    url, _row = start(cast)
    assert 'name="email"' not in read(url)
    data = {"act": "contact", "email": "warga@contoh.id", "consent": "1"}
    assert Client().post(url, data).status_code == 422
    assert not Contact.objects.exists()


def test_an_address_needs_consent_stands_apart_and_goes_at_once(cast: Cast, settings: Any) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    url, row = start(cast)
    data = {"act": "contact", "email": "warga@contoh.id"}
    response = Client().post(url, data)
    assert response.status_code == 422
    assert "warga@contoh.id" in response.content.decode()  # nothing typed is lost
    assert Client().post(url, data | {"email": "x", "consent": "1"}).status_code == 422
    Client().post(url, data | {"consent": "1"})
    assert Contact.objects.get().email == "warga@contoh.id"
    assert "warga@contoh.id" not in read(url)
    html = cast.client("team").get(f"/feedback/{row.pk}/").content.decode()
    assert "warga@contoh.id" not in html
    Client().post(url, {"act": "contact-removal"})
    assert not Contact.objects.exists()


def test_the_office_page_is_found_by_a_code_that_is_not_ambiguous(cast: Cast) -> None:
    _url, row = start(cast)
    entry = PublishedAnswer.write(row, "Antrean lama", "Loket ketiga dibuka.", by=None)
    entry.publish(by=None)
    response = Client().get("/o/kanreg/answers/")
    assert "Loket ketiga dibuka." in response.content.decode()
    assert not response.cookies
    assert Client().get("/o/tidak-ada/answers/").status_code == 404
    Office.add("kanreg", "Kantor lain dengan kode sama", by=None, parent=cast.other)
    assert Client().get("/o/kanreg/answers/").status_code == 404


@pytest.mark.parametrize("act", ["message", "vote", "reopen", "contact", "contact-removal"])
def test_a_post_from_another_site_is_refused(cast: Cast, act: str) -> None:
    url, row = start(cast)
    row.reply("Sudah.", by=cast.people["team"])
    headers = {"Sec-Fetch-Site": "cross-site"}
    response = Client().post(url, {"act": act, "text": "x"}, headers=headers)
    assert response.status_code == 403
