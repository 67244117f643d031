"""What the background loop does again and again: planning notices, looking at links, forgetting
what has expired.

A chore is a row with the time it is next due, taken with a lease like all other work.
"""

from __future__ import annotations

import logging
import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tuntas import links, mail, reminders, work
from tuntas.models import Chore, Contact, Delivery, Erased, Evidence, IdempotencyKey, Lease, Office
from tuntas.models.happenings import gather
from tuntas.models.retention import TURN, erase_due
from tuntas.models.seals import seal_finished_days

log = logging.getLogger(__name__)

# Silent for longer than this, the loop stood still; a restart takes seconds.
SILENT = timedelta(minutes=30)
BATCH = 1000
# One turn of looking at links is shorter than a lease; a slow server must not hold up the mail.
LINK_SECONDS, LINK_TURN = 4.0, 30.0


@dataclass(frozen=True)
class Turn:
    """How often a chore is done, and by what."""

    every: timedelta
    do: Callable[[datetime, datetime | None], None]


def plan_notices(now: datetime, done_at: datetime | None) -> None:
    """Only with a mail server: without one nothing could be told."""
    if mail.is_set_up():
        was_silent = done_at is not None and now - done_at > SILENT
        reminders.plan(now, silent_since=done_at if was_silent else None)


def tell_citizens(_now: datetime, _done_at: datetime | None) -> None:
    """Say to those who left an address that there is an answer, at most once for each answer.

    The mark is on disk before the text goes out: a worker killed in between sends no second mail.
    The mail holds no text of the conversation and no code (only its hash is known here).
    """
    if not mail.is_set_up() or not Contact.objects.to_notify().exists():
        return
    with get_connection() as server, translation.override(settings.LANGUAGE_CODE):
        for contact in Contact.objects.to_notify().select_related("feedback__office")[:BATCH]:
            office = contact.feedback.office.name
            text = _(
                "%(office)s sudah menjawab saran Anda.\n\nBaca jawabannya dengan kode pelacakan Anda:"
                "\n%(url)s\n\nAlamat surel Anda disimpan terpisah dan dihapus sesudah percakapan selesai."
            ) % {"office": office, "url": f"{settings.PUBLIC_URL}/t/"}
            if contact.mark_told():
                letter = EmailMessage(
                    _("Saran Anda sudah dijawab"), text, to=[contact.email], connection=server
                )
                try:
                    letter.send()
                except smtplib.SMTPException as error:
                    log.warning("a citizen could not be told: %s", type(error).__name__)


def check_links(now: datetime, _done_at: datetime | None) -> None:
    """Look whether the links of evidence still open; what was found stands at once, so that a
    worker killed half-way goes on with the next one."""
    end = time.monotonic() + LINK_TURN
    for row in Evidence.objects.links_to_check(now).select_related("plan")[:BATCH]:
        if time.monotonic() > end:
            break
        found = links.look(row.url, allowed=settings.LINK_NETWORKS, seconds=LINK_SECONDS)
        row.record_check(found.state, http_status=found.status)


def seal_days(now: datetime, _done_at: datetime | None) -> None:
    """Fix with hashes what came on the days that are over, so that a later change is found."""
    for office in Office.objects.order_by("path"):
        seal_finished_days(office, now)


def gather_deliveries(now: datetime, _done_at: datetime | None) -> None:
    """Turn what happened into deliveries for the addresses that want to know."""
    gather(now)


def purge(now: datetime, _done_at: datetime | None) -> None:
    """Forget expired sessions, expired counters of the lock-out, deliveries and keys of the API of
    long ago, and what each office's rules of retention no longer keep."""
    gone, _rows = Session.objects.filter(expire_date__lt=now).delete()
    Erased.note("session", gone, office_id=None, at=now)
    forget_cache(now)
    for model in (Delivery, IdempotencyKey):
        while keys := list(model.objects.expired(now).values_list("pk", flat=True)[:BATCH]):
            model.objects.filter(pk__in=keys).delete()
    for office in Office.objects.order_by("path"):
        while max(erase_due(office, now).values()) == TURN:
            pass


def forget_cache(now: datetime) -> None:
    """The cache removes a row only when it is asked for it again, which may be never."""
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    if settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE expires < %s",  # noqa: S608  # our own table
            [connection.ops.adapt_datetimefield_value(now)],
        )


TURNS = {
    "plan-notices": Turn(timedelta(minutes=5), plan_notices),
    "gather-deliveries": Turn(timedelta(seconds=15), gather_deliveries),
    "tell-citizens": Turn(timedelta(minutes=5), tell_citizens),
    "check-links": Turn(timedelta(minutes=10), check_links),
    "seal-days": Turn(timedelta(hours=3), seal_days),
    "purge": Turn(timedelta(days=1), purge),
}


def waiting() -> Any:
    now = timezone.now()
    Chore.ensure(list(TURNS), now)
    return Chore.objects.filter(due_at__lte=now, name__in=TURNS)


def do(chore: Chore, lease: Lease) -> None:
    """Do it and say when it is next due; killed before that, it is simply done again."""
    now, turn = timezone.now(), TURNS[chore.name]
    turn.do(now, chore.done_at)
    lease.renew(done_at=now, due_at=now + turn.every)


work.register("chores", waiting, do)
