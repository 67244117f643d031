"""The processes of a running site: one supervisor, which holds the door, and its children.

The supervisor opens the port and never serves a page. Web processes and the background loop are its
children; who dies is begun again, with growing pauses when it keeps dying. SIGHUP starts new
children from the code and the secret files as they are now, and lets the old ones finish what they have
in hand: the port stays open all the while, so no request is refused (docs/decisions/0014).
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from django.utils.module_loading import import_string
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.mp import MPServer

log = logging.getLogger("tuntas.supervisor")

THREADS = 8  # that answer requests, in each web process
BACKLOG = 1024  # connections that may wait at the port
FINISH = 20  # seconds a child has to finish what it has in hand
LINGER = 0.5  # seconds in which who just came in may still ask a process that ends
START = 120  # seconds new web processes have until they must answer
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0  # seconds before what died is begun again
STEADY = 60.0  # seconds of life after which a child counts as well again
LOOK = 0.1  # seconds between two looks at the children


class CannotServe(Exception):
    """The site cannot start; the message says why and what to do."""


def open_port(host: str, port: int) -> socket.socket:
    """The listening socket. Raises CannotServe when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(BACKLOG)
    except OSError as error:
        door.close()
        raise CannotServe(
            f"Porta {port} di {host} tidak dapat dipakai ({error.strerror}). "
            "Pilih yang lain, misalnya PORT=8001."
        ) from error
    return door


def become(door: socket.socket) -> NoReturn:
    """Go on as the supervisor: this very process, without what preparing the site has loaded (a third
    of a small installation's memory)."""
    door.set_inheritable(True)
    sys.stdout.flush()
    sys.stderr.flush()
    words = [sys.executable, "-m", "tuntas.cli", "supervise", "--fd", str(door.fileno())]
    os.execv(sys.executable, words)  # noqa: S606  # our own command


@dataclass
class Child:
    """One kind of process: `words` is its `tuntas` command. `failures` in a row set the pause."""

    name: str
    words: tuple[str, ...]
    passed: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    born: float = 0.0
    due: float = 0.0
    old: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def begin(self, *more: str, passed: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        self.born = time.monotonic()
        command = [sys.executable, "-m", "tuntas.cli", *self.words, "--parent", str(os.getpid())]
        return subprocess.Popen(  # noqa: S603  # our own command
            [*command, *more], pass_fds=(*self.passed, *passed)
        )

    def look(self) -> None:
        """Begin it when it is due; note when it died."""
        now = time.monotonic()
        self.old = [process for process in self.old if process.poll() is None]
        if self.process is None:
            if now >= self.due:
                self.process = self.begin()
            return
        if self.process.poll() is None:
            if self.failures and now - self.born > STEADY:
                self.failures = 0
            return
        pause = min(FIRST_PAUSE * 2**self.failures, LONGEST_PAUSE)
        log.error("%s ended with %s, again in %.1f s", self.name, self.process.returncode, pause)
        self.failures, self.due, self.process = self.failures + 1, now + pause, None

    def replace(self, newer: subprocess.Popen[bytes]) -> None:
        """Let `newer` be the one, and the one before finish and go."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.old.append(self.process)
            threading.Thread(target=finish, args=(self.process,), daemon=True).start()
        self.process, self.failures = newer, 0

    def end(self) -> list[subprocess.Popen[bytes]]:
        """Ask every process of this kind to end; returns them."""
        running = [p for p in (*self.old, self.process) if p is not None and p.poll() is None]
        for process in running:
            process.terminate()
        return running


def finish(process: subprocess.Popen[bytes], seconds: float = FINISH) -> None:
    """Wait until it has finished what it had in hand; past `seconds` it is killed."""
    try:
        process.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
        log.error("process %s did not finish in time", process.pid)
        process.kill()
        process.wait()


class Supervisor:
    """Keeps web and work running on an open port until a signal."""

    def __init__(self, door: socket.socket, workers: int) -> None:
        self.door, self.workers = door, workers
        fd = door.fileno()
        self.web = Child("web", ("web", "--fd", str(fd), "--workers", str(workers)), (fd,))
        self.work = Child("work", ("work",))
        self.stopping = self.reloading = False

    def run(self) -> None:
        from tuntas import measures  # reads the settings, which the web processes do later

        with TemporaryDirectory(prefix="tuntas-", dir=in_memory()) as folder:
            os.environ[measures.FOLDER] = folder  # the children inherit it
            self.keep_running()

    def keep_running(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        signal.signal(signal.SIGHUP, self.hup)
        try:
            while not self.stopping:
                self.web.look()
                self.work.look()
                if self.reloading:
                    self.reloading = False
                    self.reload()
                time.sleep(LOOK)
        finally:
            # Nobody new comes in; who stands in the queue is still served by the web processes.
            self.door.close()
            until = time.monotonic() + FINISH
            for process in [*self.web.end(), *self.work.end()]:
                finish(process, until - time.monotonic())

    def stop(self, *_signal: object) -> None:
        self.stopping = True

    def hup(self, *_signal: object) -> None:
        self.reloading = True

    def reload(self) -> None:
        """Bring the database to the new code, then new children; whatever fails, the old ones stay."""
        log.info("reload begins")
        command = [sys.executable, "-m", "tuntas.cli", "prepare"]
        if subprocess.run(command, check=False).returncode:  # noqa: S603  # our own command
            log.error("reload refused: the new version cannot be prepared; the old one goes on")
            return
        listening, told = os.pipe()
        try:
            newer = self.web.begin("--ready", str(told), passed=(told,))
            os.close(told)
            if not ready_in_time(listening, self.workers, lambda: newer.poll() is None):
                log.error("reload refused: the new web processes do not start; the old ones go on")
                newer.terminate()
                finish(newer)
                return
        finally:
            os.close(listening)
        self.web.replace(newer)
        self.work.replace(self.work.begin())
        log.info("reload done")


def in_memory() -> str | None:
    """Where files that need not outlive us are kept: in memory, so that a full disk harms no one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # a folder of ours


def ready_in_time(listening: int, workers: int, lives: Callable[[], bool]) -> bool:
    """Whether so many web processes said they are ready before START seconds were over."""
    os.set_blocking(listening, False)
    until, said = time.monotonic() + START, 0
    while said < workers and time.monotonic() < until and lives():
        with suppress(BlockingIOError):
            said += len(os.read(listening, workers))
        time.sleep(LOOK / 2)
    return said >= workers


# -- the children ----------------------------------------------------------------------------------


def follow(parent: int | None) -> None:
    """End this process by SIGTERM as soon as its parent is another one: no orphan holds the port."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    if parent is not None:
        threading.Thread(target=watch, daemon=True).start()


class Door(MPServer):
    """Granian on a socket that is open already, shared by all processes.

    By itself it opens the port in each worker: what waits at the port of one that ends is lost.
    """

    def __init__(self, fd: int, **options: Any) -> None:
        super().__init__("tuntas.wsgi:application", **options)
        self.fd = fd

    def _init_shared_socket(self) -> None:
        self._ssp: Any = None
        self._shd: Any = SocketHolder(self.fd, False, BACKLOG)  # type: ignore[call-arg]
        self._sfd: Any = self.fd
        self._sso = socket.socket(fileno=os.dup(self.fd))

    def _stop_workers(self) -> None:
        """Let the workers take nobody new, and give whom they took a moment to ask, before they end: a
        connection on which nothing was asked yet is closed without a word."""
        for worker in self.wrks:
            with suppress(ProcessLookupError):
                os.kill(worker._id(), signal.SIGUSR1)  # type: ignore[no-untyped-call]
        time.sleep(LINGER)
        super()._stop_workers()  # type: ignore[no-untyped-call]


def turn_from(fd: int) -> None:
    """Take no more connections from the open socket `fd` in this process; the others that share it do.

    To close it would not do: the server's event loop would go on to watch it, since others hold it open.
    So everything here that refers to it refers to a socket from now on at which nobody ever arrives.
    """
    nobody = socket.socket(socket.AF_UNIX)
    nobody.bind("")  # a name that the kernel makes up
    nobody.listen(1)
    nobody.setblocking(False)
    door = os.fstat(fd)
    for number in [int(place.name) for place in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError):  # the one that listed them is gone
            here = os.fstat(number)
            if (here.st_dev, here.st_ino) == (door.st_dev, door.st_ino):
                os.dup2(nobody.fileno(), number)
    nobody.detach()  # stays open


def serve_web(fd: int, workers: int, parent: int | None, ready: int | None) -> None:
    """Answer requests at the open socket `fd` until SIGTERM. `ready`: where to say so, a byte each."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
    multiprocessing.set_start_method("fork")  # the open socket goes on to the workers
    follow(parent)
    own = os.getpid()

    def load() -> Any:
        follow(own)
        signal.signal(signal.SIGUSR1, lambda *_signal: turn_from(fd))
        application = import_string("tuntas.wsgi.application")  # not before the fork
        if ready is not None:
            os.write(ready, b".")
        return application

    server = Door(
        fd,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        log_level=LogLevels.error,  # what it tells of starting, the supervisor tells
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=FINISH,
    )
    server.serve(target_loader=load, wrap_loader=False)


def run_work(parent: int | None = None) -> None:
    """Run the background loop here until a signal, or until `parent` is no longer our parent."""
    from tuntas import work  # models need Django to be set up

    loop = work.Loop(parent=parent)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: loop.stop.set())
    loop.run_forever()
