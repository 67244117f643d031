"""One measured row: ours beside a limit or a peer of the same run, and the aim for their ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

HEAD = f"{'what':66} {'ours':>12} {'limit':>12} {'ratio':>7} {'aim':>8}  note"


@dataclass(frozen=True)
class Row:
    """`what` names the limit after the last comma. `at_least` or `at_most` is the aim for ours / limit
    (design, section 5); without either the row only informs."""

    what: str
    ours: float
    limit: float
    note: str = ""
    at_least: float | None = None
    at_most: float | None = None
    # Medians are taken of both, but the ratio pair by pair: then it is given.
    paired: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.limit if self.paired is None else self.paired

    @property
    def aim(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    @property
    def is_met(self) -> bool | None:
        if self.at_least is not None:
            return self.ratio >= self.at_least
        return None if self.at_most is None else self.ratio <= self.at_most

    def line(self) -> str:
        mark = {None: "", True: "", False: " MISSED"}[self.is_met]
        ours, limit = (figure(number) for number in (self.ours, self.limit))
        return (
            f"{self.what:66} {ours:>12} {limit:>12} {self.ratio:>7.2f} {self.aim:>8}{mark}  {self.note}"
        ).rstrip()

    def to_json(self) -> dict[str, object]:
        return {
            "what": self.what,
            "ours": self.ours,
            "limit": self.limit,
            "ratio": round(self.ratio, 3),
            "aim": self.aim,
            "is_met": self.is_met,
            "note": self.note,
        }


def figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:,.4g}"


# -- the picture -----------------------------------------------------------------------------------

WIDTH, LEFT, RIGHT, LINE, TOP = 940, 430, 110, 20, 34


def plot(rows: Sequence[Row]) -> str:
    """The rows that have an aim: each as a bar of ratio to aim, longer is better, one line for the aim."""
    aimed = [row for row in rows if row.is_met is not None]
    height = TOP + LINE * len(aimed) + 12
    scale = (WIDTH - LEFT - RIGHT) / 3  # three times the aim fills the width
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{LEFT + scale:.0f}" y="18" text-anchor="middle">aim</text>',
    ]
    for at, row in enumerate(aimed):
        y = TOP + LINE * at
        share = row.ratio / row.at_least if row.at_least else (row.at_most or 1) / row.ratio
        colour = "#15803d" if row.is_met else "#b45309"
        end = LEFT + min(share, 3) * scale
        told = f"{row.ratio:.2f} (aim {row.aim})"
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(row.what)}</text>'
            f'<rect x="{LEFT}" y="{y + 2}" width="{end - LEFT:.1f}" height="13" fill="{colour}"/>'
            f'<text x="{end + 4:.1f}" y="{y + 12}">{escape(told)}</text>'
        )
    x = LEFT + scale
    parts.append(
        f'<path d="M{x:.1f} {TOP - 8}V{height - 8}" stroke="#111" stroke-dasharray="4 3"/>'
    )
    return "\n".join([*parts, "</svg>"])
