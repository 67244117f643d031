"""`tuntas rollup` and `tuntas aggregate`, from one installation to another, each with its own data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import as_json, tuntas
from tests.conftest import Cast
from tests.nation import close, service_row, tally_of
from tuntas.law.months import Month
from tuntas.models import AggregateImport, Office, OutsideClosure

JANUARY = Month(2023, 1)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"


def test_the_roll_up_in_words(cast: Cast) -> None:
    close(cast.office, JANUARY, [service_row(tally_of(["343434343"] * 31))])
    done = tuntas("rollup", "pusat", "--from", "2023-01", "--to", "2023-02")
    assert done.exit_code == 0
    assert "IKM 2023-01 s.d. 2023-02: 86,11" in done.output
    assert "  Kantor Regional Contoh: 86,11 B, 31 jawaban, 1 dari 2 bulan ditutup" in done.output
    assert "Kantor Lain: 2023-01, 2023-02" in done.output


def test_nothing_closed_is_said_with_its_own_code(cast: Cast) -> None:
    done = tuntas("rollup", "pusat", "--from", "2023-01", "--to", "2023-02", "--json")
    assert done.exit_code == 3
    assert as_json(done)["n"] == 0
    assert len(as_json(done)["missing"]) == 2
    wrong = tuntas("rollup", "pusat", "--from", "2023-03", "--to", "2023-02")
    assert wrong.exit_code == 2


def test_a_file_from_export_to_import(cast: Cast, tmp_path: Path) -> None:
    far = Office.add("jauh", "Wilayah Jauh", by=None)
    close(far, JANUARY, [service_row(tally_of(["343434343"] * 31))])
    file = tmp_path / "jauh.json"
    made = as_json(tuntas("aggregate", "export", "jauh", "2023-S1", "--out", str(file), "--json"))
    assert (made["closures"], made["offices"]) == (1, 1)
    assert as_json(tuntas("aggregate", "key", "--json"))["fingerprint"] == made["fingerprint"]

    words = ("aggregate", "import", str(file), "--office", "pusat")
    unknown = tuntas(*words)
    assert unknown.exit_code == 2
    assert f"--accept-key {made['fingerprint']}" in unknown.output
    assert tuntas(*words, "--accept-key", "bukan-itu").exit_code == 2
    assert as_json(tuntas(*words, "--dry-run", "--json"))["closures"]["new"] == 1
    assert not AggregateImport.objects.exists()

    done = as_json(tuntas(*words, "--accept-key", made["fingerprint"], "--json"))
    assert (done["stored"], done["closures"]["new"]) == (True, 1)
    again = tuntas(*words)
    assert again.exit_code == 0
    assert "1 sudah ada" in again.output
    assert OutsideClosure.objects.count() == 1
    assert "Wilayah Jauh (dari luar): 86,11 B" in tuntas(
        "rollup", "pusat", "--from", "2023-01", "--to", "2023-01"
    ).output  # fmt: skip


def test_a_broken_file_is_refused_by_name(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "rusak.json"
    tuntas("aggregate", "export", "kanreg", "2023", "--out", str(file))
    file.write_bytes(file.read_bytes().replace(b"Regional", b"regional"))
    words = ("aggregate", "import", str(file), "--office", "pusat")
    done = tuntas(*words)
    assert done.exit_code == 2
    assert "Tanda tangan tidak cocok" in done.output
    assert as_json(tuntas(*words, "--json"))["code"] == "signature"
    assert tuntas("aggregate", "import", str(tmp_path), "--office", "pusat").exit_code == 2


def run(folder: Path, *words: str) -> str:
    """One command of an installation that lives in a folder of its own."""
    env = {**os.environ, "TUNTAS_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "tuntas.settings"}
    env.pop("TUNTAS_DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tuntas.cli", *words], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_two_installations(tmp_path: Path) -> None:
    """Two databases, two keys: what the office counts, the ministry counts."""
    office, ministry = tmp_path / "a", tmp_path / "b"
    rows = "u1,u2,u3,u4,u5,u6,u7,u8,u9,tanggal\n" + "3,4,3,4,3,4,3,4,3,2023-01-10\n" * 3
    sheet, file = tmp_path / "isian.csv", tmp_path / "a.json"
    sheet.write_text(rows)
    for folder in (office, ministry):
        run(folder, "manage", "migrate", "--verbosity", "0")
    run(office, "office", "add", "a", "--name", "Kantor A")
    run(office, "unit", "add", "a", "u", "--name", "Unit")
    run(office, "service", "add", "a", "u", "s", "--name", "Layanan")
    run(office, "import", "responses", str(sheet), "--office", "a", "--service", "s",
        "--order", "regulation")  # fmt: skip
    run(office, "close", "a", "2023-01")
    run(ministry, "office", "add", "m", "--name", "Kementerian")
    made = json.loads(run(office, "aggregate", "export", "a", "2023", "--out", str(file), "--json"))
    run(ministry, "aggregate", "import", str(file), "--office", "m",
        "--accept-key", made["fingerprint"])  # fmt: skip
    span = ("--from", "2023-01", "--to", "2023-01", "--json")
    here = json.loads(run(office, "index", "--office", "a", *span))
    there = json.loads(run(ministry, "rollup", "m", *span))
    assert (there["n"], there["converted"]) == (here["n"], here["converted"])
    assert there["elements"] == here["elements"]
    assert here["n"] >= 1
    keys = [folder / "aggregate-key" for folder in (office, ministry)]
    assert keys[0].exists()
    assert not keys[1].exists()
