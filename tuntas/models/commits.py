"""Acts that wait for the disk at the same moment share one commit.

SQLite has one writer. Threads that each begin a transaction of their own poll for the lock, and the
unlucky one waits for seconds (design, section 5); and each of them pays for its own write to the disk.
Here they queue up: one of them begins a transaction, does what all that are waiting want, commits once
and wakes them. Nobody is told before the commit is on the disk. PostgreSQL does the same by itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")
MOST = 128  # acts in one transaction


class Job:
    """One act that waits, and then what became of it."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act = act
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_leader = False
        self.woken = threading.Lock()
        self.woken.acquire()

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


class Queue:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: deque[Job] = deque()
        self.is_led = False

    def run(self, act: Callable[[], Any]) -> Any:
        """Do the act durably, together with those of other threads; its result or its error."""
        job = Job(act)
        with self.lock:
            self.waiting.append(job)
            job.is_leader, self.is_led = not self.is_led, True
        if not job.is_leader:
            job.woken.acquire()
        if job.is_leader:
            self.lead()
        return job.outcome()

    def lead(self) -> None:
        """Do what is waiting, this thread's own act among it; then hand over to the first that came
        meanwhile, so that no thread works for the others for ever."""
        with self.lock:
            batch = [self.waiting.popleft() for _each in range(min(len(self.waiting), MOST))]
        try:
            perform(batch)
        finally:
            with self.lock:
                following = self.waiting[0] if self.waiting else None
                self.is_led = following is not None
                if following is not None:
                    following.is_leader = True
            if following is not None:
                following.woken.release()
            for job in batch:
                if not job.is_leader:
                    job.woken.release()


def perform(batch: list[Job]) -> None:
    """All acts in one transaction. When one of them fails nothing of it was stored, and each is tried
    in a transaction of its own, so that nobody fails for another's fault."""
    try:
        with transaction.atomic():
            results = [job.act() for job in batch]
    except OperationalError as error:  # the disk is full, the database locked: the same for each
        for job in batch:
            job.error = error
    except BaseException as error:
        if len(batch) == 1:
            batch[0].error = error
        else:
            for job in batch:
                perform([job])
    else:
        for job, result in zip(batch, results, strict=True):
            job.result = result


queue = Queue()


def durably(act: Callable[[], T]) -> T:
    """Do the act in a transaction; what it returned is on the disk.

    It may be tried twice, so it must change nothing but the database. Inside a transaction that has
    begun already it simply belongs to that one.
    """
    if connection.vendor == "postgresql" or connection.in_atomic_block:
        with transaction.atomic():
            return act()
    result: T = queue.run(act)
    return result
