"""Starting the site: prepare the database and the files, then let the supervisor serve."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import click
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.db import connection, connections

from tuntas.supervisor import CannotServe


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
    forget_old_files()
    if connection.vendor == "sqlite":
        Path(str(settings.DATABASES["default"]["NAME"])).chmod(0o600)
    connections.close_all()


def forget_old_files() -> None:
    """Remove static files of former versions, except the last: until a reload is over it still serves."""
    root = Path(settings.STATIC_ROOT)
    others = [path for path in root.parent.iterdir() if path != root]
    for other in sorted(others, key=lambda path: path.stat().st_mtime)[:-1]:
        shutil.rmtree(other) if other.is_dir() else other.unlink()


def compile_translations() -> None:
    """Compile each catalogue that is not the one that was compiled last, by its time.

    Into the data folder: whoever serves need not be able to write where the program lies.
    """
    for folder, compiled_in in (
        (settings.PACKAGE / "locale", settings.COMPILED_FOLDER),
        (settings.LANGUAGES_FOLDER, settings.LANGUAGES_FOLDER),
    ):
        for source in Path(folder).glob("*/LC_MESSAGES/django.po"):
            target = (compiled_in / source.relative_to(folder)).with_suffix(".mo")
            written = source.stat().st_mtime_ns
            if target.exists() and target.stat().st_mtime_ns == written:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as text, target.open("wb") as compiled:
                write_mo(compiled, read_po(text))
            os.utime(target, ns=(written, written))


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
