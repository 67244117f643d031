"""Answers sent again and again over a network that fails, to a server that is killed: none is lost,
none is counted twice. `make test` sends a few thousand, `make test-faults` a hundred thousand.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

SENDS = int(os.environ.get("TUNTAS_FAULT_SENDS", "2000"))
CLIENTS, KILLS, BATCH = 8, 3, 10
# What happens to a send, and how often. Only the last is an ordinary one.
FAULTS = {"cut while sending": 10, "cut before the answer": 25, "twice at once": 10, "none": 55}
AGAIN = 0.15  # share sent once more although it was acknowledged

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


@dataclass
class Ledger:
    """What the clients did and were told, kept by the clients alone."""

    sends: int = 0
    again: int = 0
    acknowledged: dict[UUID, str] = field(default_factory=dict)
    receipts: dict[UUID, str] = field(default_factory=dict)
    suggestions: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, copies: int) -> None:
        with self.lock:
            self.sends += copies

    def take(self, items: list[dict[str, Any]], receipts: dict[str, str]) -> None:
        """Note an acknowledgement; a receipt must never change."""
        with self.lock:
            for item in items:
                key, receipt = UUID(item["id"]), receipts.get(item["id"], "")
                if receipt and self.receipts.setdefault(key, receipt) != receipt:
                    self.wrong.append(f"{key}: another receipt")
                if key not in self.acknowledged:
                    self.acknowledged[key] = item["answers"]
                    self.suggestions += bool(item["suggestion"])


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    with environment(tmp_path) as env:
        info = json.loads(told(SET_UP, env))
        ledger, office = Ledger(), Server(env)
        office.start()
        try:
            with ThreadPoolExecutor(CLIENTS + 1) as pool:
                jobs = [
                    pool.submit(client, number, office.port, info, ledger)
                    for number in range(CLIENTS)
                ]
                pool.submit(kill_now_and_then, office, ledger).result()
                for job in jobs:
                    job.result()
        finally:
            office.stop()
        found = json.loads(told(READ, env))
    sys.stdout.write(
        f"\n{ledger.sends} sends of {len(ledger.acknowledged)} answers, {ledger.again} repeated after "
        f"they were acknowledged, {office.killed} kills: {len(found['rows'])} stored\n"
    )
    stored = {UUID(key): answers for key, answers in found["rows"]}
    assert ledger.wrong == []
    assert office.killed == KILLS
    assert ledger.sends >= SENDS
    assert len(found["rows"]) == len(stored) == found["counted"]
    assert stored == ledger.acknowledged  # every one of them, as it was given, and no other
    assert found["feedback"] == ledger.suggestions


def client(number: int, port: int, info: dict[str, Any], ledger: Ledger) -> None:
    """Half of the clients are citizens with a form, half are tablets with a queue."""
    chance = random.Random(number)
    while ledger.sends < SENDS:
        items = [answer(chance) for _each in range(BATCH if number % 2 else 1)]
        if number % 2:
            request = tablet_request(info, number, items)
        else:
            request = form_request(info, items[0], chance)
        deliver(request, port, items, chance, ledger)
        if chance.random() < AGAIN:
            ledger.again += len(items)
            deliver(request, port, items, chance, ledger)


def deliver(
    request: bytes, port: int, items: list[dict[str, Any]], chance: random.Random, ledger: Ledger
) -> None:
    """Send until it is acknowledged, as the form and the tablet do."""
    while True:
        fault = chance.choices(list(FAULTS), list(FAULTS.values()))[0]
        try:
            replies = exchange(request, port, fault, ledger, len(items))
        except OSError:
            time.sleep(0.05)
            continue
        for reply in replies:
            status, body = reply
            if status == 303:
                return ledger.take(items, {})
            if status == 200:
                results = json.loads(body)["results"]
                refused = [row for row in results if row["state"] == "refused"]
                if refused or len(results) != len(items):
                    ledger.wrong.append(f"refused: {refused or results}")
                return ledger.take(items, {row["id"]: row["receipt"] for row in results})
            if status < 500:
                ledger.wrong.append(f"{status}: {body[:200]!r}")
                return None
        time.sleep(0.01)


def exchange(
    request: bytes, port: int, fault: str, ledger: Ledger, answers: int
) -> list[tuple[int, bytes]]:
    """One send with its fault; the answers that arrived."""
    lines = [socket.create_connection(("127.0.0.1", port), 20)]
    if fault == "twice at once":
        lines.append(socket.create_connection(("127.0.0.1", port), 20))
    try:
        for line in lines:
            line.sendall(request[: len(request) // 2] if fault == "cut while sending" else request)
            ledger.sent(answers)
        if fault.startswith("cut"):
            if fault == "cut before the answer":
                time.sleep(0.002)
            for line in lines:  # a reset, not a polite end
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return []
        return [reply for line in lines if (reply := read(line))]
    finally:
        for line in lines:
            line.close()


def read(line: socket.socket) -> tuple[int, bytes] | None:
    """Status and body, or None when the connection ended before the whole answer came."""
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.I) if end else None
        if end and len(body) >= (int(length[1]) if length else 0):
            return int(head[9:12]), body
        more = line.recv(65536)
        if not more:
            return None
        data += more


# -- what is sent ----------------------------------------------------------------------------------


def answer(chance: random.Random) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "answers": "".join(str(chance.randint(1, 4)) for _question in range(9)),
        "suggestion": "Tambah kursi tunggu di ruang depan." if chance.random() < 0.1 else "",
    }


def form_request(info: dict[str, Any], item: dict[str, Any], chance: random.Random) -> bytes:
    fields = {"id": item["id"], "edition": info["edition"], "channel": "qr", "p_sex": "P"}
    fields |= {f"q{n}": score for n, score in enumerate(item["answers"], 1)}
    body = urlencode(fields | {"suggestion": item["suggestion"]}).encode()
    address = f"10.{chance.randint(0, 255)}.{chance.randint(0, 255)}.{chance.randint(1, 254)}"
    kind = "application/x-www-form-urlencoded"
    return post(info["form"], kind, body, f"X-Forwarded-For: {address}\r\n")


def tablet_request(info: dict[str, Any], number: int, items: list[dict[str, Any]]) -> bytes:
    now = int(time.time() * 1000)
    rows = [
        item
        | {"edition": str(info["edition"]), "profile": "----", "seconds": 40, "at": now - 1000}
        | {"code": tracking_code() if item["suggestion"] else ""}
        for item in items
    ]
    body = json.dumps({"now": now, "waiting": len(rows), "items": rows}).encode()
    return post(f"/d/{info['keys'][number]}/sync", "application/json", body)


def tracking_code() -> str:
    return "".join(random.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _sign in range(17))


def post(path: str, kind: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n{more}"
        f"Connection: close\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


# -- the server and its database -------------------------------------------------------------------


class Server:
    """`tuntas serve` in a process group of its own, so that a kill takes all of it."""

    def __init__(self, env: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.env = env | {"PORT": str(self.port)}
        self.killed = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tuntas.cli", "serve"]
        self.process = subprocess.Popen(
            command,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _each in range(600):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
                return
            assert self.process.poll() is None, "the server ended by itself"
            time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.killed += 1

    def stop(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(60)


def kill_now_and_then(office: Server, ledger: Ledger) -> None:
    """Kill -9 in the middle of the work, several times, and start again."""
    for number in range(1, KILLS + 1):
        while ledger.sends < SENDS * number // (KILLS + 1):
            time.sleep(0.02)
        office.kill()
        office.start()


def told(script: str, env: dict[str, str]) -> str:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


@contextmanager
def environment(folder: Path) -> Iterator[dict[str, str]]:
    """An empty database of the engine under test, dropped afterwards."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TUNTAS_", "DJANGO_"))}
    env |= {"TUNTAS_DATA": str(folder), "TUNTAS_LOG_LEVEL": "CRITICAL"}
    if os.environ.get("TUNTAS_TEST_ENGINE") != "postgres":
        yield env
        return
    import psycopg

    base, name = os.environ["TUNTAS_TEST_POSTGRES_URL"], f"faults_{uuid4().hex[:8]}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield env | {"TUNTAS_DATABASE_URL": base.rsplit("/", 1)[0] + f"/{name}"}
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]
