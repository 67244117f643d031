"""Bursts ask for a proof of work and mark what comes without; limits stop scripts, not offices."""

from __future__ import annotations

import gzip
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from tests.conftest import Cast
from tests.public.test_budget import FORM_LIMIT
from tests.public.test_codes import batch
from tests.public.test_form import filled
from tuntas import limits
from tuntas.law.quality import BURST_MOST, Sign, signs_of
from tuntas.limits import Limit
from tuntas.models import Response, Service, Tablet
from tuntas.models.form_ids import new_form_id
from tuntas.public import traffic
from tuntas.public.proof import MOST_TRIES, challenge_of, is_proven, mark_of, number_of
from tuntas.public.traffic import Bursts, address_of, key_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def sent(service: Service, client: Client | None = None, **changes: Any) -> Any:
    # Not all the same answers, which would be a sign of its own.
    changes = {"q1": "4"} | changes
    return (client or Client()).post(f"/s/{service.token}/", filled(service, **changes))


def crowd(service: Service) -> None:
    for _each in range(BURST_MOST + 1):
        assert sent(service).status_code == 303


def page_of(service: Service) -> str:
    return Client().get(f"/s/{service.token}/").content.decode()


def field(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]  # type: ignore[index]


def test_a_burst_is_seen_as_it_happens_and_is_over_after_a_while() -> None:
    clock = Clock()
    bursts = Bursts(clock)
    for _each in range(BURST_MOST):
        bursts.arrived(1)
    assert not bursts.is_on(1)
    clock.now += 59
    bursts.arrived(1)
    assert bursts.is_on(1)
    assert not bursts.is_on(2)
    clock.now += traffic.CALM_SECONDS
    assert not bursts.is_on(1)


def test_a_steady_queue_of_citizens_is_no_burst() -> None:
    clock = Clock()
    bursts = Bursts(clock)
    for _each in range(500):
        bursts.arrived(1)
        clock.now += 60 / BURST_MOST
    assert not bursts.is_on(1)


def test_a_form_in_a_burst_asks_for_work_and_stays_small(cast: Cast) -> None:
    quiet = page_of(cast.service16)
    assert "data-proof" not in quiet
    assert field(quiet, "proof") == mark_of(UUID(field(quiet, "id")))
    crowd(cast.service16)
    busy = Client().get(f"/s/{cast.service16.token}/")
    html = busy.content.decode()
    assert f'data-proof="{challenge_of(UUID(field(html, "id")))}"' in html
    assert field(html, "proof") == ""
    assert len(gzip.compress(busy.content, 6)) <= FORM_LIMIT
    assert not busy.cookies
    assert "data-proof" not in page_of(cast.service)  # another service is calm


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        ("", Sign.UNPROVEN),
        ("123456789", Sign.UNPROVEN),
        ("kosong", Sign.UNPROVEN),
        ("number", Sign(0)),
        ("mark", Sign(0)),
    ],
)
def test_without_proof_the_answer_is_taken_and_marked(
    cast: Cast, proof: str, expected: Sign
) -> None:
    crowd(cast.service)
    key = uuid4()
    given = {"number": str(number_of(key)), "mark": mark_of(key)}.get(proof, proof)
    assert sent(cast.service, id=str(key), proof=given).status_code == 303
    assert Sign(Response.objects.get(id=key).signs) == expected


def test_a_solved_proof_is_worth_nothing_for_another_response(cast: Cast) -> None:
    crowd(cast.service)
    mine, other = uuid4(), uuid4()
    assert is_proven(mine, str(number_of(mine)))
    assert 0 <= number_of(mine) < MOST_TRIES
    for proof in (str(number_of(mine)), mark_of(mine)):
        sent(cast.service, id=str(other), proof=proof)
        assert Sign(Response.objects.get(id=other).signs) == Sign.UNPROVEN
        other = uuid4()
    assert not is_proven(mine, "é")


def test_a_code_is_proof_enough(cast: Cast) -> None:
    _made, codes = batch(cast.service)
    crowd(cast.service)
    assert (
        "data-proof" not in Client().get(f"/s/{cast.service.token}/?u={codes[0]}").content.decode()
    )
    sent(cast.service, u=codes[0])
    assert Response.objects.get(with_code=True).signs == 0


def test_the_sign_stands_beside_the_others() -> None:
    assert signs_of("444444444", 1, is_unproven=True) == Sign.FAST | Sign.STRAIGHT | Sign.UNPROVEN


@pytest.mark.slow
def test_three_hundred_citizens_behind_one_address_in_an_hour_pass(cast: Cast) -> None:
    office = Client(REMOTE_ADDR="203.0.113.7")
    assert {sent(cast.service, office).status_code for _each in range(300)} == {303}
    assert Response.objects.count() == 300


def test_an_office_that_goes_on_for_a_day_is_never_stopped() -> None:
    clock = Clock()
    limit = Limit(traffic.MOST_AT_ONCE, traffic.PER_SECOND, clock)
    for _hour in range(8):
        for _citizen in range(1000):
            assert limit.take(b"office") == 0
            clock.now += 3.6


def test_a_hammering_script_is_braked_and_only_at_its_service(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic.answers, "clock", Clock())
    script = Client(REMOTE_ADDR="203.0.113.9")
    key = key_of(RequestFactory(REMOTE_ADDR="203.0.113.9").get("/"), cast.service.pk)
    for _each in range(traffic.MOST_AT_ONCE - 10):
        traffic.answers.take(key)
    bad = {"q1": "9"}  # also what is not stored counts
    statuses = [sent(cast.service, script, **bad).status_code for _each in range(20)]
    assert statuses == [422] * 10 + [429] * 10
    stopped = sent(cast.service, script)
    html = stopped.content.decode()
    assert int(stopped["Retry-After"]) >= 60
    assert re.search(r"masih ada di perangkat ini. Tunggu sampai pukul \d\d\.\d\d", html)
    assert not Response.objects.exists()
    assert sent(cast.service16, script).status_code == 303
    assert sent(cast.service, Client(REMOTE_ADDR="203.0.113.10")).status_code == 303


def test_thousands_a_minute_leave_a_script_with_what_an_office_needs() -> None:
    clock = Clock()
    limit = Limit(traffic.MOST_AT_ONCE, traffic.PER_SECOND, clock)
    passed = 0
    for _each in range(5 * 3000):
        passed += limit.take(b"script") == 0
        clock.now += 0.02
    assert passed <= traffic.MOST_AT_ONCE + 5 * 20 + 1


def test_a_code_and_a_tablet_pass_a_braked_address(cast: Cast) -> None:
    _made, codes = batch(cast.service)
    office = Client(REMOTE_ADDR="203.0.113.7")
    key = key_of(RequestFactory(REMOTE_ADDR="203.0.113.7").get("/"), cast.service.pk)
    while not traffic.answers.take(key):
        pass
    assert sent(cast.service, office).status_code == 429
    assert sent(cast.service, office, u=codes[0]).status_code == 303
    assert sent(cast.service, office, u=codes[0]).status_code == 429  # spent: no longer a pass
    _tablet, secret = Tablet.add(cast.service, "Loket 1", "kiosk", by=None)
    item = {
        "id": str(new_form_id(Response.objects.get().received_at)),
        "edition": cast.service.edition_id,
        "answers": "343434343",
        "profile": "----",
        "at": 0,
    }
    handed = office.post(
        f"/d/{secret}/sync",
        {"now": 0, "items": [item], "waiting": 1},
        content_type="application/json",
    )
    assert handed.json()["results"][0]["state"] == "stored"


def test_memory_of_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEPT", 100)
    limit = Limit(5, 1.0, Clock())
    for number in range(1000):
        limit.take(number.to_bytes(2, "big"))
    assert len(limit.buckets) == 100


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # anybody can write this header
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "10.0.0.1, 198.51.100.1", "198.51.100.1"),  # only what our proxy added
        ("127.0.0.1", None, None),
    ],
)
def test_an_address_is_believed_from_our_own_proxy_only(
    peer: str, forwarded: str | None, expected: str | None
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(REMOTE_ADDR=peer).get("/", headers=headers)
    assert address_of(request) == expected
    key = key_of(request, 1)
    assert (key is None) == (expected is None)
    assert key is None or (expected or "").encode() not in key


def test_a_visitor_with_ipv6_is_one_network() -> None:
    keys = {
        key_of(RequestFactory(REMOTE_ADDR=address).get("/"), 1)
        for address in ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")
    }
    assert len(keys) == 2


def test_the_way_of_a_response_has_no_query_more(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    """Burst and limit are looked at in memory: the same number of queries with and without."""
    office = Client(REMOTE_ADDR="203.0.113.7")
    sent(cast.service, office)
    with CaptureQueriesContext(connection) as seen:
        sent(cast.service, office)
    queries = [query["sql"] for query in seen.captured_queries]
    assert not [sql for sql in queries if "tuntas_cache" in sql or "invitation" in sql]
    crowd(cast.service)
    with django_assert_num_queries(len(queries)):
        sent(cast.service, office)
