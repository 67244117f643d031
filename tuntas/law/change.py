"""Change between two months: said as a change only when chance alone does not explain it.

Our rule, not the regulation's (docs/method.md, "Change"): while the two 95 % intervals overlap, the
difference is within the noise. It is stricter than a test of the difference, on purpose: a leader
who praises or blames a unit for chance does harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

Interval = tuple[Fraction, Fraction]
UNKNOWN, NOISE, UP, DOWN = "unknown", "noise", "up", "down"


@dataclass(frozen=True)
class Change:
    """`difference`: later minus earlier converted value. `verdict`: up, down, noise, or unknown
    when one of the two has no interval."""

    difference: Fraction
    verdict: str


def change_of(
    before: Fraction,
    after: Fraction,
    before95: Interval | None,
    after95: Interval | None,
) -> Change:
    """What two converted values (25–100) and their intervals say about a change."""
    difference = after - before
    if before95 is None or after95 is None:
        return Change(difference, UNKNOWN)
    if before95[0] <= after95[1] and after95[0] <= before95[1]:
        return Change(difference, NOISE)
    return Change(difference, UP if difference > 0 else DOWN)
