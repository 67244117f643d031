"""Follow-up: how fast it began, its horizon, and the two percentages that must not be confused."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tuntas.law.citation import p14
from tuntas.law.months import Month

# Lampiran I, BAB VII: under 12 months, 12 to 24, over 24.
HORIZON_SOURCE = p14("Lampiran I, BAB VII, hlm. 24")
SHORT_BELOW, LONG_ABOVE = 12, 24


def lead_time_months(survey: Month, start: Month) -> int:
    """Kecepatan tindak lanjut: whole months from the survey to the *start* of the follow-up.

    At least 1: the survey of a month is reported in the month after it. The rule reproduces all
    seven rows of the semester report it was read from; a start before the survey counts as 1.
    The audit's clock is the same count from the month in which the result was published.
    """
    return max(1, start - survey)


def horizon_of(months: int) -> str:
    """`short`, `medium` or `long`: the regulation's name for a plan that takes so many months."""
    if months < SHORT_BELOW:
        return "short"
    return "long" if months > LONG_ABOVE else "medium"


@dataclass(frozen=True)
class FollowUpShare:
    """Action plans of a span. "Followed up" (something was done) is not "finished"."""

    total: int
    followed_up: int
    finished: int

    @property
    def followed_up_percent(self) -> Fraction | None:
        """0–100, or None when there is no plan: nothing is never 100 %."""
        return Fraction(100 * self.followed_up, self.total) if self.total else None

    @property
    def finished_percent(self) -> Fraction | None:
        return Fraction(100 * self.finished, self.total) if self.total else None
