"""Events for other systems, against a real server on this machine: signed, at least once, never
where they must not go, and given up in the end."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.conftest import Cast, answer, at_once, make_cast, moment
from tests.test_mail import database_url, wait_until
from tuntas import links, reminders, report, webhooks, work
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    Closure,
    Delivery,
    Event,
    Feedback,
    HookEvent,
    Merge,
    Notice,
    Period,
    Referral,
    Webhook,
)
from tuntas.models.happenings import gather
from tuntas.models.leases import Lease
from tuntas.models.webhooks import MOST_HOOKS, PAUSED_AFTER, newest

HERE = ipaddress.ip_network("127.0.0.0/8")
WORDS = "Tambah kursi tunggu di loket dua"


class Receiver(BaseHTTPRequestHandler):
    """Another system: keeps what it gets, and answers what the test tells it to."""

    got: list[tuple[str, dict[str, str], bytes]] = []
    status, location = 204, ""
    on_post: Callable[[Any], None] = lambda _self: None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, dict(self.headers), body))
        type(self).on_post(self)
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """The test's output stays quiet."""


def serving() -> Iterator[str]:
    Receiver.got, Receiver.status, Receiver.location = [], 204, ""
    Receiver.on_post = lambda _self: None
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/tuntas"
        running.shutdown()
        thread.join()


@pytest.fixture
def url(settings: Any) -> Iterator[str]:
    settings.LINK_NETWORKS = [HERE]
    yield from serving()


@pytest.fixture
def hook(cast: Cast, url: str) -> Webhook:
    return Webhook.add(cast.office, "Dasbor", url, HookEvent.values, by=cast.people["team"])


def deliver() -> int:
    """Do all deliveries that wait now."""
    done, kind = 0, work.Kind("webhooks", webhooks.waiting, webhooks.send)
    while (lease := work.claim(kind, "w", lambda: None)) is not None:
        work.do(kind, lease)
        done += 1
    return done


def bodies() -> list[dict[str, Any]]:
    return [json.loads(body) for _path, _headers, body in Receiver.got]


def hurry() -> None:
    """All pauses are over."""
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.update(not_before=past)
    Webhook.objects.filter(rests_until__isnull=False).update(rests_until=past)


# -- what is told --------------------------------------------------------------------------------


def test_each_event_says_what_docs_promise_and_nothing_of_a_citizen(
    cast: Cast, hook: Webhook
) -> None:
    team = cast.people["team"]
    answer(cast.service, suggestion=WORDS, at=moment("2026-01-15 03:00"))
    answer(cast.service, suggestion="Kursi tunggu kurang", at=moment("2026-01-16 03:00"))
    first, second = Feedback.objects.order_by("id")
    Merge.make(first, [second], by=team)
    first.reply("Kursi sudah ditambah, terima kasih.", by=team)
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=moment("2026-02-02 03:00"))
    plan = ActionPlan.add(cast.pensiun, by=None, survey_month=date(2026, 1, 1), action="Kursi")
    plan.add_progress(by=None, kind="done", text="Dibeli", on=date(2026, 2, 1))
    plan.add_link("https://contoh.go.id/bukti", by=None)
    plan.finish(by=None)
    report.make(cast.office, "processing", Span.parse("2026-01"))
    assert gather(timezone.now()) == 7
    assert gather(timezone.now()) == 0
    assert deliver() == 7
    told = bodies()
    by_event: dict[str, list[Any]] = {}
    for row in told:
        by_event.setdefault(row["event"], []).append(row["data"])
    due = str(first.due_on)
    assert by_event["month.closed"] == [
        {
            "month": "2026-01",
            "n": 2,
            "results": f"{site.PUBLIC_URL}/api/v1/offices/pusat.kanreg/results/2026-01",
        }
    ]
    assert by_event["feedback.received"][0] == {
        "id": first.pk,
        "unit": "pensiun",
        "kind": "suggestion",
        "due_on": due,
    }
    assert [(row["id"], row["answered_as"]) for row in by_event["feedback.answered"]] == [
        (first.pk, "individual"),
        (second.pk, "merged"),
    ]
    assert by_event["plan.finished"] == [
        {"id": plan.pk, "unit": "pensiun", "survey_month": "2026-01", "element": ""}
    ]
    (ready,) = by_event["report.ready"]
    assert (ready["kind"], ready["period"], ready["is_draft"]) == ("processing", "2026-01", False)
    assert {row["office"] for row in told} == {"pusat.kanreg"}
    assert len({row["id"] for row in told}) == 7
    everything = str(Receiver.got) + str(list(Delivery.objects.values()))
    assert "kursi" not in everything.lower()
    guide = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
    for event, rows in by_event.items():
        assert f"`{event}`" in guide
        assert all(f"`{name}`" in guide for row in rows for name in row)


def test_a_referral_and_a_refusal_to_act_are_answers_too(cast: Cast, hook: Webhook) -> None:
    team = cast.people["team"]
    for _each in range(2):
        answer(cast.service, suggestion=WORDS)
    first, second = Feedback.objects.order_by("id")
    second.decline("Di luar kewenangan kantor.", by=team)
    Referral.make(
        first, "Kami teruskan.", by=team, destination="lapor", addressee="LAPOR", number="1",
        on=cast.office.today,
    )  # fmt: skip
    gather(timezone.now())
    rows = Delivery.objects.filter(event="feedback.answered").order_by("id")
    assert [row.data["answered_as"] for row in rows] == ["not_actionable", "referral"]


def test_only_what_happens_after_it_was_registered_and_only_what_it_wants(
    cast: Cast, url: str
) -> None:
    answer(cast.service, suggestion=WORDS)
    wants = Webhook.add(cast.office, "A", url, ["feedback.received"], by=None)
    Webhook.add(cast.office, "B", url, ["month.closed"], by=None)
    Webhook.add(cast.other, "C", url, ["feedback.received"], by=None)
    gather(timezone.now())
    assert not Delivery.objects.exists()
    answer(cast.service, suggestion=WORDS)
    gather(timezone.now())
    assert [row.hook for row in Delivery.objects.all()] == [wants]


def test_what_is_found_hours_later_is_told_once_all_the_same(cast: Cast, hook: Webhook) -> None:
    """A transaction that ends late has an older key than what was read before it."""
    for hours in range(6):
        answer(cast.service, suggestion=WORDS)
        gather(timezone.now() + timedelta(hours=hours))
        gather(timezone.now() + timedelta(hours=hours, minutes=1))
    assert Delivery.objects.count() == 6
    late = Feedback.objects.order_by("id").last()
    assert late is not None
    Delivery.objects.filter(data__id=late.pk).delete()
    gather(timezone.now() + timedelta(hours=5, minutes=30))  # as if it had just become visible
    assert Delivery.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_gathered_by_many_at_once_every_fact_is_one_delivery(settings: Any) -> None:
    settings.LINK_NETWORKS = [HERE]
    cast = make_cast()
    Webhook.add(cast.office, "A", "https://a.go.id/", ["feedback.received"], by=None)
    for _each in range(5):
        answer(cast.service, suggestion=WORDS)
    at_once(lambda: [gather(timezone.now()) for _each in range(3)] and None, threads=4)
    assert Delivery.objects.count() == 5


# -- how it is sent ------------------------------------------------------------------------------


def marks_of(headers: dict[str, str]) -> tuple[str, list[str]]:
    pairs = [part.split("=", 1) for part in headers["Tuntas-Signature"].split(",")]
    return pairs[0][1], [value for name, value in pairs if name == "v1"]


def expected(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def test_the_signature_covers_time_and_body_and_a_new_secret_overlaps(
    cast: Cast, hook: Webhook
) -> None:
    old = hook.secret
    hook.test(by=cast.people["team"])
    deliver()
    (_path, headers, body), *_none = Receiver.got
    stamp, marks = marks_of(headers)
    assert marks == [expected(old, stamp, body)]
    assert abs(time.time() - int(stamp)) < 60
    assert headers["Tuntas-Event-Id"] == json.loads(body)["id"]
    hook.rotate(by=cast.people["team"])
    assert hook.secret != old
    hook.test(by=cast.people["team"])
    deliver()
    _path, headers, body = Receiver.got[1]
    stamp, marks = marks_of(headers)
    assert marks == [expected(hook.secret, stamp, body), expected(old, stamp, body)]
    Webhook.objects.update(old_until=timezone.now())
    hook.test(by=cast.people["team"])
    deliver()
    _path, headers, body = Receiver.got[2]
    stamp, marks = marks_of(headers)
    assert marks == [expected(hook.secret, stamp, body)]
    kept = str(list(Webhook.objects.values())) + str(list(Event.objects.values()))
    assert old not in kept
    assert hook.secret not in kept


@pytest.mark.parametrize("status", [500, 503, 404, 429, 301, 302, 307])
def test_what_is_not_taken_is_sent_again_with_the_same_id(
    cast: Cast, hook: Webhook, status: int
) -> None:
    Receiver.status, Receiver.location = status, "/elsewhere"
    delivery = hook.test(by=cast.people["team"])
    assert deliver() == 1
    assert deliver() == 0  # not at once
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error, delivery.attempts) == (
        "waiting",
        f"HTTP {status}",
        1,
    )
    hook.refresh_from_db()
    assert hook.state == "failing"
    Receiver.status, Receiver.location = 200, ""
    hurry()
    deliver()
    delivery.refresh_from_db()
    hook.refresh_from_db()
    assert (delivery.state, hook.state) == ("delivered", "live")
    assert [row["id"] for row in bodies()] == [str(delivery.uid)] * 2
    assert {path for path, _headers, _body in Receiver.got} == {"/tuntas"}  # not followed


def test_pauses_grow_and_after_a_day_it_is_dead_until_somebody_takes_it_up(
    cast: Cast, hook: Webhook
) -> None:
    Receiver.status = 500
    delivery, pauses = hook.test(by=cast.people["team"]), []
    for _each in range(40):
        deliver()
        delivery.refresh_from_db()
        if delivery.state == "dead":
            break
        pauses.append((delivery.not_before - timezone.now()).total_seconds() / 60)
        passed = delivery.not_before - timezone.now()
        Delivery.objects.update(first_at=delivery.first_at - passed)  # type: ignore[operator]
        hurry()
    assert [round(pause) for pause in pauses] == [1, 5, 15, 30, 60, 120, 240, 240, 240, 240, 240]
    assert delivery.state == "dead"
    assert work.Kind("x", webhooks.waiting, webhooks.send).waiting().count() == 0
    team = cast.client("team")
    page = reverse("webhook", args=[hook.pk])
    assert "HTTP 500" in team.get(page).content.decode()
    Receiver.status = 200
    team.post(reverse("delivery-retry", args=[hook.pk, delivery.pk]))
    hurry()
    assert deliver() == 1
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert Event.objects.filter(action="webhook.retried").count() == 1


def test_gone_is_final(cast: Cast, hook: Webhook) -> None:
    Receiver.status = 410
    delivery = hook.test(by=cast.people["team"])
    deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("dead", "HTTP 410")


def test_a_receiver_that_talks_slowly_is_hung_up_on(
    cast: Cast, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time; all of them together do not."""
    monkeypatch.setattr(webhooks, "SECONDS", 0.6)
    ended = threading.Event()

    def drip(self: Any) -> None:
        for _each in range(100):
            if ended.wait(0.1):
                return
            try:
                self.wfile.write(b"H")
                self.wfile.flush()
            except OSError:
                return

    Receiver.on_post = drip
    delivery, begun = hook.test(by=cast.people["team"]), time.monotonic()
    deliver()
    assert time.monotonic() - begun < 5
    ended.set()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("waiting", "timeout")


def test_one_silent_address_does_not_hold_up_the_others(cast: Cast, hook: Webhook) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    silent = Webhook.add(
        cast.office, "Mati", f"http://127.0.0.1:{port}/", HookEvent.values, by=None
    )
    for _each in range(5):
        silent.test(by=cast.people["team"])
    hook.test(by=cast.people["team"])
    assert deliver() == 2  # one try there, then it rests
    assert len(Receiver.got) == 1
    assert Delivery.objects.filter(hook=silent, attempts=0).count() == 4


def test_what_a_dead_worker_left_unmarked_is_sent_again(cast: Cast, hook: Webhook) -> None:
    delivery = hook.test(by=cast.people["team"])
    lease = Lease.take(delivery, "w1", lambda: None)
    assert lease is not None
    Receiver.on_post = lambda _self: Delivery.objects.none()
    webhooks.post(hook.url, b"{}", "t=1,v1=x", "x")  # sent; w1 dies before it writes that down
    assert deliver() == 0
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert deliver() == 1
    delivery.refresh_from_db()
    assert delivery.state == "delivered"


WORKER = """
import django
django.setup()
from tuntas import supervisor
supervisor.run_work()
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_marking_sends_again_under_the_same_id(
    settings: Any, tmp_path: Path
) -> None:
    settings.LINK_NETWORKS = [HERE]
    cast, server = make_cast(), serving()
    hook = Webhook.add(cast.office, "Dasbor", next(server), HookEvent.values, by=None)
    delivery = hook.test(by=cast.people["team"])
    env = os.environ | {
        "TUNTAS_DATABASE_URL": database_url(),
        "TUNTAS_DATA": str(tmp_path),
        "TUNTAS_LINK_NETWORKS": str(HERE),
        "TUNTAS_SECRET_KEY": site.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "tuntas.settings",
    }
    worker = subprocess.Popen([sys.executable, "-c", WORKER], env=env)
    Receiver.on_post = lambda _self: os.kill(worker.pid, signal.SIGKILL)
    try:
        wait_until(lambda: worker.poll() is not None)
    finally:
        worker.kill()
    assert worker.returncode == -signal.SIGKILL
    assert len(Receiver.got) == 1
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
    Receiver.on_post = lambda _self: None
    Delivery.objects.update(leased_until=None)  # a minute has passed
    worker = subprocess.Popen([sys.executable, "-c", WORKER], env=env)
    try:
        wait_until(lambda: Delivery.objects.get().state == "delivered")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(15) == 0
    finally:
        worker.kill()
    server.close()
    assert [row["id"] for row in bodies()] == [str(delivery.uid)] * 2
    assert connection.vendor in ("sqlite", "postgresql")


# -- where it may go -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://portal.contoh.go.id/",
        "ftp://portal.contoh.go.id/",
        "https://nama:sandi@portal.contoh.go.id/",
        "https://portal.contoh.go.id/#bagian",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://localhost/",
        "portal.contoh.go.id",
        "",
    ],
)
def test_an_address_inside_or_without_tls_is_not_taken(
    cast: Cast, settings: Any, address: str
) -> None:
    settings.LINK_NETWORKS = []
    with pytest.raises(ValidationError) as found:
        Webhook.add(cast.office, "X", address, ["month.closed"], by=None)
    assert "url" in found.value.message_dict


def test_a_name_that_leads_inside_is_refused_each_time_it_is_visited(
    cast: Cast, settings: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the name was a public one when it was registered."""
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    settings.LINK_NETWORKS = []
    hook = Webhook.add(
        cast.office, "X", f"https://hook.contoh.go.id:{port}/", ["month.closed"], by=None
    )
    delivery = hook.test(by=cast.people["team"])
    for found in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["10.0.0.7"], []):
        monkeypatch.setattr(links, "addresses_of", lambda _host, _port, found=found: found)
        hurry()
        deliver()
        delivery.refresh_from_db()
        assert delivery.last_error.startswith("refused: the")
    assert Receiver.got == []


def test_the_connection_goes_to_the_very_address_that_was_checked(
    cast: Cast, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def once(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.7"]

    monkeypatch.setattr(links, "addresses_of", once)
    named = url.replace("127.0.0.1", "hook.contoh.go.id")
    Webhook.add(cast.office, "X", named, ["month.closed"], by=None).test(by=cast.people["team"])
    deliver()
    assert asked == ["hook.contoh.go.id"]
    assert Receiver.got[0][1]["Host"].startswith("hook.contoh.go.id:")


def test_without_tls_only_inside_the_networks_that_are_allowed(
    cast: Cast, settings: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Webhook.add(cast.office, "X", "http://luar.go.id/", ["month.closed"], by=None)
    monkeypatch.setattr(links, "addresses_of", lambda _host, _port: ["93.184.216.34"])
    delivery = hook.test(by=cast.people["team"])
    deliver()
    delivery.refresh_from_db()
    assert delivery.last_error == "refused: not https"


def test_tls_is_checked(
    cast: Cast, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=hook.contoh.go.id",
         "-addext", "subjectAltName=DNS:hook.contoh.go.id",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setattr(links, "addresses_of", lambda _host, _port: ["127.0.0.1"])
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as running:
        running.handle_error = lambda *_args: None  # type: ignore[method-assign]
        running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        address = f"https://hook.contoh.go.id:{running.server_port}/"
        hook = Webhook.add(cast.office, "X", address, ["month.closed"], by=None)
        delivery = hook.test(by=cast.people["team"])
        deliver()
        delivery.refresh_from_db()
        assert delivery.last_error == "certificate"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        hurry()
        deliver()
        delivery.refresh_from_db()
        running.shutdown()
        thread.join()
    assert delivery.state == "delivered"


# -- switching -----------------------------------------------------------------------------------


def test_what_takes_nothing_for_days_is_paused_and_the_team_is_told(
    cast: Cast, hook: Webhook
) -> None:
    Receiver.status = 500
    delivery = hook.test(by=cast.people["team"])
    deliver()
    Webhook.objects.update(failing_since=timezone.now() - PAUSED_AFTER)
    Delivery.objects.update(first_at=timezone.now())
    hurry()
    deliver()
    hook.refresh_from_db()
    assert hook.state == "paused"
    hurry()
    assert deliver() == 0
    answer(cast.service, suggestion=WORDS)
    gather(timezone.now())
    assert Delivery.objects.count() == 1
    reminders.plan(timezone.now())
    reminders.plan(timezone.now())
    told = Notice.objects.get(kind="webhook-paused")
    assert told.person == cast.people["team"]
    assert hook.host not in told.about
    team = cast.client("team")
    page = team.get(reverse("webhook", args=[hook.pk])).content.decode()
    assert "dijeda" in page
    assert "Kirim percobaan" not in page
    Receiver.status = 200
    team.post(reverse("webhook-switch", args=[hook.pk]), {"state": "on"})
    assert deliver() == 1
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert gather(timezone.now()) == 0  # what happened during the pause is not told


def test_switched_off_nothing_is_sent(cast: Cast, hook: Webhook) -> None:
    team = cast.people["team"]
    hook.test(by=team)
    hook.switch(on=False, by=team)
    hook.switch(on=False, by=team)
    assert deliver() == 0
    with pytest.raises(ValidationError):
        hook.test(by=team)
    assert Event.objects.filter(action="webhook.off").count() == 1
    assert work.health().waiting["webhooks"] == 0


def test_an_office_has_a_limit_of_addresses(cast: Cast, hook: Webhook) -> None:
    for number in range(MOST_HOOKS - 1):
        Webhook.add(cast.office, str(number), hook.url, ["month.closed"], by=None)
    with pytest.raises(ValidationError):
        Webhook.add(cast.office, "X", hook.url, ["month.closed"], by=None)


def test_the_team_adds_an_address_and_sees_its_secret_once(cast: Cast, url: str) -> None:
    team = cast.client("team")
    list_url = reverse("webhook-list")
    wrong = team.post(list_url, {"name": "A", "url": "nama", "events": ["month.closed"]})
    assert wrong.status_code == 422
    assert "https://" in wrong.content.decode()
    assert team.post(list_url, {"name": "A", "url": url}).status_code == 422
    made = team.post(list_url, {"name": "A", "url": url, "events": ["month.closed"]})
    hook = Webhook.objects.get()
    assert hook.secret in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    page = reverse("webhook", args=[hook.pk])
    assert hook.secret not in team.get(page).content.decode()
    team.post(reverse("webhook-test", args=[hook.pk]))
    deliver()
    assert "diterima" in team.get(page).content.decode()
    again = team.post(reverse("webhook-secret", args=[hook.pk]))
    hook.refresh_from_db()
    assert hook.secret in again.content.decode()


def test_old_deliveries_are_forgotten(cast: Cast, hook: Webhook) -> None:
    long_ago = timezone.now() - timedelta(days=31)
    done, waits = hook.test(by=cast.people["team"]), hook.test(by=cast.people["team"])
    Delivery.objects.update(made_at=long_ago)
    Delivery.objects.filter(pk=done.pk).update(delivered_at=long_ago)
    assert list(Delivery.objects.expired(timezone.now())) == [done]
    assert waits.state == "waiting"
    assert newest(Delivery) == waits.pk
