"""Gabungan and aggregate files at every width, in light and dark, by axe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from tests.browser.conftest import Visitor
from tests.browser.test_overview import sign_in
from tests.conftest import Cast, make_cast, person
from tests.nation import close, service_row, tally_of
from tuntas.law.months import Month, Span
from tuntas.models import AggregateImport, Office, Role
from tuntas.models.aggregate_file import build
from tuntas.models.aggregates import confirm, receive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: Any, settings: Any, tmp_path: Path) -> Cast:
    settings.DATA = tmp_path
    cast = make_cast()
    person("above", cast.ministry, Role.HEAD)
    for month in (1, 2, 3):
        close(cast.office, Month(2023, month), [service_row(tally_of(["343444333"] * 30))])
    close(cast.other, Month(2023, 1), [service_row(tally_of(["222322222"] * 5))])
    far = Office.add("jauh", "Wilayah Jauh dengan Nama yang Panjang Sekali", by=None)
    close(far, Month(2023, 2), [service_row(tally_of(["444434444", "343434343"] * 20))])
    first = receive(cast.ministry, "satu.json", build(far, Span.parse("2023")), by=None)
    confirm(first, by=None, key_compared=True)
    receive(cast.office, "dua.json", build(far, Span.parse("2023")), by=None)
    receive(cast.ministry, "tiga.json", build(far, Span.parse("2023")), by=None)
    return cast


@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_are_sound_at_every_width(cast: Cast, visitor: Any, width: int) -> None:
    head: Visitor = visitor("desktop", color_scheme="dark" if width == 1280 else "light")
    head.page.set_viewport_size({"width": width, "height": 900})
    sign_in(head, "above")
    waiting = AggregateImport.objects.get(file_name="tiga.json")
    outside = cast.ministry.outside_offices.get()
    for name, url in (
        ("rollup", reverse("rollup") + "?period=2023-Q1"),
        ("rollup-office", reverse("rollup-office", args=[cast.office.pk])),
        ("rollup-outside", reverse("rollup-outside", args=[outside.uid])),
        ("aggregates", reverse("aggregate-list")),
        ("aggregate", reverse("aggregate", args=[waiting.pk])),
    ):
        head.open(url)
        head.check(f"{name}-{width}")
