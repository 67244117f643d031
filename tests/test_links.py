"""Looking at links: against a real server on this machine, and never where it must not go."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast
from tuntas import chores, links
from tuntas.models import ActionPlan, Evidence

HERE = (ipaddress.ip_network("127.0.0.0/8"),)


class Pages(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]] = []

    def answer(self) -> None:
        self.seen.append((self.command, self.path))
        status, location = {
            "/ok": (200, ""),
            "/gone": (404, ""),
            "/private": (403, ""),
            "/broken": (500, ""),
            "/to-ok": (302, "/ok"),
            "/loop": (301, "/loop"),
            "/to-metadata": (302, "http://169.254.169.254/latest"),
            "/to-file": (302, "file:///etc/passwd"),
        }.get(self.path, (200, ""))
        if self.path == "/no-head" and self.command == "HEAD":
            status = 405
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET = answer  # noqa: N815  # the names http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """The test's output stays quiet."""


@pytest.mark.django_db
def test_links_of_evidence_are_looked_at_in_the_background(
    cast: Cast, server: str, settings: Any
) -> None:
    settings.LINK_NETWORKS = list(HERE)
    add = {"survey_month": date(2026, 1, 1), "action": "Pelatihan"}
    plan = ActionPlan.add(cast.pensiun, by=None, **add)
    other = ActionPlan.add(cast.inka, by=None, **add)
    ok = plan.add_link(f"{server}/ok", by=None)
    gone = plan.add_link(f"{server}/gone", by=None)
    inside = other.add_link("http://10.1.2.3/bukti", by=None)
    chores.check_links(timezone.now(), None)
    found = {row.pk: (row.check_state, row.http_status) for row in Evidence.objects.all()}
    assert found == {ok.pk: ("ok", 200), gone.pk: ("dead", 404), inside.pk: ("refused", None)}
    Pages.seen = []
    chores.check_links(timezone.now(), None)
    assert Pages.seen == []  # nothing is due again
    head = cast.client("head")
    assert "1 tautan bukti tidak dapat dibuka" in head.get(reverse("overview")).content.decode()
    listed = head.get(reverse("plan-list"), {"state": "bad-links"}).context["page"].object_list
    assert [row.pk for row in listed] == [plan.pk]


@pytest.fixture
def server() -> Iterator[str]:
    Pages.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "state", "status"),
    [
        ("/ok", "ok", 200),
        ("/gone", "dead", 404),
        ("/private", "ok", 403),
        ("/broken", "unreachable", 500),
        ("/to-ok", "ok", 200),
        ("/loop", "dead", None),
        ("/no-head", "ok", 200),
        ("/to-metadata", "refused", None),
        ("/to-file", "refused", None),
        ("/spasi dan é?q=1", "ok", 200),
    ],
)
def test_a_link_is_told_by_what_its_server_answers(
    server: str, path: str, state: str, status: int | None
) -> None:
    found = links.look(server + path, allowed=HERE, seconds=5)
    assert (found.state, found.status) == (state, status)


def test_five_redirects_are_followed_and_each_is_one_head(server: str) -> None:
    links.look(f"{server}/loop", allowed=HERE)
    assert Pages.seen == [("HEAD", "/loop")] * 6


@pytest.mark.parametrize(
    "url",
    [
        "ftp://contoh.go.id/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/",
        "http://224.0.0.1/",
        "http://0.0.0.0/",
        "http://100.64.0.1/",
        "http://user:pass@8.8.8.8/",
        "http://8.8.8.8:99999/",
        "http:///tanpa-host",
    ],
)
def test_what_is_not_public_is_refused_without_a_connection(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "ask", lambda *_args: pytest.fail("connected"))
    assert links.look(url).state == "refused"


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    found = links.look("http://contoh.go.id/", resolve=lambda _h, _p: ["8.8.8.8", "10.0.0.1"])
    assert found.state == "refused"


def test_the_connection_goes_to_the_address_that_was_checked(server: str) -> None:
    """A name that answers differently the second time gains nothing: it is asked once."""
    asked: list[str] = []
    port = int(server.rsplit(":", 1)[1])

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    found = links.look(f"http://bukti.contoh:{port}/ok", allowed=HERE, resolve=resolve)
    assert found.state == "ok"
    assert asked == ["bukti.contoh"]


def test_nobody_listening_is_unreachable() -> None:
    assert links.look("http://127.0.0.1:9/", allowed=HERE, seconds=2).state == "unreachable"

    def nowhere(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    assert links.look("http://tidak-ada.contoh/", resolve=nowhere).state == "unreachable"
