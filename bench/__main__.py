"""`make bench`: what the product does, against what the machine could do, in one run.

    python -m bench [--quick]

Every row is a ratio of two figures measured minutes apart on the same machine, so it can be compared
between machines; the absolute figures cannot. "Insert" is the limit of the durable path: one
parametrised INSERT of the same row behind the same server, same engine, same durability.
Prints each row as soon as it is known, with its aim. Writes bench/out/bench.json and bench.svg. Nothing
leaves the loopback interface and every load ends by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

from bench import counting, serving, storage
from bench.rows import HEAD, plot

OUT = Path(__file__).parent / "out"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--quick", action="store_true", help="tiny numbers, to prove that it works")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the JSON and the picture")
    options = parser.parse_args()
    if not os.environ.get("TUNTAS_TEST_POSTGRES_URL"):
        sys.exit("PostgreSQL tidak ada; jalankan: make bench")
    rows, began = [], time.monotonic()
    print(HEAD, flush=True)
    for engine in ("sqlite", "postgres"):
        for part in (serving, counting, storage):
            for row in part.measure(engine, quick=options.quick):
                rows.append(row)
                print(row.line(), flush=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    found = {"machine": machine, "rows": [row.to_json() for row in rows]}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "bench.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    (options.out / "bench.svg").write_text(plot(rows), encoding="utf-8")
    aimed = [row for row in rows if row.is_met is not None]
    met = sum(row.is_met is True for row in aimed)
    print(f"\n{met} of {len(aimed)} aims met, {time.monotonic() - began:.0f} s; {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
