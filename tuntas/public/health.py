"""What machines ask: is it alive, may it get requests, how does it go."""

from __future__ import annotations

import hmac
import ipaddress
import os
import shutil
import time
from collections.abc import Callable, Iterator
from functools import cache

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from tuntas import __version__, measures, replica, work
from tuntas.doctor import LEAST_SPACE, backup_made_at, waiting_mail
from tuntas.models import Delivery, Notice
from tuntas.public.door import public
from tuntas.public.traffic import address_of

KEPT = 10.0  # seconds that figures read from the database serve again: many may ask


@public
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 when the database answers; the page for a silent database is 503."""
    database_answers()
    return JsonResponse({"status": "ok"})


@public
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when this machine may get requests, else 503 and what is missing, in stable words.

    A background loop that is silent is told, but keeps no citizen out: answers wait well in the
    database, and one loop may serve many machines. Nor does a replica that is away.
    """
    problems = [name for name, holds in CHECKS.items() if not safely(holds)]
    body = {"status": "not ready" if problems else "ready", "problems": problems}
    if "database" not in problems:
        body["work"] = "running" if safely(work_is_heard) else "silent"
        if replica.is_configured():
            body["replica"] = "near" if replica.WATCH.is_near() else "away"
    response = JsonResponse(body, status=503 if problems else 200)
    response["Cache-Control"] = "no-store"
    return response


def safely(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except (DatabaseError, InterfaceError, OSError):
        return False


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def schema_fits() -> bool:
    """Whether every migration of this version is there; a newer database is fine, too: during an
    upgrade the old version serves on (docs/operate.md, "Upgrading without a pause")."""
    return known_migrations() <= set(MigrationRecorder(connection).applied_migrations())


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def folder_is_writable() -> bool:
    return os.access(settings.DATA, os.W_OK)


def space_is_left() -> bool:
    return shutil.disk_usage(settings.DATA).free >= LEAST_SPACE


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "migrations": schema_fits,
    "data_folder": folder_is_writable,
    "disk_space": space_is_left,
}


def work_is_heard() -> bool:
    silence = work.health().silence
    return silence is not None and silence < work.SILENT


# -- figures for Prometheus ------------------------------------------------------------------------


@public
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text form; to others than those who may ask it is not there."""
    if not may_ask(request):
        return HttpResponse(status=404)
    text = b"".join(generate_latest(source) for source in (measures.registry(), OWN))
    response = HttpResponse(text, content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


def may_ask(request: HttpRequest) -> bool:
    """This very machine, the networks of TUNTAS_METRICS_NETWORKS, or whoever has the token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    wanted = settings.METRICS_TOKEN.encode()
    if wanted and hmac.compare_digest(given, wanted):
        return True
    peer = address_of(request) or str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return address.is_loopback or any(address in net for net in settings.METRICS_NETWORKS)


class Own(Collector):
    """Figures read when somebody asks, and kept for a moment."""

    def __init__(self) -> None:
        self.read_at, self.found = 0.0, list[Metric]()

    def collect(self) -> Iterator[Metric]:
        if time.monotonic() - self.read_at > KEPT or not self.found:
            self.found, self.read_at = list(self.read()), time.monotonic()
        yield from self.found

    def describe(self) -> list[Metric]:
        return []

    def read(self) -> Iterator[Metric]:
        yield InfoMetricFamily("tuntas_build", "Version.", {"version": __version__})
        free = GaugeMetricFamily("tuntas_disk_free_bytes", "Free space for the data folder.")
        free.add_metric([], shutil.disk_usage(settings.DATA).free)
        yield free
        up = GaugeMetricFamily("tuntas_database_up", "1 when the database answers.")
        up.add_metric([], alive := float(safely(database_answers)))
        yield up
        if alive:
            yield from queues()
        if replica.is_configured():
            yield from copies()


def queues() -> Iterator[Metric]:
    """How much waits in the background, since when, and what was given up."""
    now, health = timezone.now(), work.health()
    waiting = GaugeMetricFamily("tuntas_work_waiting", "Rows that wait.", labels=["kind"])
    failed = GaugeMetricFamily("tuntas_work_failed", "Rows that were given up.", labels=["kind"])
    for family, counts in ((waiting, health.waiting), (failed, health.failed)):
        for kind, n in counts.items():
            family.add_metric([kind], n)
        yield family
    if health.silence is not None:
        heard = GaugeMetricFamily("tuntas_work_silence_seconds", "Since the loop was last heard.")
        heard.add_metric([], health.silence)
        yield heard
    dead = GaugeMetricFamily("tuntas_dead", "What could not be delivered.", labels=["what"])
    dead.add_metric(["mail"], Notice.objects.dead().count())
    dead.add_metric(["webhook"], Delivery.objects.dead().count())
    yield dead
    since = waiting_mail(now).values_list("made_at", flat=True).first()
    age = GaugeMetricFamily("tuntas_mail_oldest_seconds", "Age of the oldest mail that waits.")
    age.add_metric([], (now - since).total_seconds() if since else 0.0)
    yield age
    made = backup_made_at()
    if made:
        backup = GaugeMetricFamily("tuntas_backup_timestamp_seconds", "When the last one was made.")
        backup.add_metric([], made)
        yield backup


def copies() -> Iterator[Metric]:
    """Whether public pages are read from the replica, and how old that may be."""
    near = GaugeMetricFamily("tuntas_replica_near", "1 when public pages are read from it.")
    near.add_metric([], float(replica.WATCH.is_near()))
    yield near
    lag = replica.WATCH.lag()
    if lag is not None:
        behind = GaugeMetricFamily("tuntas_replica_lag_seconds", "How far it is behind, at most.")
        behind.add_metric([], lag)
        yield behind


OWN = Own()
