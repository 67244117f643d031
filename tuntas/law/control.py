"""Control chart of single values (XmR): which months differ from the process they are part of.

    centre = mean of the values;  mR = mean of |value − value before|
    natural process limits = centre ± 2,66 × mR;  upper limit of a moving range = 3,268 × mR

Shewhart's chart of individual values as Wheeler teaches it (Understanding Variation, 2nd ed., 2000).
2,66 is 3/d₂ and 3,268 is D₄ of samples of two (d₂ = 1,128). PermenPANRB 14/2017 asks for comparison
with earlier periods and names no method; this one is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

LIMIT_FACTOR = Fraction("2.66")
RANGE_FACTOR = Fraction("3.268")
# Below this the limits move too much with each new month to say anything.
LEAST_POINTS = 6
# Run rules: this many on one side of the centre, one after the other; and 3 of 4 nearer to a limit
# than to the centre, on the same side.
RUN = 8
NEAR, NEAR_OF = 3, 4
LOWEST, HIGHEST = Fraction(25), Fraction(100)
BEYOND, LONG_RUN, NEAR_LIMIT = "beyond", "run", "near"


@dataclass(frozen=True)
class ControlPoint:
    """One value, None for a month without one. `moved`: its moving range, None where it or the
    value before it is missing. `signals`: the rules it breaks, empty inside the noise."""

    value: Fraction | None
    moved: Fraction | None
    signals: tuple[str, ...] = ()


@dataclass(frozen=True)
class ControlChart:
    """Values in order of time with their limits, clipped to 25–100; no limits (None) with fewer
    than LEAST_POINTS values or without two neighbouring ones."""

    points: tuple[ControlPoint, ...]
    n: int
    centre: Fraction | None
    moving_range: Fraction | None
    limits: tuple[Fraction, Fraction] | None
    range_limit: Fraction | None

    @property
    def is_stable(self) -> bool:
        """Whether no month stands out. Raises ValueError without limits: nothing can be said."""
        if self.limits is None:
            raise ValueError("no limits")
        return not any(point.signals for point in self.points)


def control_chart(values: Sequence[Fraction | None]) -> ControlChart:
    """The chart of months in order; a month without value has no range and breaks none of the
    others. A moving range is only taken between neighbouring months, never across a gap."""
    known = [value for value in values if value is not None]
    moved = [
        abs(after - before) if before is not None and after is not None else None
        for before, after in zip([None, *values], values, strict=False)
    ]
    ranges = [step for step in moved if step is not None]
    if not known:
        points = tuple(ControlPoint(None, None) for _each in values)
        return ControlChart(points, 0, None, None, None, None)
    centre = sum(known, Fraction(0)) / len(known)
    mean_range = sum(ranges, Fraction(0)) / len(ranges) if ranges else None
    if mean_range is None or len(known) < LEAST_POINTS:
        points = tuple(ControlPoint(v, r) for v, r in zip(values, moved, strict=True))
        return ControlChart(points, len(known), centre, mean_range, None, None)
    half = LIMIT_FACTOR * mean_range
    low, high, most = centre - half, centre + half, RANGE_FACTOR * mean_range
    signals = signals_of(values, moved, centre, half, most)
    points = tuple(ControlPoint(v, r, s) for v, r, s in zip(values, moved, signals, strict=True))
    limits = max(low, LOWEST), min(high, HIGHEST)
    return ControlChart(points, len(known), centre, mean_range, limits, most)


def signals_of(
    values: Sequence[Fraction | None],
    moved: Sequence[Fraction | None],
    centre: Fraction,
    half: Fraction,
    most: Fraction,
) -> list[tuple[str, ...]]:
    """The rules each month breaks: beyond a limit, a run of RUN on one side of the centre, NEAR of
    NEAR_OF nearer to a limit than to the centre. A missing month neither ends nor feeds a run."""
    found: list[set[str]] = [set() for _each in values]
    places = [place for place, value in enumerate(values) if value is not None]
    away = [(values[place] or Fraction(0)) - centre for place in places]
    for place, distance in zip(places, away, strict=True):
        step = moved[place]
        if abs(distance) > half or (step is not None and step > most):
            found[place].add(BEYOND)
    for at in range(len(places)):
        last = away[max(0, at - RUN + 1) : at + 1]
        if len(last) == RUN and (all(d > 0 for d in last) or all(d < 0 for d in last)):
            found[places[at]].add(LONG_RUN)
        near = away[max(0, at - NEAR_OF + 1) : at + 1]
        above = sum(distance * 2 > half for distance in near)
        below = sum(distance * 2 < -half for distance in near)
        if half and max(above, below) >= NEAR and abs(away[at]) * 2 > half:
            found[places[at]].add(NEAR_LIMIT)
    order = (BEYOND, LONG_RUN, NEAR_LIMIT)
    return [tuple(rule for rule in order if rule in rules) for rules in found]
