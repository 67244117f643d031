"""PostgreSQL dies, comes back, or another takes its place, while answers come in."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cli.test_commands import environment
from tests.faults.cluster import Cluster
from tests.faults.site import under_load
from tests.serving import until

pytestmark = pytest.mark.fault
SENDS = 200  # acknowledged answers between two faults


def test_the_database_is_killed_and_comes_back(tmp_path: Path) -> None:
    what = "PostgreSQL: a backend and twice the whole killed, one immediate restart"
    with Cluster(tmp_path / "pg").make() as cluster:
        env = environment(tmp_path, TUNTAS_DATABASE_URL=cluster.url)
        with under_load(env, what) as load:
            load.goes_on(SENDS)
            # One backend: PostgreSQL ends all others and recovers.
            backend = cluster.ask(
                "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND backend_type = 'client backend' LIMIT 1"
            )
            os.kill(backend, signal.SIGKILL)
            load.goes_on(SENDS)
            for _each in range(2):
                cluster.kill()
                until(lambda: load.site.asked("/readyz") == 503, 60)
                assert load.site.asked(load.form) == 503  # a page that says so, no error page
                cluster.start()
                until(lambda: load.site.asked("/readyz") == 200, 60)
                load.goes_on(SENDS)
            os.kill(cluster.process.pid, signal.SIGQUIT)  # "immediate": as if the power failed
            cluster.process.wait(30)
            cluster.start()
            load.goes_on(SENDS)


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
        env = environment(tmp_path, TUNTAS_DATABASE_URL=both)
        what = "PostgreSQL: the primary killed, its synchronous standby promoted"
        with under_load(env, what) as load:
            load.goes_on(SENDS)
            primary.kill()
            standby.promote()
            load.goes_on(2 * SENDS)
        assert standby.ask("SELECT pg_is_in_recovery()") is False
