"""The published results on phones, in the dark, without script; the staff's place for publishing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_overview import sign_in
from tests.conftest import Cast, answer, make_cast
from tuntas.law.months import Month
from tuntas.models import Closure, HistoricalResult, Period

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: Any) -> Cast:
    cast = make_cast()
    now = timezone.now()
    month = Month.of(cast.office.today) + -2
    for _each in range(6):
        answer(cast.service, "343444333", at=now.replace(year=month.year, month=month.month, day=9))
    answer(cast.service16, "4" * 16, at=now.replace(year=month.year, month=month.month, day=9))
    Closure.seal(Period.of(cast.office, month), by=None, at=now)
    for step in range(30):
        HistoricalResult.record(
            cast.office, month + (-40 + step), Decimal(80 + step % 9), source="SK 5", by=None
        )
    answer(cast.service, "111111111", at=now - timedelta(minutes=5))
    return cast


@pytest.mark.parametrize("size", ["small", "desktop"])
def test_everyone_reads_the_results_on_every_screen(cast: Cast, visitor: Any, size: str) -> None:
    scheme = "dark" if size == "desktop" else "light"
    reader = visitor(size, color_scheme=scheme)
    for path in ("", "?l=en", "?l=ban", "unit/pensiun/", "unit/inka/", "data/", "card/"):
        reader.open(f"/o/{cast.office.address}/{path}")
        reader.check(path or "results")
    reader.open(f"/o/{cast.other.address}/")
    reader.check("nothing yet")
    reader.open(f"/o/{cast.office.address}/")
    reader.page.locator("summary").click()
    reader.page.get_by_role("link", name=str(Month.of(cast.office.today).year - 1)).first.click()
    assert "Nilai terbitan lama" in reader.page.content()
    reader.check("an old month")


@pytest.mark.parametrize("size", ["small", "desktop"])
def test_the_team_finds_everything_to_publish(cast: Cast, visitor: Any, size: str) -> None:
    team = visitor(size, color_scheme="dark" if size == "small" else "light")
    sign_in(team, "team")
    team.open(reverse("publication-materials"))
    team.page.evaluate("for (const image of document.images) image.loading = 'eager'")
    team.page.wait_for_load_state("networkidle", timeout=90_000)
    widths = team.page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert len(widths) == 6
    assert all(widths)
    team.check("publication")
    month = Month.of(cast.office.today) + -2
    team.open(reverse("period", args=[month]))
    team.check("a month to announce")
    team.page.get_by_role("button", name="Catat publikasi ini").click()
    assert cast.office.publications.count() == 1
