"""What is asked a thousand times an hour stays within one office, so that the tables of a nation can be
spread over machines by office: read off PostgreSQL's own plans (docs/operate.md, "Many machines")."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.conftest import Cast, answer, moment
from tests.public.test_form import filled
from tuntas.law.months import Month, Span
from tuntas.models import Closure, Feedback, Period, Response
from tuntas.models.analyses import analysis_of
from tuntas.models.breakdowns import breakdown_of
from tuntas.models.results import month_results

pytestmark = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="reads the plans of PostgreSQL"
)
# Tables that grow with the citizens, not with the offices.
SPREAD = {"tuntas_response", "tuntas_feedback", "tuntas_event", "tuntas_excludedresponse"}
MARCH = Month(2026, 3)


def close_march(cast: Cast) -> None:
    Closure.seal(Period.of(cast.office, MARCH), by=None, at=moment("2026-04-02 03:00"))


def send(cast: Cast) -> None:
    data = filled(cast.service, id=str(uuid4()), suggestion="Tambah kursi tunggu.")
    assert Client().post(f"/s/{cast.service.token}/", data).status_code == 303


def released_to_all(cast: Cast) -> None:
    close_march(cast)
    paths = ("", "2026-03/", "unit/pensiun/", "data/results.json", "feed.atom", "answers/")
    for path in paths:
        assert Client().get(f"/o/kanreg/{path}").status_code == 200
    assert Client().get("/api/v1/offices/kanreg/results").status_code == 200


def opened(page: str, query: str = "") -> Callable[[Cast], None]:
    def act(cast: Cast) -> None:
        assert cast.client("team").get(reverse(page) + query).status_code == 200

    return act


ACTS: dict[str, Callable[[Cast], Any]] = {
    "a form is opened": lambda cast: Client().get(f"/s/{cast.service.token}/"),
    "a form is sent": lambda cast: answer(cast.service),
    "a form is sent with a suggestion": send,
    "the same form is sent again": lambda cast: [
        answer(cast.service, id=key) for key in [uuid4()] for _twice in range(2)
    ],
    "the index of a month": lambda cast: month_results(cast.office, [MARCH]),
    "the analysis of a month": lambda cast: analysis_of(cast.office, Span(MARCH, MARCH)).groups(
        "sex"
    ),
    "what stands beside the index of a month": lambda cast: breakdown_of(cast.office, MARCH),
    "a month is closed": close_march,
    "the results everyone may see": released_to_all,
    "the home of staff": opened("home"),
    "the inbox": opened("feedback-list"),
    "the inbox, searched": opened("feedback-list", "?state=all&q=kursi"),
    "the audit log": opened("audit"),
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def plan_of(sql: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the tables are tiny here
        cursor.execute(f"EXPLAIN (FORMAT JSON, VERBOSE) {sql}")
        (told,) = cursor.fetchone()
    found = told if isinstance(told, list) else json.loads(told)
    return list(nodes(found[0]["Plan"]))


def strays(queries: list[dict[str, str]]) -> tuple[int, list[tuple[str, dict[str, Any]]]]:
    """How many statements touched a table that is spread, and the parts of them that ask all offices."""
    looked, found = 0, []
    for sql in (query["sql"] for query in queries):
        is_question = sql.startswith(("SELECT", "UPDATE", "DELETE", "INSERT"))
        if not is_question or "tuntas_take(" in sql or not any(table in sql for table in SPREAD):
            continue
        looked += 1
        for node in plan_of(sql):
            if node.get("Relation Name") in SPREAD and node["Node Type"] != "ModifyTable":
                told = " ".join(
                    str(each) for key, each in node.items() if "Cond" in key or "Filter" in key
                )
                if "office_id" not in told and not by_own_key(told):
                    found.append((sql, node))
    return looked, found


@pytest.mark.parametrize("name", ACTS)
def test_what_is_asked_often_names_its_office(cast: Cast, name: str) -> None:
    fill(cast)
    with CaptureQueriesContext(connection) as asked:
        ACTS[name](cast)
    looked, found = strays(asked.captured_queries)
    assert found == []
    assert looked or name in ("a form is opened", "a form is sent")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: list(Response.objects.filter(month=MARCH.first_day)),
        lambda: Feedback.objects.filter(waits=True).count(),
        lambda: list(Feedback.objects.order_by("due_on")[:5]),
    ],
)
def test_a_question_to_all_offices_is_caught(cast: Cast, ask: Callable[[], Any]) -> None:
    fill(cast)
    with CaptureQueriesContext(connection) as asked:
        ask()
    assert len(strays(asked.captured_queries)[1]) == 1


def fill(cast: Cast) -> None:
    for n in range(5):
        answer(
            cast.service, at=moment(f"2026-03-0{n + 1} 03:00"), suggestion="Tambah kursi tunggu."
        )


def by_own_key(conditions: str) -> bool:
    """A row that another of the same office led to: by its key, or by the hash a citizen's code has."""
    own = (".id = ", "(id = ", "code_sha256 = ", "feedback_id = ", "exclusion_id = ")
    return any(sign in conditions for sign in own)


def test_the_function_of_the_short_way_names_its_office_in_each_statement(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'tuntas_take'")
        (text,) = cursor.fetchone()
    statements = [part for part in text.split(";") if "tuntas_" in part]
    assert len(statements) == 2
    assert all("the_office" in part for part in statements)


def test_what_is_unique_among_responses_names_the_office(cast: Cast) -> None:
    """A table can only be spread by a column that stands in each of its keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexdef LIKE 'CREATE UNIQUE%%'",
            [Response._meta.db_table],
        )
        keys = [row[0] for row in cursor.fetchall()]
    assert keys
    assert all("office_id" in key for key in keys)
