"""What stands beside the index of a closed month: from its closure, the same as from its rows."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.conftest import Cast, answer, moment
from tests.proof.test_database import execute
from tests.report.test_analysis import close, fill
from tuntas.law.months import Month, Span
from tuntas.models import Audience, Closure, ClosureSlices, Exclusion, Office, Unit
from tuntas.models.analyses import analysis_of
from tuntas.models.breakdowns import BY_CHANNEL, BY_SERVICE, Breakdown, breakdown_of
from tuntas.report.facts import index_facts

JANUARY = Month(2026, 1)


def figures(found: Breakdown) -> dict[str, Any]:
    return {
        "n": found.n,
        "signed": found.signed,
        "result": found.result,
        "unsigned": found.unsigned_result,
        "population": found.population,
        "finite": found.finite_result,
        "channels": found.groups(BY_CHANNEL),
        "services": found.groups(BY_SERVICE),
        "words": index_facts(found),
    }


def from_rows(cast: Cast, unit: Unit | None = None) -> dict[str, Any]:
    return figures(analysis_of(cast.office, Span(JANUARY, JANUARY), unit=unit))


@pytest.fixture
def january(cast: Cast) -> Cast:
    """A month with gaps, signs, several channels, a known population and an answer left out."""
    fill(cast, 120)
    for _each in range(3):
        answer(cast.service, "1" * 9, at=moment("2026-01-15 03:00"), seconds=2)
    wrong = answer(cast.service, "1" * 9, at=moment("2026-01-15 03:00")).response_id
    exclusion = Exclusion.propose(
        cast.office, JANUARY, [wrong], "Uji coba petugas pada hari itu", by=cast.people["team"]
    )
    exclusion.decide(accept=True, by=cast.people["head"])
    for service in (cast.service, cast.service16):
        Audience.record(service, 2026, 400, source="Register", by=None)
    return cast


@pytest.mark.parametrize("with_unit", [False, True])
def test_a_closure_keeps_what_its_rows_say_to_the_last_fraction(
    january: Cast, with_unit: bool
) -> None:
    close(january, 1)
    unit = january.pensiun if with_unit else None
    assert ClosureSlices.standing(january.office, JANUARY) is not None
    kept = figures(breakdown_of(january.office, JANUARY, unit=unit))
    assert kept == from_rows(january, unit)
    assert kept["signed"] == 3
    assert kept["n"] == (123 if unit is None else 83)
    assert kept["finite"].interval95 != kept["result"].interval95
    assert any(group.is_shown for group in kept["channels"]) is (unit is None)
    assert all(isinstance(end, Fraction) for end in kept["result"].interval95)


def test_home_reads_no_answer_of_a_closed_month(
    january: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(january, 1)
    monkeypatch.setattr(Office, "today", date(2026, 2, 10))
    client = january.client("head")
    client.get(reverse("home"))
    with CaptureQueriesContext(connection) as queries:
        html = client.get(reverse("home")).content.decode()
    assert "jawaban bertanda" in html
    assert not reading_january(queries)
    Closure.objects.get().reopen(by=None, reason="Jawaban kertas menyusul")
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("home"))
    assert reading_january(queries)


def reading_january(queries: CaptureQueriesContext) -> list[str]:
    """Statements that read answers of the month."""
    statements = [query["sql"] for query in queries]
    return [sql for sql in statements if "(answers" in sql and "2026-01-01" in sql]


def test_an_opened_month_is_read_again_and_its_next_closure_keeps_anew(january: Cast) -> None:
    close(january, 1)
    before = from_rows(january)
    Closure.objects.get().reopen(by=None, reason="Jawaban kertas menyusul")
    answer(january.service, "4" * 9, at=moment("2026-01-16 03:00"), channel="kiosk")
    assert ClosureSlices.standing(january.office, JANUARY) is None
    running = figures(breakdown_of(january.office, JANUARY))
    assert running["n"] == before["n"] + 1
    assert running == from_rows(january)
    close(january, 1)
    assert figures(breakdown_of(january.office, JANUARY)) == from_rows(january)
    assert ClosureSlices.objects.count() == 2


def test_a_closure_from_before_is_read_from_its_rows(january: Cast) -> None:
    close(january, 1)
    kept = figures(breakdown_of(january.office, JANUARY))
    execute("tuntas_closureslices", "DELETE FROM tuntas_closureslices")
    assert ClosureSlices.standing(january.office, JANUARY) is None
    assert figures(breakdown_of(january.office, JANUARY)) == kept


def test_an_empty_month_keeps_that_nobody_answered(cast: Cast) -> None:
    close(cast, 1)
    found = breakdown_of(cast.office, JANUARY)
    assert ClosureSlices.standing(cast.office, JANUARY) == []
    assert (found.n, found.signed, found.result, found.groups(BY_CHANNEL)) == (0, 0, None, [])


def test_the_database_refuses_to_change_what_a_closure_keeps(january: Cast) -> None:
    close(january, 1)
    for sql in (
        "UPDATE tuntas_closureslices SET content = '[]'",
        "DELETE FROM tuntas_closureslices",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
