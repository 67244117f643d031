"""The roll-up for programs: the same numbers as the command, the token's own tree only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.api.test_invitations import get, token
from tests.cli.test_commands import tuntas
from tests.conftest import Cast
from tests.nation import close, service_row, tally_of
from tuntas.law.months import Month

URL = "/api/v1/rollup?from=2023-01&to=2023-02"


@pytest.fixture
def key(cast: Cast) -> str:
    close(cast.office, Month(2023, 1), [service_row(tally_of(["343434343"] * 31))])
    close(cast.other, Month(2023, 1), [service_row(tally_of(["222222222"] * 5))])
    return token(cast.ministry, "rollup")


def test_it_says_what_the_command_says(cast: Cast, key: str) -> None:
    response = get(key, URL)
    assert response.status_code == 200
    told = response.json()
    command = tuntas("rollup", "pusat", "--from", "2023-01", "--to", "2023-02", "--json")
    assert told == json.loads(command.stdout)
    assert (told["office"], told["from"], told["to"], told["n"]) == (
        "pusat",
        "2023-01",
        "2023-02",
        36,
    )
    assert {row["code"]: row["n"] for row in told["offices"]} == {
        "pusat": 36,
        "kanreg": 31,
        "lain": 5,
    }
    assert told["missing"] == [
        {"office": "pusat.lain", "name": "Kantor Lain", "months": ["2023-02"]},
        {"office": "pusat.kanreg", "name": "Kantor Regional Contoh", "months": ["2023-02"]},
    ]
    assert "indicative" in next(row for row in told["offices"] if row["code"] == "lain")["flags"]


def test_a_token_sees_its_own_tree_only(cast: Cast, key: str) -> None:
    told = get(token(cast.other, "rollup"), URL).json()
    assert [row["code"] for row in told["offices"]] == ["lain"]
    assert told["n"] == 5


def test_a_token_for_something_else_does_not_open_it(cast: Cast, key: str) -> None:
    refused = get(token(cast.ministry), URL)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    assert Client().get(URL).status_code == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2023-13&to=2023-02", "from"),
        ("from=2023-01&to=x", "to"),
        ("from=2023-02&to=2023-01", "to"),
        ("from=2000-01&to=2023-01", "to"),
        ("to=2023-01", "from"),
        ("from=2023-01&to=2023-02&weights=1", "weights"),
    ],
)
def test_a_wrong_question_is_explained(key: str, query: str, field: str) -> None:
    refused: Any = get(key, f"/api/v1/rollup?{query}")
    assert refused.status_code == 422
    assert list(refused.json()["fields"]) == [field]


def test_it_is_described(client: Client) -> None:
    described = client.get("/api/v1/openapi.json").json()
    call = described["paths"]["/api/v1/rollup"]["get"]
    assert {row["name"] for row in call["parameters"]} == {"from", "to", "weights"}
    assert "from" in described["components"]["schemas"]["RollupOut"]["properties"]
