"""How time and memory grow with the responses of an office: `python -m bench.growth [SIZE ...]`.

Prints a table, writes bench/out/growth.json and a plot, bench/out/growth.svg. "growth" is the exponent
between the two largest sizes: 1 grows with the rows, 0 not at all. Sizes are 10,000, 100,000 and 1,000,000
unless named; ten million take an hour and 4 GB.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

from bench.serving import database

SCRIPT = Path(__file__).with_name("grow.py")
OUT = Path(__file__).parent / "out"
SIZES = (10_000, 100_000, 1_000_000)
# Done in this order: a month must be closed before it can be packed, and the year before it is rolled up
# and staff look at it, as they would.
ORDER = (
    "index of a month", "breakdowns of a month", "closing a month", "archive of a month",
    "verifying the archive", "monthly report, PDF", "roll-up of a year", "staff home",
    "inbox, first page", "inbox, a page in the middle", "inbox, a rare word", "inbox, two words",
    "plans, first page", "plans, a later page",
    "import of a tenth",
)  # fmt: skip
Figures = dict[str, dict[int, dict[str, float]]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.growth")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the JSON and the plot")
    options = parser.parse_args()
    if options.engine == "postgres" and not os.environ.get("TUNTAS_TEST_POSTGRES_URL"):
        sys.exit("PostgreSQL tidak ada; jalankan lewat scripts/with_postgres.py")
    options.out.mkdir(parents=True, exist_ok=True)
    name = "growth" if options.engine == "sqlite" else f"growth-{options.engine}"
    figures = measure(options.engine, sorted(options.sizes), options.out / f"{name}.json")
    show(figures)
    (options.out / f"{name}.svg").write_text(plot(figures), encoding="utf-8")
    return 0


def measure(engine: str, sizes: list[int], kept: Path) -> Figures:
    """Everything at every size; what is known is kept as JSON after each, so that an hour is not lost."""
    figures: Figures = {name: {} for name in ORDER}
    for size in sizes:
        with database(engine) as env:
            print(f"{size:,}: filling …", file=sys.stderr)
            run(env, "fill", str(size))
            for name in ORDER:
                if name == "roll-up of a year":
                    run(env, "close")
                figures[name][size] = json.loads(run(env, name))
                kept.write_text(json.dumps(figures, indent=1), encoding="utf-8")
                print(f"{size:,}: {name} {figures[name][size]}", file=sys.stderr, flush=True)
    return figures


def run(env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
    return done.stdout


def exponent(by_size: dict[int, dict[str, float]], what: str = "seconds") -> float | None:
    """How the largest size grew from the one before it; None with one size."""
    if len(by_size) < 2:
        return None
    small, large = sorted(by_size)[-2:]
    a, b = (max(by_size[size][what], 1e-4) for size in (small, large))
    return math.log(b / a) / math.log(large / small)


def show(figures: Figures) -> None:
    sizes = sorted(figures[ORDER[0]])
    print(f"{'seconds (MB)':30}" + "".join(f"{size:>20,}" for size in sizes) + f"{'growth':>9}")
    for name, by_size in figures.items():
        cells = [
            f"{row['seconds']:.3f} ({row['mb']:.0f})" for _size, row in sorted(by_size.items())
        ]
        grown = exponent(by_size)
        told = "" if grown is None else f"{grown:.2f}"
        print(f"{name:30}" + "".join(f"{cell:>20}" for cell in cells) + f"{told:>9}")


# -- the plot --------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 460, 60, 240, 30, 50


def plot(figures: Figures) -> str:
    """Seconds against responses, both by powers of ten."""
    sizes = sorted(figures[ORDER[0]])
    times = [max(row["seconds"], 1e-3) for each in figures.values() for row in each.values()]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: float) -> float:
        return LEFT + (math.log10(size) - first) / max(last - first, 1) * (WIDTH - LEFT - RIGHT)

    def y(seconds: float) -> float:
        share = (math.log10(max(seconds, 1e-3)) - low) / max(high - low, 1)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(
            f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>'
        )
    for size in sizes:
        parts.append(
            f'<text x="{x(size):.1f}" y="{HEIGHT - 24}" text-anchor="middle">{size:,}</text>'
        )
    ends = sorted((y(by_size[max(by_size)]["seconds"]), name) for name, by_size in figures.items())
    place = 0.0
    for n, (end, name) in enumerate(ends):
        colour = f"hsl({n * 360 // len(ends)} 70% 38%)"
        points = " ".join(
            f"{x(size):.1f},{y(row['seconds']):.1f}" for size, row in sorted(figures[name].items())
        )
        place = max(end + 4, place + 15)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{WIDTH - RIGHT + 8}" y="{place:.1f}" fill="{colour}">{name}</text>'
        )
    return "\n".join([*parts, "</svg>"])


if __name__ == "__main__":
    sys.exit(main())
