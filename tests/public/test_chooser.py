"""One address for a whole office, and the badge that other sites show."""

from __future__ import annotations

import gzip
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas.law.months import Month
from tuntas.models import Closure, Edition, Office, Period, Service, Unit
from tuntas.report.badge import badge, width

JANUARY = Month(2026, 1)
DURING, AFTER = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def test_the_open_services_stand_by_unit_and_carry_the_channel(cast: Cast) -> None:
    closed = Service.add(
        cast.inka, "tutup", "Layanan Tutup", edition=Edition.builtin("skm9"), by=None
    )
    closed.change(by=None, closed_at=timezone.now())
    html = get("/o/pusat.kanreg/services/?c=qr").content.decode()
    assert re.findall(r'href="/s/(\w+)/\?c=(\w+)"', html) == [
        (cast.service.token, "qr"),
        (cast.service16.token, "qr"),
    ]
    assert html.index("Bidang Pensiun") < html.index("Bidang Informasi Kepegawaian")
    assert "Layanan Tutup" not in html
    assert "Layanan Umum" not in html
    assert '?c=web"' in get("/o/kanreg/services/?c=kiosk").content.decode()


def test_searching_works_without_a_script(cast: Cast) -> None:
    html = get("/o/kanreg/services/?c=qr&q=DATA").content.decode()
    assert cast.service16.token in html
    assert cast.service.token not in html
    assert 'name="c" value="qr"' in html
    assert "Tidak ada layanan dengan kata itu" in get("/o/kanreg/services/?q=xyz").content.decode()


def test_a_unit_has_its_own_list(cast: Cast) -> None:
    html = get("/o/kanreg/services/?u=inka").content.decode()
    assert cast.service16.token in html
    assert cast.service.token not in html


def test_a_code_that_several_offices_use_never_leads_to_the_wrong_one(cast: Cast) -> None:
    region = Office.add("daerah", "Pemerintah Daerah", by=None)
    twin = Office.add("kanreg", "Kantor Kembar", by=None, parent=region)
    assert (cast.office.address, twin.address) == ("pusat.kanreg", "daerah.kanreg")
    response = get("/o/kanreg/services/?c=qr")
    html = response.content.decode()
    assert response.status_code == 300
    assert 'href="/o/daerah.kanreg/services/?c=qr"' in html
    assert 'href="/o/pusat.kanreg/services/?c=qr"' in html
    assert cast.service.token not in html
    assert "Kantor Regional Contoh" in get("/o/pusat.kanreg/services/").content.decode()
    assert get("/o/kanreg/badge.svg").status_code == 404
    # A root office of that code has the short address for itself; what was printed still holds.
    root = Office.add("kanreg", "Kantor Akar", by=None)
    assert Office.at("kanreg") == [root]
    assert Office.at("pusat.kanreg") == [cast.office]
    assert get("/o/tidakada/services/").status_code == 404
    assert Office.at("salah.kanreg") == []


def test_two_hundred_services_are_one_small_document(cast: Cast) -> None:
    unit = Unit.add(cast.office, "besar", "Bidang Besar", by=None)
    for number in range(200):
        Service.add(
            unit, f"l{number}", f"Layanan nomor {number}", edition=cast.service.edition, by=None
        )
    response = get("/o/kanreg/services/")
    assert response.content.decode().count("<li>") == 202
    assert len(gzip.compress(response.content, 6)) <= 14 * 1024
    assert not response.cookies


def close(cast: Cast, at: datetime = AFTER, month: Month = JANUARY) -> None:
    Closure.seal(Period.of(cast.office, month), by=None, at=at)


def test_the_badge_says_the_last_closed_month_and_never_a_running_value(cast: Cast) -> None:
    for path in (f"/s/{cast.service.token}/badge.svg", "/o/kanreg/badge.svg"):
        assert "belum ada nilai" in get(path).content.decode()
    for _each in range(40):
        answer(cast.service, "343444333", at=DURING)
    answer(cast.service16, "4" * 16, at=DURING)
    assert "belum ada nilai" in get("/o/kanreg/badge.svg").content.decode()
    close(cast)
    answer(cast.service, "111111111", at=AFTER)
    svg = get(f"/s/{cast.service.token}/badge.svg").content.decode()
    # (3+4+3+4+4+4+3+3+3)/9 x 25 = 86,11
    assert "IKM Januari 2026: 86,11 (B), 40 jawaban" in svg
    assert "Februari" not in svg
    assert "41 jawaban" in get("/o/pusat.kanreg/badge.svg").content.decode()
    other = get(f"/s/{cast.service16.token}/badge.svg").content.decode()
    assert "IKM Januari 2026: 100,00 (A), 1 jawaban, indikatif" in other


def test_a_closed_month_without_answers_is_said(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    close(cast)
    svg = get(f"/s/{cast.service16.token}/badge.svg").content.decode()
    assert "IKM Januari 2026: tidak ada jawaban" in svg


def test_the_badge_can_stand_in_a_foreign_page_and_is_kept(cast: Cast) -> None:
    path = f"/s/{cast.service.token}/badge.svg"
    response = get(path)
    assert response["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
    again = get(path, **{"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Content-Security-Policy", "Cross-Origin-Resource-Policy"):
        assert again[name] == response[name]
    zipped = get(path, **{"Accept-Encoding": "gzip"})
    assert (
        get(path, **{"Accept-Encoding": "gzip", "If-None-Match": zipped["ETag"]}).status_code == 304
    )
    answer(cast.service, at=DURING)
    close(cast)
    assert get(path, **{"If-None-Match": response["ETag"]}).status_code == 200


def test_the_badge_is_sound_xml_that_tells_itself(cast: Cast) -> None:
    svg = ElementTree.fromstring(badge('Layanan <"A&B">', None))
    space = "{http://www.w3.org/2000/svg}"
    assert svg.attrib["role"] == "img"
    assert svg.find(f"{space}title").text == "IKM belum ada nilai"  # type: ignore[union-attr]
    told = svg.find(f"{space}desc").text  # type: ignore[union-attr]
    assert told == 'Indeks Kepuasan Masyarakat Layanan <"A&B">. Belum ada nilai.'


@pytest.mark.parametrize("words", ["i" * 10, "M" * 10, "Oktober 2026: 84,89 (B), 96 jawaban"])
def test_the_width_grows_with_the_letters(words: str) -> None:
    assert 20 < width(words) < 13 * len(words)
