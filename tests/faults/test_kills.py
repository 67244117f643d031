"""A part of the running site is killed under load; what is left goes on by itself."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.faults.site import database, under_load
from tests.serving import processes, until

pytestmark = pytest.mark.fault
SENDS = 200  # acknowledged answers between two faults


def test_a_killed_child_is_followed_by_another(tmp_path: Path) -> None:
    what = "kill -9 of two web workers, their parent and the loop"
    with database(tmp_path) as env, under_load(env, what) as load:
        load.goes_on(SENDS)
        for name in ("web", "work", "web"):
            load.site.kill_child(name)  # of web: a worker, not its parent
            load.goes_on(SENDS)
        os.kill(load.site.children()["web"][0], signal.SIGKILL)  # the parent of the workers
        load.goes_on(SENDS)
        assert load.site.process.poll() is None


def test_nobody_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with database(tmp_path) as env, under_load(env, "kill -9 of the supervisor alone") as load:
        load.goes_on(SENDS)
        orphans = {pid for group in load.site.children().values() for pid in group}
        assert len(orphans) >= 3
        load.site.process.kill()
        load.site.process.wait()
        until(lambda: not orphans & {pid for pid, *_rest in processes()}, 25)
        load.site.start()  # the port is free again
        load.goes_on(SENDS)
