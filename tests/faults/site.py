"""A real site under the load of `clients`, and what it stored, to be held against their ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from tests.cli.test_commands import environment
from tests.faults.clients import CLIENTS, Ledger, client
from tests.serving import Site, until

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


def told(script: str, env: dict[str, str], before: Sequence[str] = ()) -> str:
    command = [*before, sys.executable, "-c", script]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


@contextmanager
def database(folder: Path) -> Iterator[dict[str, str]]:
    """Settings with an empty database of the engine under test, dropped afterwards."""
    env = environment(folder)
    if os.environ.get("TUNTAS_TEST_ENGINE") != "postgres":
        yield env
        return
    import psycopg

    base, name = os.environ["TUNTAS_TEST_POSTGRES_URL"], f"faults_{uuid4().hex[:8]}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield env | {"TUNTAS_DATABASE_URL": base.rsplit("/", 1)[0] + f"/{name}"}
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@dataclass
class Load:
    """A site, the address of its form, and what its clients were told so far."""

    site: Site
    form: str
    ledger: Ledger

    def goes_on(self, more: int, seconds: float = 120) -> None:
        """Wait until so many more answers were acknowledged."""
        goal = len(self.ledger.acknowledged) + more
        until(lambda: len(self.ledger.acknowledged) >= goal, seconds)


@contextmanager
def under_load(
    env: dict[str, str],
    what: str,
    before: Sequence[str] = (),
    enter: Callable[[], None] = lambda: None,
) -> Iterator[Load]:
    """A new office's site, and clients that send to it until the block is left; then each finishes what
    it has begun, and what is stored must be what their ledger says. `what` names the fault in the
    figures; `before` is the site's and `enter` is called first in the thread of each client."""
    info = json.loads(told(SET_UP, env, before))
    with Site(env, before) as site, ThreadPoolExecutor(CLIENTS) as pool:
        ledger, over = Ledger(), threading.Event()

        def run(number: int) -> None:
            enter()
            client(number, site.port, info, ledger, lambda: not over.is_set())

        jobs = [pool.submit(run, number) for number in range(CLIENTS)]
        try:
            yield Load(site, info["form"], ledger)
        finally:
            over.set()
        for job in jobs:
            job.result()
    settle(env, ledger, what, before)


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
