"""The analysis page: who sees what, every table as a file, wrong addresses explained, empty states."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tests.conftest import Cast, answer, moment
from tests.report.test_analysis import close, fill
from tuntas.figures import index_data
from tuntas.law.months import Month


@pytest.fixture
def page() -> str:
    return reverse("analysis")


def test_a_month_with_everything(cast: Cast, page: str) -> None:
    fill(cast, 60)
    close(cast, 1)
    html = cast.client("head").get(page).content.decode()
    for words in (
        "Analisis Januari 2026",
        "Siapa yang menjawab",
        "Nilai menurut kelompok",
        "Tabulasi silang",
        "Korelasi tidak mengatakan sebab",
        "Tidak ada jawaban bertanda",
        "belum dapat dihitung: perlu paling sedikit 6 bulan",
    ):
        assert words in html, words
    assert 'class="chart"' in html


def test_every_table_can_be_had_as_a_file(cast: Cast, page: str) -> None:
    fill(cast, 60)
    close(cast, 1)
    client = cast.client("auditor")
    html = client.get(page + "?span=2026-01&row=sex&column=fees").content.decode()
    links = re.findall(r'href="([^"]+\.csv\?[^"]+)"', html)
    assert len(links) > 20
    for link in (links[0], links[-1], next(x for x in links if "cross" in x)):
        address = link.replace("&amp;", "&")
        response = client.get(address)
        assert response.status_code == 200
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
        assert len(rows) > 1
        book = CalamineWorkbook.from_filelike(
            io.BytesIO(client.get(address.replace(".csv", ".xlsx")).content)
        )
        assert book.get_sheet_by_index(0).to_python()[0][0] == rows[0][0]
    assert client.get(reverse("analysis-table", args=["sandi", "csv"])).status_code == 404
    assert client.get(reverse("analysis-table", args=["months", "pdf"])).status_code == 404


def test_an_officer_sees_no_running_score(cast: Cast, page: str) -> None:
    fill(cast, 60)
    client = cast.client("officer")
    for query in ("", "?span=2026-01", "?span=2026", "?from=2025-12&to=2026-01"):
        response = client.get(page + query)
        assert response.context["found"].n == 0
        assert "sesudah bulan itu ditutup" in response.content.decode() or not query
    table = client.get(reverse("analysis-table", args=["months", "csv"]) + "?span=2026-01")
    assert "Januari 2026" not in table.content.decode()
    close(cast, 1)
    assert client.get(page + "?span=2026-01").context["found"].n == 40


def test_an_officer_sees_the_own_unit_only(cast: Cast, page: str) -> None:
    fill(cast, 60)
    close(cast, 1)
    client = cast.client("officer")
    response = client.get(page + "?span=2026-01")
    assert response.context["found"].unit == cast.pensiun
    assert response.context["found"].n == 40
    html = response.content.decode()
    assert "Layanan Data" not in html
    for scope in (f"unit-{cast.inka.pk}", f"service-{cast.service16.pk}", "unit-x", "office-1"):
        assert client.get(f"{page}?scope={scope}").status_code == 404
        table = reverse("analysis-table", args=["months", "csv"])
        assert client.get(f"{table}?scope={scope}").status_code == 404
    own = client.get(f"{page}?span=2026-01&scope=service-{cast.service.pk}")
    assert own.context["found"].n == 40
    assert "hanya ditampilkan untuk kantor seluruhnya" in own.content.decode()


@pytest.mark.parametrize(
    "query", ["span=januari", "from=2026-13", "from=1990-01&to=2026-01", "span=2026-06..2026-01"]
)
def test_an_address_that_cannot_be_read_is_explained(cast: Cast, page: str, query: str) -> None:
    response = cast.client("team").get(f"{page}?{query}")
    assert response.status_code == 200
    assert len(list(response.context["messages"])) == 1


def test_months_may_be_chosen_in_any_order(cast: Cast, page: str) -> None:
    response = cast.client("team").get(f"{page}?from=2026-03&to=2026-01")
    assert str(response.context["asked"].span) == "2026-Q1"


def test_without_answers_the_page_says_so(cast: Cast, page: str) -> None:
    html = cast.client("team").get(page).content.decode()
    assert "Tidak ada jawaban tersimpan dalam rentang ini." in html
    assert "Belum ada bulan yang bernilai." in html


def test_the_page_scans_the_answers_once(cast: Cast, page: str) -> None:
    fill(cast, 30)
    client = cast.client("team")
    client.get(page + "?span=2026-01")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(page + "?span=2026-01")
    scans = [q["sql"] for q in queries if "(answers" in q["sql"]]
    assert sum("2026-01-01" in sql for sql in scans) == 1
    assert len(scans) == 2  # the other one reads the months before, of which there are no answers
    assert len(queries) < 45


def test_a_small_change_is_called_noise(cast: Cast, page: str) -> None:
    for month, score in ((1, "3"), (2, "3")):
        for place in range(40):
            answers = (score if place % 4 else "4") * 8 + ("4" if month == 2 and place < 5 else "3")
            answer(cast.service, answers, at=moment(f"2026-{month:02d}-15 03:00"))
        close(cast, month)
    html = cast.client("head").get(page + "?span=2026-02").content.decode()
    assert re.search(r"Naik \d,\d\d dari Januari 2026, tetapi masih dalam batas derau", html)


def test_the_same_facts_stand_beside_the_index_everywhere(cast: Cast) -> None:
    fill(cast, 25)
    answer(cast.service, "1" * 9, at=moment("2026-01-15 03:00"), seconds=2)
    close(cast, 1)
    client = cast.client("head")
    month = client.get(reverse("period", args=["2026-01"])).content.decode()
    home = client.get(reverse("home")).content.decode()
    page = client.get(reverse("analysis") + "?span=2026-01").content.decode()
    facts = [
        re.search(r'<dl class="facts index-facts">.*?</dl>', html, re.S)
        for html in (month, home, page)
    ]
    assert len({found.group() for found in facts if found}) == 1
    assert all(facts)
    assert "indikatif" in month
    assert "3,8% jawaban bertanda" in month
    data = index_data(
        cast.office, Month(2026, 1), Month(2026, 1), unit=None, service=None, weights=None
    )
    told = data["honesty"]
    assert (told["signed"], told["indicative"], told["population"]) == (1, True, None)
    assert sum(row["n"] for row in told["channels"]) == data["n"] == 26
    assert any("bertanda" in words for words in told["words"])
    assert {"interval95", "flags", "weights", "converted"} <= set(data)
