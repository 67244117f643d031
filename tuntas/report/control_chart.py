"""The control chart as one picture: the months with their limits, and their moving ranges below."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from html import escape

from django.utils.translation import gettext as _

from tuntas.report import numbers
from tuntas.report.control import ChartMonth, ControlSeries
from tuntas.report.svg import LEFT, RIGHT, WIDTH, picture

# The two panels, and the names of the months below them.
TOP, MIDDLE, GAP, LOW, HEIGHT = 24, 190, 40, 300, 348
MOST_LABELS = 9
Place = Callable[[Fraction], float]


def control_picture(series: ControlSeries, title: str) -> str:
    """The chart as SVG, from the first month with a value to the last; empty without any."""
    known = [row.value for row in series.months if row.value is not None]
    if not known:
        return ""
    chart = series.chart
    low, high = chart.limits or (min(known), max(known))
    top = scale(min(*known, low) - 1, max(*known, high) + 1, TOP, MIDDLE)
    ranges = [row.moved for row in series.months if row.moved is not None]
    most = max([*ranges, chart.range_limit or Fraction(0), Fraction(1)])
    below = scale(Fraction(0), most, MIDDLE + GAP, LOW)
    parts = []
    if chart.limits is not None and chart.centre is not None:
        for value, words in ((high, _("batas atas")), (low, _("batas bawah"))):
            parts += level(top(value), f"{words} {numbers.number(value)}", "limit")
        words = f"{_('garis tengah')} {numbers.number(chart.centre)}"
        parts += level(top(chart.centre), words, "centre")
    if chart.range_limit is not None:
        words = f"{_('batas rentang')} {numbers.number(chart.range_limit)}"
        parts += level(below(chart.range_limit), words, "limit")
    parts += level(below(Fraction(0)), "", "centre")
    parts.append(f'<text x="4" y="{MIDDLE + GAP - 12}">{escape(_("Rentang bergerak"))}</text>')
    values = [row.value for row in series.months]
    parts += lines(values, top) + lines([row.moved for row in series.months], below)
    every = max(1, -(-len(values) // MOST_LABELS))
    for place, row in enumerate(series.months):
        is_labelled = (len(values) - 1 - place) % every == 0
        parts += marks(row, across(place, len(values)), top, below, is_labelled=is_labelled)
    told = "; ".join(
        f"{numbers.month(row.month)} {numbers.number(row.value)}"
        for row in series.months
        if row.value is not None
    )
    return picture(parts, title, f"{series.sentence} {told}", HEIGHT)


def scale(low: Fraction, high: Fraction, top: int, bottom: int) -> Place:
    """Where a value stands between two heights of the picture."""

    def at(value: Fraction) -> float:
        return round(bottom - float((value - low) / (high - low)) * (bottom - top), 1)

    return at


def across(place: int, n: int) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) / n * (place + 0.5), 1)


def level(y: float, words: str, kind: str) -> list[str]:
    line = f'<line class="{kind}" x1="4" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
    return [line, f'<text x="4" y="{y - 5}">{escape(words)}</text>'] if words else [line]


def lines(values: list[Fraction | None], y: Place) -> list[str]:
    """One line through neighbouring months; a gap stays a gap."""
    parts: list[str] = []
    run: list[str] = []
    for place, value in enumerate([*values, None]):
        if value is not None:
            run.append(f"{across(place, len(values))},{y(value)}")
            continue
        if len(run) > 1:
            parts.append(f'<polyline class="line" points="{" ".join(run)}"/>')
        run = []
    return parts


def marks(row: ChartMonth, x: float, top: Place, below: Place, *, is_labelled: bool) -> list[str]:
    """The points of a month in both panels; one that stands out is a square with its value."""
    parts = []
    if is_labelled:
        name = escape(numbers.month_name(row.month)[:3])
        parts.append(f'<text x="{x}" y="{HEIGHT - 26}" text-anchor="middle">{name}</text>')
        parts.append(
            f'<text x="{x}" y="{HEIGHT - 10}" text-anchor="middle">{row.month.year}</text>'
        )
    if row.moved is not None:
        parts.append(f'<circle class="dot" cx="{x}" cy="{below(row.moved)}" r="3.5"/>')
    if row.value is None:
        return parts
    y, shown = top(row.value), numbers.number(row.value)
    told = f"<title>{escape(numbers.month(row.month))}: {escape(shown)}</title>"
    if row.signals:
        parts.append(
            f'<rect class="signal" x="{x - 7}" y="{y - 7}" width="14" height="14">{told}</rect>'
        )
    else:
        parts.append(f'<circle class="dot {row.state}" cx="{x}" cy="{y}" r="5">{told}</circle>')
    if is_labelled or row.signals:
        parts.append(
            f'<text class="value" x="{x}" y="{y - 11}" text-anchor="middle">{escape(shown)}</text>'
        )
    return parts
