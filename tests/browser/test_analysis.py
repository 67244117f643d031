"""The analysis on a phone, a desk and in the dark: nothing for axe to find, by keyboard, on paper."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.browser.test_overview import sign_in
from tests.conftest import Cast, make_cast
from tests.report.test_analysis import close, fill

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: Any) -> Cast:
    cast = make_cast()
    for month in (1, 2):
        fill(cast, 45, month=month, seed=month)
        close(cast, month)
    return cast


@pytest.mark.parametrize("width", [320, 1280])
def test_the_analysis_can_be_read_at_every_width(cast: Cast, visitor: Any, width: int) -> None:
    head = visitor("desktop", color_scheme="dark" if width == 1280 else "light")
    head.page.set_viewport_size({"width": width, "height": 900})
    sign_in(head, "head")
    head.open(reverse("analysis") + "?span=2026-02&row=sex&column=fees")
    for details in head.page.locator("details").all()[:3]:
        details.evaluate("row => { row.open = true }")
    head.check("analysis")
    head.page.get_by_label("Menurun").select_option("age")
    head.page.get_by_role("button", name="Silangkan").press("Enter")
    head.page.wait_for_url("**row=age**")
    head.page.emulate_media(media="print")
    assert not head.page.locator(".filter").first.is_visible()
