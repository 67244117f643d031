"""A part of the running site is killed under load; what is left goes on by itself."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.faults.site import SET_UP, Server, acknowledged, environment, settle, told, under_load
from tests.test_supervisor import processes, until

pytestmark = pytest.mark.fault
SENDS = 200  # acknowledged answers between two faults


def test_a_killed_child_is_followed_by_another(tmp_path: Path) -> None:
    with environment(tmp_path) as env:
        info = json.loads(told(SET_UP, env))
        with Server(env) as server, under_load(server, info) as ledger:
            acknowledged(ledger, SENDS)
            for name in ("web", "work", "web"):
                server.kill_child(name)  # of web: a worker, not its parent
                acknowledged(ledger, SENDS)
            os.kill(server.children("web")[0], signal.SIGKILL)  # the parent of the workers
            acknowledged(ledger, SENDS)
            assert server.process is not None
            assert server.process.poll() is None
        settle(env, ledger, "kill -9 of two web workers, their parent and the loop")


def test_nobody_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with environment(tmp_path) as env:
        info = json.loads(told(SET_UP, env))
        with Server(env) as server, under_load(server, info) as ledger:
            acknowledged(ledger, SENDS)
            orphans = {*server.children("web"), *server.children("work")}
            assert len(orphans) >= 3
            assert server.process is not None
            server.process.kill()
            server.process.wait()
            until(lambda: not orphans & {pid for pid, *_rest in processes()}, 25)
            server.start()  # the port is free again
            acknowledged(ledger, SENDS)
        settle(env, ledger, "kill -9 of the supervisor alone")
