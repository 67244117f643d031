"""The public results: closed months for everyone, exactly, small, and never a running score."""

from __future__ import annotations

import csv
import gzip
import html as markup
import io
import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas import report
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    Closure,
    Feedback,
    HistoricalResult,
    Office,
    Period,
    PublishedAnswer,
    Unit,
)
from tuntas.report import open_data

JANUARY = Month(2026, 1)
PAGE_LIMIT = 14 * 1024
ATOM = "{http://www.w3.org/2005/Atom}"


def closed(
    cast: Cast, month: Month, answers: str = "343444333", *, times: int = 5, service: Any = None
) -> Closure:
    """A month with so many answers, closed two days after its end."""
    during = moment(f"{month}-15 03:00")
    for _each in range(times):
        answer(service or cast.service, answers, at=during)
    after = moment(f"{month.last_day} 03:00") + timedelta(days=2)
    return Closure.seal(Period.of(cast.office, month), by=None, at=after)


def running(cast: Cast) -> None:
    for _each in range(40):
        answer(cast.service, "222222222", at=timezone.now())


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def text(path: str) -> str:
    return markup.unescape(get(path).content.decode())


def words(path: str) -> str:
    """The page without its styles and tags."""
    bare = re.sub(r"<style>.*?</style>|<script>.*?</script>|<[^>]+>", " ", text(path), flags=re.S)
    return " ".join(bare.split())


# -- the page ------------------------------------------------------------------------------------


def test_the_newest_month_stands_there_with_all_that_belongs_to_it(cast: Cast) -> None:
    closed(cast, JANUARY, "343444333", times=31)
    page = words("/o/pusat.kanreg/")
    assert "Hasil survei kepuasan masyarakat Januari 2026" in page
    assert "86,11 B Baik" in page
    assert "31 jawaban" in page
    assert "Selang 95%" in page
    assert "Tiga terendah, diperbaiki lebih dahulu Persyaratan (3,00)" in page
    assert "Bobot setiap unsur: 1/9 (tepat)." in page
    assert Closure.objects.get().sha256 in page
    assert page.count("terendah ") >= 3
    assert words("/o/kanreg/") == page


def test_a_running_score_is_nowhere(cast: Cast) -> None:
    closed(cast, JANUARY)
    running(cast)
    this_month = Month.of(cast.office.today)
    assert Closure.objects.count() == 1
    for path in (
        "",
        "unit/pensiun/",
        "card/",
        "feed.atom",
        "data/results.csv",
        "data/results.json",
    ):
        body = text(f"/o/kanreg/{path}")
        assert "50,00" not in body, path
        assert "50.00" not in body, path
    for path in (f"{this_month}/", f"unit/pensiun/{this_month}/"):
        refused = get(f"/o/kanreg/{path}")
        assert refused.status_code == 404
        assert "Hasil bulan ini belum terbit" in refused.content.decode()


def test_a_reopened_month_disappears(cast: Cast) -> None:
    closure = closed(cast, JANUARY)
    assert get("/o/kanreg/2026-01/").status_code == 200
    closure.reopen(by=None, reason="Ada jawaban kertas tertinggal")
    assert get("/o/kanreg/2026-01/").status_code == 404
    assert "Belum ada hasil yang terbit" in words("/o/kanreg/")


def test_an_office_without_any_month_says_what_will_come(cast: Cast) -> None:
    running(cast)
    page = words("/o/kanreg/")
    assert "Belum ada hasil yang terbit" in page
    assert "Beri penilaian" in page
    assert ElementTree.fromstring(get("/o/kanreg/feed.atom").content).findall(f"{ATOM}entry") == []
    assert len(list(csv.reader(io.StringIO(text("/o/kanreg/data/results.csv"))))) == 1
    assert "Belum ada hasil yang terbit" in words("/o/kanreg/card/")


def test_a_month_nobody_answered_is_no_result(cast: Cast) -> None:
    closed(cast, JANUARY, times=0)
    assert "Belum ada hasil yang terbit" in words("/o/kanreg/")
    assert get("/o/kanreg/2026-01/").status_code == 404


def test_a_value_from_before_is_marked_everywhere(cast: Cast) -> None:
    HistoricalResult.record(
        cast.office, Month(2023, 1), Decimal("88.81"), source="SK 5/2023", by=None
    )
    page = words("/o/kanreg/2023-01/")
    assert "88,81 A" in page
    assert "Nilai terbitan lama" in page
    assert "SK 5/2023" in page
    assert "Tiga terendah" not in page
    assert "Nilai terbitan lama" in words("/o/kanreg/card/")
    assert "nilai terbitan lama" in text("/o/kanreg/feed.atom")
    (row,) = json.loads(text("/o/kanreg/data/results.json"))["results"]
    assert (row["state"], row["source"], row["converted_2"]) == ("historical", "SK 5/2023", "88.81")


def test_units_stand_beside_each_other_and_few_answers_are_withheld(cast: Cast) -> None:
    answer(cast.service16, "4" * 16, at=moment("2026-01-15 03:00"))
    closed(cast, JANUARY, times=5)
    page = words("/o/kanreg/2026-01/")
    assert "Bidang Pensiun indikatif 86,11 B 5" in page
    assert "Bidang Informasi Kepegawaian ditahan 1" in page
    unit = words("/o/kanreg/unit/inka/2026-01/")
    assert "Hanya 1 jawaban: nilainya tidak ditampilkan" in unit
    assert "100,00" not in unit
    assert "86,11" in words("/o/kanreg/unit/pensiun/")
    assert get("/o/kanreg/unit/tidakada/").status_code == 404
    assert get("/o/kanreg/2026-13/").status_code == 404


def test_plans_answers_and_the_share_of_answered_suggestions(cast: Cast) -> None:
    answer(cast.service, suggestion="Tambah kursi tunggu.", at=timezone.now())
    row = Feedback.objects.get()
    row.reply("Sudah kami tambah.", by=cast.people["officer"])
    PublishedAnswer.write(row, "Kursi kurang", "Sepuluh kursi ditambah.", by=None).publish(by=None)
    month = date(2026, 1, 1)
    plan = ActionPlan.add(
        cast.pensiun, by=None, survey_month=month, action="Menambah kursi.", element="facilities"
    )
    ActionPlan.add(cast.pensiun, by=None, survey_month=month, action="Masih rancangan.")
    page = words("/o/kanreg/")
    assert "Menambah kursi." not in page
    plan.agree(by=None)
    page = words("/o/kanreg/")
    assert "Menambah kursi. Disepakati, belum dimulai Pensiun" in page
    assert "Masih rancangan" not in page
    assert "0 dari 1 rencana aksi selesai (0%)" in page
    assert "1 dari 1 saran yang memerlukan jawaban sudah dijawab (100%)" in page
    assert "Kursi kurang Sepuluh kursi ditambah." in page
    assert "Tambah kursi tunggu" not in page


def test_documents_made_before_the_closing_are_not_linked(cast: Cast) -> None:
    answer(cast.service, at=moment("2026-01-15 03:00"))
    span = Span.parse("2026-01")
    with patch("django.utils.timezone.now", return_value=moment("2026-01-20 03:00")):
        early = report.make(cast.office, "follow-up", span)
    closed(cast, JANUARY, times=1)
    late = report.make(cast.office, "recap", span)
    rows = report.make(cast.office, "processing", span)
    page = text("/o/kanreg/")
    assert late.code in page
    assert early.code not in page
    assert rows.code not in page


# -- small, kept, everywhere ---------------------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en", "ban"])
def test_five_years_fit_into_one_small_document(cast: Cast, language: str) -> None:
    cast.office.change(by=None, name="Kantor Pelayanan " + "Sangat Panjang " * 11)
    for place in range(12):
        Unit.add(cast.office, f"u{place}", f"Bidang {place} " + "dengan nama panjang " * 7, by=None)
    first = Month(2021, 2)
    for step in range(59):
        HistoricalResult.record(
            cast.office, first + step, Decimal(80) + Decimal(step) / 10, source="SK", by=None, n=50
        ) if step % 7 != 3 else None
    closed(cast, JANUARY, times=31)
    for place in range(14):
        plan = ActionPlan.add(
            cast.pensiun, by=None, survey_month=date(2026, 1, 1), action=f"Rencana {place}. " * 40
        )
        plan.agree(by=None)
    query = "" if language == "id" else f"?l={language}"
    packed = get(f"/o/kanreg/{query}", **{"Accept-Encoding": "gzip"})
    assert len(packed.content) <= PAGE_LIMIT
    response = get(f"/o/kanreg/{query}")
    html = response.content.decode()
    assert f'<html lang="{language}">' in html
    assert len(gzip.compress(response.content, 6)) <= PAGE_LIMIT
    assert not response.cookies
    assert not re.search(r"<(link|script|img|iframe)[^>]* src=\"(?!data:)", html)
    assert "'unsafe" not in response["Content-Security-Policy"]
    assert html.count('class="dot') == 52


def test_a_browser_keeps_the_page_and_asks_again_by_its_tag(cast: Cast) -> None:
    closed(cast, JANUARY)
    for path in ("", "2026-01/", "data/", "data/results.csv", "feed.atom", "card/"):
        first = get(f"/o/kanreg/{path}")
        assert first["Cache-Control"].startswith("public, max-age="), path
        again = get(f"/o/kanreg/{path}", **{"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
        packed = get(f"/o/kanreg/{path}", **{"Accept-Encoding": "gzip"})
        again = get(f"/o/kanreg/{path}", **{"If-None-Match": packed["ETag"]})
        assert again.status_code == 304, path
    tag = get("/o/kanreg/")["ETag"]
    closed(cast, Month(2026, 2))
    assert get("/o/kanreg/", **{"If-None-Match": tag}).status_code == 200


def test_only_the_card_may_stand_in_a_frame_of_another_site(cast: Cast) -> None:
    closed(cast, JANUARY)
    card = get("/o/kanreg/card/")
    assert "frame-ancestors *" in card["Content-Security-Policy"]
    assert "X-Frame-Options" not in card
    assert "<script" not in card.content.decode()
    assert "<form" not in card.content.decode()
    for path in ("", "data/"):
        page = get(f"/o/kanreg/{path}")
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert page["X-Frame-Options"] == "DENY"


def test_an_address_of_several_offices_lets_the_reader_choose(cast: Cast) -> None:
    Office.add("kanreg", "Kembar", by=None, parent=cast.other)
    page = get("/o/kanreg/")
    assert page.status_code == 300
    assert '/o/pusat.kanreg/"' in page.content.decode()
    assert get("/o/tidakada/").status_code == 404
    assert get("/o/tidakada/feed.atom").status_code == 404


# -- open data -----------------------------------------------------------------------------------


def test_files_page_and_dictionary_say_the_same(cast: Cast) -> None:
    closed(cast, JANUARY, "343444332", times=7)
    rows = list(csv.DictReader(io.StringIO(text("/o/kanreg/data/results.csv"))))
    assert [(row["unit"], row["month"], row["n"]) for row in rows] == [
        ("", "2026-01", "7"),
        ("pensiun", "2026-01", "7"),
    ]
    told = json.loads(text("/o/kanreg/data/results.json"))
    assert told["licence"]["name"] == "CC-BY-4.0"
    assert [row["converted"] for row in told["results"]] == [row["converted"] for row in rows]
    assert rows[0]["converted"] == "83.333333333333"
    assert rows[0]["converted_2"] == "83.33"
    assert "83,33" in words("/o/kanreg/")
    elements = list(csv.DictReader(io.StringIO(text("/o/kanreg/data/elements.csv"))))
    means = {row["element"]: row["mean"] for row in elements if not row["unit"]}
    assert (means["complaint_handling"], means["facilities"]) == ("2.000000", "3.000000")
    package = json.loads(text("/o/kanreg/data/datapackage.json"))
    page = text("/o/kanreg/data/")
    for resource in package["resources"]:
        head = next(csv.reader(io.StringIO(text(f"/o/kanreg/data/{resource['path']}"))))
        assert head == [field["name"] for field in resource["schema"]["fields"]]
        for name in head:
            assert f"<code>{name}</code>" in page
    assert get("/o/kanreg/data/results.csv")["Access-Control-Allow-Origin"] == "*"
    assert get("/o/kanreg/data/rahasia.csv").status_code == 404


def test_the_office_chooses_the_licence(cast: Cast) -> None:
    cast.office.change(by=None, licence="CC0-1.0")
    package = json.loads(text("/o/kanreg/data/datapackage.json"))
    assert package["licenses"][0]["name"] == "CC0-1.0"
    assert "creativecommons.org/publicdomain/zero" in text("/o/kanreg/data/")


def test_a_source_never_becomes_a_formula(cast: Cast) -> None:
    HistoricalResult.record(cast.office, JANUARY, Decimal(80), source="=HYPERLINK(1)", by=None)
    (row,) = csv.DictReader(io.StringIO(open_data.results_csv(open_data.records(cast.office))))
    assert row["source"] == "'=HYPERLINK(1)"


def test_the_feed_is_a_sound_atom_feed_with_lasting_ids(cast: Cast) -> None:
    closed(cast, JANUARY)
    first = ElementTree.fromstring(get("/o/kanreg/feed.atom").content)
    closed(cast, Month(2026, 2))
    response = get("/o/kanreg/feed.atom")
    assert response["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(response.content)
    for name in ("id", "title", "updated", "author"):
        assert len(feed.findall(f"{ATOM}{name}")) == 1
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"{settings.PUBLIC_URL}/o/pusat.kanreg/feed.atom"
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == 2
    assert ids[1] == first.find(f"{ATOM}entry").findtext(f"{ATOM}id")  # type: ignore[union-attr]
    stamps = [
        datetime.fromisoformat(str(entry.findtext(f"{ATOM}updated")))
        for entry in feed.findall(f"{ATOM}entry")
    ]
    assert stamps == sorted(stamps, reverse=True)
    assert datetime.fromisoformat(str(feed.findtext(f"{ATOM}updated"))) == stamps[0]
    assert get(str(ids[0]).removeprefix(settings.PUBLIC_URL)).status_code == 200
