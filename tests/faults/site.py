"""A real site under the load of `clients`, and what it stored, to be held against their ledger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from scripts.with_postgres import free_port
from tests.faults.clients import CLIENTS, Ledger, client
from tests.test_supervisor import processes, until

PROLOGUE = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
import django
django.setup()
from tuntas.models import Edition, Feedback, Office, Response, Service, Tablet, Unit
"""
SET_UP = f"""{PROLOGUE}
from django.core.management import call_command
call_command("migrate", verbosity=0)
office = Office.add("uji", "Kantor Uji", by=None)
unit = Unit.add(office, "unit", "Unit", by=None)
service = Service.add(unit, "layanan", "Layanan", edition=Edition.builtin("skm9"), by=None)
keys = [Tablet.add(service, f"Tablet {{n}}", "outreach", by=None)[1] for n in range({CLIENTS})]
print(json.dumps({{"form": f"/s/{{service.token}}/", "edition": service.edition_id, "keys": keys}}))
"""
READ = f"""{PROLOGUE}
from tuntas.models.results import counts
office = Office.objects.get()
rows = [[str(id), answers] for id, answers in Response.objects.values_list("id", "answers")]
months = {{row[0] for row in Response.objects.values_list("month")}}
from tuntas.law.months import Month
counted = sum(row.tally.n for row in counts(office, [Month.of(day) for day in months]))
print(json.dumps({{"rows": rows, "feedback": Feedback.objects.count(), "counted": counted}}))
"""


class Server:
    """`tuntas serve` in a process group of its own, so that a kill takes all of it. `before`: words
    before the command, to run it somewhere else."""

    def __init__(self, env: dict[str, str], before: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.env = env | {"PORT": str(self.port)}
        self.before = before
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        command = [*self.before, sys.executable, "-m", "tuntas.cli", "serve"]
        self.process = subprocess.Popen(
            command,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _each in range(600):
            if self.before or self.asked("/healthz") == 200:
                return
            assert self.process.poll() is None, "the server ended by itself"
            time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def asked(self, path: str) -> int:
        """Status of a page, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as page:
                return int(page.status)
        except urllib.error.HTTPError as error:
            error.close()
            return int(error.code)
        except OSError:
            return 0

    def until_asked(self, path: str, status: int, seconds: float = 60) -> float:
        """Seconds until the page has this status. Raises TimeoutError."""
        start = time.monotonic()
        while (found := self.asked(path)) != status:
            if time.monotonic() - start > seconds:
                raise TimeoutError(f"{path} is {found}, not {status}")
            time.sleep(0.1)
        return time.monotonic() - start

    def children(self, word: str) -> list[int]:
        """Living processes of this site whose command has this word, in the order they were born."""
        assert self.process is not None
        ours, found = {self.process.pid}, []
        for pid, parent, words in sorted(processes()):
            if parent in ours:
                ours.add(pid)
                if word in words:
                    found.append(pid)
        return found

    def kill_child(self, word: str) -> None:
        """kill -9 of the youngest child with this word; waits until another has taken its place."""
        before = set(self.children(word))
        os.kill(max(before), signal.SIGKILL)
        until(lambda: bool(set(self.children(word)) - before), 30)

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def told(script: str, env: dict[str, str], before: Sequence[str] = ()) -> str:
    command = [*before, sys.executable, "-c", script]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def bare_environment(folder: Path) -> dict[str, str]:
    """Nothing set but the data folder; SQLite."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TUNTAS_", "DJANGO_"))}
    return env | {"TUNTAS_DATA": str(folder), "TUNTAS_LOG_LEVEL": "CRITICAL"}


@contextmanager
def environment(folder: Path) -> Iterator[dict[str, str]]:
    """An empty database of the engine under test, dropped afterwards."""
    env = bare_environment(folder)
    if os.environ.get("TUNTAS_TEST_ENGINE") != "postgres":
        yield env
        return
    import psycopg

    base, name = os.environ["TUNTAS_TEST_POSTGRES_URL"], f"faults_{uuid4().hex[:8]}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield env | {"TUNTAS_DATABASE_URL": base.rsplit("/", 1)[0] + f"/{name}"}
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@contextmanager
def under_load(
    server: Server, info: dict[str, Any], enter: Callable[[], None] | None = None
) -> Iterator[Ledger]:
    """Clients send until the block is left; then each finishes what it has begun. `enter` is called
    first in the thread of each client."""
    ledger, over = Ledger(), threading.Event()

    def run(number: int) -> None:
        if enter is not None:
            enter()
        client(number, server.port, info, ledger, lambda: not over.is_set())

    with ThreadPoolExecutor(CLIENTS) as pool:
        jobs = [pool.submit(run, number) for number in range(CLIENTS)]
        try:
            yield ledger
        finally:
            over.set()
        for job in jobs:
            job.result()


def acknowledged(ledger: Ledger, more: int, seconds: float = 120) -> None:
    """Wait until so many more answers were acknowledged. Raises TimeoutError."""
    goal, until = len(ledger.acknowledged) + more, time.monotonic() + seconds
    while len(ledger.acknowledged) < goal:
        if time.monotonic() > until:
            raise TimeoutError(f"no {more} answers were acknowledged within {seconds} s")
        time.sleep(0.02)


def settle(env: dict[str, str], ledger: Ledger, what: str, before: Sequence[str] = ()) -> None:
    """Hold what is stored against the ledger, and print the figures for docs/operate.md."""
    found = json.loads(told(READ, env, before))
    stored = {UUID(key): answers for key, answers in found["rows"]}
    lost = ledger.acknowledged.keys() - stored.keys()
    sys.stdout.write(
        f"\n{what}: {ledger.sends} sends of {len(ledger.acknowledged)} answers, {ledger.again} "
        f"repeated after they were acknowledged: {len(found['rows'])} stored, {len(lost)} lost, "
        f"{len(found['rows']) - len(stored)} double, longest silence {ledger.silence:.1f} s\n"
    )
    assert ledger.wrong == []
    assert lost == set()
    assert len(found["rows"]) == len(stored) == found["counted"]
    assert stored == ledger.acknowledged  # every one of them, as it was given, and no other
    assert found["feedback"] == ledger.suggestions
