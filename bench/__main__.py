"""`make bench`: what the product does, against what the machine could do, in one run.

    python -m bench [--quick]

Every row is a ratio of two figures measured minutes apart on the same machine, so it can be compared
between machines; the absolute figures cannot. "Insert" is the limit of the durable path: one
parametrised INSERT of the same row behind the same server, same engine, same durability.
Writes bench/out/bench.json. Nothing leaves the loopback interface and every load ends by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from bench import counting, serving, storage

OUT = Path(__file__).parent / "out" / "bench.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--quick", action="store_true", help="tiny numbers, to prove that it works")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    options = parser.parse_args()
    rows = []
    for engine in ("sqlite", "postgres"):
        if engine == "postgres" and not os.environ.get("TUNTAS_TEST_POSTGRES_URL"):
            sys.exit("PostgreSQL tidak ada; jalankan: make bench")
        rows += serving.measure(engine, quick=options.quick)
        rows += counting.measure(engine, quick=options.quick)
        rows += storage.measure(engine, quick=options.quick)
    show(rows)
    options.out.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    text = json.dumps({"machine": machine, "rows": rows}, indent=1)
    options.out.write_text(text, encoding="utf-8")
    print(f"\n{options.out}")
    return 0


def show(rows: list[dict[str, object]]) -> None:
    print(f"\n{'what':62} {'ours':>12} {'limit':>12} {'ratio':>7}  note")
    for row in rows:
        ours, limit, ratio = (
            f"{row[key]:,.2f}" if isinstance(row.get(key), float) else str(row.get(key) or "")
            for key in ("ours", "limit", "ratio")
        )
        print(f"{row['what']!s:62} {ours:>12} {limit:>12} {ratio:>7}  {row.get('note', '')}")


if __name__ == "__main__":
    sys.exit(main())
