"""Monitoring on a phone, a projector and one sheet of paper; the wall on a television."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from tests.browser.conftest import Visitor
from tests.conftest import PASSWORD, Cast, answer, make_cast
from tuntas.law.months import Month
from tuntas.models import ActionPlan, Closure, Notice, Period, Service, Unit, WallScreen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: Any) -> Cast:
    cast = make_cast()
    now = timezone.now()
    this_month = Month.of(now.astimezone(cast.office.zone).date())
    for back in (3, 2):
        month = this_month + -back
        at = now.replace(year=month.year, month=month.month, day=15)
        for score in "3434":
            answer(cast.service, score * 9, at=at, suggestion="Tambah kursi tunggu.")
        Closure.seal(Period.of(cast.office, month), by=None, at=now)
    for at_unit in range(10):
        unit = Unit.add(cast.office, f"u{at_unit}", f"Bidang Contoh {at_unit}", by=None)
        Service.add(unit, "s", f"Layanan {at_unit}", edition=cast.service.edition, by=None)
        plan = ActionPlan.add(
            unit, by=None, survey_month=date(2026, 1, 1), action="a", due_on=date(2026, 2, 1)
        )
        plan.add_obstacle(by=None, text="x", depends_on=f"Instansi {at_unit % 4}")
    answer(cast.service, at=now, suggestion="Tambah kipas.")
    return cast


def sign_in(who: Visitor, name: str) -> None:
    who.open(reverse("account_login"))
    who.page.fill("#id_login", f"{name}@contoh.go.id")
    who.page.fill("#id_password", PASSWORD)
    who.page.get_by_role("button", name="Masuk", exact=True).click()
    who.page.wait_for_url("**/home/")


@pytest.mark.parametrize("width", [320, 360, 1280, 1920])
def test_leadership_sees_the_office_at_every_width(cast: Cast, visitor: Any, width: int) -> None:
    head = visitor("desktop", color_scheme="dark" if width == 1280 else "light")
    head.page.set_viewport_size({"width": width, "height": 900})
    sign_in(head, "head")
    head.open(reverse("overview"))
    head.check("overview")
    row = head.page.get_by_role("row").filter(has_text="Pensiun").first
    row.get_by_role("link").nth(1).click()
    head.page.wait_for_url("**/feedback/?state=overdue&unit=pensiun")
    assert head.page.locator("tbody tr").count() == 8


def test_the_overview_prints_on_one_landscape_page(cast: Cast, visitor: Any) -> None:
    head = visitor("desktop")
    sign_in(head, "head")
    head.open(reverse("overview"))
    pages = PdfReader(io.BytesIO(head.page.pdf(prefer_css_page_size=True))).pages
    assert len(pages) == 1
    assert pages[0].mediabox.width > pages[0].mediabox.height
    text = pages[0].extract_text()
    assert "Unit berdampingan" in text
    assert "Instansi 3" in text


@pytest.mark.parametrize("size", [(360, 740), (1280, 720), (1920, 1080)])
def test_the_wall_needs_no_script_and_no_scrolling_on_a_television(
    cast: Cast, visitor: Any, size: tuple[int, int]
) -> None:
    _screen, key = WallScreen.add(cast.office, "Lobi", by=None)
    lobby = visitor("desktop")
    lobby.page.set_viewport_size({"width": size[0], "height": size[1]})
    lobby.open(reverse("wall", args=[key]))
    lobby.check(f"wall {size}")
    assert lobby.context.cookies() == []
    if size[0] > 1000:
        tall = lobby.page.evaluate("document.documentElement.scrollHeight - innerHeight")
        assert tall <= 0, f"{tall} px below the edge"


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_reminders_rules_letters_and_screens(cast: Cast, visitor: Any, size: str) -> None:
    now = timezone.now()
    for n, fields in enumerate(({"given_up_at": now}, {"perhaps_sent_at": now}, {"sent_at": now})):
        Notice.objects.create(
            person=cast.people["team"],
            office=cast.office,
            kind="plan-late",
            about="#4 – Pensiun",
            path="/plans/",
            key=f"k{n}",
            made_at=now,
            not_before=now,
            due_on=now.date(),
            **fields,
        )
    team = visitor(size)
    sign_in(team, "team")
    for name in ("notices", "reminder-rules", "letters", "wall-list"):
        team.open(reverse(name))
        team.check(name)
    team.page.fill("#id_name", "Lobi")
    team.page.get_by_role("button", name="Buat alamat layar").click()
    team.check("wall made")
    team.page.get_by_role("link", name="Lihat layar").wait_for()
    team.open(reverse("notices"))
    team.page.get_by_role("button", name="Buat alamat kalender").click()
    team.check("calendar made")
    assert "/calendar/" in team.page.input_value("#address")
