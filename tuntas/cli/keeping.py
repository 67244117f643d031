"""Keep and move: a backup of everything, its restore, and the move to another database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from tuntas.cli.arguments import fail, json_option, ready, show

# A worker tells every few seconds that it lives.
ALIVE = timedelta(seconds=60)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def backup(file: Path, as_json: bool) -> None:
    """Cadangkan semuanya ke satu berkas, tanpa menghentikan situs."""
    with ready():
        from tuntas import backup as keeping

        if not file.parent.is_dir():
            fail(f"Folder {file.parent} tidak ada. Buat dahulu, atau pilih folder lain.")
        try:
            with bar(as_json) as progress:
                told = keeping.write(file, progress)
        except FileExistsError:
            fail(f"{file} sudah ada. Pilih nama lain; cadangan lama tidak ditimpa.")
        except OSError as error:
            fail(f"{file} tidak dapat ditulis ({error.strerror}).", 1)
        if as_json:
            show({**vars(told), "rows": told.rows})
            return
        click.echo(f"{file}: {told.rows} baris dari {len(told.tables)} tabel, {told.files} berkas.")
        click.echo(f"SHA-256 {told.sha256}")
        click.echo("Berkas ini memuat kunci rahasia dan alamat warga: simpan di tempat aman.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Singkirkan (tidak menghapus) data yang ada.")
@json_option
def restore(file: Path, replace: bool, as_json: bool) -> None:
    """Pulihkan cadangan ke pemasangan kosong; semuanya, atau tidak sama sekali."""
    with ready():
        from tuntas import backup as keeping

        try:
            manifest = keeping.check(file)
            if replace:
                set_aside()
            with bar(as_json) as progress:
                tables = keeping.restore(file, progress)
        except keeping.NotEmpty:
            fail(
                "Pemasangan ini sudah berisi data; tidak ada yang diubah. Hentikan situs, lalu ulangi "
                "dengan --replace (data lama disingkirkan), atau pakai TUNTAS_DATA yang kosong."
            )
        except keeping.BadBackup as error:
            fail(str(error), 1)
        if as_json:
            show({"tables": tables, "rows": sum(tables.values()), "files": len(manifest["files"])})
        else:
            click.echo(
                f"Dipulihkan dan dicocokkan: {sum(tables.values())} baris dari {len(tables)} tabel, "
                f"{len(manifest['files'])} berkas."
            )
        if os.environ.get("TUNTAS_SECRET_KEY") and keeping.key_mark() != manifest["key"]:
            click.echo(
                "Perhatian: TUNTAS_SECRET_KEY lain daripada kunci cadangan ini. Pakai kunci lama, "
                "atau kode sekali pakai yang sudah dibagikan tidak berlaku lagi.",
                err=True,
            )


@click.command()
@click.option("--to", "url", required=True, help="postgresql://… atau sqlite:////…, kosong.")
@json_option
def move(url: str, as_json: bool) -> None:
    """Pindahkan semua data ke basis data lain dan cocokkan setiap baris."""
    with ready(), tempfile.TemporaryDirectory(prefix="tuntas-move-") as folder:
        from tuntas import backup as keeping

        refuse_running()
        kept = Path(folder) / "move.zip"
        with bar(as_json) as progress:
            told = keeping.write(kept, progress)
        # Another process, since the settings of this one are of the old database.
        moved = subprocess.run(
            [sys.executable, "-m", "tuntas.cli", "restore", str(kept), "--json"],
            env=os.environ | {"TUNTAS_DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        if moved.returncode:
            fail(moved.stderr.strip().removeprefix("Galat: ") or "Pemindahan gagal.", 1)
        if as_json:
            show({**vars(told), "rows": told.rows})
            return
        click.echo(f"{told.rows} baris dari {len(told.tables)} tabel dipindahkan dan dicocokkan.")
        click.echo("Isi TUNTAS_DATABASE_URL dengan alamat baru, lalu jalankan situs.")


def set_aside() -> None:
    """Give the SQLite database and what lies beside it another name; nothing is deleted."""
    from django.conf import settings
    from django.db import connection

    if connection.vendor != "sqlite":
        fail("Pada PostgreSQL buat basis data baru yang kosong; --replace hanya untuk SQLite.")
    refuse_running()
    connection.close()
    path = Path(connection.settings_dict["NAME"])
    mark = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for end in ("", "-wal", "-shm"):
        old = path.with_name(path.name + end)
        if old.exists():
            old.rename(path.with_name(f"before-{mark}-{path.name}{end}"))
    secret = Path(settings.DATA) / "secret-key"
    if secret.exists():
        secret.rename(secret.with_name(f"before-{mark}.sqlite3-secret-key"))


def refuse_running() -> None:
    """Moving the ground away under a running site loses answers."""
    from django.db import DatabaseError
    from django.utils import timezone

    from tuntas.models.leases import Worker

    try:
        lives = Worker.objects.filter(seen_at__gt=timezone.now() - ALIVE).exists()
    except DatabaseError:  # not set up yet, or of an older version
        return
    if lives:
        fail("Situs masih berjalan. Hentikan dahulu (tunggu satu menit bila baru berhenti).")


@contextmanager
def bar(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar over the tables, on stderr and only for a person."""
    with click.progressbar(
        length=1, file=sys.stderr, hidden=quiet, item_show_func=lambda name: name or ""
    ) as shown:

        def progress(name: str, done: int, total: int) -> None:
            shown.length = total
            step: Any = done - shown.pos
            shown.update(step, name)

        yield progress
