"""The benchmark runs: tiny numbers, every row, nothing lost. What it measures is not judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("TUNTAS_TEST_ENGINE") == "postgres",
    reason="one run measures both engines; it is part of the SQLite suite",
)
def test_the_benchmark_measures_both_engines(tmp_path: Path) -> None:
    assert os.environ.get("TUNTAS_TEST_POSTGRES_URL"), "jalankan lewat make test"
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--quick", "--out", str(out)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert result.returncode == 0, result.stderr[-2000:]
    rows = json.loads(out.read_text(encoding="utf-8"))["rows"]
    for engine in ("sqlite", "postgres"):
        told = [row["what"] for row in rows if row["what"].startswith(engine)]
        assert any("durable responses/s" in what for what in told)
        assert any("bytes of the form" in what for what in told)
        assert any("index of a month" in what for what in told)
    assert all(row["ratio"] > 0 for row in rows)
