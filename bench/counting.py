"""Counting: a month of 100,000 responses against one SQL scan of the same rows, a nation's year against
the engine's own, and the result report of a month against a bare Typst compile of its pages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.rows import Row
from bench.serving import database

HERE = Path(__file__).parent
# A script with its sizes, in full and to prove that it works.
PARTS = (
    ("count_month.py", ["100000"], ["2000"]),
    ("count_nation.py", ["1000", "50", "10000"], ["10", "3", "240"]),
    ("make_report.py", ["300", "5"], ["50", "1"]),
)


def measure(engine: str, *, quick: bool) -> Iterator[Row]:
    for script, full, tiny in PARTS:
        with database(engine) as env:
            done = subprocess.run(
                [sys.executable, str(HERE / script), *(tiny if quick else full)],
                env=env,
                capture_output=True,
                text=True,
            )
        assert done.returncode == 0, f"{script}: {done.stderr[-2000:]}"
        for row in json.loads(done.stdout):
            yield Row(**{**row, "what": f"{engine}: {row['what']}"})
