"""The benchmark runs: tiny numbers, every row, nothing lost. What it measures is not judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from bench import growth
from bench.rows import Row

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("TUNTAS_TEST_ENGINE") == "postgres",
    reason="one run measures both engines; it is part of the SQLite suite",
)
def test_the_benchmark_measures_both_engines(tmp_path: Path) -> None:
    assert os.environ.get("TUNTAS_TEST_POSTGRES_URL"), "jalankan lewat make test"
    command = [sys.executable, "-m", "bench", "--quick", "--out", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert result.returncode == 0, result.stderr[-2000:]
    rows = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["rows"]
    for engine in ("sqlite", "postgres"):
        told = [row["what"] for row in rows if row["what"].startswith(engine)]
        assert any("durable responses/s" in what for what in told)
        assert any("bytes of the form" in what for what in told)
        assert any("index of a month" in what for what in told)
        assert any("roll-up of 10 offices" in what for what in told)
        assert all(what in result.stdout for what in told)
    assert all(row["ratio"] > 0 for row in rows)
    drawn = fromstring((tmp_path / "bench.svg").read_text(encoding="utf-8"))
    bars = drawn.findall("{http://www.w3.org/2000/svg}rect")[1:]
    assert len(bars) == sum(row["is_met"] is not None for row in rows) > 20


def test_an_aim_is_met_from_either_side() -> None:
    assert Row("a", 70, 100, at_least=0.7).is_met is True
    assert Row("a", 69, 100, at_least=0.7).is_met is False
    assert Row("a", 200, 100, at_most=2).is_met is True
    assert Row("a", 201, 100, at_most=2).is_met is False
    assert Row("a", 1, 100).is_met is None
    assert Row("a", 69, 100, at_least=0.7, paired=0.71).is_met is True
    assert "MISSED" in Row("a", 69, 100, at_least=0.7).line()


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("TUNTAS_TEST_ENGINE") == "postgres", reason="measured on SQLite; the same acts"
)
def test_growth_is_measured_told_and_drawn(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.growth", "300", "--out", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert result.returncode == 0, result.stderr[-2000:]
    figures = json.loads((tmp_path / "growth.json").read_text(encoding="utf-8"))
    assert set(figures) == set(growth.ORDER)
    assert all(row["300"]["seconds"] > 0 and row["300"]["mb"] > 20 for row in figures.values())
    for name in growth.ORDER:
        assert name in result.stdout
    drawn = fromstring((tmp_path / "growth.svg").read_text(encoding="utf-8"))
    assert len(drawn.findall("{http://www.w3.org/2000/svg}polyline")) == len(growth.ORDER)


def test_growth_is_the_exponent_between_the_largest_sizes() -> None:
    def rows(*seconds: float) -> dict[int, dict[str, float]]:
        return {10**n: {"seconds": each} for n, each in enumerate(seconds, start=4)}

    assert growth.exponent(rows(1)) is None
    assert growth.exponent(rows(9, 1, 10)) == pytest.approx(1)
    assert growth.exponent(rows(9, 2, 2)) == pytest.approx(0)
    assert growth.exponent(rows(9, 1, 100)) == pytest.approx(2)
