"""Work in the background: rows are the queue, one loop takes them one by one.

A kind of work is a queryset of the rows that wait and a function that does one of them. The
function must be repeatable: it may be killed anywhere, and is then begun again by another worker.
It commits in small steps and calls `lease.renew()` inside each, which refuses when the row was
taken over meanwhile.

`tuntas serve` runs the loop as a child process and `tuntas work` runs it alone. A process of its own,
not a thread: reading a large spreadsheet would hold Python's lock and make citizens wait.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from tuntas.models.leases import MOST_TRIES, Lease, Leased, LeaseLost, Stopping, Worker, is_free

log = logging.getLogger("tuntas.work")
PACKAGE = Path(__file__).parent

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two looks when nothing waits
BEAT = 10.0  # seconds between two signs of life
SILENT = 60.0  # seconds without one after which a worker counts as gone


@dataclass(frozen=True)
class Kind:
    """One kind of work: `waiting()` gives the rows, `do(row, lease)` does one."""

    name: str
    waiting: Callable[[], Any]
    do: Callable[[Any, Lease], None]


KINDS: list[Kind] = []


def register(name: str, waiting: Callable[[], Any], do: Callable[[Any, Lease], None]) -> None:
    """Add a kind of work; earlier ones come first."""
    KINDS[:] = [kind for kind in KINDS if kind.name != name] + [Kind(name, waiting, do)]


def worker_name() -> str:
    """A name that tells one loop from every other, in whichever container it runs."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(3)}"


def claim(kind: Kind, worker: str, pulse: Callable[[], None]) -> Lease | None:
    """Take one waiting row, or None. A row that stopped waiting meanwhile is let go."""
    for row in kind.waiting().filter(is_free()).order_by("pk")[:20]:
        lease = Lease.take(row, worker, pulse)
        if lease is None:
            continue
        if lease.row.tries > MOST_TRIES:  # whoever took it up before died of it
            lease.fail()
            continue
        if kind.waiting().filter(pk=row.pk).exists():
            return lease
        lease.give_back()
    return None


def run_once(worker: str = "", pulse: Callable[[], None] = lambda: None) -> bool:
    """Do one row of the first kind that has one. False when nothing waits."""
    for kind in KINDS:
        lease = claim(kind, worker or worker_name(), pulse)
        if lease is not None:
            do(kind, lease)
            return True
    return False


def do(kind: Kind, lease: Lease) -> None:
    """Do one row and let it go. Raises Stopping, and DatabaseError when nothing can be written."""
    try:
        kind.do(lease.row, lease)
        lease.release()
    except LeaseLost:
        log.warning("%s %s: taken over by another worker", kind.name, lease.row.pk)
    except Stopping:
        lease.give_back()
        raise
    except Exception as error:
        note(kind, lease.row, error)
        if isinstance(error, DatabaseError) and not connection.in_atomic_block:
            connection.close()  # it may be broken; the lease runs out if the next one is, too
        lease.fail()


def note(kind: Kind, row: Leased, error: Exception) -> None:
    """Log where it went wrong; never what the error says, which may hold what a citizen wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)] or frames
    place = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
    log.error("%s %s failed: %s at %s", kind.name, row.pk, type(error).__name__, place)


def run_until_empty() -> int:
    """Do all that waits now; how many rows were done."""
    done = 0
    while run_once():
        done += 1
    return done


class Loop:
    """One worker: looks for work until told to stop, or until its parent is gone."""

    def __init__(self, *, parent: int | None = None) -> None:
        self.name, self.parent, self.stop = worker_name(), parent, Event()
        self.beaten = 0.0

    def pulse(self) -> None:
        """Tell that we live. Raises Stopping when it is time to end."""
        if self.stop.is_set() or (self.parent is not None and os.getppid() != self.parent):
            raise Stopping
        if time.monotonic() - self.beaten >= BEAT:
            Worker.beat(self.name)
            self.beaten = time.monotonic()

    def run_forever(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            try:
                self.pulse()
                pause = SHORTEST_PAUSE if run_once(self.name, self.pulse) else pause * 2
            except Stopping:
                break
            except DatabaseError as error:
                log.error("database: %s", type(error).__name__)
                connection.close()
                pause *= 2
            close_old_connections()
            pause = min(pause, LONGEST_PAUSE)
            self.stop.wait(pause)
        Worker.leave(self.name)


@dataclass(frozen=True)
class Health:
    """How the background work stands. `silence`: seconds since the last sign of life, None without."""

    silence: float | None
    waiting: dict[str, int]
    failed: dict[str, int]


def health() -> Health:
    last = Worker.objects.order_by("-seen_at").first()
    silence = (timezone.now() - last.seen_at).total_seconds() if last else None
    rows = {kind.name: kind.waiting() for kind in KINDS}
    return Health(
        silence,
        {name: waiting.filter(given_up_at__isnull=True).count() for name, waiting in rows.items()},
        {name: waiting.filter(given_up_at__isnull=False).count() for name, waiting in rows.items()},
    )
