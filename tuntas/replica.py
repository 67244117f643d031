"""A streaming replica of the database, for pages that may be a moment old.

Only views marked `may_be_old` read from it, only while it is near, and nothing ever writes to it: the
router knows one place for writing, and the connection itself is read-only. What the replica does not know
(yet), or fails to tell, is asked of the primary. docs/decisions/0019 says why it is measured this way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections
from django.http import Http404, HttpRequest, HttpResponse

ALIAS = "replica"
# Seconds between two looks at the replica, and after one that failed: connecting in vain is slow.
LOOK_EVERY, LOOK_AFTER_FAILURE = 2.0, 10.0
FLUSHED = (
    "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0'), "
    "extract(epoch FROM clock_timestamp())"
)
REPLAYED = (
    "SELECT pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), "
    "extract(epoch FROM pg_last_xact_replay_timestamp())"
)

reading_from: ContextVar[str] = ContextVar("reading_from", default=DEFAULT_DB_ALIAS)


class NotAStandby(Exception):
    """What answers at TUNTAS_REPLICA_URL follows no primary: it was promoted, or never did."""


class PrimaryIsSilent(Exception):
    """Nobody says how far the replica should be."""


class Router:
    """Where a model is read and written. Sessions, sign-ins and the cache are never read elsewhere."""

    def db_for_read(self, model: Any, instance: Any = None, **_hints: Any) -> str | None:
        if reading_from.get() == ALIAS and model._meta.app_label == "tuntas":
            return ALIAS
        return home_of(instance)

    def db_for_write(self, _model: Any, instance: Any = None, **_hints: Any) -> str | None:
        return home_of(instance)

    def allow_relation(self, _one: Any, _other: Any, **_hints: Any) -> bool:
        return True  # rows of the replica are rows of the primary

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool | None:
        return False if db == ALIAS else None


def home_of(instance: Any) -> str | None:
    """The primary for an object that was read from the replica; else Django's own choice (None)."""
    is_copy = instance is not None and instance._state.db == ALIAS
    return DEFAULT_DB_ALIAS if is_copy else None


def is_configured() -> bool:
    return ALIAS in connections.databases


def measured_lag() -> float:
    """How many seconds the replica is behind the primary; 0 when it has all that was committed.

    Behind it, the age of the last transaction it replayed, which after a pause says too much rather than
    too little. Raises PrimaryIsSilent, NotAStandby, and DatabaseError or InterfaceError when the replica
    does not answer.
    """
    try:
        flushed, now = ask(DEFAULT_DB_ALIAS, FLUSHED)
    except (DatabaseError, InterfaceError) as error:
        raise PrimaryIsSilent from error
    is_standby, replayed, at = ask(ALIAS, REPLAYED)
    if not is_standby or replayed is None:
        raise NotAStandby
    if replayed >= flushed:
        return 0.0
    if at is None:
        raise NotAStandby  # nothing came since it started
    return max(float(now - at), 0.0)


def ask(alias: str, statement: str) -> tuple[Any, ...]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        return tuple(cursor.fetchone())


class Watch:
    """What this process knows of the replica; looked at by one thread at a time, every few seconds."""

    def __init__(self, measure: Callable[[], float] = measured_lag) -> None:
        self.measure, self.lock = measure, threading.Lock()
        self.found: float | None = None  # seconds behind, when it was measured
        self.measured_at = self.look_at = 0.0

    def lag(self) -> float | None:
        """How old its data may be now, in seconds; None while it is not there."""
        self.look()
        found, at = self.found, self.measured_at
        return None if found is None else found + time.monotonic() - at

    def is_near(self) -> bool:
        lag = self.lag()
        return lag is not None and lag <= settings.REPLICA_SECONDS

    def look(self) -> None:
        if time.monotonic() < self.look_at or not self.lock.acquire(blocking=False):
            return
        try:
            self.look_at = time.monotonic() + LOOK_EVERY
            begun = time.monotonic()
            self.found, self.measured_at = self.measure(), begun
        except PrimaryIsSilent:
            # What was known gets older, and serves until it is too old: longer than most failovers.
            self.look_at = time.monotonic() + LOOK_AFTER_FAILURE
        except (NotAStandby, DatabaseError, InterfaceError):
            self.lose()
        finally:
            self.lock.release()

    def lose(self) -> None:
        """It failed: leave it alone for a while."""
        self.found, self.look_at = None, time.monotonic() + LOOK_AFTER_FAILURE


WATCH = Watch()


def may_be_old(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that reads only, and from the replica while that is near."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD") and is_configured() and WATCH.is_near():
            response = from_replica(lambda: view(request, *args, **kwargs))
            if response is not None:
                return response
        return view(request, *args, **kwargs)

    answered.may_be_old = True  # type: ignore[attr-defined]  # read by the tests
    return answered


def from_replica(view: Callable[[], HttpResponse]) -> HttpResponse | None:
    """The answer from the replica; None when it fails, or knows of no such page (yet)."""
    before = reading_from.set(ALIAS)
    try:
        response = view()
    except Http404:
        return None
    except (DatabaseError, InterfaceError):
        WATCH.lose()
        return None
    finally:
        reading_from.reset(before)
    return None if response.status_code == 404 else response
