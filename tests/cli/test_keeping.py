"""A backup made while answers come in, restored byte by byte, on either engine and by later versions."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.cli.test_commands import environment, run
from tuntas import backup
from tuntas.models.leases import Worker

MAKE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from datetime import UTC, datetime
from tests.conftest import answer, make_cast
cast = make_cast()
for n in range(40):
    at = datetime(2026, 3, 1 + n % 28, 3, 0, 0, 123456 + n, tzinfo=UTC)
    answer(cast.service, "434343434" if n % 2 else "333333333", suggestion="Tambah kursi é." * (n % 5 == 0), at=at)
from tuntas.law.months import Month
from tuntas.models import ActionPlan, Closure, Period
plan = ActionPlan.add(cast.pensiun, by=None, survey_month=datetime(2026, 3, 1).date(), action="Kursi")
plan.add_file("foto.pdf", b"%PDF-1.7 isi", by=cast.people["officer"])
Closure.seal(Period.of(cast.office, Month(2026, 3)), by=cast.people["team"])
"""
WRITE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tuntas.settings"
import django
django.setup()
from tests.conftest import answer
from tuntas.models import Service
while not os.path.exists(sys.argv[1]):
    answer(Service.objects.first(), suggestion="Tambah kursi.")
    print("stored", flush=True)
"""
INDEX = ("index", "--office", "kanreg", "--from", "2026-03", "--to", "2026-03", "--json")


def nothing(_name: str, _done: int, _total: int) -> None:
    """Progress that nobody looks at."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An installation with an office, answers, a closed month and a file; and its backup."""
    folder = tmp_path_factory.mktemp("full")
    env = environment(folder) | {"PYTHONPATH": str(Path.cwd())}
    subprocess.run([sys.executable, "-c", MAKE], env=env, check=True)
    done = run("backup", str(folder / "kept.zip"), "--json", env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tables"]["tuntas.response"] == 40
    return env | {"KEPT": str(folder / "kept.zip")}


@pytest.mark.slow
def test_a_restored_office_is_the_same_in_every_byte(full: dict[str, str], tmp_path: Path) -> None:
    kept = Path(full["KEPT"])
    assert kept.stat().st_mode & 0o077 == 0  # keys and addresses of citizens are in it
    env = environment(tmp_path)
    told = run("restore", str(kept), env=env)
    assert told.returncode == 0, told.stderr
    assert run(*INDEX, env=env).stdout == run(*INDEX, env=full).stdout
    again = tmp_path / "again.zip"
    run("backup", str(again), env=env)
    assert contents(again) == contents(kept)
    told_by_doctor = run("doctor", env=env).stdout
    assert "dilindungi pemicu" in told_by_doctor  # what guards the rows is back, too
    assert "Indeks pencarian utuh" in told_by_doctor
    refused = run("restore", str(kept), env=env)
    assert refused.returncode == 2
    assert "sudah berisi data" in refused.stderr
    assert run("restore", str(kept), "--replace", env=env).returncode == 0
    assert list((tmp_path / "data").glob("before-*-tuntas.sqlite3"))  # set aside, not deleted
    assert (
        run("backup", str(again), env=env).returncode == 2
    )  # an older backup is never overwritten


def copied(full: dict[str, str], folder: Path) -> dict[str, str]:
    """A stopped installation is its folder."""
    shutil.copytree(full["TUNTAS_DATA"], folder / "data")
    return full | environment(folder)


def contents(path: Path) -> dict[str, bytes]:
    """What a backup holds, without what was set aside beside the data."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if "before-" not in name}


@pytest.mark.slow
def test_a_damaged_backup_is_named_and_nothing_is_touched(
    full: dict[str, str], tmp_path: Path
) -> None:
    kept = Path(full["KEPT"]).read_bytes()
    chance = random.Random(7)
    broken = tmp_path / "broken.zip"
    backup.check(Path(full["KEPT"]))
    for _each in range(150):
        bad = bytearray(kept)
        place = chance.randrange(len(bad))
        bad[place] ^= 1 << chance.randrange(8)
        broken.write_bytes(bad)
        try:
            told = backup.check(broken)
        except backup.BadBackup:
            continue
        # A bit that carries no content, such as the time of a member.
        assert told == backup.check(Path(full["KEPT"]))
        assert contents(broken) == contents(Path(full["KEPT"]))
    broken.write_bytes(kept[: len(kept) // 2])
    with pytest.raises(backup.BadBackup, match="bukan cadangan"):
        backup.check(broken)


@pytest.mark.slow
def test_a_backup_of_a_newer_version_is_refused(full: dict[str, str], db: None) -> None:
    manifest = backup.check(Path(full["KEPT"]))
    assert backup.known_targets(manifest)
    manifest["migrations"].append(["tuntas", "0999_future"])
    with pytest.raises(backup.BadBackup, match="lebih baru"):
        backup.known_targets(manifest)


@pytest.mark.slow
@pytest.mark.skipif("TUNTAS_TEST_POSTGRES_URL" not in os.environ, reason="needs PostgreSQL")
def test_everything_moves_to_postgresql_and_back(full: dict[str, str], tmp_path: Path) -> None:
    with empty_database() as url:
        moved = run("move", "--to", url, "--json", env=full)
        assert moved.returncode == 0, moved.stderr
        there = full | {"TUNTAS_DATABASE_URL": url}
        assert run(*INDEX, env=there).stdout == run(*INDEX, env=full).stdout
        back = tmp_path / "back.zip"
        assert run("backup", str(back), env=there).returncode == 0
        old, new = contents(Path(full["KEPT"])), contents(back)
        assert {n for n in old if n.startswith("tables") and old[n] != new[n]} == set()
        assert "Indeks pencarian utuh" in run("doctor", env=there).stdout
        full_one = run("move", "--to", url, env=full)
        assert full_one.returncode == 1
        assert "sudah berisi data" in full_one.stderr


@contextmanager
def empty_database() -> Iterator[str]:
    import psycopg

    base, name = os.environ["TUNTAS_TEST_POSTGRES_URL"], f"move_{uuid4().hex[:8]}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        try:
            yield base.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.mark.slow
def test_answers_come_in_while_a_backup_is_written(full: dict[str, str], tmp_path: Path) -> None:
    env = copied(full, tmp_path)
    stop = tmp_path / "stop"
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, str(stop)], env=env, stdout=subprocess.PIPE, text=True
    ) as citizens:
        assert citizens.stdout is not None
        for _first in range(20):
            citizens.stdout.readline()
        done = run("backup", str(tmp_path / "kept.zip"), "--json", env=env)
        stop.touch()
        times = [line.split() for line in citizens.stdout]
    assert done.returncode == 0, done.stderr
    kept = json.loads(done.stdout)["tables"]["tuntas.response"]
    assert 60 <= kept <= 60 + len(times)
    assert len(times) > 20  # nobody had to wait for the backup
    backup.check(tmp_path / "kept.zip")


@pytest.mark.slow
def test_data_is_not_moved_from_under_a_running_site(full: dict[str, str], tmp_path: Path) -> None:
    env = copied(full, tmp_path)
    beat = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE']='tuntas.settings'; import django; "
        "django.setup(); from tuntas.models.leases import Worker; Worker.beat('uji')"
    )
    subprocess.run([sys.executable, "-c", beat], env=env, check=True)
    refused = run("restore", full["KEPT"], "--replace", env=env)
    assert refused.returncode == 2
    assert "masih berjalan" in refused.stderr
    assert run(*INDEX, env=env).returncode == 0


def test_an_old_beat_stops_nothing(db: None) -> None:
    Worker.beat("uji")
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    from tuntas.cli.keeping import refuse_running

    refuse_running()


@pytest.mark.slow
def test_a_backup_of_the_release_before_is_brought_up_to_date(tmp_path: Path) -> None:
    """Version 0.2.0 made the file; its tables have the schema of that day."""
    env = environment(tmp_path)
    told = run("restore", str(Path(__file__).parent / "data" / "office-0.2.0.zip"), env=env)
    assert told.returncode == 0, told.stderr
    found = json.loads(run(*INDEX, env=env).stdout)
    assert (found["n"], found["converted"]) == (40, "81.944444444444")
    assert run("manage", "migrate", "--check", env=env).returncode == 0
    assert run("backup", str(tmp_path / "new.zip"), env=env).returncode == 0
