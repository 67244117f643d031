"""What the background loop does again and again: planning notices, forgetting what has expired.

A chore is a row with the time it is next due, taken with a lease like all other work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from tuntas import mail, reminders, work
from tuntas.models import Chore, Lease, Notice

# Silent for longer than this, the loop stood still; a restart takes seconds.
SILENT = timedelta(minutes=30)
BATCH = 1000


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


def purge(now: datetime, _done_at: datetime | None) -> None:
    """Forget expired sessions, expired counters of the lock-out, and notices settled long ago."""
    Session.objects.filter(expire_date__lt=now).delete()
    forget_cache(now)
    while keys := list(Notice.objects.expired(now).values_list("pk", flat=True)[:BATCH]):
        Notice.objects.filter(pk__in=keys).delete()


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
