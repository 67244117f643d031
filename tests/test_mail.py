"""Mail through a real SMTP server: sent once, held back, refused, doubtful; never sent twice."""

from __future__ import annotations

import email
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests.conftest import Cast, answer, make_cast
from tuntas import mail, work
from tuntas.models import Feedback, MailMode, MailPreference, Notice, ReminderRules
from tuntas.models.leases import Lease

WORDS = "Tambah kursi tunggu di loket dua"


class Server:
    """A mail server on a port of its own that answers as it is told to."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.answers: dict[str, list[str]] = {}
        self.on_data: Callable[[], None] = lambda: None
        self.hangs_up = False

    def next(self, step: str) -> str | None:
        waiting = self.answers.get(step, [])
        return waiting.pop(0) if waiting else None

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        refused = self.next("MAIL")
        if refused:
            return refused
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        refused = self.next("RCPT")
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        refused = self.next("DATA")
        if refused:
            return refused
        self.letters.append(email.message_from_bytes(envelope.content))
        self.on_data()
        if self.hangs_up:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[Server, int]]:
    yield from running({})


def running(options: dict[str, Any]) -> Iterator[tuple[Server, int]]:
    handler = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def smtp(server: tuple[Server, int], settings: Any) -> Server:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server[1]
    settings.DEFAULT_FROM_EMAIL = "SKM <skm@contoh.go.id>"
    return server[0]


@pytest.fixture(autouse=True)
def always_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quiet hours are tested with times passed in; these tests run at any time of the day."""
    monkeypatch.setattr(mail, "next_open", lambda at, _zone, _off: at)


def make_notice(cast: Cast, **fields: Any) -> Notice:
    if not Feedback.objects.exists():
        answer(cast.service, suggestion=WORDS)
    row, now = Feedback.objects.get(), timezone.now()
    given: dict[str, Any] = {
        "person": cast.people["officer"],
        "office": cast.office,
        "kind": "feedback-today",
        "about": f"#{row.pk} – Pensiun",
        "path": f"/feedback/{row.pk}/",
        "due_on": row.due_on,
        "feedback": row,
        "key": f"k{Notice.objects.count()}",
        "made_at": now,
        "not_before": now,
    }
    return Notice.objects.create(**(given | fields))


def deliver(worker: str = "w1") -> int:
    """Do all mail that waits, as the loop does; returns how many rows were taken."""
    kind = next(kind for kind in work.KINDS if kind.name == "mail")
    done = 0
    while lease := work.claim(kind, worker, lambda: None):
        work.do(kind, lease)
        done += 1
    return done


def again(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


def test_a_notice_is_sent_once_with_only_the_way_to_it(cast: Cast, smtp: Server) -> None:
    notice = make_notice(cast)
    assert deliver() == 1
    assert deliver() == 0
    assert again(notice).state == "sent"
    (letter,) = smtp.letters
    assert letter["To"] == "officer@contoh.go.id"
    assert letter["Message-ID"] == notice.message_id
    assert letter["Auto-Submitted"] == "auto-generated"
    plain, html = (part.get_payload(decode=True).decode() for part in letter.get_payload())  # type: ignore[union-attr]
    for text in (plain, html):
        assert notice.url in text
        assert "Masukan harus dijawab hari ini: #" in text
        assert "kursi" not in text
        assert "3,4" not in text
    assert "tenggat" in plain


def test_a_digest_is_one_mail_of_what_still_holds(cast: Cast, smtp: Server) -> None:
    digest = make_notice(cast, kind="digest", feedback=None, about="", path="/home/")
    items = [make_notice(cast, is_item=True, within=digest) for _each in range(2)]
    make_notice(cast, is_item=True, within=digest, due_on=date(2020, 1, 1))  # due changed since
    assert deliver() == 1
    (letter,) = smtp.letters
    plain = letter.get_payload()[0].get_payload(decode=True).decode()  # type: ignore[index,union-attr]
    assert plain.count(items[0].url) == 2
    assert "2_hal" in letter["Subject"].replace(" ", "_")
    assert {again(row).state for row in items} == {"sent"}


def test_what_was_settled_meanwhile_is_withdrawn(cast: Cast, smtp: Server) -> None:
    notice = make_notice(cast)
    Feedback.objects.get().reply("Sudah.", by=cast.people["officer"])
    deliver()
    assert again(notice).state == "withdrawn"
    assert smtp.letters == []


def test_a_person_who_left_gets_no_mail(cast: Cast, smtp: Server) -> None:
    notice = make_notice(cast)
    cast.people["officer"].memberships.all().delete()
    deliver()
    assert again(notice).state == "withdrawn"


@pytest.mark.parametrize(
    ("step", "reply", "state", "reason"),
    [
        ("RCPT", "450 greylisted", "waiting", "RCPT 450"),
        ("RCPT", "550 no such user", "dead", "RCPT 550"),
        ("MAIL", "550 sender refused", "waiting", "MAIL 550"),  # ours to correct
        ("DATA", "451 try later", "waiting", "DATA 451"),
        ("DATA", "554 spam", "dead", "DATA 554"),
    ],
)
def test_the_servers_answer_decides(
    cast: Cast, smtp: Server, step: str, reply: str, state: str, reason: str
) -> None:
    notice = make_notice(cast)
    smtp.answers[step] = [reply]
    assert deliver() == 1
    found = again(notice)
    assert (found.state, found.last_error, found.attempts, found.handed_at) == (
        state,
        reason,
        1,
        None,
    )
    assert smtp.letters == []
    if state == "waiting":
        assert timedelta(seconds=50) < found.not_before - timezone.now() <= timedelta(minutes=1)
        Notice.objects.update(not_before=timezone.now())
        deliver()
        assert again(notice).state == "sent"
        assert len(smtp.letters) == 1


def test_eight_attempts_and_it_is_dead_until_somebody_takes_it_up(
    cast: Cast, settings: Any, server: tuple[Server, int]
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nothing listens there
    notice = make_notice(cast)
    for attempt in range(1, 9):
        assert again(notice).state == "waiting"
        assert deliver() == 1
        assert again(notice).attempts == attempt
        Notice.objects.update(not_before=timezone.now())
    assert again(notice).state == "dead"
    assert again(notice).last_error == "connect: ConnectionRefusedError"
    assert deliver() == 0
    settings.EMAIL_PORT = server[1]
    again(notice).try_again(by=cast.people["team"])
    deliver()
    assert again(notice).state == "sent"


def test_silence_after_the_text_leaves_a_doubt_and_no_second_mail(cast: Cast, smtp: Server) -> None:
    notice = make_notice(cast)
    smtp.hangs_up = True
    deliver()
    assert again(notice).state == "perhaps"
    again(notice).try_again(by=cast.people["team"])
    smtp.hangs_up = False
    deliver()
    assert again(notice).state == "perhaps"
    assert len(smtp.letters) == 1


def test_a_mark_without_an_outcome_is_never_sent_again(cast: Cast, smtp: Server) -> None:
    notice = make_notice(cast, handed_at=timezone.now())
    assert deliver() == 1
    assert again(notice).state == "perhaps"
    assert smtp.letters == []


def test_a_worker_that_lost_the_row_does_not_hand_it_over(cast: Cast, smtp: Server) -> None:
    notice = make_notice(cast)
    lease = Lease.take(notice, "w1", lambda: None)
    assert lease is not None
    Notice.objects.update(lease_holder="w2")
    work.do(next(kind for kind in work.KINDS if kind.name == "mail"), lease)
    assert smtp.letters == []
    assert again(notice).state == "waiting"


def test_quiet_hours_are_kept_at_the_moment_of_sending(
    cast: Cast, smtp: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning = timezone.now() + timedelta(hours=9)
    monkeypatch.setattr(mail, "next_open", lambda _at, _zone, _off: morning)
    notice = make_notice(cast)
    deliver()
    assert smtp.letters == []
    assert (again(notice).state, again(notice).not_before) == ("waiting", morning)


def test_mail_is_encrypted_when_asked(cast: Cast, settings: Any, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    for handler, port in running({"tls_context": context, "require_starttls": True}):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        notice = make_notice(cast)
        deliver()
        assert again(notice).last_error == "MAIL 530"  # the server wants STARTTLS
        settings.EMAIL_USE_TLS = True
        Notice.objects.update(not_before=timezone.now())
        deliver()
        assert again(notice).last_error == "connect: SSLCertVerificationError"  # an unknown issuer
        os.environ["SSL_CERT_FILE"] = str(certificate)
        try:
            Notice.objects.update(not_before=timezone.now())
            deliver()
        finally:
            del os.environ["SSL_CERT_FILE"]
        assert again(notice).state == "sent"
        assert len(handler.letters) == 1


# -- a worker that is killed -----------------------------------------------------------------------


def database_url() -> str:
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{parts['NAME']}"
    sign = f"{parts['USER']}:{quote(parts['PASSWORD'])}@" if parts["USER"] else ""
    port = f":{parts['PORT']}" if parts["PORT"] else ""
    host = parts["HOST"]
    if host.startswith("/"):
        return f"postgresql://{sign}/{parts['NAME']}?host={host}&port={parts['PORT']}"
    return f"postgresql://{sign}{host}{port}/{parts['NAME']}"


# The real loop, only without quiet hours: the test must not depend on the time of the day.
WORKER = """
import django
django.setup()
from tuntas import mail, supervisor
mail.next_open = lambda at, _zone, _off: at
supervisor.run_work()
"""


def start_worker(port: int, tmp_path: Path) -> subprocess.Popen[bytes]:
    env = os.environ | {
        "TUNTAS_DATABASE_URL": database_url(),
        "TUNTAS_DATA": str(tmp_path),
        "TUNTAS_SMTP_HOST": "127.0.0.1",
        "TUNTAS_SMTP_PORT": str(port),
        "TUNTAS_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "tuntas.settings",
    }
    return subprocess.Popen([sys.executable, "-c", WORKER], env=env)


def wait_until(holds: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_inside_the_dialogue_never_sends_twice(
    server: tuple[Server, int], tmp_path: Path
) -> None:
    """kill -9 after the server has the text and before the commit; the next worker leaves it alone,
    and sends the other mail that waited."""
    handler, port = server
    cast = make_cast()
    first = make_notice(cast)
    MailPreference.choose(cast.people["officer"], MailMode.OFF)  # nothing else is planned
    ReminderRules.of(cast.office).change(by=cast.people["team"], feedback_before=0)
    worker = start_worker(port, tmp_path)
    handler.on_data = lambda: os.kill(worker.pid, signal.SIGKILL)
    try:
        wait_until(lambda: worker.poll() is not None)
    finally:
        worker.kill()
    assert worker.returncode == -signal.SIGKILL
    assert len(handler.letters) == 1
    assert again(first).sent_at is None
    assert again(first).handed_at is not None
    handler.on_data = lambda: None
    second = make_notice(cast)
    Notice.objects.update(leased_until=None)  # a minute has passed
    worker = start_worker(port, tmp_path)
    try:
        wait_until(lambda: again(second).state == "sent" and again(first).state == "perhaps")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(15) == 0
    finally:
        worker.kill()
    assert [letter["Message-ID"] for letter in handler.letters] == [
        first.message_id,
        second.message_id,
    ]
