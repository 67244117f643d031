"""Requests per second through the real server, beside the peers behind the same server."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

ROUNDS, SECONDS = 3, 2.0
SETUP = Path(__file__).with_name("setup_database.py")


def measure(engine: str, *, quick: bool) -> list[dict[str, Any]]:
    rounds, seconds = (1, 0.4) if quick else (ROUNDS, SECONDS)
    rows = []
    with database(engine) as env:
        info = json.loads(
            subprocess.run(
                [sys.executable, str(SETUP)], env=env, check=True, capture_output=True, text=True
            ).stdout
        )
        form = form_of(info)
        with (
            server("tuntas.wsgi:application", engine, env) as ours,
            server("bench.peers:application", engine, env) as peer,
            server(
                "bench.peers:application", engine, env | {"BENCH_SYNCHRONOUS": "NORMAL"}
            ) as lazy,
        ):
            for clients in (8, 32, 128):
                before = stored(env)
                post = lambda port: load(port, info["path"], form, clients, seconds)  # noqa: E731
                raw = lambda port: load(port, "/insert", form, clients, seconds)  # noqa: E731
                got = [(post(ours), raw(peer), raw(lazy)) for _round in range(rounds)]
                acknowledged = sum(run[0]["ok"] for run in got)
                found = stored(env) - before
                errors = sum(part["errors"] for run in got for part in run)
                assert errors == 0, f"{engine}, {clients} clients: {errors} errors"
                assert found == acknowledged, f"{acknowledged} acknowledged, {found} stored"
                rows += post_rows(engine, clients, got, acknowledged)
            get = [
                (
                    load(ours, info["path"], None, 8, seconds),
                    load(peer, "/minimal", None, 8, seconds),
                )
                for _round in range(rounds)
            ]
            rows.append(
                ratio(
                    f"{engine}: form GET /s, 8 clients, minimal view",
                    [(a["rate"], b["rate"]) for a, b in get],
                )
            )
            html = fetch(ours, info["path"])
            rows.append(
                {
                    "what": f"{engine}: bytes of the form, gzip (limit 14 KB)",
                    "ours": len(gzip.compress(html, 6)),
                    "limit": 14336,
                    "ratio": round(len(gzip.compress(html, 6)) / 14336, 2),
                    "note": f"raw {len(html)}",
                }
            )
    return rows


def post_rows(engine: str, clients: int, got: list[Any], acknowledged: int) -> list[dict[str, Any]]:
    p99 = max(run[0]["p99"] for run in got) * 1000
    note = f"p99 {p99:.0f} ms; {acknowledged} acknowledged = stored"
    rows = [
        ratio(
            f"{engine}: durable responses/s, {clients} clients, raw insert",
            [(a["rate"], b["rate"]) for a, b, _c in got],
            note,
        )
    ]
    if engine == "sqlite":
        rows.append(
            ratio(
                f"{engine}: durable responses/s, {clients} clients, non-durable insert",
                [(a["rate"], c["rate"]) for a, _b, c in got],
            )
        )
    return rows


def ratio(what: str, pairs: list[tuple[float, float]], note: str = "") -> dict[str, Any]:
    """Medians of both, and the median of the ratios pair by pair."""
    return {
        "what": what,
        "ours": statistics.median(ours for ours, _limit in pairs),
        "limit": statistics.median(limit for _ours, limit in pairs),
        "ratio": round(statistics.median(ours / limit for ours, limit in pairs), 2),
        "note": note,
    }


def form_of(info: dict[str, Any]) -> dict[str, Any]:
    answers = {f"q{n}": "3" for n in range(1, info["questions"] + 1)}
    return {"edition": info["edition"], "channel": "qr", "p_sex": "P", "suggestion": ""} | answers


# -- load ----------------------------------------------------------------------------------------


def load(
    port: int, path: str, form: dict[str, Any] | None, clients: int, seconds: float
) -> dict[str, float]:
    """Two processes of closed-loop clients on persistent connections, for `seconds`."""
    context = get_context("spawn")
    with context.Pool(2) as pool:
        parts = pool.starmap(clients_of, [(port, path, form, clients // 2, seconds)] * 2)
    times = sorted(time for part in parts for time in part["times"])
    return {
        "ok": float(len(times)),
        "errors": float(sum(part["errors"] for part in parts)),
        "rate": len(times) / seconds,
        "p99": times[int(len(times) * 0.99)] if times else 0.0,
    }


def clients_of(
    port: int, path: str, form: dict[str, Any] | None, clients: int, seconds: float
) -> dict[str, Any]:
    """Many connections in one thread by a selector: cheap enough not to be the bottleneck."""
    import selectors

    selector, end = selectors.DefaultSelector(), time.perf_counter() + seconds
    times: list[float] = []
    errors = 0

    def send(sock: socket.socket) -> None:
        sock.sendall(request_of(path, form))
        selector.modify(sock, selectors.EVENT_READ, [time.perf_counter(), b""])

    def connect() -> None:
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(sock, selectors.EVENT_READ, None)
        send(sock)

    for _each in range(clients):
        connect()
    while selector.get_map():
        for key, _mask in selector.select(timeout=5):
            sock: Any = key.fileobj
            received = sock.recv(65536)
            key.data[1] += received
            status = complete(key.data[1]) if received else 0
            if status is None:
                continue
            is_good = status in (200, 303)
            if is_good:
                times.append(time.perf_counter() - key.data[0])
            else:
                errors += 1
            is_over = time.perf_counter() >= end
            if is_good and not is_over:
                send(sock)
                continue
            # After an error its page may still be on the way: begin anew, as a browser would.
            selector.unregister(sock)
            sock.close()
            if not is_over:
                connect()
    return {"times": times, "errors": errors}


def complete(data: bytes) -> int | None:
    """Status of a whole answer, or None while more must come."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:") and len(body) < int(line.split(b":")[1]):
            return None
    return int(head[9:12])


def request_of(path: str, form: dict[str, Any] | None) -> bytes:
    if form is None:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    body = urlencode({"id": str(uuid4()), **form})
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


# -- servers and databases ------------------------------------------------------------------------


@contextmanager
def database(engine: str) -> Iterator[dict[str, str]]:
    """Environment with an empty database of the engine."""
    with tempfile.TemporaryDirectory(prefix="tuntas-bench-") as folder:
        env = {key: value for key, value in os.environ.items() if not key.startswith("TUNTAS_")}
        # Measured is the product as it is served, whoever starts the measurement.
        env |= {"DJANGO_SETTINGS_MODULE": "tuntas.settings"}
        env |= {"TUNTAS_DATA": folder, "PYTHONPATH": str(Path.cwd())}
        if engine == "postgres":
            import psycopg

            base = os.environ["TUNTAS_TEST_POSTGRES_URL"]
            name = f"bench_{os.getpid()}_{uuid4().hex[:6]}"
            with psycopg.connect(base, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
            env["TUNTAS_DATABASE_URL"] = base.rsplit("/", 1)[0] + f"/{name}"
        yield env


@contextmanager
def server(target: str, engine: str, env: dict[str, str]) -> Iterator[int]:
    """Granian as `tuntas serve` runs it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    workers = "1" if engine == "sqlite" else "2"
    command = [
        str(Path(sys.executable).with_name("granian")),
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        workers,
        "--blocking-threads",
        "8",
        "--log-level",
        "error",
        target,
    ]
    with subprocess.Popen(command, env=env) as process:
        try:
            wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def wait_for(act: Callable[[], None]) -> None:
    for _each in range(100):
        try:
            return act()
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def fetch(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as page:
        return bytes(page.read())


def stored(env: dict[str, str]) -> int:
    command = [sys.executable, str(SETUP), "count"]
    return int(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)
