"""The disk with the database is full for a while."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.cli.test_commands import environment
from tests.faults.site import PROLOGUE, told, under_load
from tests.serving import until

pytestmark = pytest.mark.fault
SENDS = 200  # acknowledged answers before and after
WHOLE = f"""{PROLOGUE}
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("PRAGMA integrity_check")
    print(cursor.fetchone()[0])
"""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 150 MB, above the 100 MB below which /readyz holds requests back."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=150m", "none", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"only root may mount a small disk: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file: Path) -> None:
    """Write until nothing fits any more."""
    with file.open("ab", buffering=0) as ballast:
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while True:
                    os.write(ballast.fileno(), b"\0" * size)


def test_a_full_disk_acknowledges_nothing_and_is_got_over(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with small_disk(tmp_path / "data") as folder:
        with under_load(env, "SQLite: a full disk for a while") as load:
            load.goes_on(SENDS)
            fill(folder / "ballast")
            until(lambda: load.site.asked("/readyz") == 503, 10)
            # What room is left inside the database's own files is used up; then nothing is taken.
            quiet, last = 0.0, time.monotonic() + 60
            while quiet < 3:
                before = len(load.ledger.acknowledged)
                time.sleep(1)
                quiet = quiet + 1 if len(load.ledger.acknowledged) == before else 0.0
                fill(folder / "ballast")
                assert time.monotonic() < last, "answers are still acknowledged"
            (folder / "ballast").unlink()
            until(lambda: load.site.asked("/readyz") == 200, 60)
            load.goes_on(SENDS)
        assert told(WHOLE, env).strip() == "ok"
