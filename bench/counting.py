"""Counting a month: the index of 100,000 responses against one SQL scan of the same rows; and the
result report of a month against a bare Typst compile of its pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.serving import database

SCRIPT = Path(__file__).with_name("count_month.py")
REPORT = Path(__file__).with_name("make_report.py")


def measure(engine: str, *, quick: bool) -> list[dict[str, Any]]:
    rows = []
    with database(engine) as env:
        size = "2000" if quick else "100000"
        done = subprocess.run(
            [sys.executable, str(SCRIPT), size], env=env, check=True, capture_output=True, text=True
        )
        sizes = ["50", "1"] if quick else ["300", "5"]
        made = subprocess.run(
            [sys.executable, str(REPORT), *sizes],
            env={**env, "PYTHONPATH": str(REPORT.parents[1])},
            check=True,
            capture_output=True,
            text=True,
        )
        for row in [*json.loads(done.stdout), *json.loads(made.stdout)]:
            rows.append({**row, "what": f"{engine}: {row['what']}"})
    return rows
