"""Charts for paper: the pictures of the pages with a style of their own, and bars of shares.

Every value stands behind its bar as text, so nothing is lost without colour; the same picture goes
into PDF and Word, with its words for those who cannot see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from tuntas.models.results import MonthResult
from tuntas.report import numbers
from tuntas.report.content import Figure
from tuntas.report.svg import HEIGHT as TREND_HEIGHT
from tuntas.report.trend import trend_chart

WIDTH, STEP, LABEL, VALUE = 720, 26, 250, 96
# Signs that fit into the column of labels; the table beside a chart has the whole name.
MOST_SIGNS = 40
STYLE = (
    "text{font-family:'Liberation Sans';font-size:12.5px;fill:#3d4a55}"
    ".value{fill:#1b2730;font-weight:600}.bar{fill:#0b5c63}.bar.low{fill:#7a4d00}"
    ".axis{stroke:#7c8a93;stroke-width:1}.band{stroke:#7c8a93;stroke-dasharray:4 4}"
    ".line{stroke:#0b5c63;fill:none;stroke-width:2.5}.whisker{stroke:#52606a}"
    ".dot{fill:#0b5c63}.dot.historical{fill:#fff;stroke:#0b5c63;stroke-width:2.5}"
    ".dot.open{fill:#7a4d00}.limit{stroke:#a8231b;stroke-dasharray:6 4}.centre{stroke:#7c8a93}"
    ".signal{fill:#a8231b}"
)


@dataclass(frozen=True)
class Row:
    """One bar: how long it is (0–1), and what stands behind it."""

    label: str
    share: Fraction
    shown: str
    is_low: bool = False


def bars(rows: Sequence[Row], caption: str) -> Figure:
    """One bar per row; the darkest hint is the text behind it, not the colour."""
    height = STEP * len(rows) + 6
    room = WIDTH - LABEL - VALUE
    parts = [f'<line class="axis" x1="{LABEL}" x2="{LABEL}" y1="0" y2="{height}"/>']
    for place, row in enumerate(rows):
        top = STEP * place + 4
        width = round(float(row.share) * room, 1)
        kind = "bar low" if row.is_low else "bar"
        label = escape(numbers.shortened(row.label, MOST_SIGNS))
        parts.append(f'<text x="{LABEL - 8}" y="{top + 14}" text-anchor="end">{label}</text>')
        parts.append(f'<rect class="{kind}" x="{LABEL}" y="{top}" width="{width}" height="18"/>')
        parts.append(
            f'<text class="value" x="{LABEL + width + 7}" y="{top + 14}">{escape(row.shown)}</text>'
        )
    told = "; ".join(f"{row.label}: {row.shown}" for row in rows)
    return figure("".join(parts), height, caption, told)


def trend(results: list[MonthResult], caption: str) -> Figure:
    """The trend chart of the pages, for paper."""
    told = [
        f"{numbers.month(row.month)}: {numbers.number(row.converted)}"
        for row in results
        if row.converted is not None
    ]
    return of_page(str(trend_chart(results)), TREND_HEIGHT, caption, "; ".join(told))


def of_page(drawn: str, height: int, caption: str, told: str) -> Figure:
    """A chart as pages show it, with a style of its own in the place of the page's."""
    inner = drawn[drawn.index("<svg") : drawn.rindex("</svg>")]
    return figure(inner[inner.index(">") + 1 :], height, caption, told)


def figure(inner: str, height: int, caption: str, told: str) -> Figure:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}"><style>{STYLE}</style>{inner}</svg>'
    )
    return Figure(caption=caption, svg=svg, alt=f"{caption}. {told}"[:2000])
