"""A running site stays up: processes die, new versions come, and nobody is turned away.

Real processes, real signals, a steady stream of requests from outside.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_commands import environment
from tests.faults import site as faults
from tests.faults.clients import answer, form_request, read
from tests.serving import Site, processes, site, until

pytestmark = pytest.mark.slow


@contextmanager
def stream(running: Site, clients: int = 4) -> Iterator[list[object]]:
    """Requests one after the other from several clients; gives what went wrong, and counts."""
    ended, told, lock = threading.Event(), [], threading.Lock()  # type: ignore[var-annotated]

    def ask() -> None:
        while not ended.is_set():
            try:
                status: object = running.get()
            except (OSError, http.client.HTTPException) as error:
                status = repr(error)
            with lock:
                told.append(status)

    threads = [threading.Thread(target=ask) for _each in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_a_reload_turns_nobody_away_and_takes_new_processes(tmp_path: Path) -> None:
    with site(tmp_path) as running:
        before = running.children()
        with stream(running) as told:
            for _each in range(3):
                old = set(running.children()["web"])
                running.process.send_signal(signal.SIGHUP)
                until(lambda: not old & set(running.children()["web"]), 60)  # noqa: B023
            asked = len(told)
            until(lambda: len(told) > asked + 20, 30)
        assert len(told) > 100
        assert [status for status in told if status != 200] == []
        after = running.children()
        assert not set(before["web"]) & set(after["web"])
        assert not set(before["work"]) & set(after["work"])
    assert running.log.read_text().count("reload done") == 3


def test_who_comes_to_a_process_that_ends_is_answered_by_the_next(tmp_path: Path) -> None:
    with site(tmp_path) as running:
        for process in running.children()["web"][1:]:  # the first is their parent
            os.kill(process, signal.SIGUSR1)
        time.sleep(0.5)
        told: list[object] = []
        waiting = threading.Thread(target=lambda: told.append(running.get()))
        waiting.start()
        time.sleep(1)
        assert told == []
        running.process.send_signal(signal.SIGHUP)
        waiting.join(60)
        assert told == [200]


def test_settings_that_do_not_fit_leave_the_old_processes_in_place(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("k" * 60)
    with site(tmp_path, TUNTAS_SECRET_KEY_FILE=str(secret)) as running:
        before = running.children()
        secret.write_text("short")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: "reload refused" in running.log.read_text(), 60)
        assert running.answers()
        assert running.children() == before
        secret.write_text("n" * 60)
        running.process.send_signal(signal.SIGHUP)
        until(lambda: "reload done" in running.log.read_text(), 60)
        assert running.answers()


@pytest.mark.parametrize("who", ["worker", "web", "work"])
def test_who_is_killed_comes_back(tmp_path: Path, who: str) -> None:
    with site(tmp_path) as running:
        children = running.children()
        killed = {"worker": children["web"][-1], "web": children["web"][0]}.get(
            who, children["work"][0]
        )
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in {pid for pid, *_rest in processes()}, 10)
        until(running.answers, 30)
        until(lambda: len(running.children()["web"]) == len(children["web"]), 30)
        until(lambda: len(running.children()["work"]) == 1, 30)


def test_no_process_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with site(tmp_path) as running:
        children = {pid for group in running.children().values() for pid in group}
        running.process.kill()
        running.process.wait()
        until(lambda: not children & {pid for pid, *_rest in processes()}, 30)
        with Site(environment(tmp_path)) as again:
            assert again.answers()


def test_the_supervisor_keeps_nothing_of_what_it_prepared(tmp_path: Path) -> None:
    """It only looks after the others, as long as the site runs: it holds no model and no template."""
    with site(tmp_path) as running:
        worker = max(running.children()["web"])
        assert memory(running.process.pid) < memory(worker) / 2


def test_no_visitor_waits_for_pages_to_be_loaded(tmp_path: Path) -> None:
    """A web process has all of them in hand before it says that it can answer."""
    words = "import sys, tuntas.wsgi; print('tuntas.staff.urls' in sys.modules)"
    command = [sys.executable, "-W", "ignore", "-c", words]
    told = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True)
    assert told.stdout == "True\n", told.stderr


def memory(pid: int) -> int:
    """Kilobytes that are this process's alone."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Private_Dirty: +(\d+) kB", text, re.M)[1])  # type: ignore[index]


def test_what_is_in_hand_is_finished_before_the_end(tmp_path: Path) -> None:
    """A citizen on a slow line has begun to send; the site is told to stop; the answers are stored, and
    the citizen is told so."""
    env = environment(tmp_path)
    info = json.loads(faults.told(faults.SET_UP, env))
    chance = random.Random(1)
    item = answer(chance)
    request = form_request(info, item, chance)
    with site(tmp_path) as running:
        with socket.create_connection(("127.0.0.1", running.port), 30) as line:
            line.sendall(request[:-20])
            time.sleep(0.5)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(1)
            line.sendall(request[-20:])
            reply = read(line)
        assert reply is not None
        assert reply[0] == 303
        assert running.process.wait(60) == 0
    assert json.loads(faults.told(faults.READ, env))["rows"] == [[item["id"], item["answers"]]]


def test_figures_are_the_sum_of_all_processes_also_after_a_reload(tmp_path: Path) -> None:
    with site(tmp_path, TUNTAS_WORKERS="2") as running:
        assert running.get("/readyz") == 200
        before = counted(running)
        for _each in range(30):
            assert running.get("/no-such-page") == 404
        assert counted(running) == before + 30
        old = set(running.children()["web"])
        running.process.send_signal(signal.SIGHUP)
        until(lambda: not old & set(running.children()["web"]), 60)
        for _each in range(10):
            assert running.get("/no-such-page") == 404
        assert counted(running) == before + 40


def counted(running: Site) -> int:
    """Answers for addresses that no page has, as /metrics tells them."""
    url = f"http://127.0.0.1:{running.port}/metrics"
    with urllib.request.urlopen(url, timeout=10) as page:
        text = page.read().decode()
    found = re.search(r'tuntas_requests_total\{door="none",method="GET",status="4xx"\} (\S+)', text)
    return int(float(found[1])) if found else 0
