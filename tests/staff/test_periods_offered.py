"""Where a page asks for a period, it offers those of the office; none has to be known by its sign."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast
from tuntas.law.months import Month, Span, calendar_spans
from tuntas.models import Period

pytestmark = pytest.mark.django_db
PAGES = {
    "report-list": "span",
    "publication-list": "span",
    "publication-materials": "period",
    "aggregate-list": "period",
    "plan-table": "span",
    "rollup": "period",
}


@pytest.fixture
def team(cast: Cast) -> Client:
    return cast.client("team")


def offered(page: bytes, name: str) -> tuple[list[str], list[str]]:
    """Values of the list of that name, and those that are chosen."""
    lists = re.findall(r'<select name="(\w+)".*?</select>', page.decode(), re.S)
    assert name in lists, lists
    body = re.search(rf'<select name="{name}".*?</select>', page.decode(), re.S)
    assert body
    values = re.findall(r'<option value="([^"]*)"', body[0])
    return values, re.findall(r'<option value="([^"]*)" selected', body[0])


@pytest.mark.parametrize(
    ("length", "first", "last", "expected"),
    [
        (1, "2023-11", "2024-01", ["2024-01", "2023-12", "2023-11"]),
        (3, "2023-06", "2024-01", ["2024-Q1", "2023-Q4", "2023-Q3", "2023-Q2"]),
        (6, "2023-06", "2023-07", ["2023-S2", "2023-S1"]),
        (12, "2023-12", "2024-01", ["2024", "2023"]),
    ],
)
def test_spans_of_the_calendar(length: int, first: str, last: str, expected: list[str]) -> None:
    spans = calendar_spans(length, Month.parse(first), Month.parse(last))
    assert [str(span) for span in spans] == expected


@pytest.mark.parametrize("name", PAGES)
def test_periods_of_the_office_are_offered(cast: Cast, team: Client, name: str) -> None:
    this_month = Month.of(cast.office.today)
    Period.of(cast.office, this_month + -14)
    values, _chosen = offered(team.get(reverse(name)).content, PAGES[name])
    assert str(this_month) in values
    assert str(this_month + -14) in values
    assert str(this_month + -15) not in values
    assert str(this_month + 1) not in values
    assert {Span.parse(value).kind for value in values if value} == {
        "month",
        "quarter",
        "half_year",
        "year",
    }


def test_an_office_with_others_below_may_choose_older_periods(cast: Cast) -> None:
    """Its own first month says nothing of theirs."""
    above = cast.client("ministry")
    assert not cast.office.parent.periods.exists()
    values, chosen = offered(above.get(reverse("rollup")).content, "period")
    this_month = Month.of(cast.office.today)
    assert str((this_month + -59).year) in values
    assert chosen == [str((this_month + -1).year)]


def test_a_period_from_an_address_is_kept(team: Client) -> None:
    """A link, or the form of a page that was refused, may hold one that is not offered."""
    page = team.get(reverse("plan-table"), {"span": "2019-02..2019-04"}).content
    values, chosen = offered(page, "span")
    assert chosen == values[:1] == ["2019-02..2019-04"]
    assert "Februari–April 2019" in page.decode()

    page = team.post(reverse("report-list"), {"kind": "monthly", "span": "kemarin"}).content
    assert offered(page, "span")[1] == ["kemarin"]
    assert "periode harus berbentuk" in page.decode()


def test_without_a_period_none_is_chosen(team: Client) -> None:
    values, chosen = offered(team.get(reverse("publication-list")).content, "span")
    assert chosen == values[:1] == [""]


def test_a_time_zone_is_chosen_and_none_is_lost(cast: Cast, team: Client) -> None:
    address = reverse("office-settings")
    assert offered(team.get(address).content, "time_zone") == (
        ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"],
        ["Asia/Makassar"],
    )
    type(cast.office).objects.filter(pk=cast.office.pk).update(time_zone="Asia/Pontianak")
    values, chosen = offered(team.get(address).content, "time_zone")
    assert values[-1:] == chosen == ["Asia/Pontianak"]
