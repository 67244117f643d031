"""PostgreSQL dies, comes back, or another takes its place, while answers come in."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.faults.site import (
    SET_UP,
    Server,
    acknowledged,
    bare_environment,
    settle,
    told,
    under_load,
)
from tests.test_supervisor import until

pytestmark = pytest.mark.fault
SENDS = 200  # acknowledged answers between two faults


def test_the_database_is_killed_and_comes_back(tmp_path: Path) -> None:
    with Cluster(tmp_path / "pg").make() as cluster:
        env = bare_environment(tmp_path / "data") | {"TUNTAS_DATABASE_URL": cluster.url}
        info = json.loads(told(SET_UP, env))
        with Server(env) as server, under_load(server, info) as ledger:
            acknowledged(ledger, SENDS)
            # One backend: PostgreSQL ends all others and recovers.
            backend = cluster.ask(
                "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND backend_type = 'client backend' LIMIT 1"
            )
            os.kill(backend, signal.SIGKILL)
            acknowledged(ledger, SENDS)
            for _each in range(2):
                cluster.kill()
                server.until_asked("/readyz", 503)
                assert server.asked(info["form"]) == 503  # a page that says so, no error page
                cluster.start()
                server.until_asked("/readyz", 200)
                acknowledged(ledger, SENDS)
            os.kill(cluster.process.pid, signal.SIGQUIT)  # "immediate": as if the power failed
            cluster.process.wait(30)
            cluster.start()
            acknowledged(ledger, SENDS)
        settle(
            env, ledger, "PostgreSQL: a backend and twice the whole killed, one immediate restart"
        )


def test_a_standby_takes_over_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    primary = Cluster(tmp_path / "one", "synchronous_commit=on", "wal_keep_size=64MB").make()
    standby = Cluster(tmp_path / "two")
    with primary, standby.copy_of(primary, "dua"):
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'dua'")
        primary.ask("SELECT pg_reload_conf()")
        until(
            lambda: primary.ask("SELECT sync_state FROM pg_stat_replication LIMIT 1") == "sync", 30
        )
        both = (
            f"postgresql://tuntas@/postgres?host={primary.host},{standby.host}"
            f"&port={primary.port},{standby.port}&target_session_attrs=read-write"
        )
        env = bare_environment(tmp_path / "data") | {"TUNTAS_DATABASE_URL": both}
        info = json.loads(told(SET_UP, env))
        with Server(env) as server:
            with under_load(server, info) as ledger:
                acknowledged(ledger, SENDS)
                primary.kill()
                standby.promote()
                acknowledged(ledger, 2 * SENDS)
            assert standby.ask("SELECT pg_is_in_recovery()") is False
        settle(env, ledger, "PostgreSQL: the primary killed, its synchronous standby promoted")
