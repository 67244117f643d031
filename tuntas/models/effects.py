"""Did it help? The mean of a plan's element before and after it, from the counted answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuntas.law.effect import Difference, difference
from tuntas.law.months import Month
from tuntas.law.tally import Scores, Tally
from tuntas.models.periods import Period
from tuntas.models.plans import ActionPlan
from tuntas.models.results import counts, service_ids

# The survey month and the two before it; as many closed months after the plan began (or ended).
BEFORE_MONTHS = AFTER_MONTHS = 3
# Looked for this far after it; years later other things have changed the mean as well.
AFTER_WINDOW = 6


@dataclass(frozen=True)
class Effect:
    """What was compared: `before` and `after` list the closed months that were counted."""

    before: tuple[Month, ...]
    after: tuple[Month, ...]
    since_end: bool  # counted from the plan's end, else from its start
    compared: Difference


def effect_of(plan: ActionPlan) -> Effect | None:
    """The element's mean around the plan, in the plan's unit; None without element or start.

    Only closed months count, so the answer does not move while a month runs.
    """
    if not plan.element or plan.start_month is None:
        return None
    survey, turn = Month.of(plan.survey_month), Month.of(plan.end_month or plan.start_month)
    first_after = max(turn, survey) + 1
    before = tuple(survey + step for step in range(1 - BEFORE_MONTHS, 1))
    closed = {
        Month.of(day)
        for day in Period.objects.closed()
        .filter(office=plan.office, month__gte=before[0].first_day)
        .values_list("month", flat=True)
    }
    known_before = tuple(month for month in before if month in closed)
    window = tuple(first_after + step for step in range(AFTER_WINDOW))
    known_after = tuple(month for month in window if month in closed)[:AFTER_MONTHS]
    return Effect(
        before=known_before,
        after=known_after,
        since_end=plan.end_month is not None,
        compared=difference(scores(plan, known_before), scores(plan, known_after)),
    )


def scores(plan: ActionPlan, months: Sequence[Month]) -> Scores:
    """How often each score was given to the plan's element in its unit, pooled."""
    if not months:
        return {}
    rows = counts(plan.office, months, services=service_ids(unit=plan.unit))
    return Tally.sum(row.tally for row in rows).elements.get(plan.element, {})
