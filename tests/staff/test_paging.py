"""Pages by where they begin: all rows once, forward and back, whatever comes in meanwhile."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.conftest import Cast, answer, moment
from tuntas.models import ActionPlan, Feedback, Unit
from tuntas.staff.inbox import SORTS
from tuntas.staff.paging import COUNTED, KeyPage, counted, key_page
from tuntas.staff.plans import SORTS as PLAN_SORTS

ORDERS = [order for _label, order in SORTS.values()]
DAY = date(2026, 3, 2)


def fill(cast: Cast, count: int) -> None:
    """Feedback of few days and moments, so that most are equal by everything but their key."""
    start = Feedback.objects.count()
    Feedback.objects.bulk_create(
        Feedback(
            office=cast.office,
            unit=cast.pensiun,
            service=cast.service,
            month=date(2026, 3, 1),
            received_at=moment("2026-03-02 03:00") + timedelta(minutes=n % 7),
            text=f"Masukan {n}",
            due_on=DAY + timedelta(days=n % 3),
            code_sha256=f"{n:064}",
        )
        for n in range(start, start + count)
    )


def page(order: list[str], **query: str) -> KeyPage[Feedback]:
    asked = QueryDict(mutable=True)
    asked.update(query)
    return key_page(Feedback.objects.all(), order, asked, 10)


@pytest.mark.parametrize("order", ORDERS)
def test_forward_and_back_each_row_is_met_once(cast: Cast, order: list[str]) -> None:
    fill(cast, 43)
    expected = list(Feedback.objects.order_by(*order))
    pages = [page(order)]
    while pages[-1].after:
        pages.append(page(order, after=pages[-1].after))
    assert [len(each) for each in pages] == [10, 10, 10, 10, 3]
    assert [row for each in pages for row in each] == expected
    assert not pages[0].before
    back = [pages[-1]]
    while back[-1].before:
        back.append(page(order, before=back[-1].before))
    assert [row for each in reversed(back) for row in each] == expected


def test_what_comes_in_meanwhile_moves_no_page(cast: Cast) -> None:
    order = SORTS["newest"][1]
    fill(cast, 25)
    first = page(order)
    answer(cast.service, suggestion="Tambah kursi.")  # the newest of all
    second = page(order, after=first.after)
    assert not set(first) & set(second)
    assert list(page(order, before=second.before)) == list(first)
    assert page(order)[0].text == "Tambah kursi."


@pytest.mark.parametrize(
    "mark",
    [
        "x", "[]", "{}", "null", "7", '["2026-03-02"]', '["2026-03-02", "1", "1"]', '["x", "1"]',
        '["2026-03-02", null]', '["2026-03-02", "1e9"]', '["2026-13-02", "1"]', '[null, null]',
        '["2026-03-02", "99999999999999999999"]', '["2026-03-02", [1]]', "[[[[", '["\\u0000", "1"]',
    ],
)  # fmt: skip
def test_a_mark_that_is_none_leads_to_the_first_page(cast: Cast, mark: str) -> None:
    fill(cast, 12)
    for way in ("after", "before"):
        assert list(page(SORTS["due"][1], **{way: mark})) == list(page(SORTS["due"][1]))
        for sort in SORTS:
            query = {"state": "all", "sort": sort, way: mark}
            assert cast.client("team").get(reverse("feedback-list"), query).status_code == 200


def test_the_inbox_links_its_pages_and_keeps_the_filter(cast: Cast) -> None:
    fill(cast, 60)
    client, texts = cast.client("team"), []
    url = reverse("feedback-list") + "?state=all&sort=oldest&q=masukan"
    while url:
        html = client.get(url).content.decode()
        texts += re.findall(r"data-row-link>(Masukan \d+)<", html)
        found = re.search(r'href="(\?[^"]*)" rel="next"', html)
        url = reverse("feedback-list") + found[1].replace("&amp;", "&") if found else ""
    assert len(texts) == len(set(texts)) == 60
    assert "60 baris" in html
    assert 'rel="prev"' in html


def test_counting_ends_where_nobody_reads_on(cast: Cast) -> None:
    fill(cast, 30)
    assert counted(Feedback.objects.all()) == 30
    fill(cast, COUNTED)
    assert counted(Feedback.objects.all()) is None


@pytest.mark.parametrize(
    ("sort", "index"), [("due", "feedback_waiting"), ("newest", "feedback_office_order")]
)
def test_a_late_page_is_found_by_an_index(cast: Cast, sort: str, index: str) -> None:
    """A page in the middle of the list: neither all rows before it are read nor all sorted."""
    fill(cast, 3000)
    rows = Feedback.objects.filter(office=cast.office, waits=True)
    order = SORTS[sort][1]
    middle = rows.order_by(*order)[1500]
    asked = QueryDict(mutable=True)
    values: list[Any] = [getattr(middle, name.lstrip("-")) for name in order]
    asked["after"] = '["' + '", "'.join(str(value) for value in values) + '"]'
    with CaptureQueriesContext(connection) as queries:
        assert len(key_page(rows, order, asked, 25)) == 25
    (sql,) = [row["sql"] for row in queries.captured_queries]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE tuntas_feedback")
            cursor.execute("EXPLAIN " + sql)
        else:
            cursor.execute("EXPLAIN QUERY PLAN " + sql)
        plan = " ".join(str(row) for row in cursor.fetchall())
    if connection.vendor == "postgresql":
        assert "Seq Scan on tuntas_feedback" not in plan, plan
    else:
        assert index in plan, plan
        assert "SCAN tuntas_feedback" not in plan, plan


def plan_of_page(cast: Cast, page: str, query: dict[str, str]) -> str:
    """How the engine means to find the rows of a page."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        cast.client("team").get(reverse(page), query)
    (sql,) = [row["sql"] for row in queries.captured_queries if "LIMIT 26" in row["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        return " ".join(str(row) for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("state", "sort", "index"),
    [
        ("all", "newest", "feedback_office_order"),
        ("all", "oldest", "feedback_office_order"),
        ("all", "due", "feedback_office_day"),
        ("waiting", "due", "feedback_waiting"),
        ("overdue", "due", "feedback_waiting"),
    ],
)
def test_the_first_page_sorts_nothing(cast: Cast, state: str, sort: str, index: str) -> None:
    fill(cast, 3000)
    plan = plan_of_page(cast, "feedback-list", {"state": state, "sort": sort})
    assert index in plan, plan
    assert "ORDER BY" not in plan, plan


# -- lists of several parts ------------------------------------------------------------------------


def plan_ahead(cast: Cast, count: int) -> None:
    """Plans of two units, few months and few due days; every fourth has none."""
    ActionPlan.objects.bulk_create(
        ActionPlan(
            office=cast.office,
            unit=(cast.pensiun, cast.inka)[n % 2],
            survey_month=date(2026, 1 + n % 3, 1),
            action=f"Rencana {n}",
            due_on=None if n % 4 == 0 else DAY + timedelta(days=n % 3),
            created_at=moment("2026-03-02 03:00") + timedelta(minutes=n % 5),
        )
        for n in range(count)
    )


def expected_order(sort: str) -> list[ActionPlan]:
    """What the list should be, said without parts or pages."""
    keys: dict[str, Any] = {
        "unit": lambda plan: (
            plan.unit.position, plan.unit_id, -plan.survey_month.toordinal(), plan.pk,
        ),
        "due": lambda plan: (plan.due_on or date.max, plan.pk),
        "survey": lambda plan: (-plan.survey_month.toordinal(), -plan.pk),
        "changed": lambda plan: (-plan.created_at.timestamp(), -plan.pk),
    }  # fmt: skip
    return sorted(ActionPlan.objects.select_related("unit"), key=keys[sort])


@pytest.mark.parametrize("sort", PLAN_SORTS)
def test_the_plans_are_met_once_forward_and_back(cast: Cast, sort: str) -> None:
    Unit.objects.filter(pk=cast.inka.pk).update(position=0)
    Unit.objects.filter(pk=cast.pensiun.pk).update(position=1)
    plan_ahead(cast, 63)
    client, url, query = cast.client("team"), reverse("plan-list"), {"sort": sort}
    pages = [client.get(url, query).context["page"]]
    while pages[-1].after:
        pages.append(client.get(url, {**query, "after": pages[-1].after}).context["page"])
    assert [len(each) for each in pages] == [25, 25, 13]
    assert [plan for each in pages for plan in each] == expected_order(sort)
    back = [pages[-1]]
    while back[-1].before:
        back.append(client.get(url, {**query, "before": back[-1].before}).context["page"])
    assert [list(each) for each in reversed(back)] == [list(each) for each in pages]
    file = client.get(reverse("plan-export", args=["csv"]), query).content.decode("utf-8-sig")
    numbers = [int(line.split(";")[0].split(",")[0]) for line in file.splitlines()[1:]]
    assert numbers == [plan.pk for plan in expected_order(sort)]


@pytest.mark.parametrize(
    "mark",
    [
        "[]", "{}", "7", '["inka"]', '["nowhere", "2026-01-01", "1"]', '[["inka"], "2026-01-01", "1"]',
        '["inka", "x", "1"]', '["dated", "1"]', '["undated", "2026-01-01", "1"]', '[null, null, null]',
        '["inka", "2026-01-01", "99999999999999999999"]',
    ],
)  # fmt: skip
def test_a_mark_of_no_part_leads_to_the_first_plans(cast: Cast, mark: str) -> None:
    plan_ahead(cast, 30)
    client, url = cast.client("team"), reverse("plan-list")
    for sort in PLAN_SORTS:
        first = client.get(url, {"sort": sort}).context["page"]
        for way in ("after", "before"):
            shown = client.get(url, {"sort": sort, way: mark})
            assert list(shown.context["page"]) == list(first), (sort, way)


@pytest.mark.parametrize(
    ("sort", "state", "index"),
    [
        ("unit", "running", "plan_unit_open"),
        ("unit", "all", "plan_unit_month"),
        ("due", "running", "plan_office_open"),
        ("due", "all", "plan_office_due"),
        ("survey", "all", "plan_office_month"),
        ("changed", "all", "plan_office_made"),
    ],
)
def test_a_page_of_plans_is_found_by_an_index(
    cast: Cast, sort: str, state: str, index: str
) -> None:
    plan_ahead(cast, 1200)
    query = {"sort": sort, "state": state}
    after = cast.client("team").get(reverse("plan-list"), query).context["page"].after
    plan = plan_of_page(cast, "plan-list", {**query, "after": after})
    assert index in plan, plan
