"""/v/<code>/: what a citizen sees of a receipt, and anyone of a closure; reports and mail too."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Cast, answer, moment
from tuntas import mail, reminders, report
from tuntas.law.months import Month, Span
from tuntas.models import Exclusion, Notice, Period, Response
from tuntas.models.closures import Closure
from tuntas.models.proofs import inclusion_of
from tuntas.proof.tree import Step, climb, leaf_hash

JANUARY = Month(2026, 1)
DURING, AFTER = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")


def close(cast: Cast) -> Closure:
    return Closure.seal(Period.of(cast.office, JANUARY), by=cast.people["team"], at=AFTER)


def page(code: str) -> str:
    return html.unescape(Client().get(f"/v/{code}/").content.decode())


def test_a_receipt_of_an_open_month_says_that_it_will_be_sealed(cast: Cast) -> None:
    receipt = answer(cast.service, at=DURING)
    assert "disegel saat bulan ditutup" in page(receipt.code)


def test_a_receipt_leads_by_its_printed_path_to_the_root(cast: Cast) -> None:
    receipts = [answer(cast.service, at=moment(f"2026-01-{3 + n % 5:02} 03:00")) for n in range(13)]
    closure = close(cast)
    for receipt in receipts:
        text = page(receipt.code)
        proof = json.loads(text[text.index('{\n "leaf_data"') : text.index("</pre>")])
        assert proof["leaf_data"].splitlines()[1] == str(receipt.response_id)
        leaf = leaf_hash(proof["leaf_data"].encode())
        assert leaf.hex() == proof["leaf"]
        day_root, day_leaf = (
            climb(start, [Step(side, bytes.fromhex(text)) for side, text in proof[path]])
            for start, path in (
                (leaf, "day_path"),
                (leaf_hash(proof["day_data"].encode()), "month_path"),
            )
        )
        assert proof["day_data"].splitlines()[-1] == day_root.hex()
        assert day_leaf.hex() == proof["root"] == closure.root
        # Nothing on the page says what was answered.
        assert "343444333" not in text


def test_an_excluded_receipt_says_so_with_the_reason_and_stays_provable(cast: Cast) -> None:
    receipt = answer(cast.service, at=DURING)
    answer(cast.service, at=DURING)
    made = Exclusion.propose(
        cast.office,
        JANUARY,
        [receipt.response_id],
        "Uji coba petugas hari itu",
        by=cast.people["team"],
    )
    assert "tidak masuk indeks" not in page(receipt.code)
    made.decide(accept=True, by=cast.people["head"])
    close(cast)
    text = page(receipt.code)
    assert "tidak masuk indeks. Alasan: Uji coba petugas hari itu" in text
    assert "Bukti lengkap" in text


def test_a_receipt_that_no_longer_fits_its_seal_says_so(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    closure = close(cast)
    stored = Response.objects.get()
    stored.answers = "111111111"
    found = inclusion_of(stored, closure)
    assert found is not None
    assert not found.holds


def test_a_closure_is_confirmed_by_its_fingerprint(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    closure = close(cast)
    grouped = " ".join(closure.sha256[at : at + 8] for at in range(0, 64, 8))
    assert Client().post("/v/", {"code": grouped})["Location"] == f"/v/{closure.sha256}/"
    text = page(closure.sha256)
    assert closure.root in text
    assert closure.content["result"]["converted_2"].replace(".", ",") in text
    closure.reopen(by=None, reason="Berkas kertas terlambat masuk.")
    assert "dibuka kembali" in page(closure.sha256)
    assert Client().get(f"/v/{'0' * 64}/").status_code == 404


@pytest.mark.parametrize("kind", ["follow-up", "processing"])
def test_documents_print_root_and_fingerprint_of_closed_months_only(cast: Cast, kind: str) -> None:
    answer(cast.service, at=DURING)
    before = json.dumps(report.make(cast.office, kind, Span.parse("2026-01")).content)
    assert "sidik" not in before
    closure = close(cast)
    made = report.make(cast.office, kind, Span.parse("2026-01"))
    text = json.dumps(made.content).replace(" ", "")
    assert closure.root in text
    assert closure.sha256 in text
    assert report.render(made, "pdf").startswith(b"%PDF")
    assert report.render(made, "docx").startswith(b"PK")


def test_the_heads_are_told_once_of_a_closed_month(cast: Cast, settings: Any) -> None:
    answer(cast.service, at=DURING)
    closure = close(cast)
    for hour in (3, 4, 5):
        reminders.plan(moment(f"2026-02-02 0{hour}:30"))
    (notice,) = Notice.objects.filter(kind="month-closed")
    assert notice.person == cast.people["head"]
    told = mail.line(notice)["text"]
    assert told.startswith("Bulan survei ditutup: Januari 2026. 1 jawaban dihitung, 0 dikecualikan")
    assert closure.root in told
    assert closure.sha256 in told
    assert notice.still_holds()
    closure.reopen(by=None, reason="Berkas kertas terlambat masuk.")
    notice.refresh_from_db()
    assert not notice.still_holds()


def test_the_month_offers_its_archive_to_those_who_read_the_office(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    client = cast.client("auditor")
    assert client.get("/periods/2026-01/bukti.zip").status_code == 302
    closure = close(cast)
    text = client.get("/periods/2026-01/").content.decode()
    assert closure.root in text
    assert "Unduh arsip bukti" in text
    got = client.get("/periods/2026-01/bukti.zip")
    assert b"".join(got.streaming_content).startswith(b"PK")  # type: ignore[attr-defined]
    assert cast.client("officer").get("/periods/2026-01/bukti.zip").status_code == 403
