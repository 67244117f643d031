"""What a token reads: closed months only, feedback without its citizen, plans; keys and limits."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.api.test_invitations import get, post, token
from tests.conftest import Cast, answer, at_once, make_cast, moment
from tests.public.test_results import closed, running
from tuntas.api import access
from tuntas.law.months import Month, Span
from tuntas.limits import Limit
from tuntas.models import ActionPlan, ApiToken, Feedback, IdempotencyKey, Invitation
from tuntas.models.idempotency import OtherRequest
from tuntas.models.releases import span_released
from tuntas.report.open_data import exact

WORDS = "Tambah kursi tunggu di loket dua"


def test_the_index_pools_closed_months_and_names_the_open_ones(cast: Cast) -> None:
    closed(cast, Month(2026, 1), "343444333", times=31)
    closed(cast, Month(2026, 2), "222222222", times=9)
    running(cast)
    today = Month.of(cast.office.today)
    told = get(token(cast.office, "index"), f"/api/v1/index?from=2026-01&to={today}").json()
    found = span_released(cast.office, Span(Month(2026, 1), today))
    assert found.result is not None
    assert told["index_value"] == exact(found.result.index_value)
    assert (told["n"], told["months"]) == (40, ["2026-01", "2026-02"])
    assert str(today) in told["open"]
    unit = get(
        token(cast.office, "index"), "/api/v1/index?from=2026-01&to=2026-02&unit=pensiun"
    ).json()
    assert (unit["n"], unit["unit"], unit["converted"]) == (40, "pensiun", told["converted"])


def test_a_part_with_few_answers_is_withheld(cast: Cast) -> None:
    closed(cast, Month(2026, 1), times=4)
    url = "/api/v1/index?from=2026-01&to=2026-01&service=pensiun"
    told = get(token(cast.office, "index"), url).json()
    assert (told["n"], told["converted"], told["flags"]) == (4, None, ["withheld"])
    assert told["elements"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("from=2026-01&to=2025-01", 422, "invalid"),
        ("from=2026-01", 422, "invalid"),
        ("from=2026-01&to=2026-02&unit=x", 404, "unknown-unit"),
        ("from=2026-01&to=2026-02&service=x", 404, "unknown-service"),
        ("from=2026-01&to=2026-02&service=%00", 422, "invalid"),
    ],
)
def test_a_wrong_span_is_explained(cast: Cast, query: str, status: int, code: str) -> None:
    refused = get(token(cast.office, "index"), f"/api/v1/index?{query}")
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_feedback_without_its_citizen_and_without_words_unless_permitted(cast: Cast) -> None:
    answer(cast.service, suggestion=WORDS, at=moment("2026-01-15 03:00"))
    answer(cast.service16, "3" * 16, suggestion="Loket ramah", at=moment("2026-02-15 20:00"))
    answer(cast.service, suggestion="terima kasih", at=moment("2026-02-16 03:00"))
    answer(cast.other_service, suggestion="Bukan kantor ini")
    first = Feedback.objects.order_by("id")[0]
    first.reply("Sudah ditambah.", by=cast.people["team"])
    key = token(cast.office, "feedback")
    rows = get(key, "/api/v1/feedback").json()["results"]
    assert [row["state"] for row in rows] == ["no-reply", "waiting", "answered"]
    assert [row["received_on"] for row in rows] == ["2026-02-16", "2026-02-16", "2026-01-15"]
    assert {row["text"] for row in rows} == {None}
    assert set(rows[0]) == {
        "id", "unit", "service", "kind", "state", "received_on", "due_on", "answered_on",
        "answered_as", "text",
    }  # fmt: skip
    for query, n in (
        ("state=waiting", 1), ("state=answered", 1), ("state=no-reply", 1), ("unit=inka", 1),
        ("kind=courtesy", 1), ("from=2026-02", 2), ("to=2026-01", 1), ("", 3),
    ):  # fmt: skip
        assert get(key, f"/api/v1/feedback?{query}").json()["count"] == n, query
    with_text = get(token(cast.office, "feedback", "feedback.text"), "/api/v1/feedback").json()
    assert with_text["results"][2]["text"] == WORDS
    assert get(token(cast.office, "feedback.text"), "/api/v1/feedback").status_code == 403


def test_plans_with_the_stage_they_are_at(cast: Cast) -> None:
    for unit, month in ((cast.pensiun, 1), (cast.inka, 2)):
        ActionPlan.add(unit, by=None, survey_month=date(2026, month, 1), action="Kursi")
    plan = ActionPlan.objects.get(unit=cast.pensiun)
    plan.add_progress(by=None, kind="done", text="Dibeli", on=date(2026, 2, 1))
    key = token(cast.office, "plans")
    rows = get(key, "/api/v1/plans").json()["results"]
    assert [(row["unit"], row["stage"]) for row in rows] == [
        ("inka", "draft"),
        ("pensiun", "running"),
    ]
    assert get(key, "/api/v1/plans?stage=running").json()["results"] == [rows[1]]
    page = get(key, "/api/v1/plans?per_page=1").json()
    assert (page["count"], page["pages"]) == (2, 2)
    assert get(key, page["next"]).json()["results"] == [rows[1]]
    assert get(token(cast.other, "plans"), "/api/v1/plans").json()["count"] == 0


# -- keys ----------------------------------------------------------------------------------------


def test_a_key_with_another_body_is_refused_and_free_after_a_day(cast: Cast) -> None:
    cast.service.change(by=None, codes="optional")
    key, name = token(cast.office), {"Idempotency-Key": "abc"}
    first = post(key, {"service": "pensiun"}, **name)
    assert post(key, {"service": "pensiun"}, **name).json() == first.json()
    other = post(key, {"service": "pensiun", "unit": "pensiun"}, **name)
    assert (other.status_code, other.json()["code"]) == (409, "key-reused")
    assert Invitation.objects.count() == 1
    assert "abc" not in str(list(IdempotencyKey.objects.values()))
    assert first.json()["code"] not in str(list(IdempotencyKey.objects.values()))
    IdempotencyKey.objects.update(at=timezone.now() - timedelta(hours=24))
    later = post(key, {"service": "pensiun", "unit": "pensiun"}, **name)
    assert later.status_code == 201
    assert later.json()["code"] != first.json()["code"]


@pytest.mark.django_db(transaction=True)
def test_one_key_used_by_eight_at_once_is_one_row() -> None:
    cast, seen = make_cast(), set()
    made, _key = ApiToken.add(cast.office, "H", ["services"], expires_on=cast.office.today, by=None)
    at_once(lambda: seen.add(IdempotencyKey.take(made, "k", b"a").uid))
    assert (len(seen), IdempotencyKey.objects.count()) == (1, 1)
    with pytest.raises(OtherRequest):
        IdempotencyKey.take(made, "k", b"b")


def test_every_post_takes_a_key(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    posts = [calls["post"] for calls in paths.values() if "post" in calls]
    assert posts
    for call in posts:
        assert "Idempotency-Key" in {row["name"] for row in call["parameters"]}


# -- limits --------------------------------------------------------------------------------------


def test_a_token_has_its_share_and_is_told_what_is_left(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(access, "calls", Limit(3, 0.5, lambda: clock[0]))
    key, other = token(cast.office), token(cast.office)
    left = [get(key)["RateLimit"] for _each in range(3)]
    assert left == ['"token";r=2;t=2', '"token";r=1;t=4', '"token";r=0;t=6']
    refused: Any = get(key)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many")
    assert int(refused["Retry-After"]) == 2
    assert "RateLimit-Policy" in refused
    assert get(other).status_code == 200
    clock[0] += 2
    assert get(key).status_code == 200
    assert get("tuntas_salah").status_code == 401
    assert "RateLimit" not in get("tuntas_salah")
