"""Lease: who works on a row right now, and until when. Rows are the queue of `tuntas.work`.

A worker takes a row by a conditional UPDATE and holds it for a minute at a time. When it dies, the
lease runs out and another takes the row up again. What a row still needs is told by its own dates;
nothing here says what the work is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

LEASE = timedelta(seconds=60)
MOST_TRIES = 6
LONGEST_WAIT = timedelta(hours=1)


class LeaseLost(Exception):
    """Somebody else holds the row now; whatever was begun must not be committed."""


class Stopping(Exception):
    """The worker was told to end; the row is given back."""


class Leased(models.Model):
    """A row that can be worked on. `tries` counts the attempts since the last step forward."""

    lease_holder = models.CharField(max_length=80, blank=True, default="")
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Leased)


def is_free() -> Q:
    """Nobody holds the row, or the lease has run out, or ends later than any lease can: then it was
    written by a clock that was ahead, and would hold the row until that day."""
    now = timezone.now()
    return Q(given_up_at__isnull=True) & (
        Q(leased_until__isnull=True)
        | Q(leased_until__lt=now)
        | Q(leased_until__gt=now + LONGEST_WAIT + LEASE)
    )


@dataclass(frozen=True)
class Lease:
    """The hold of one worker on one row. `pulse` tells that the worker lives, or raises Stopping."""

    row: Leased
    holder: str
    pulse: Callable[[], None]

    @classmethod
    def take(cls, row: Leased, holder: str, pulse: Callable[[], None]) -> Lease | None:
        """Take the row if it is free. Only columns of its own decide, so that of two workers that
        ask at once the database lets exactly one through."""
        taken = (
            manager(row)
            .filter(is_free(), pk=row.pk)
            .update(lease_holder=holder, leased_until=timezone.now() + LEASE, tries=F("tries") + 1)
        )
        if not taken:
            return None
        row.refresh_from_db()
        return cls(row, holder, pulse)

    def renew(self, **changes: Any) -> None:
        """Hold the row for another minute and write `changes` to it, in the caller's transaction.

        Raises LeaseLost or Stopping; then the caller's transaction must not be committed.
        """
        self.pulse()
        self._write(leased_until=timezone.now() + LEASE, **changes)

    def release(self) -> None:
        """Done: let go, if the row is still there and ours."""
        with suppress(LeaseLost):
            self._write(lease_holder="", leased_until=None, tries=0)

    def give_back(self) -> None:
        """Not done, for no fault of the row: the next worker may begin at once."""
        self._write(lease_holder="", leased_until=None, tries=F("tries") - 1)

    def fail(self) -> None:
        """It went wrong: again after a while, each time longer; not any more after some tries."""
        wait = min(timedelta(seconds=5 * 4**self.row.tries), LONGEST_WAIT)
        given_up = timezone.now() if self.row.tries >= MOST_TRIES else None
        self._write(lease_holder="", leased_until=timezone.now() + wait, given_up_at=given_up)

    def _write(self, **changes: Any) -> None:
        if not manager(self.row).filter(pk=self.row.pk, lease_holder=self.holder).update(**changes):
            raise LeaseLost


def manager(row: Leased) -> models.Manager[Any]:
    found: models.Manager[Any] = type(row)._default_manager
    return found


class Worker(models.Model):
    """One running loop, as it last told of itself."""

    name = models.CharField(max_length=80, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def beat(cls, name: str) -> None:
        """Tell that this worker lives; forget those silent for a day, or heard of in the future, which
        a clock that was ahead has left."""
        now = timezone.now()
        if not cls.objects.filter(name=name).update(seen_at=now):
            cls.objects.create(name=name, started_at=now, seen_at=now)
        day = timedelta(days=1)
        cls.objects.exclude(seen_at__range=(now - day, now + LONGEST_WAIT)).delete()

    @classmethod
    def leave(cls, name: str) -> None:
        """This worker ends."""
        cls.objects.filter(name=name).delete()
