"""The short way of the form answers what Django would answer, stores what Django would store, and leaves
to Django whatever it is not sure of."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone

from tests.conftest import Cast
from tests.public.test_results import closed
from tuntas.answers import fresh_id
from tuntas.law.months import Month
from tuntas.law.quality import BURST_MOST, Sign
from tuntas.models import CodeRule, Feedback, Response, Service
from tuntas.public import lane as lanes
from tuntas.public import proof, traffic
from tuntas.public.lane import Lane

FORM = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


@dataclass
class Door:
    """The lane before the real Django, which notes how often Django was asked."""

    asked: int = 0
    lane: Lane = field(init=False)

    def __post_init__(self) -> None:
        self.django = WSGIHandler()
        self.lane = Lane(self.count)

    def count(self, environ: dict[str, Any], start: Any) -> Any:
        self.asked += 1
        return self.django(environ, start)

    def ask(
        self, method: str, path: str, body: bytes = b"", app: Any = None, **more: str
    ) -> Answer:
        path, _mark, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "203.0.113.9",
            "HTTP_HOST": "testserver",
            "HTTP_SEC_FETCH_SITE": "same-origin",
            "CONTENT_TYPE": FORM if body else "",
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": "http",
        } | more
        told: list[Any] = []
        response = (app or self.lane)(
            environ, lambda status, headers, *_e: told.append((status, headers))
        )
        content = b"".join(response)
        status, headers = told[-1]
        return Answer(int(status[:3]), dict(headers), content)

    def alone(self, *words: Any, **more: str) -> Answer:
        """What Django answers without the lane."""
        return self.ask(*words, app=self.django, **more)


@pytest.fixture
def door(cast: Cast) -> Iterator[Door]:
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Door()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def address(service: Service) -> str:
    return f"/s/{service.token}/"


def filled(service: Service, **more: str) -> bytes:
    given = {f"q{n}": "3" for n in range(1, 10)} | {"edition": str(service.edition_id)}
    given |= {"id": fresh_id(), "channel": "qr", "suggestion": ""}
    return urlencode(given | more).encode()


def bare(page: Answer) -> str:
    """The page without what each form has of its own."""
    return re.sub(r'((name="(id|proof)" value|data-proof)=")[^"]*', r"\1", page.text)


# -- the form --------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?c=qr", "?l=en", "?c=whatsapp&l=ban"])
def test_the_form_is_what_django_shows_with_an_id_of_its_own(
    door: Door, cast: Cast, query: str
) -> None:
    path = address(cast.service) + query
    alone = door.alone("GET", path)
    first, second = door.ask("GET", path), door.ask("GET", path)
    assert door.asked == 1
    assert bare(first) == bare(second) == bare(alone)
    assert first.text != second.text
    assert second.headers == alone.headers
    for page in (first, second):
        key = re.search(r'name="id" value="([^"]+)"', page.text)
        mark = re.search(r'name="proof" value="([^"]+)"', page.text)
        assert key
        assert mark
        assert proof.is_proven(UUID(key[1]), mark[1])


def test_it_is_packed_for_who_takes_it_packed(door: Door, cast: Cast) -> None:
    packed = door.ask("GET", address(cast.service), HTTP_ACCEPT_ENCODING="gzip, deflate, br")
    plain = door.ask("GET", address(cast.service))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Length"] == str(len(packed.body))
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert bare(packed) == bare(plain)
    assert len(packed.body) <= 1.02 * len(gzip.compress(plain.body, 6))


@pytest.mark.parametrize("query", ["?u=ABCD", "?x=1", "?c=qr&x=1", "?l=" + "x" * 60])
def test_other_questions_go_to_django_each_time(door: Door, cast: Cast, query: str) -> None:
    for n in (1, 2):
        page = door.ask("GET", address(cast.service) + query)
        assert door.asked == n
        assert bare(page) == bare(door.alone("GET", address(cast.service) + query))


def test_what_is_no_plain_form_is_never_kept(door: Door, cast: Cast) -> None:
    Service.objects.filter(pk=cast.service16.pk).update(codes=CodeRule.REQUIRED)
    Service.objects.filter(pk=cast.other_service.pk).update(closed_at=timezone.now())
    for path, status in (
        (address(cast.service16), 200),  # asks for the code
        (address(cast.other_service), 410),
        ("/s/tidakada/", 404),
    ):
        asked = door.asked
        for n in (2, 3):  # once to look whether it is plain, then straight
            assert door.ask("GET", path, HTTP_ACCEPT_ENCODING="gzip").status == status
            assert door.asked == asked + n
    assert door.ask("GET", address(cast.service), HTTP_HOST="jahat.example").status == 400


def test_what_strangers_make_up_fills_no_memory(
    door: Door, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MOST_KEPT", 5)
    for n in range(12):
        host = f"testserver:{1000 + n}"
        assert door.ask("GET", f"{address(cast.service)}?c=x{n}", HTTP_HOST=host).status == 200
        sent = door.ask("POST", address(cast.service), filled(cast.service), HTTP_HOST=host)
        assert sent.status == 303
        made_up = {"HTTP_X_FORWARDED_PROTO": f"x{n}"}
        assert door.ask("GET", address(cast.service), **made_up).status == 200
    assert max(len(door.lane.pages), len(door.lane.thanks), len(door.lane.known)) <= 5


def test_a_closed_service_is_closed_two_seconds_later(
    door: Door, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address(cast.service)
    door.ask("POST", path, filled(cast.service))
    door.ask("POST", path, filled(cast.service))
    assert door.ask("GET", path).status == 200
    Service.objects.filter(pk=cast.service.pk).update(closed_at=timezone.now())
    monkeypatch.setattr(lanes, "FRESH", 0.0)
    assert door.ask("GET", path).status == 410
    assert door.ask("POST", path, filled(cast.service)).status == 410
    assert Response.objects.count() == 2


# -- the filled-in form ----------------------------------------------------------------------------


def test_a_filled_in_form_is_stored_and_thanked_for_as_django_does(door: Door, cast: Cast) -> None:
    path = address(cast.service)
    first = door.ask("POST", path, filled(cast.service, p_sex="P"))
    second = door.ask("POST", path, filled(cast.service, p_sex="P"))
    assert door.asked == 1
    assert first.status == second.status == 303
    assert set(first.headers) == set(second.headers)
    assert {**first.headers, "Location": ""} == {**second.headers, "Location": ""}
    one, two = Response.objects.order_by("received_at")
    for row in (one, two):
        row.id = one.id
        row.received_at = one.received_at
    names = [field.attname for field in Response._meta.fields]
    assert [getattr(one, name) for name in names] == [getattr(two, name) for name in names]
    assert door.ask("GET", second.headers["Location"]).status == 200


def test_a_suggestion_is_kept_and_its_code_shown(door: Door, cast: Cast) -> None:
    path = address(cast.service)
    door.ask("POST", path, filled(cast.service))
    sent = door.ask("POST", path, filled(cast.service, suggestion="Tambah kursi tunggu."))
    assert door.asked == 1
    assert Feedback.objects.get().text == "Tambah kursi tunggu."
    assert "/t/" in door.ask("GET", sent.headers["Location"]).text


def test_sent_again_it_is_counted_once(door: Door, cast: Cast) -> None:
    path, body = address(cast.service), filled(cast.service)
    door.ask("POST", path, filled(cast.service))
    assert [door.ask("POST", path, body).status for _each in range(3)] == [303] * 3
    assert door.asked == 1
    assert Response.objects.count() == 2
    # The same id with other answers is somebody else's.
    other = body.replace(b"q1=3", b"q1=4")
    assert door.ask("POST", path, other).status == 409
    assert door.asked == 2


@pytest.mark.parametrize(
    ("more", "header", "status"),
    [
        ({"q3": ""}, {}, 422),
        ({"q3": "9"}, {}, 422),
        ({"q77": "1"}, {}, 422),
        ({"p_sex": "?"}, {}, 422),
        ({"edition": "0"}, {}, 422),
        ({"id": "rusak"}, {}, 422),
        ({"suggestion": "x" * 5000}, {}, 422),
        ({"to": "en"}, {}, 200),
        ({"l": "en"}, {}, 303),
        ({}, {"HTTP_SEC_FETCH_SITE": "cross-site"}, 403),
        ({}, {"HTTP_SEC_FETCH_SITE": "", "HTTP_ORIGIN": "https://jahat.example"}, 403),
        ({}, {"HTTP_HOST": "jahat.example"}, 400),
        ({}, {"CONTENT_TYPE": "text/plain"}, 422),
        ({}, {"QUERY_STRING": "l=en"}, 303),
    ],
)
def test_what_is_not_plain_is_judged_by_django(
    door: Door, cast: Cast, more: dict[str, str], header: dict[str, str], status: int
) -> None:
    path = address(cast.service)
    door.ask("POST", path, filled(cast.service))
    stored = Response.objects.count()
    body = filled(cast.service, **more)
    sent = door.ask("POST", path, body, **header)
    assert sent.status == status
    assert door.asked == 2
    assert Response.objects.count() == stored + (status == 303)
    if status != 303:
        assert bare(sent) == bare(door.alone("POST", path, body, **header))


def test_text_that_is_no_utf8_is_judged_by_django(door: Door, cast: Cast) -> None:
    path = address(cast.service)
    door.ask("POST", path, filled(cast.service))
    door.ask("POST", path, filled(cast.service) + b"&again=\xff%ff")
    assert door.asked == 2


def test_a_late_answer_counts_in_the_next_open_month(door: Door, cast: Cast) -> None:
    path, this = address(cast.service), Month.of(cast.office.today)
    door.ask("POST", path, filled(cast.service))
    row = Response.objects.get()
    assert row.month == this.first_day
    closed(cast, this + -1)  # a month before it changes nothing
    door.ask("POST", path, filled(cast.service))
    assert door.asked == 1
    assert set(Response.objects.filter(channel="qr").values_list("month", flat=True)) == {
        this.first_day
    }


def test_a_burst_is_asked_for_proof_and_marked_without(door: Door, cast: Cast) -> None:
    path = address(cast.service)
    for _each in range(BURST_MOST + 1):
        door.ask("POST", path, filled(cast.service))
    assert traffic.bursts.is_on(cast.service.pk)
    page = door.ask("GET", path)
    assert bare(page) == bare(door.alone("GET", path))
    asked = door.asked
    unproven, proven = fresh_id(), fresh_id()
    door.ask("POST", path, filled(cast.service, id=unproven))
    number = str(proof.number_of(UUID(proven)))
    door.ask("POST", path, filled(cast.service, id=proven, proof=number))
    assert door.asked == asked
    signs = dict(Response.objects.filter(id__in=[unproven, proven]).values_list("id", "signs"))
    assert signs[UUID(unproven)] & Sign.UNPROVEN
    assert not signs[UUID(proven)] & Sign.UNPROVEN


def test_who_hammers_is_stopped_by_django(
    door: Door, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address(cast.service)
    monkeypatch.setattr(traffic.answers, "at_once", 3)
    found = [door.ask("POST", path, filled(cast.service)).status for _each in range(5)]
    assert found == [303, 303, 303, 429, 429]
    assert Response.objects.count() == 3
