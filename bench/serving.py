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
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from bench.rows import Row

CLIENTS = (8, 32, 128)
ROUNDS, SECONDS = 3, 2.0
SETUP = Path(__file__).with_name("setup_database.py")


def measure(engine: str, *, quick: bool) -> Iterator[Row]:
    rounds, seconds = (1, 0.4) if quick else (ROUNDS, SECONDS)
    with database(engine) as env:
        done = subprocess.run(
            [sys.executable, str(SETUP)], env=env, check=True, capture_output=True, text=True
        )
        info = json.loads(done.stdout)
        form = form_of(info)
        with (
            server("tuntas.wsgi:application", engine, env) as (ours, process),
            server("bench.peers:application", engine, env) as (peer, _process),
            server("bench.peers:application", engine, env | {"BENCH_SYNCHRONOUS": "NORMAL"}) as (
                lazy,
                _process,
            ),
        ):
            acts = {
                "ours": lambda n: load(ours, info["path"], form, n, seconds),
                "raw insert": lambda n: load(peer, "/insert", form, n, seconds),
                "non-durable insert": lambda n: load(lazy, "/insert", form, n, seconds),
                "minimal view": lambda n: load(peer, "/minimal", None, n, seconds),
                "form": lambda n: load(ours, info["path"], None, n, seconds),
            }
            for name in (
                "ours",
                "form",
            ):  # the first answers of a process are slow, and it still grows
                acts[name](32)
            at_first = memory(process)
            for clients in CLIENTS:
                before, acknowledged = stored(env), 0
                got: dict[str, list[Load]] = {name: [] for name in acts}
                for _round in range(rounds):
                    for name, act in acts.items():
                        run = act(clients)
                        assert run.errors == 0, f"{engine}, {clients}, {name}: {run.errors} errors"
                        got[name].append(run)
                    acknowledged += got["ours"][-1].ok
                found = stored(env) - before
                assert found == acknowledged, f"{acknowledged} acknowledged, {found} stored"
                yield from rows_of(engine, clients, got, found)
            yield Row(
                f"{engine}: MB of the server after the load, before it",
                memory(process),
                at_first,
                at_most=1.1,
            )
            html = fetch(ours, info["path"])
            yield Row(
                f"{engine}: bytes of the form, gzip, 14 KB",
                len(gzip.compress(html, 6)),
                14336,
                f"raw {len(html):,}",
                at_most=1,
            )


def rows_of(engine: str, clients: int, got: dict[str, list[Load]], found: int) -> Iterator[Row]:
    """Rates as medians with the median of their ratios round by round; p99 of the worst round."""

    def against(what: str, ours: str, limit: str, **more: Any) -> Row:
        pairs = [(a.rate, b.rate) for a, b in zip(got[ours], got[limit], strict=True)]
        return Row(
            f"{engine}: {what}/s, {clients} clients, {limit}",
            statistics.median(a for a, _b in pairs),
            statistics.median(b for _a, b in pairs),
            paired=statistics.median(a / b for a, b in pairs),
            **more,
        )

    def p99(name: str) -> float:
        return max(run.p99 for run in got[name]) * 1000

    # What the design asks for: on SQLite durability for nothing, on PostgreSQL one insert and no more.
    aimed = "non-durable insert" if engine == "sqlite" else "raw insert"
    for limit in ("raw insert", "non-durable insert"):
        yield against(
            "durable responses", "ours", limit,
            note=f"{found:,} acknowledged = stored" if limit == "raw insert" else "",
            at_least=0.7 if limit == aimed else None,
        )  # fmt: skip
    yield Row(
        f"{engine}: p99 of a durable response, ms, {clients} clients, 50 ms",
        p99("ours"),
        50,
        f"{aimed} {p99(aimed):.0f} ms, minimal view {p99('minimal view'):.0f} ms",
        at_most=1,
    )
    yield against("form GET", "form", "minimal view", at_least=0.7)


def memory(process: subprocess.Popen[bytes]) -> float:
    """MB of a server and its workers in memory."""
    found = 0
    waiting = [str(process.pid)]
    while waiting:
        place = Path("/proc", waiting.pop())
        found += int((place / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        for task in (place / "task").iterdir():
            waiting += (task / "children").read_text().split()
    return found / 2**20


def form_of(info: dict[str, Any]) -> dict[str, Any]:
    answers = {f"q{n}": "3" for n in range(1, info["questions"] + 1)}
    return {"edition": info["edition"], "channel": "qr", "p_sex": "P", "suggestion": ""} | answers


# -- load ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """What some clients got: good answers, errors, answers a second, and the slowest hundredth in s."""

    ok: int
    errors: int
    rate: float
    p99: float


def load(port: int, path: str, form: dict[str, Any] | None, clients: int, seconds: float) -> Load:
    """Two processes of closed-loop clients on persistent connections, for `seconds`."""
    context = get_context("spawn")
    with context.Pool(2) as pool:
        parts = pool.starmap(clients_of, [(port, path, form, clients // 2, seconds)] * 2)
    times = sorted(time for part in parts for time in part["times"])
    return Load(
        len(times),
        sum(part["errors"] for part in parts),
        len(times) / seconds,
        times[int(len(times) * 0.99)] if times else 0.0,
    )


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
def server(
    target: str, engine: str, env: dict[str, str]
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
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
            yield port, process
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
