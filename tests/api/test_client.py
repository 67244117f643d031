"""The example client against a real server: links, pages, waiting when told to, webhooks checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from examples.tuntas_client import Client, Refused, Unreachable, verify
from tests.api.test_invitations import token
from tests.conftest import Cast, answer, make_cast
from tuntas.api import access
from tuntas.limits import Limit
from tuntas.models import ApiToken, Invitation
from tuntas.webhooks import sign

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> Cast:
    cast = make_cast()
    cast.service.change(by=None, codes="optional")
    return cast


def client(live_server: Any, cast: Cast, *scopes: str, **more: Any) -> Client:
    return Client(live_server.url, token(cast.office, *scopes), **more)


def test_it_lists_invites_and_walks_through_pages(live_server: Any, office: Cast) -> None:
    for number in range(5):
        answer(office.service, suggestion=f"Saran nomor {number}")
    found = client(live_server, office, "services", "invitations", "feedback", "index", "plans")
    assert [row["service"] for row in found.services()] == ["pensiun", "data"]
    link = found.invite("pensiun", ticket="T-1")
    assert found.invite("pensiun", ticket="T-1") == link
    assert Browser().get(link.url.replace("http://127.0.0.1:8000", "")).status_code == 200
    rows = list(found.feedback(per_page="2", state="waiting"))
    assert len({row["id"] for row in rows}) == 5
    assert {row["text"] for row in rows} == {None}
    assert found.index("2026-01", "2026-02")["n"] == 0
    assert list(found.plans()) == []
    assert list(Client(live_server.url).results("pusat.kanreg")) == []


def test_it_waits_as_long_as_the_server_asks(
    live_server: Any, office: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Limit(2, 1000)
    clock = [0.0]
    limit.clock = lambda: clock[0]
    monkeypatch.setattr(access, "calls", limit)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    found = client(live_server, office, "services", wait=wait)
    for _each in range(3):
        found.services()
    assert waits == [1.0]


def test_what_was_made_while_the_answer_was_lost_is_made_once(
    live_server: Any, office: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server makes the link and then fails to say so; the client's second try finds it."""
    from tuntas.api import invitations

    original, failures = invitations.address, iter([True, False])

    def lost(*args: Any) -> str:
        if next(failures):
            raise access.Refused(503, "database", "hilang")
        return original(*args)

    monkeypatch.setattr(invitations, "address", lost)
    made = client(live_server, office, wait=lambda _seconds: None).invite("pensiun")
    assert made.code
    assert Invitation.objects.count() == 1


def test_refusals_carry_their_code(live_server: Any, office: Cast) -> None:
    found = client(live_server, office, "services")
    with pytest.raises(Refused) as refused:
        found.invite("pensiun")
    assert (refused.value.status, refused.value.code) == (403, "scope-missing")
    ApiToken.objects.update(expires_on=office.office.today - timedelta(days=1))
    with pytest.raises(Refused, match="unauthorized"):
        found.services()
    with pytest.raises(Unreachable):
        Client("http://127.0.0.1:9", "x", tries=2, wait=lambda _seconds: None).services()


def test_it_knows_a_webhook_that_came_from_here() -> None:
    body, now = b'{"id":"1"}', timezone.now()
    header = sign(body, ["baru", "lama"], now)
    assert verify("baru", header, body)
    assert verify("lama", header, body)
    assert not verify("lain", header, body)
    assert not verify("baru", header, body + b" ")
    assert not verify("baru", sign(body, ["baru"], now - timedelta(minutes=6)), body)
    assert not verify("baru", "", body)
