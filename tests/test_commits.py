"""Acts that wait together share a commit; each has its own outcome, and nobody hears of it too early."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import at_once
from tuntas.models import Office
from tuntas.models.commits import Queue, durably

pytestmark = pytest.mark.django_db(transaction=True)
sqlite_only = pytest.mark.skipif(
    "connection.vendor == 'postgresql'", reason="PostgreSQL groups commits by itself"
)


def add(code: str) -> Callable[[], str]:
    def act() -> str:
        Office.objects.create(code=code, name=code, path=f"/{code}/")
        return code

    return act


def fail() -> None:
    Office.objects.create(code="halb", name="halb", path="/halb/")
    raise ValueError("broken")


def in_thread(queue: Queue, act: Callable[[], Any], found: list[Any]) -> threading.Thread:
    def run() -> None:
        try:
            found.append(queue.run(act))
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def behind_a_slow_one(queue: Queue, acts: list[Callable[[], Any]]) -> tuple[list[Any], list[str]]:
    """Outcomes and transactions of acts that queue up while the first one is being done."""
    begun, go_on = threading.Event(), threading.Event()
    found: list[Any] = []
    begins: list[str] = []

    def slow() -> str:
        begun.set()
        assert go_on.wait(20)
        return "slow"

    def noted(act: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            begins.append(threading.current_thread().name)
            return act()

        return run

    first = in_thread(queue, slow, found)
    assert begun.wait(20)
    threads = [in_thread(queue, noted(act), found) for act in acts]
    while len(queue.waiting) < len(acts):
        threading.Event().wait(0.01)
    go_on.set()
    for thread in [first, *threads]:
        thread.join(30)
    assert not queue.is_led
    assert not queue.waiting
    return found, begins


@sqlite_only
def test_what_waits_is_done_by_one_of_them(transactional_db: None) -> None:
    found, done_by = behind_a_slow_one(Queue(), [add(f"k{n}") for n in range(12)])
    assert sorted(found) == sorted(["slow", *(f"k{n}" for n in range(12))])
    assert len(done_by) == 12
    assert len(set(done_by)) == 1
    assert Office.objects.filter(code__startswith="k").count() == 12


@sqlite_only
def test_one_that_fails_takes_nobody_with_it(transactional_db: None) -> None:
    found, _done_by = behind_a_slow_one(Queue(), [add("a"), fail, add("a"), add("b")])
    assert sum(isinstance(each, ValueError) for each in found) == 1
    assert sum(isinstance(each, IntegrityError) for each in found) == 1
    assert set(Office.objects.values_list("code", flat=True)) == {"a", "b"}


@sqlite_only
def test_a_full_disk_is_told_to_each(transactional_db: None) -> None:
    def full() -> None:
        raise OperationalError("database or disk is full")

    found, done_by = behind_a_slow_one(Queue(), [add("a"), full, add("b")])
    assert sum(isinstance(each, OperationalError) for each in found) == 3
    assert len(done_by) == 2  # not one after the other once more
    assert not Office.objects.exists()


@sqlite_only
def test_one_commit_for_all_that_waited(transactional_db: None) -> None:
    queue = Queue()
    with CaptureQueriesContext(connection) as asked:
        queue.run(add("a"))
    words = [row["sql"].split()[0] for row in asked]
    assert (words.count("BEGIN"), words.count("COMMIT")) == (1, 1)


def test_many_at_once_lose_and_double_nothing(transactional_db: None) -> None:
    numbers = iter(range(1000))
    lock = threading.Lock()

    def act() -> None:
        for _each in range(20):
            with lock:
                code = f"n{next(numbers)}"
            assert durably(add(code)) == code

    at_once(act, threads=8)
    assert Office.objects.count() == 160
