"""Charts as SVG text: classes only, coloured by the page's style; a table stands behind each."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from html import escape

from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 720, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 22, 46  # left: the name of a border beside the first value
# Bars carry their label above them, so that they stay legible on a phone without scrolling.
NARROW, BAR_STEP = 400, 50
SPARK_WIDTH = 96
BANDS = ((Fraction("88.31"), "A"), (Fraction("76.61"), "B"), (Fraction(65), "C"))


@dataclass(frozen=True)
class Point:
    """One month of a trend. `shown` is the value as text; state: closed, open or historical."""

    label: str
    value: Fraction | None
    shown: str
    state: str
    interval: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True)
class Bar:
    label: str
    value: Fraction  # 1–4
    shown: str


def trend(points: list[Point], title: str, description: str) -> SafeString:
    """Line of months with 95 % whiskers and the borders of the grades; gaps stay gaps."""
    known = [point.value for point in points if point.value is not None]
    ends = [end for point in points if point.interval for end in point.interval] + known
    low = max(Fraction(25), min(ends, default=Fraction(60)) - 3)
    high = min(Fraction(100), max(ends, default=Fraction(100)) + 4)

    def x(place: int) -> float:
        step = (WIDTH - LEFT - RIGHT) / max(len(points), 1)
        return round(LEFT + step * (place + 0.5), 1)

    def y(value: Fraction) -> float:
        return round(TOP + float((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM), 1)

    parts = []
    for border, letter in BANDS:
        if low < border < high:
            parts.append(
                f'<line class="band" x1="4" x2="{WIDTH - RIGHT}" y1="{y(border)}" y2="{y(border)}"/>'
            )
            shown = f"{float(border):.2f}".replace(".", ",")
            parts.append(f'<text x="4" y="{y(border) - 5}">{letter} ≥ {shown}</text>')
    run: list[str] = []
    for place, point in enumerate(points):
        if point.value is None:
            run = close_run(parts, run)
            continue
        run.append(f"{x(place)},{y(point.value)}")
    close_run(parts, run)
    every = max(1, len(points) // 9)
    for place, point in enumerate(points):
        parts += point_marks(point, x(place), y, is_labelled=(len(points) - 1 - place) % every == 0)
    return picture(parts, title, description, HEIGHT)


def close_run(parts: list[str], run: list[str]) -> list[str]:
    if len(run) > 1:
        parts.append(f'<polyline class="line" points="{" ".join(run)}"/>')
    return []


def point_marks(point: Point, x: float, y: object, *, is_labelled: bool) -> list[str]:
    marks = []
    if is_labelled:
        first, _space, second = point.label.partition(" ")
        marks.append(
            f'<text x="{x}" y="{HEIGHT - 26}" text-anchor="middle">{escape(first[:3])}</text>'
        )
        marks.append(
            f'<text x="{x}" y="{HEIGHT - 10}" text-anchor="middle">{escape(second)}</text>'
        )
    if point.value is None:
        return marks
    at = y(point.value)  # type: ignore[operator]
    top = at
    if point.interval:
        low, top = (y(end) for end in point.interval)  # type: ignore[operator]
        marks.append(f'<line class="whisker" x1="{x}" x2="{x}" y1="{low}" y2="{top}"/>')
    if is_labelled:
        marks.append(
            f'<text class="value" x="{x}" y="{max(top - 8, 12)}" text-anchor="middle">'
            f"{escape(point.shown)}</text>"
        )
    marks.append(
        f'<circle class="dot {point.state}" cx="{x}" cy="{at}" r="5">'
        f"<title>{escape(point.label)}: {escape(point.shown)}</title></circle>"
    )
    return marks


def bars(rows: list[Bar], title: str, description: str) -> SafeString:
    """One bar per element on the scale 1 to 4, its label above it and its value behind it."""
    parts = []
    for place, row in enumerate(rows):
        top = BAR_STEP * place
        # The longest bar leaves room for the value behind it.
        width = round(float((row.value - 1) / 3) * (NARROW - 62) + 2, 1)
        parts.append(f'<text x="0" y="{top + 16}">{escape(row.label)}</text>')
        parts.append(f'<rect class="bar" x="0" y="{top + 23}" width="{width}" height="14" rx="3"/>')
        parts.append(
            f'<text class="value" x="{width + 7}" y="{top + 36}">{escape(row.shown)}</text>'
        )
    return picture(parts, title, description, BAR_STEP * len(rows), width=NARROW)


def sparkline(values: list[Fraction | None], description: str) -> SafeString:
    """A trend as small as a word, on the scale of its own values; the last one carries a dot."""
    known = [value for value in values if value is not None]
    if not known:
        return mark_safe("")
    low, high = min(known), max(known)
    step = Fraction(SPARK_WIDTH - 8, max(len(values) - 1, 1))

    def at(place: int, value: Fraction) -> tuple[float, float]:
        share = (value - low) / (high - low) if high > low else Fraction(1, 2)
        return round(float(4 + step * place), 1), round(float(4 + (1 - share) * 20), 1)

    parts: list[str] = []
    run: list[str] = []
    for place, value in enumerate(values):
        if value is None:
            run = close_run(parts, run)
            continue
        x, y = at(place, value)
        run.append(f"{x},{y}")
    close_run(parts, run)
    last = max(place for place, value in enumerate(values) if value is not None)
    x, y = at(last, values[last] or Fraction(0))
    parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>')
    # The description went through escape().
    return mark_safe(  # noqa: S308
        f'<svg class="chart spark" viewBox="0 0 {SPARK_WIDTH} 28" role="img" '
        f'aria-label="{escape(description)}">{"".join(parts)}</svg>'
    )


def picture(
    parts: list[str], title: str, description: str, height: int, *, width: int = WIDTH
) -> SafeString:
    kind = "chart narrow" if width == NARROW else "chart"
    head = (
        f'<div class="chart-wrap" tabindex="0" role="region" aria-label="{escape(title)}">'
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}. {escape(description)}">'
    )
    # Every text above went through escape().
    return mark_safe(head + "".join(parts) + "</svg></div>")  # noqa: S308
