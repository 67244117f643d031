"""The background loop: every row once, by one worker, whatever is killed when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from tests.conftest import Cast, make_cast
from tests.imports.sheets import checked, csv_of, uploaded
from tuntas import work
from tuntas.models import Import, ImportState, LeaseLost, Response, Worker
from tuntas.models.leases import LEASE, MOST_TRIES, Lease, Stopping


@contextmanager
def only(name: str, do: Callable[[Any, Lease], None]) -> Iterator[None]:
    """Nothing but this kind of work, on imports that wait to be checked."""
    kept = list(work.KINDS)
    work.KINDS[:] = [work.Kind(name, Import.objects.to_check, do)]
    try:
        yield
    finally:
        work.KINDS[:] = kept


def waiting(cast: Cast, n: int = 1) -> list[Import]:
    return [uploaded(cast, csv_of(2), mapped=True) for _each in range(n)]


def pulse() -> None:
    pass


def finish(row: Any, lease: Lease) -> None:
    lease.renew(checked_at=timezone.now())


# -- one worker ----------------------------------------------------------------------------------


def test_a_row_is_done_once_and_let_go(cast: Cast) -> None:
    waiting(cast, 3)
    done = []

    def do(row: Any, lease: Lease) -> None:
        done.append(row.pk)
        finish(row, lease)

    with only("x", do):
        assert work.run_until_empty() == 3
        assert work.run_once() is False
    assert sorted(done) == sorted(Import.objects.values_list("pk", flat=True))
    assert set(Import.objects.values_list("lease_holder", "tries")) == {("", 0)}


def test_a_row_that_fails_waits_longer_each_time_and_is_given_up_in_the_end(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    (row,) = waiting(cast)

    def do(_row: Any, _lease: Lease) -> None:
        raise RuntimeError("rahasia warga")

    pauses = []
    with only("x", do):
        for _each in range(MOST_TRIES):
            assert work.run_once() is True
            assert work.run_once() is False  # not at once
            row.refresh_from_db()
            pauses.append(round((row.leased_until - timezone.now()).total_seconds()))
            Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert work.run_once() is False
        assert work.health().failed == {"x": 1}
    assert pauses == sorted(pauses)
    row.refresh_from_db()
    assert row.state == ImportState.FAILED
    assert "RuntimeError at work.py" in caplog.text
    assert "rahasia" not in caplog.text


def test_a_row_that_kills_every_worker_is_given_up(cast: Cast) -> None:
    (row,) = waiting(cast)
    for number in range(MOST_TRIES):
        assert Lease.take(row, f"died {number}", pulse) is not None
        Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    with only("x", finish):
        assert work.run_once() is False
    row.refresh_from_db()
    assert row.state == ImportState.FAILED


def test_a_lease_of_a_clock_that_was_ahead_holds_nobody_up(cast: Cast) -> None:
    (row,) = waiting(cast)
    Import.objects.filter(pk=row.pk).update(
        lease_holder="dead", leased_until=timezone.now() + timedelta(days=1)
    )
    with only("try", finish):
        assert work.run_until_empty() == 1


def test_signs_of_life_from_the_future_are_none(db: None) -> None:
    ahead = timezone.now() + timedelta(days=1)
    Worker.objects.create(name="dead", started_at=ahead, seen_at=ahead)
    Worker.beat("living")
    assert list(Worker.objects.values_list("name", flat=True)) == ["living"]


def test_a_worker_told_to_stop_gives_the_row_back_at_once(cast: Cast) -> None:
    (row,) = waiting(cast)
    loop = work.Loop()

    def do(found: Any, lease: Lease) -> None:
        loop.stop.set()
        finish(found, lease)

    with only("x", do):
        loop.run_forever()
        row.refresh_from_db()
        assert (row.lease_holder, row.leased_until, row.tries, row.checked_at) == (
            "",
            None,
            0,
            None,
        )
        assert not Worker.objects.exists()


def test_a_loop_ends_when_its_parent_is_gone(db: None) -> None:
    loop = work.Loop(parent=os.getpid())  # our own parent is somebody else
    with pytest.raises(Stopping):
        loop.pulse()


def test_who_lost_the_row_commits_nothing(cast: Cast) -> None:
    (row,) = waiting(cast)
    first = Lease.take(row, "a", pulse)
    assert first is not None
    assert Lease.take(row, "b", pulse) is None
    Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))  # "a" seems dead
    assert Lease.take(row, "b", pulse) is not None
    with pytest.raises(LeaseLost):
        first.renew(checked_at=timezone.now())
    row.refresh_from_db()
    assert (row.lease_holder, row.checked_at) == ("b", None)
    first.release()  # changes nothing
    row.refresh_from_db()
    assert row.lease_holder == "b"


# -- many at once --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_workers_that_ask_at_once_never_get_the_same_row() -> None:
    cast, done, errors = make_cast(), Counter[int](), []
    waiting(cast, 12)
    start = Barrier(4)

    def do(row: Any, lease: Lease) -> None:
        done[row.pk] += 1
        time.sleep(0.01)
        finish(row, lease)

    def run(number: int) -> None:
        start.wait()
        try:
            while work.run_once(f"worker {number}"):
                pass
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    with only("x", do):
        threads = [Thread(target=run, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    assert sorted(done.values()) == [1] * 12


# -- real processes ------------------------------------------------------------------------------


def worker_process() -> subprocess.Popen[bytes]:
    """`tuntas work` on the test's own database."""
    name = str(connection.settings_dict["NAME"])
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    if connection.vendor == "postgresql":
        url = os.environ["TUNTAS_TEST_POSTGRES_URL"]
        env["TUNTAS_TEST_POSTGRES_URL"] = f"{url.rpartition('/')[0]}/{name}"
    else:
        env["TUNTAS_DATABASE_URL"] = f"sqlite:///{name}"
    return subprocess.Popen([sys.executable, "-m", "tuntas.cli", "work"], env=env)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_is_followed_by_another_and_nothing_is_lost_or_double() -> None:
    cast, rows = make_cast(), 3000
    found = checked(cast, csv_of(rows, bad=7))
    found.confirm(found.digest, by=cast.people["team"])
    good = rows - 7
    first = worker_process()
    try:
        wait_for(lambda: Import.objects.get(pk=found.pk).done >= 400)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    found.refresh_from_db()
    assert 400 <= found.done < good
    assert Response.objects.count() == found.done == found.stored
    assert found.lease_holder
    assert found.leased_until > timezone.now()
    assert work.run_once() is False  # it may still be alive, for all we know
    Import.objects.update(leased_until=timezone.now() - LEASE)  # the minute passes
    second = worker_process()
    try:
        wait_for(lambda: Import.objects.get(pk=found.pk).finished_at is not None)
        wait_for(lambda: not hasattr(Import.objects.get(pk=found.pk), "upload"))
        assert work.health().silence is not None
    finally:
        second.terminate()
        assert second.wait(20) == 0
    found.refresh_from_db()
    assert (found.stored, found.known, Response.objects.count()) == (good, 0, good)
    assert Response.objects.values("id").distinct().count() == good
    assert not found_file(found)


def found_file(found: Import) -> list[Any]:
    from django.conf import settings

    return list((settings.MEDIA_ROOT / "imports" / str(found.office_id)).glob("*"))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_running_workers_share_the_imports() -> None:
    cast = make_cast()
    imports = [checked(cast, csv_of(600, start=n * 600)) for n in range(3)]
    for found in imports:
        found.confirm(found.digest, by=cast.people["team"])
    workers = [worker_process(), worker_process()]
    try:
        wait_for(lambda: not Import.objects.filter(finished_at=None).exists())
    finally:
        for process in workers:
            process.terminate()
        assert [process.wait(20) for process in workers] == [0, 0]
    assert list(Import.objects.values_list("stored", "known")) == [(600, 0)] * 3
    assert Response.objects.count() == 1800
