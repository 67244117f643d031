"""A streaming replica that answers public pages, stops replaying, dies and comes back."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.test_commands import environment, run
from tests.faults.cluster import Cluster
from tests.faults.site import PROLOGUE, told
from tests.serving import Site, until

pytestmark = pytest.mark.fault

SET_UP = f"""{PROLOGUE}
from datetime import UTC, datetime
from uuid import uuid4
from django.core.management import call_command
from tuntas.law.months import Month
from tuntas.models import Closure, Period, Submission
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
office = Office.add("uji", "Kantor Satu", by=None)
unit = Unit.add(office, "unit", "Unit", by=None)
service = Service.add(unit, "layanan", "Layanan", edition=Edition.builtin("skm9"), by=None)
for _each in range(6):
    sent = Submission(uuid4(), service.edition_id, "343444333", "web")
    Response.receive(service, sent, at=datetime(2026, 1, 15, tzinfo=UTC))
Closure.seal(Period.of(office, Month(2026, 1)), by=None)
print(f"/s/{{service.token}}/")
"""
RESULTS = "/o/uji/"


@dataclass
class Pair:
    """A primary with its replica, a site that reads both, and the address of its form."""

    primary: Cluster
    standby: Cluster
    env: dict[str, str]
    form: str

    def rename(self, name: str) -> None:
        self.primary.ask(f"UPDATE tuntas_office SET name = '{name}'")

    def readers(self) -> int:
        """Connections to the replica that read our tables last."""
        return int(
            self.standby.ask(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                "AND pid <> pg_backend_pid() AND query LIKE '%tuntas\\_%'"
            )
        )


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    primary = Cluster(tmp_path / "one", "wal_keep_size=64MB").make()
    standby = Cluster(tmp_path / "two")
    with primary, standby.copy_of(primary, "dua"):
        env = environment(
            tmp_path,
            TUNTAS_DATABASE_URL=primary.url,
            TUNTAS_REPLICA_URL=standby.url,
            TUNTAS_WORKERS="1",
        )
        form = told(SET_UP, env).strip()
        until(lambda: same_place(primary, standby), 30)
        yield Pair(primary, standby, env, form)


def same_place(primary: Cluster, standby: Cluster) -> bool:
    at = primary.ask("SELECT pg_current_wal_flush_lsn()")
    return bool(standby.ask(f"SELECT pg_last_wal_replay_lsn() >= '{at}'"))


def shown(site: Site, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}{path}", timeout=60) as answer:
        return str(answer.read().decode())


def figure(site: Site, name: str) -> float | None:
    for line in shown(site, "/metrics").splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    return None


def test_public_pages_come_from_the_replica_and_nothing_else_does(pair: Pair) -> None:
    """Replay stands still, so that the two databases say different things."""
    with Site(pair.env | {"TUNTAS_REPLICA_SECONDS": "3600"}) as site:
        until(lambda: "Kantor Satu" in shown(site, RESULTS) and pair.readers() > 0, 30)
        pair.standby.ask("SELECT pg_wal_replay_pause()")
        pair.rename("Kantor Dua")
        assert "Kantor Satu" in shown(site, RESULTS)
        assert "Kantor Satu" in shown(site, "/o/uji/feed.atom")
        assert "Kantor Satu" in shown(site, "/api/v1/offices/uji/results")
        assert "Kantor Dua" in shown(site, pair.form)
        assert "Kantor Dua" in shown(site, "/o/uji/services/")
        assert '"replica": "near"' in shown(site, "/readyz")
        pair.standby.ask("SELECT pg_wal_replay_resume()")
        until(lambda: "Kantor Dua" in shown(site, RESULTS), 30)
        assert pair.readers() > 0
    refused = (pair.standby.folder / "log").read_text()
    assert "read-only transaction" not in refused
    assert "during recovery" not in refused


def test_a_replica_too_far_behind_is_not_read(pair: Pair) -> None:
    with Site(pair.env | {"TUNTAS_REPLICA_SECONDS": "5"}) as site:
        until(lambda: pair.readers() > 0 or not shown(site, RESULTS), 30)
        pair.standby.ask("SELECT pg_wal_replay_pause()")
        pair.rename("Kantor Dua")
        assert "Kantor Satu" in shown(site, RESULTS)
        took = until(lambda: "Kantor Dua" in shown(site, RESULTS), 30)
        assert took < 15
        assert '"replica": "away"' in shown(site, "/readyz")
        until(lambda: (figure(site, "tuntas_replica_lag_seconds") or 0) > 5, 30)
        assert figure(site, "tuntas_replica_near") == 0
        sys.stdout.write(f"replay stopped: the primary was read after {took:.1f} s, limit 5 s\n")
        pair.standby.ask("SELECT pg_wal_replay_resume()")
        until(lambda: '"replica": "near"' in shown(site, "/readyz"), 30)


def test_a_replica_that_dies_leaves_every_page_answered(pair: Pair) -> None:
    with Site(pair.env) as site:
        until(lambda: "Kantor Satu" in shown(site, RESULTS) and pair.readers() > 0, 30)
        pair.standby.kill()
        pair.rename("Kantor Dua")
        silence = until(lambda: "Kantor Dua" in shown(site, RESULTS), 30)
        for _each in range(20):
            assert "Kantor Dua" in shown(site, RESULTS)
        assert site.asked("/readyz") == 200
        sys.stdout.write(f"replica killed: {silence:.2f} s until the primary was read\n")
        pair.standby.start()
        until(lambda: bool(shown(site, RESULTS)) and pair.readers() > 0, 60)
        assert "Kantor Dua" in shown(site, RESULTS)


def test_results_stand_while_the_primary_is_away(pair: Pair) -> None:
    with Site(pair.env | {"TUNTAS_REPLICA_SECONDS": "120"}) as site:
        until(lambda: "Kantor Satu" in shown(site, RESULTS) and pair.readers() > 0, 30)
        pair.primary.kill()
        assert site.asked(pair.form) == 503
        for _each in range(5):
            assert "Kantor Satu" in shown(site, RESULTS)
        pair.primary.start()
        until(lambda: site.asked(pair.form) == 200, 60)
        pair.rename("Kantor Dua")
        until(lambda: "Kantor Dua" in shown(site, RESULTS), 60)
        assert pair.readers() > 0


def test_doctor_says_how_the_replica_does(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "address").write_text(f"{pair.standby.url}\n")
    env = {key: value for key, value in pair.env.items() if key != "TUNTAS_REPLICA_URL"}
    env["TUNTAS_REPLICA_URL_FILE"] = str(tmp_path / "address")
    assert "Replika tertinggal 0.0 detik" in run("doctor", env=env).stdout
    pair.standby.promote()
    promoted = run("doctor", env=env)
    assert "TUNTAS_REPLICA_URL tidak mengikuti server utama" in promoted.stdout
    assert promoted.returncode == 1
    pair.standby.kill()
    assert "Replika tidak dapat dihubungi" in run("doctor", env=env).stdout
