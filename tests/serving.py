"""`tuntas serve` as a real process that is watched, asked and killed from outside."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.with_postgres import free_port
from tests.cli.test_commands import environment


class Site:
    """`tuntas serve` on a port of its own, in a process group of its own, so that a kill takes all of
    it. `before`: words before the command, to run it somewhere else; there it cannot be asked."""

    def __init__(
        self, env: dict[str, str], before: Sequence[str] = (), log: Path | None = None
    ) -> None:
        self.port = free_port()
        self.env = env | {"PORT": str(self.port)}
        self.before = before
        self.log = log or Path(os.devnull)

    def __enter__(self) -> Site:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def start(self) -> None:
        """Begin it and wait until it answers."""
        command = [*self.before, sys.executable, "-m", "tuntas.cli", "serve"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        if not self.before:
            until(lambda: self.process.poll() is not None or self.answers(), 60)
            assert self.process.poll() is None, "the site ended by itself"

    def get(self, path: str = "/healthz") -> int:
        """Status of one request on a connection of its own. Raises OSError, HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def asked(self, path: str) -> int:
        """Status of a page, 0 when nobody answers."""
        with suppress(OSError, http.client.HTTPException):
            return self.get(path)
        return 0

    def answers(self) -> bool:
        return self.asked("/healthz") == 200

    def children(self) -> dict[str, list[int]]:
        """Process numbers by command: web (its first is the parent of the others) and work."""
        found: dict[str, list[int]] = {"web": [], "work": []}
        ours = {self.process.pid}
        for pid, parent, words in sorted(processes()):
            if parent in ours:
                ours.add(pid)
                for name in found:
                    if name in words:
                        found[name].append(pid)
        return found

    def kill_child(self, name: str) -> None:
        """kill -9 of the youngest child of this name; waits until another has taken its place."""
        before = set(self.children()[name])
        os.kill(max(before), signal.SIGKILL)
        until(lambda: bool(set(self.children()[name]) - before), 30)

    def kill(self) -> None:
        """kill -9 of all of it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def site(folder: Path, **more: str) -> Iterator[Site]:
    """A running site with its data and its log in `folder`, the background loop included."""
    with Site(environment(folder, **more), log=folder / "log") as running:
        until(lambda: bool(running.children()["work"]), 10)
        yield running


def processes() -> Iterator[tuple[int, int, list[str]]]:
    """(pid, parent, words of the command) of all that live; nobody reaps the dead here."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if state not in "ZX":
                    yield int(folder.name), int(parent), words


def until(holds: Callable[[], bool], seconds: float) -> float:
    """Seconds until it holds; fails when it never does."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < seconds, "did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - start
