"""Publication for staff: posters and snippets in one place, the register, no running scores."""

from __future__ import annotations

import html as markup
import io
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.conftest import Cast, answer
from tests.public.test_results import closed, running
from tuntas.law.months import Month
from tuntas.models import Event, HistoricalResult, Publication
from tuntas.models.evaluations import evaluate

JANUARY = Month(2026, 1)


def page_of(client: Any, name: str, *arguments: Any, query: str = "") -> str:
    return markup.unescape(client.get(reverse(name, args=arguments) + query).content.decode())


# -- a place for everything ----------------------------------------------------------------------


@pytest.mark.slow
def test_everything_to_publish_is_in_one_place(cast: Cast) -> None:
    closed(cast, JANUARY, "343444333", times=31)
    client = cast.client("team")
    page = page_of(client, "publication-materials")
    for path in ("/o/pusat.kanreg/", "/o/pusat.kanreg/feed.atom", "/o/pusat.kanreg/data/"):
        assert f'value="http://127.0.0.1:8000{path}"' in page or path in page
    assert '<iframe src="' in page
    assert "badge.svg" in page
    assert "86,11 (mutu B, baik) dari 31 responden" in page
    links = set(re.findall(r'href="(/publications/material-[^"]+)"', page))
    assert len(links) == 7
    for link in links:
        response = client.get(link)
        assert "attachment" in response["Content-Disposition"]
        if ".png" in link:
            assert Image.open(io.BytesIO(response.content)).width >= 1080
    name = client.get(min(links))["Content-Disposition"]
    assert 'filename="ikm-kanreg-2026-01-link.png"' in name


def test_a_running_month_has_no_poster(cast: Cast) -> None:
    closed(cast, JANUARY)
    running(cast)
    client, this_month = cast.client("team"), Month.of(cast.office.today)
    page = page_of(client, "publication-materials", query=f"?period={this_month}")
    assert "belum ditutup. Nilai yang masih berjalan tidak diumumkan" in page
    assert "50,00" not in page
    refused = client.get(
        reverse("publication-material", args=["link", "png"]) + f"?period={this_month}"
    )
    assert refused.status_code == 302
    assert page_of(client, "publication-materials", query="?period=Januari").count("2023-01") > 1


def test_before_the_first_month_the_place_says_what_to_do(cast: Cast) -> None:
    page = page_of(cast.client("team"), "publication-materials")
    assert "Belum ada bulan yang ditutup" in page
    assert "/publications/material-" not in page


# -- the register --------------------------------------------------------------------------------


def test_the_page_of_a_closed_month_is_registered_with_one_press(cast: Cast) -> None:
    closed(cast, JANUARY)
    client, url = cast.client("team"), reverse("publication-page", args=["2026-01"])
    assert url in page_of(client, "period", "2026-01")
    before = evaluate(cast.office, 2026).indicators[1].score
    client.post(url)
    row = Publication.objects.get()
    assert (row.span, row.kind, row.on) == ("2026-01", "website", cast.office.today)
    assert row.url.endswith("/o/pusat.kanreg/2026-01/")
    assert client.get(row.url.split("8000")[-1]).status_code == 200
    assert Event.objects.filter(action="publication.registered").exists()
    assert evaluate(cast.office, 2026).indicators[1].score == before + 1
    assert url not in page_of(client, "period", "2026-01")
    client.post(url)
    assert Publication.objects.count() == 1
    row.withdraw(by=cast.people["team"])
    assert url in page_of(client, "period", "2026-01")


@pytest.mark.parametrize("month", ["2026-02", "2023-01"])
def test_what_the_page_does_not_show_is_not_registered(cast: Cast, month: str) -> None:
    HistoricalResult.record(cast.office, Month(2023, 1), 80, source="SK", by=None)  # type: ignore[arg-type]
    client = cast.client("team")
    client.post(reverse("publication-page", args=[month]))
    assert not Publication.objects.exists()
    assert client.post(reverse("publication-page", args=["2026-13"])).status_code == 404


# -- nobody is pushed to fetch friendly answers ---------------------------------------------------


@pytest.mark.slow
def test_an_officer_sees_no_running_score_but_the_team_and_the_head_do(cast: Cast) -> None:
    running(cast)
    month = str(Month.of(cast.office.today))
    pages: list[tuple[str, list[Any]]] = [
        ("home", []),
        ("period-list", []),
        ("period", [month]),
        ("service", [cast.service.pk]),
    ]
    for name, arguments in pages:
        officer = page_of(cast.client("officer"), name, *arguments)
        assert "50,00" not in officer, name
        assert "2,000" not in officer, name
        assert "40" in officer, name  # how many answers came is no secret
        assert "50,00" in page_of(cast.client("head"), name, *arguments), name
        assert "50,00" in page_of(cast.client("team"), name, *arguments), name
    told = "supaya tidak ada yang terdorong mengejar jawaban yang menyenangkan"
    for name, arguments in (("home", []), ("period", [month]), ("service", [cast.service.pk])):
        assert told in page_of(cast.client("officer"), name, *arguments), name


def test_an_officer_sees_the_month_once_it_is_closed(cast: Cast) -> None:
    closed(cast, JANUARY, "343444333")
    answer(cast.service, at=timezone.now())
    for name, arguments in (("home", []), ("period-list", []), ("period", ["2026-01"])):
        page = page_of(cast.client("officer"), name, *arguments)
        if Month.of(cast.office.today) - JANUARY < 12:
            assert "86,11" in page, name
