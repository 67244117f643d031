"""Counting a month: the index of 100,000 responses against one SQL scan of the same rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.serving import database

SCRIPT = Path(__file__).with_name("count_month.py")


def measure(engine: str, *, quick: bool) -> list[dict[str, Any]]:
    rows = []
    with database(engine) as env:
        size = "2000" if quick else "100000"
        done = subprocess.run(
            [sys.executable, str(SCRIPT), size], env=env, check=True, capture_output=True, text=True
        )
        for row in json.loads(done.stdout):
            rows.append({**row, "what": f"{engine}: {row['what']}"})
    return rows
