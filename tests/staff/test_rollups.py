"""Gabungan for people of the office above: closed months of every office below, and nothing else."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast, answer, moment, person
from tests.nation import close, service_row, tally_of
from tuntas.law.months import Month, Span
from tuntas.models import (
    AggregateImport,
    Feedback,
    HistoricalResult,
    Office,
    OutsideClosure,
    OutsideKey,
    Role,
)
from tuntas.models.aggregate_file import build
from tuntas.models.signing import fingerprint_words, key_path, public_key

JANUARY, FEBRUARY = Month(2023, 1), Month(2023, 2)
SPAN = Span.parse("2023-S1")


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path


@pytest.fixture
def head(cast: Cast) -> Client:
    """The head of the office above."""
    cast.people["above"] = person("above", cast.ministry, Role.HEAD)
    random = Random(2)
    many = ["".join(random.choices("34", k=9)) for _each in range(40)]
    close(cast.office, JANUARY, [service_row(tally_of(many))])
    close(cast.office, FEBRUARY, [service_row(tally_of(many[:35]))])
    close(cast.other, JANUARY, [service_row(tally_of(["222222222"] * 5))])
    return cast.client("above")


def page(client: Client, **query: str) -> str:
    response = client.get(reverse("rollup"), {"period": "2023-01..2023-02", **query})
    assert response.status_code == 200
    return response.content.decode()


def exported(client: Client, **query: str) -> list[dict[str, str]]:
    response = client.get(
        reverse("rollup-export", args=["csv"]), {"period": "2023-01..2023-02", **query}
    )
    assert "gabungan-2023-01..2023-02.csv" in response["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


def test_the_page_names_index_coverage_and_who_is_missing(cast: Cast, head: Client) -> None:
    html = page(head)
    for text in (
        "IKM gabungan",
        "Kantor Regional Contoh",
        "2 dari 2 bulan",
        "1 dari 2 bulan",
        "1 kantor belum menutup semua bulannya",
        "Februari 2023",
        "indikatif",
        "bukan dari rata-rata indeks",
    ):
        assert text in html, text
    assert html.count('class="chart spark"') == 2


def test_the_list_is_filtered_searched_and_sorted_also_in_the_file(
    cast: Cast, head: Client
) -> None:
    def names(**query: str) -> list[str]:
        return [row["Alamat"] for row in exported(head, **query)]

    assert names() == ["pusat", "pusat.lain", "pusat.kanreg"]
    assert names(sort="index") == ["pusat.kanreg", "pusat.lain"]
    assert names(sort="lowest") == ["pusat.lain", "pusat.kanreg"]
    assert names(state="missing") == ["pusat.lain"]
    assert names(state="indicative") == ["pusat.lain"]
    assert names(state="outside") == []
    assert names(q="REGIONAL") == ["pusat.kanreg"]
    row = exported(head, q="lain")[0]
    assert (row["IKM"], row["Mutu"], row["Jawaban"]) == ("50,00", "D", "5")
    assert (row["Belum ditutup"], row["Peringkat"]) == ("2023-02", "indikatif, tanpa peringkat")
    xlsx = head.get(reverse("rollup-export", args=["xlsx"]), {"period": "2023"})
    assert xlsx.content.startswith(b"PK")
    assert head.get(reverse("rollup-export", args=["pdf"])).status_code == 404


def test_a_period_that_is_none_is_said_to_be_none(head: Client) -> None:
    response = head.get(reverse("rollup"), {"period": "2023-13"})
    assert response.status_code == 422
    assert "Periode tidak dikenali" in response.content.decode()
    assert head.get(reverse("rollup"), {"period": "2000-01..2023-01"}).status_code == 422


def test_published_values_are_shown_apart(cast: Cast, head: Client) -> None:
    HistoricalResult.record(
        cast.other,
        FEBRUARY,
        91,  # type: ignore[arg-type]  # a whole value
        source="Laporan",
        by=None,
    )
    html = page(head)
    assert "tidak ikut digabungkan" in html
    assert "91,00" in html


def test_a_child_s_closed_months_and_nothing_else_of_it(cast: Cast, head: Client) -> None:
    answer(cast.service, suggestion="Rahasia warga.", at=moment("2023-03-03 03:00"))
    html = head.get(reverse("rollup-office", args=[cast.office.pk])).content.decode()
    assert "Januari 2023" in html
    assert "Maret 2023" not in html  # not closed
    feedback = Feedback.objects.get()
    for url in (
        reverse("feedback", args=[feedback.pk]),
        reverse("service", args=[cast.service.pk]),
    ):
        assert head.get(url).status_code == 404
    assert "Rahasia" not in head.get(reverse("feedback-list")).content.decode()
    region = head.get(reverse("rollup-office", args=[cast.ministry.pk])).content.decode()
    assert "bersama kantor di bawahnya" in region


def test_an_office_beside_or_above_is_not_there(cast: Cast, head: Client) -> None:
    team = cast.client("team")
    for office in (cast.ministry, cast.other):
        assert team.get(reverse("rollup-office", args=[office.pk])).status_code == 404
    assert "Kantor Lain" not in team.get(reverse("rollup")).content.decode()
    assert ">Gabungan<" not in team.get(reverse("home")).content.decode()
    assert ">Gabungan<" in head.get(reverse("home")).content.decode()


# -- aggregate files -----------------------------------------------------------------------------


@pytest.fixture
def file(db: None) -> bytes:
    far = Office.add("jauh", "Wilayah Jauh", by=None)
    close(far, JANUARY, [service_row(tally_of(["343434343"] * 31))])
    return build(far, SPAN)


def upload(client: Client, content: bytes) -> Any:
    sent = {"file": SimpleUploadedFile("jauh.json", content)}
    return client.post(reverse("aggregate-add"), sent)


def test_a_file_is_looked_at_confirmed_and_marked_as_from_outside(
    cast: Cast, head: Client, file: bytes
) -> None:
    assert upload(head, file).status_code == 302
    row = AggregateImport.objects.get()
    html = head.get(reverse("aggregate", args=[row.pk])).content.decode()
    for text in (fingerprint_words(public_key()), "1 penutupan baru", "belum dikenal"):
        assert text in html
    confirmation = reverse("aggregate-confirmation", args=[row.pk])
    refused = head.post(confirmation, {})
    assert refused.status_code == 422
    assert "Bandingkan dahulu sidik jari" in refused.content.decode()
    assert not OutsideClosure.objects.exists()
    assert head.post(confirmation, {"compared": "on"}).status_code == 302
    assert OutsideKey.objects.get().by == cast.people["above"]
    html = page(head)
    assert "Wilayah Jauh" in html
    assert "dari luar" in html
    outside = OutsideClosure.objects.get()
    html = head.get(reverse("rollup-outside", args=[outside.uid])).content.decode()
    assert "Berkas agregat dari pemasangan lain" in html
    assert "Januari 2023" in html
    assert head.post(confirmation, {"compared": "on"}).status_code == 422  # decided already


def test_a_changed_key_asks_for_a_reason(
    cast: Cast, head: Client, file: bytes, settings: Any, tmp_path: Path
) -> None:
    upload(head, file)
    first = AggregateImport.objects.get()
    head.post(reverse("aggregate-confirmation", args=[first.pk]), {"compared": "on"})
    settings.DATA = tmp_path / "lain"
    upload(head, build(Office.objects.get(code="jauh"), SPAN))
    row = AggregateImport.objects.exclude(pk=first.pk).get()
    assert "Kunci berubah" in head.get(reverse("aggregate", args=[row.pk])).content.decode()
    url = reverse("aggregate-confirmation", args=[row.pk])
    assert head.post(url, {"compared": "on", "reason": "baru"}).status_code == 422
    sent = {"compared": "on", "reason": "Server pengirim diganti"}
    assert head.post(url, sent).status_code == 302
    assert OutsideKey.objects.count() == 2


def test_a_broken_file_is_refused_on_the_page(head: Client, file: bytes) -> None:
    for content, text in (
        (file.replace(b"Wilayah", b"wilayah"), "Tanda tangan tidak cocok"),
        (b"%PDF-", "bukan JSON yang utuh"),
    ):
        refused = upload(head, content)
        assert refused.status_code == 422
        assert text in refused.content.decode()
    assert not AggregateImport.objects.exists()


def test_a_cancelled_file_is_forgotten(head: Client, file: bytes) -> None:
    upload(head, file)
    row = AggregateImport.objects.get()
    assert head.post(reverse("aggregate-cancellation", args=[row.pk])).status_code == 302
    row.refresh_from_db()
    assert row.text == ""
    assert "dibatalkan" in head.get(reverse("aggregate-list")).content.decode()
    assert head.get(reverse("aggregate", args=[row.pk])).status_code == 200


def test_looking_makes_no_key_and_the_first_export_does(head: Client) -> None:
    assert "ekspor pertama" in head.get(reverse("aggregate-list")).content.decode()
    assert not key_path().exists()
    made = head.post(reverse("aggregate-export"), {"period": "2023-S1"})
    assert made["Content-Type"] == "application/json"
    assert "agregat-pusat-2023-S1.json" in made["Content-Disposition"]
    assert key_path().exists()
    html = head.get(reverse("aggregate-list")).content.decode()
    assert fingerprint_words(public_key()) in html
    assert head.post(reverse("aggregate-export"), {"period": "x"}).status_code == 422


def test_the_import_of_another_office_is_not_there(cast: Cast, head: Client, file: bytes) -> None:
    upload(head, file)
    row = AggregateImport.objects.get()
    team = cast.client("team")
    assert team.get(reverse("aggregate", args=[row.pk])).status_code == 404
    url = reverse("aggregate-confirmation", args=[row.pk])
    assert team.post(url, {"compared": "on"}).status_code == 404
    outside = reverse("rollup-outside", args=["00000000-0000-4000-8000-000000000000"])
    assert team.get(outside).status_code == 404
