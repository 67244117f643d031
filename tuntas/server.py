"""Starting the site: prepare the database and the files, then let Granian serve."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Any

import click
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.db import connection, connections
from granian import Granian
from granian.constants import Interfaces

THREADS = 8


class CannotServe(Exception):
    """The site cannot start; the message says why and what to do."""


def prepare() -> None:
    """Folders, translations, checks, tables, static files. Raises CannotServe on a failed check."""
    Path(settings.DATA).mkdir(parents=True, exist_ok=True)
    compile_translations()
    errors = [found for found in checks.run_checks(databases=["default"]) if found.is_serious()]
    if errors:
        raise CannotServe("; ".join(f"{found.msg} {found.hint or ''}".strip() for found in errors))
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    if connection.vendor == "sqlite":
        Path(str(settings.DATABASES["default"]["NAME"])).chmod(0o600)
    connections.close_all()


def compile_translations() -> None:
    """Compile each catalogue whose text is newer than what was compiled."""
    for folder in settings.LOCALE_PATHS:
        for source in Path(folder).glob("*/LC_MESSAGES/django.po"):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            with source.open("rb") as text, target.open("wb") as compiled:
                write_mo(compiled, read_po(text))


def announce(host: str, port: int, signs: list[Any]) -> None:
    """Print the addresses and, for the demo, how to sign in."""
    from tuntas.models import Service, SetupCode  # models need Django to be set up

    base = f"http://{host}:{port}"
    click.echo(f"\n  Tuntas  {base}/")
    click.echo(f"  Petugas {base}/accounts/login/")
    for service in Service.objects.select_related("office").order_by("id")[:3] if signs else []:
        click.echo(f"  Survei  {base}/s/{service.token}/  ({service.name})")
    code = SetupCode.renew()
    if code:
        click.echo(f"\n  Pemasangan ini masih kosong. Buka {base}/setup/ dan isi kode pemasangan:")
        click.echo(f"    {code}")
    if signs:
        click.echo("\n  Masuk ke kantor contoh:")
        for sign in signs:
            click.echo(f"    {sign.email:30} {sign.password}  {sign.role}")
    click.echo("\n  Ctrl+C menghentikan.\n")
    connections.close_all()


def run(host: str, port: int) -> None:
    """Serve until told to stop. Raises CannotServe when the port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotServe(
                f"Porta {port} di {host} tidak dapat dipakai ({error.strerror}). "
                "Pilih yang lain, misalnya PORT=8001."
            ) from error
    os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
    # SQLite has one writer: more processes would only wait for each other's lock.
    workers = 1 if connection.vendor == "sqlite" else 2
    server = Granian(
        "tuntas.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        log_enabled=True,
        log_access=False,
    )
    with BackgroundWork():
        server.serve()


class BackgroundWork:
    """The loop of `tuntas.work` as a child process: begun again when it dies, ended with us.

    When this process is killed outright, the child notices that its parent is another one.
    """

    PAUSE = 3.0  # seconds before a loop that died is begun again

    def __enter__(self) -> BackgroundWork:
        self.ended = Event()
        self.child: subprocess.Popen[bytes] | None = None
        self.thread = Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def watch(self) -> None:
        command = [sys.executable, "-m", "tuntas.cli", "work", "--parent", str(os.getpid())]
        while not self.ended.is_set():
            self.child = subprocess.Popen(command)  # noqa: S603  # our own command
            while self.child.poll() is None and not self.ended.wait(0.2):
                pass
            self.ended.wait(self.PAUSE if self.child.poll() is not None else 0)

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.thread.join()
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(15)
            except subprocess.TimeoutExpired:
                self.child.kill()


def run_work(parent: int | None = None) -> None:
    """Run the background loop here until a signal, or until `parent` is no longer our parent."""
    from tuntas import work  # models need Django to be set up

    loop = work.Loop(parent=parent)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: loop.stop.set())
    loop.run_forever()
