"""Results for anyone: the same numbers as the page, page by page, and never a running score."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.public.test_results import closed, running
from tuntas.law.months import Month
from tuntas.models import HistoricalResult, Office
from tuntas.models.results import month_results

BASE = "/api/v1/offices/pusat.kanreg/results"


def get(path: str = "") -> Any:
    return Client().get(f"{BASE}{path}").json()


def test_the_numbers_are_exact_and_those_of_the_closure(cast: Cast) -> None:
    closed(cast, Month(2026, 1), "343444333", times=31)
    closed(cast, Month(2026, 2), "343444332")
    told = get()
    assert (told["office"], told["count"], told["pages"], told["next"]) == (
        "pusat.kanreg",
        2,
        1,
        None,
    )
    newest = told["results"][0]
    (row,) = month_results(cast.office, [Month(2026, 2)])
    assert row.result is not None
    assert newest["month"] == "2026-02"
    assert abs(Fraction(newest["index_value"]) - row.result.index_value) <= Fraction(1, 2) / 10**12
    assert newest["converted_2"] == "83.33"
    assert newest["closure_sha256"] == row.closure.sha256  # type: ignore[union-attr]
    assert [each["code"] for each in newest["elements"]][:2] == ["requirements", "procedures"]
    assert newest["elements"][0]["mean"] == "3.000000"
    assert newest["flags"] == ["indicative"]
    assert told["results"][1]["flags"] == []
    assert get("/2026-02") == newest


def test_a_running_month_is_not_told(cast: Cast) -> None:
    running(cast)
    assert get()["results"] == []
    refused = Client().get(f"{BASE}/{Month.of(cast.office.today)}")
    assert (refused.status_code, refused.json()["code"]) == (404, "not-released")


def test_months_come_in_pages_newest_first(cast: Cast) -> None:
    for step in range(7):
        HistoricalResult.record(
            cast.office,
            Month(2020, 1) + step,
            80 + step,
            source="SK",
            by=None,  # type: ignore[arg-type]
        )
    found, path = [], "?per_page=3"
    while path:
        told = get(path)
        assert (told["count"], told["pages"]) == (7, 3)
        found += [row["month"] for row in told["results"]]
        path = (told["next"] or "").removeprefix(BASE)
    assert found == [f"2020-0{month}" for month in range(7, 0, -1)]
    narrow = get("?from=2020-02&to=2020-03")["results"]
    assert [(row["month"], row["state"], row["n"], row["elements"]) for row in narrow] == [
        ("2020-03", "historical", None, []),
        ("2020-02", "historical", None, []),
    ]


def test_a_unit_has_its_own_and_few_answers_are_withheld(cast: Cast) -> None:
    closed(cast, Month(2026, 1), times=4)
    (row,) = get("?unit=pensiun")["results"]
    assert (row["unit"], row["n"], row["converted"], row["flags"]) == (
        "pensiun",
        4,
        None,
        ["withheld"],
    )
    assert row["elements"] == []
    closed(cast, Month(2026, 2), times=5)
    assert get("?unit=pensiun")["results"][0]["converted_2"] == "86.11"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/offices/tidakada/results", 404, "unknown-office"),
        (f"{BASE}?unit=x", 404, "unknown-unit"),
        (f"{BASE}?from=Januari", 422, "invalid"),
        (f"{BASE}?page=0", 422, "invalid"),
        (f"{BASE}?per_page=121", 422, "invalid"),
        (f"{BASE}/2026-13", 422, "invalid"),
    ],
)
def test_wrong_calls_are_explained(cast: Cast, path: str, status: int, code: str) -> None:
    assert cast.office
    answer = Client().get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


def test_a_code_of_several_offices_leads_to_none_of_them(cast: Cast) -> None:
    Office.add("kanreg", "Kembar", by=None, parent=cast.other)
    told = Client().get("/api/v1/offices/kanreg/results").json()
    assert told["code"] == "ambiguous-office"
    assert "pusat.kanreg" in told["message"]
