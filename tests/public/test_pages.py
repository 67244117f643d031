"""Conversations, verification, health: what anyone may ask, and what nobody learns."""

from __future__ import annotations

from django.test import Client

from tests.conftest import Cast, answer, moment
from tuntas import report
from tuntas.law.months import Month, Span
from tuntas.models import Feedback, Period
from tuntas.models.closures import Closure


def test_a_citizen_reads_the_answer_and_writes_back(cast: Cast) -> None:
    code = answer(cast.service, suggestion="Antrean lama.").tracking_code
    feedback = Feedback.objects.get()
    assert "Belum dijawab" in Client().get(f"/t/{code}/").content.decode()
    feedback.reply("Kami menambah petugas.", by=cast.people["officer"])
    html = Client().get(f"/t/{code.lower().replace('-', '')}/").content.decode()
    assert "Kami menambah petugas." in html
    assert "Officer" not in html  # the office answers, not a named person
    assert Client().post(f"/t/{code}/", {"text": "Terima kasih"}).status_code == 302
    assert [reply.by_id is None for reply in feedback.replies.all()] == [False, True]
    assert Client().post(f"/t/{code}/", {"text": "  "}).status_code == 422
    assert Client().post("/t/", {"code": code})["Location"] == f"/t/{code}/"


def test_a_wrong_code_is_not_found_and_hammering_is_slowed(cast: Cast) -> None:
    client = Client()
    assert client.get("/t/AAAA-BBBB-CCCC-DDDDD/").status_code == 404
    for _each in range(30):
        last = client.get("/t/AAAA-BBBB-CCCC-DDDDD/")
    assert last.status_code == 429


def test_a_document_and_a_receipt_can_be_verified_without_an_account(cast: Cast) -> None:
    receipt = answer(cast.service, at=moment("2026-01-10 03:00"))
    page = Client().get(f"/v/{receipt.code}/").content.decode()
    assert "Januari 2026" in page
    assert "masih terbuka" in page
    assert "343444333" not in page
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-02 03:00"))
    made = report.make(cast.office, "processing", Span.parse("2026-01"))
    page = Client().get(f"/v/{made.code}/").content.decode()
    assert made.content_sha256 in page
    assert made.content["facts"]["IKM"] in page
    assert Client().get("/v/XXXX/").status_code == 404
    assert Client().post("/v/", {"code": made.code})["Location"] == f"/v/{made.code}/"


def test_landing_and_health(cast: Cast) -> None:
    response = Client().get("/")
    assert response.status_code == 200
    assert not response.cookies
    assert Client().get("/healthz").json() == {"status": "ok"}
