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
from tuntas.models import Feedback
from tuntas.staff.inbox import SORTS
from tuntas.staff.paging import COUNTED, KeyPage, counted, key_page

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


@pytest.mark.parametrize(("sort", "index"), [("due", "feedback_office_due"), ("newest", "at")])
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
