"""Citizens and tablets that send over a network that fails, and keep a ledger of what they were told."""

from __future__ import annotations

import json
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

CLIENTS, BATCH = 8, 10
PATIENCE = 180  # seconds after which a client says that nobody acknowledges
# What happens to a send, and how often. Only the last is an ordinary one.
FAULTS = {"cut while sending": 10, "cut before the answer": 25, "twice at once": 10, "none": 55}
AGAIN = 0.15  # share sent once more although it was acknowledged


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
    heard: float = field(default_factory=time.monotonic)
    silence: float = 0.0  # longest time in seconds without an acknowledgement

    def sent(self, copies: int) -> None:
        with self.lock:
            self.sends += copies

    def take(self, items: list[dict[str, Any]], receipts: dict[str, str]) -> None:
        """Note an acknowledgement; a receipt must never change."""
        with self.lock:
            now = time.monotonic()
            self.silence, self.heard = max(self.silence, now - self.heard), now
            for item in items:
                key, receipt = UUID(item["id"]), receipts.get(item["id"], "")
                if receipt and self.receipts.setdefault(key, receipt) != receipt:
                    self.wrong.append(f"{key}: another receipt")
                if key not in self.acknowledged:
                    self.acknowledged[key] = item["answers"]
                    self.suggestions += bool(item["suggestion"])


def client(
    number: int, port: int, info: dict[str, Any], ledger: Ledger, goes_on: Callable[[], bool]
) -> None:
    """Half of the clients are citizens with a form, half are tablets with a queue."""
    chance = random.Random(number)
    while goes_on():
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
    given_up = time.monotonic() + PATIENCE
    while time.monotonic() < given_up:
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
    ledger.wrong.append(f"not acknowledged within {PATIENCE} s")
    return None


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
