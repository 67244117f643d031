"""An office of a given size, and one thing done in it. Prints JSON: seconds, and MB of memory at most.

    grow.py fill SIZE | grow.py ACT

SIZE responses over the twelve months of 2025, a twentieth of them with a suggestion of which a tenth
waits, and a plan for each thousand. Each act runs in a process of its own, so that memory is its own.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tuntas import report
from tuntas.imports import import_responses
from tuntas.imports.examination import batches
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    Closure,
    Edition,
    Feedback,
    Membership,
    Office,
    Period,
    Role,
    Service,
    Unit,
    User,
    proofs,
)
from tuntas.models.analyses import analysis_of
from tuntas.models.responses import INSERT
from tuntas.models.results import month_results
from tuntas.models.rollups import roll_up
from tuntas.proof.checking import check

FIRST, LAST = Month(2025, 1), Month(2025, 12)
MONTH = Month(2025, 6)
SERVICES = 10
BATCH = 10_000
PACK = "month.zip"
MOST_IN_FILE = 500_000  # rows; 20 of the 30 MB that an import takes


def office() -> Office:
    return Office.objects.get(code="grow")


# -- filling ---------------------------------------------------------------------------------------


def fill(size: int) -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    place = Office.add("grow", "Kantor Uji", by=None)
    units = [Unit.add(place, f"u{n}", f"Unit {n}", by=None) for n in range(2)]
    edition = Edition.builtin("skm9")
    services = [
        Service.add(units[n % 2], f"s{n}", f"Layanan {n}", edition=edition, by=None)
        for n in range(SERVICES)
    ]
    person = User.objects.create_user("tim@uji.example", "x" * 20, name="Tim")
    Membership.grant(person, place, Role.SURVEY_TEAM, by=None)
    chance = random.Random(1)
    in_batches(insert, responses(place, services, size, chance))
    in_batches(Feedback.objects.bulk_create, suggestions(place, services, size // 20))
    in_batches(ActionPlan.objects.bulk_create, plans(place, units, max(size // 1000, 1), person))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def in_batches(store: Callable[[list[Any]], Any], rows: Iterator[Any]) -> None:
    for batch in batches(rows, BATCH):
        with transaction.atomic():
            store(batch)


def insert(rows: list[list[Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)


def responses(
    place: Office, services: list[Service], size: int, chance: random.Random
) -> Iterator[list[Any]]:
    is_postgres = connection.vendor == "postgresql"
    scores = ["".join(chance.choices("1234", (1, 4, 20, 15), k=9)) for _each in range(5000)]
    profiles = [f"{a}{b}{c}-" for a in "LP" for b in "123" for c in "123"]
    for n in range(size):
        month = FIRST + n * 12 // size
        key = UUID(int=chance.getrandbits(128), version=4)
        at = datetime(month.year, month.month, 1 + n % 28, 3, n % 60, n // 60 % 60, tzinfo=UTC)
        yield [
            place.pk,
            key if is_postgres else key.hex,
            services[n % SERVICES].pk,
            services[0].edition_id,
            month.first_day,
            connection.ops.adapt_datetimefield_value(at),
            None,
            "qr" if n % 3 else "web",
            scores[chance.randrange(5000)],
            profiles[n % len(profiles)],
            60 + n % 200,
            0,
            False,
        ]


def suggestions(place: Office, services: list[Service], count: int) -> Iterator[Feedback]:
    subjects = (
        "Kursi tunggu",
        "Antrean loket",
        "Parkir",
        "Petugas",
        "Aplikasi",
        "Toilet",
        "Jam buka",
    )
    for n in range(count):
        month = FIRST + n * 12 // count
        waits = n % 10 == 0
        at = datetime(month.year, month.month, 1 + n % 28, 3, n % 60, tzinfo=UTC)
        yield Feedback(
            office=place,
            unit_id=services[n % SERVICES].unit_id,
            service=services[n % SERVICES],
            month=month.first_day,
            received_at=at,
            text=f"{subjects[n % len(subjects)]} kurang memadai, mohon diperbaiki segera nomor {n}.",
            due_on=at.date() + timedelta(days=7),
            waits=waits,
            answered_at=None if waits else at + timedelta(days=2),
            answered_as="" if waits else "individual",
            code_sha256=f"{n:064}",
        )


def plans(place: Office, units: list[Unit], count: int, person: User) -> Iterator[ActionPlan]:
    for n in range(count):
        yield ActionPlan(
            office=place,
            unit=units[n % 2],
            survey_month=(FIRST + n % 12).first_day,
            element="facilities",
            cause="Kurang",
            action=f"Perbaikan nomor {n}",
            person_in_charge="Kepala unit",
            due_on=date(2026, 1, 1) + timedelta(days=n % 300),
            created_at=datetime(2025, 12, 31, tzinfo=UTC),
            created_by=person,
        )


# -- acts ------------------------------------------------------------------------------------------


def index() -> None:
    assert month_results(office(), [MONTH])[0].n


def breakdowns() -> None:
    found = analysis_of(office(), Span(MONTH, MONTH))
    for by in ("sex", "age", "education", "occupation", "channel", "service"):
        found.groups(by)
    found.frequencies()
    found.correlations()


def closing() -> None:
    Closure.seal(Period.of(office(), MONTH), by=None)


def close_the_rest() -> None:
    """No measurement: what the roll-up of a year needs."""
    for step in range(12):
        if FIRST + step != MONTH:
            Closure.seal(Period.of(office(), FIRST + step), by=None)


def rollup() -> None:
    assert roll_up(office(), Span(FIRST, LAST)).lines


def monthly_report() -> None:
    made = report.make(office(), "monthly", Span(MONTH, MONTH), cut_off=date(2025, 7, 10))
    assert report.render(made, "pdf")


def pack() -> None:
    with Path(os.environ["TUNTAS_DATA"], PACK).open("w+b") as file:
        proofs.write_pack(proofs.standing_closure(office(), MONTH), file, lambda _n: None)


def verify() -> None:
    with Path(os.environ["TUNTAS_DATA"], PACK).open("rb") as file:
        assert check(file).holds


def import_a_tenth() -> None:
    """Spreadsheets with a tenth as many rows as there are responses, none larger than is taken."""
    size = office().responses.count() // 10
    for first in range(0, size, MOST_IN_FILE):
        import_rows(range(first, min(first + MOST_IN_FILE, size)))


def import_rows(numbers: range) -> None:
    path = Path(os.environ["TUNTAS_DATA"], "rows.csv")
    with path.open("w", encoding="utf-8") as file:
        file.write("Waktu," + ",".join(f"Unsur {n}" for n in range(1, 10)) + "\n")
        for n in numbers:
            scores = ",".join(str(1 + (n // 7**place) % 4) for place in range(9))
            file.write(f"2026-01-{1 + n % 28:02} {n % 24:02}:{n // 24 % 60:02},{scores}\n")
    outcome = import_responses(path, Service.objects.get(code="s0"), order="regulation")
    assert outcome.rows == len(numbers)
    assert not outcome.bad


def opened(page: str, query: str = "") -> Callable[[], None]:
    def act() -> None:
        client = Client(SERVER_NAME="localhost")
        person = User.objects.get(email="tim@uji.example")
        client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
        for _twice in range(2):  # the first time templates are read
            start = time.perf_counter()
            assert client.get(reverse(page) + query).status_code == 200
            opened.seconds = time.perf_counter() - start  # type: ignore[attr-defined]

    return act


MIDDLE = '?state=all&sort=newest&after=["2025-06-15T03:00:00%2B00:00","1"]'
ACTS: dict[str, Callable[[], None]] = {
    "index of a month": index,
    "breakdowns of a month": breakdowns,
    "closing a month": closing,
    "roll-up of a year": rollup,
    "monthly report, PDF": monthly_report,
    "archive of a month": pack,
    "verifying the archive": verify,
    "import of a tenth": import_a_tenth,
    "staff home": opened("home"),
    "inbox, first page": opened("feedback-list"),
    "inbox, a page in the middle": opened("feedback-list", MIDDLE),
    "inbox, a rare word": opened("feedback-list", "?state=all&q=417"),
    "inbox, two words": opened("feedback-list", "?state=all&q=toilet+mohon"),
    "plans, first page": opened("plan-list"),
    "plans, a later page": opened("plan-list", '?after=["u1","2025-06-01","1"]'),
}
# Whoever opens these waits; they must not grow with the office.
PAGES = tuple(name for name in ACTS if name.startswith(("staff", "inbox", "plans")))


def main() -> None:
    if sys.argv[1] == "fill":
        fill(int(sys.argv[2]))
        return
    if sys.argv[1] == "close":
        close_the_rest()
        return
    act = ACTS[sys.argv[1]]
    start = time.perf_counter()
    act()
    seconds = time.perf_counter() - start
    if sys.argv[1] in PAGES:
        seconds = opened.seconds  # type: ignore[attr-defined]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": round(seconds, 4), "mb": round(most)}))


if __name__ == "__main__":
    main()
