"""The API: links for closed tickets, once each; services; errors of one shape; nobody else's data."""

from __future__ import annotations

import ast
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from tests.conftest import Cast, at_once, make_cast
from tests.public.test_form import filled
from tests.test_permissions import patterns
from tuntas.models import (
    ApiToken,
    Event,
    Invitation,
    InvitationBatch,
    Office,
    Response,
    Service,
)
from tuntas.models.invitations import invite
from tuntas.webhooks import sign

INVITATIONS, SERVICES = "/api/v1/invitations", "/api/v1/services"
ROOT = Path(__file__).parents[2]


def token(office: Office, *scopes: str, days: int = 90) -> str:
    _token, key = ApiToken.add(
        office,
        "Helpdesk",
        scopes or ("services", "invitations"),
        expires_on=office.today + timedelta(days=days),
        by=None,
    )
    return key


def post(key: str, body: Any, **headers: str) -> Any:
    return Client().post(
        INVITATIONS,
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}", **headers},
    )


def get(key: str, url: str = SERVICES) -> Any:
    return Client().get(url, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def key(cast: Cast) -> str:
    cast.service.change(by=None, codes="optional")
    return token(cast.office)


def test_a_closed_ticket_becomes_a_link_that_works_once(cast: Cast, key: str) -> None:
    made = post(key, {"service": "pensiun", "ticket": "T-2026/0001"})
    assert made.status_code == 201
    told = made.json()
    assert set(told) == {"url", "code", "expires"}
    assert date.fromisoformat(told["expires"]) > cast.office.today
    path = told["url"].removeprefix("http://127.0.0.1:8000")
    html = Client().get(path).content.decode()
    assert 'name="channel" value="helpdesk"' in html
    for status in (303, 409):
        sent = filled(cast.service, u=told["code"], channel="helpdesk")
        assert Client().post(path, sent).status_code == status
    assert Response.objects.get().with_code


def test_the_same_ticket_or_key_gives_the_same_link_and_says_nothing_of_its_use(
    cast: Cast, key: str
) -> None:
    first = post(key, {"service": "pensiun", "ticket": "T-1"})
    Client().post(f"/s/{cast.service.token}/", filled(cast.service, u=first.json()["code"]))
    again = post(token(cast.office), {"service": "pensiun", "ticket": "T-1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    with_key = [
        post(key, {"service": "pensiun"}, **{"Idempotency-Key": "abc"}) for _twice in range(2)
    ]
    assert [row.status_code for row in with_key] == [201, 200]
    assert with_key[0].json() == with_key[1].json() != first.json()
    other = post(token(cast.office), {"service": "pensiun"}, **{"Idempotency-Key": "abc"})
    assert other.json()["code"] != with_key[0].json()["code"]  # a key is the caller's own
    free = [post(key, {"service": "pensiun"}).json()["code"] for _twice in range(2)]
    assert free[0] != free[1]
    assert Invitation.objects.count() == 5


def test_the_ticket_is_stored_nowhere(cast: Cast, key: str) -> None:
    post(key, {"service": "pensiun", "ticket": "TIKET-777-RAHASIA"})
    kept = [
        str(list(model.objects.values()))
        for model in (Invitation, InvitationBatch, Event, ApiToken)
    ]
    assert "RAHASIA" not in "".join(kept).upper()


def test_links_of_a_month_share_a_batch_and_a_revoked_one_is_left_behind(
    cast: Cast, key: str
) -> None:
    for number in range(6):
        post(key, {"service": "pensiun", "ticket": f"T-{number}"})
    made = InvitationBatch.objects.get()
    assert (made.n, made.kind) == (6, "link")
    assert made.revoke(by=cast.people["team"]) == 6
    refused = post(key, {"service": "pensiun", "ticket": "T-1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "revoked")
    assert post(key, {"service": "pensiun", "ticket": "T-9"}).status_code == 201
    assert InvitationBatch.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"service": "tidak-ada"}, 404, "unknown-service", ""),
        ({"service": "umum"}, 404, "unknown-service", ""),  # of another office
        ({"service": "pensiun", "office": "lain"}, 404, "unknown-service", ""),
        ({"service": "pensiun", "unit": "inka"}, 404, "unknown-service", ""),
        ({"service": "data"}, 409, "codes-off", ""),
        ({}, 422, "invalid", "service"),
        ({"service": "pensiun", "name": "Budi"}, 422, "invalid", "name"),
        ({"service": "pensiun", "ticket": "Budi Santoso"}, 422, "invalid", "ticket"),
        ({"service": "pensiun", "ticket": "1" * 61}, 422, "invalid", "ticket"),
        ({"service": 7}, 422, "invalid", "service"),
        ([1], 422, "invalid", ""),
        ("{", 400, "unreadable", ""),
    ],
)
def test_every_refusal_has_one_shape_and_a_stable_code(
    key: str, body: Any, status: int, code: str, field: str
) -> None:
    answer = post(key, body)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert set(told) == {"code", "message", "fields"}
    assert told["message"]
    assert not field or told["fields"][field]
    assert not Invitation.objects.exists()


def test_two_units_with_one_service_code_must_be_told_apart(cast: Cast, key: str) -> None:
    twin = Service.add(cast.inka, "pensiun", "Data Pensiun", edition=cast.service.edition, by=None)
    assert post(key, {"service": "pensiun"}).json()["code"] == "ambiguous-service"
    assert post(key, {"service": "pensiun", "unit": "pensiun"}).status_code == 201
    cast.service.change(by=None, closed_at=timezone.now())
    closed = post(key, {"service": "pensiun", "unit": "pensiun"})
    assert closed.json()["code"] == "service-closed"
    assert twin.codes == "none"


def test_what_lies_outside_the_calls_has_the_shape_too(key: str) -> None:
    assert Client().get("/api/v1/invitations").json()["code"] == "method"
    assert Client().get("/api/v2/").json()["code"] == "not-found"
    assert Client().get("/api/v1/").json()["code"] == "not-found"
    huge = post(key, {"service": "pensiun", "ticket": "1" * 300_000})
    assert (huge.status_code, huge.json()["code"]) == (413, "too-large")
    with patch.object(ApiToken, "by_key", side_effect=OperationalError("gone")):
        silent = get(key)
    assert (silent.status_code, silent.json()["code"]) == (503, "database")


def test_services_of_the_own_office_only(cast: Cast, key: str) -> None:
    rows = get(key).json()
    assert [(row["office"], row["unit"], row["service"]) for row in rows] == [
        ("kanreg", "pensiun", "pensiun"),
        ("kanreg", "inka", "data"),
    ]
    assert rows[0]["codes"] == "optional"
    assert rows[0]["url"].endswith(cast.service.get_absolute_url())


def test_a_token_is_shown_once_kept_hashed_and_dies(cast: Cast, key: str) -> None:
    found = ApiToken.objects.get()
    assert key not in str(vars(found))
    assert found.last_used_on is None
    get(key)
    found.refresh_from_db()
    assert found.last_used_on == cast.office.today
    ApiToken.objects.update(expires_on=cast.office.today - timedelta(days=1))
    assert get(key).json()["code"] == "unauthorized"
    ApiToken.objects.update(expires_on=cast.office.today)
    assert get(key).status_code == 200
    found.revoke(by=cast.people["team"])
    assert get(key).status_code == 401
    with pytest.raises(ValidationError):
        found.revoke(by=cast.people["team"])
    actions = set(
        Event.objects.filter(about=f"apitoken:{found.pk}").values_list("action", flat=True)
    )
    assert actions == {"token.added", "token.revoked"}


@pytest.mark.parametrize(
    ("scopes", "days"), [((), 90), (("semua",), 90), (("services",), 731), (("services",), -1)]
)
def test_a_token_needs_a_scope_and_an_end(cast: Cast, scopes: tuple[str, ...], days: int) -> None:
    with pytest.raises(ValidationError):
        ApiToken.add(
            cast.office, "x", scopes, expires_on=cast.office.today + timedelta(days), by=None
        )
    assert not ApiToken.objects.exists()


# -- who may call what ---------------------------------------------------------------------------

CALLS: dict[str, tuple[str, str]] = {  # address: method, scope
    "services": ("get", "services"),
    "invitations": ("post", "invitations"),
    "rollup": ("get", "rollup"),
    "index": ("get", "index"),
    "feedback": ("get", "feedback"),
    "plans": ("get", "plans"),
}
SPAN = "?from=2023-01&to=2023-02"
QUERIES = {"rollup": SPAN, "index": SPAN}
# For everyone, without a token: tests/api/test_results.py.
RESULTS = {"offices/<address>/results", "offices/<address>/results/<month>"}
OPEN = {"openapi.json", "api/v1/docs", "", "^api/"} | RESULTS
STAFF = ["team", "officer", "head", "auditor", "ministry", "stranger"]


def test_every_address_of_the_api_is_in_the_table() -> None:
    found = {str(row.pattern) for row in patterns() if getattr(row.callback, "is_api", False)}
    assert found == set(CALLS) | OPEN


@pytest.mark.parametrize("address", list(CALLS))
def test_only_a_working_token_of_the_right_scope_opens_an_address(cast: Cast, address: str) -> None:
    method, scope = CALLS[address]
    cast.service.change(by=None, codes="optional")
    other_scope = ({"services", "invitations"} - {scope}).pop()
    body = {"service": "pensiun"}

    def status(client: Client, key: str = "", header: str = "Bearer") -> int:
        headers = {"Authorization": f"{header} {key}"} if key else {}
        return int(
            getattr(client, method)(
                f"/api/v1/{address}{QUERIES.get(address, '')}",
                body if method == "post" else None,
                headers=headers,
                **({"content_type": "application/json"} if method == "post" else {}),
            ).status_code
        )

    good = token(cast.office, scope)
    assert status(Client(), good) in (200, 201)
    assert status(Client(), token(cast.office, other_scope)) == 403
    assert status(Client()) == 401
    assert status(Client(), "tuntas_salah") == 401
    assert status(Client(), good, header="Basic") == 401
    for who in STAFF:  # a person's session opens nothing here
        assert status(cast.client(who)) == 401
    strangers = status(Client(), token(cast.other, scope))
    assert strangers == (404 if method == "post" else 200)
    assert "pensiun" not in str(get(token(cast.other, "services")).json())
    assert InvitationBatch.objects.filter(office=cast.other).count() == 0


def test_the_description_needs_no_token_and_names_every_call(client: Client) -> None:
    told = client.get("/api/v1/openapi.json").json()
    open_paths = {f"/api/v1/{name}".replace("<", "{").replace(">", "}") for name in RESULTS}
    assert set(told["paths"]) == {f"/api/v1/{name}" for name in CALLS} | open_paths
    for address, path in told["paths"].items():
        for call in path.values():
            assert call.get("security") == (None if address in open_paths else [{"Bearer": []}])
            assert call["summary"]
            assert call["description"]
            assert all(row["schema"].get("description") for row in call.get("parameters", []))
            for status, reply in call["responses"].items():
                shape = reply["content"]["application/json"]
                if status >= "400":
                    assert shape["schema"] == {"$ref": "#/components/schemas/Problem"}
                else:
                    assert shape["example"]
    hosts = set(re.findall(r"https?://([^/'\"]+)", str(told["paths"])))
    assert hosts <= {"skm.kantor.go.id", "creativecommons.org"}  # examples


def test_the_page_of_the_api_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/v1/docs")
    html = page.content.decode()
    assert page.status_code == 200
    assert page["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page["Content-Security-Policy"]
    for address in client.get("/api/v1/openapi.json").json()["paths"]:
        assert address in html
    assert "<script" not in html
    assert "style=" not in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


def test_the_example_of_the_guide_is_sound_python() -> None:
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    example, check = re.findall(r"```python\n(.+?)```", guide, re.S)
    ast.parse(example)
    assert len(example.strip().splitlines()) <= 12
    found: dict[str, Any] = {}
    exec(check, found)
    body, now = b'{"id":"1"}', timezone.now()
    header = sign(body, ["baru", "lama"], now)
    assert [found["verify"](secret, header, body) for secret in ("baru", "lama", "x")] == [
        True,
        True,
        False,
    ]
    assert not found["verify"]("baru", header, body + b" ")
    assert not found["verify"]("baru", sign(body, ["baru"], now - timedelta(hours=1)), body)
    codes = set(re.findall(r"^\| `([a-z-]+)` \| \d+", guide, re.M))
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tuntas" / "api").glob("*.py")
    )
    used = set(
        re.findall(r'(?:Refused|error)\(\s*(?:\d+|found\.status_code),\s*"([a-z-]+)"', source)
    )
    assert used == codes
    assert len(used) > 8


@pytest.mark.django_db(transaction=True)
def test_one_ticket_asked_for_by_eight_threads_is_one_link() -> None:
    cast = make_cast()
    cast.service.change(by=None, codes="optional")
    made, _key = ApiToken.add(
        cast.office,
        "Helpdesk",
        ["invitations"],
        expires_on=cast.office.today + timedelta(days=1),
        by=None,
    )
    codes = []

    def ask() -> None:
        for number in range(5):
            codes.append(invite(cast.service, made, reference=f"ticket:{number}").code)

    at_once(ask)
    assert len(codes) == 40
    assert len(set(codes)) == 5
    assert (InvitationBatch.objects.get().n, Invitation.objects.count()) == (5, 5)
    places = Invitation.objects.order_by("place").values_list("place", flat=True)
    assert list(places) == [0, 1, 2, 3, 4]
