"""Findings: everything the result report tells of one office or unit and span, gathered once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tuntas.law.index import IndexResult
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, AnsweredShare, Office, Response, Unit
from tuntas.models.results import (
    Counted,
    MonthResult,
    counts,
    first_month,
    index_of,
    month_results,
    service_ids,
)
from tuntas.report.monitoring import carried_plans, end_of, known_plans
from tuntas.report.suggestions import answered_share

# Months a trend goes back at most.
TREND_MONTHS = 24


@dataclass(frozen=True)
class Findings:
    """`result` is None without answers; a single historical month still has its value in `months`.

    `services`: keys of the unit's services, None for the whole office. `returned`: responses that
    came, those left out of the index included.
    """

    office: Office
    unit: Unit | None
    span: Span
    cut_off: date
    until: datetime
    services: frozenset[int] | None
    counted: Sequence[Counted]
    months: Sequence[MonthResult]
    result: IndexResult | None
    returned: int
    plans: Sequence[ActionPlan]
    carried: Sequence[ActionPlan]
    share: AnsweredShare

    @property
    def scope(self) -> str:
        """The unit and its office, or the office."""
        return f"{self.unit.name}, {self.office.name}" if self.unit else self.office.name

    @property
    def n(self) -> int:
        return self.result.n if self.result else 0

    @property
    def converted(self) -> Fraction | None:
        """The index of the span; of one month before the system, its published value."""
        if self.result is not None:
            return self.result.converted
        return self.months[0].converted if len(self.months) == 1 else None

    def of_services(self, keys: set[int]) -> IndexResult | None:
        """Index of some of the services over the span."""
        rows = [row for row in self.counted if row.service_id in keys]
        return index_of(rows, self.convention)

    @property
    def convention(self) -> str:
        """The weights of the index: a closed month's own, else the office's."""
        closure = self.months[0].closure if len(self.months) == 1 else None
        return str(closure.content["weights"]) if closure else self.office.weights

    def earlier(self, span: Span) -> Findings:
        """The same office or unit in another span."""
        return gather(self.office, span, self.cut_off, self.unit)


def days(months: Sequence[Month]) -> list[date]:
    return [month.first_day for month in months]


def gather(office: Office, span: Span, cut_off: date, unit: Unit | None = None) -> Findings:
    """Read what the report needs, as known by the end of `cut_off`."""
    until = end_of(cut_off, office)
    found = service_ids(unit=unit)
    services = None if found is None else frozenset(found)
    counted = counts(office, span.months, services=services)
    months = month_results(office, span.months, unit=unit, counted=counted)
    # One closed month answers with its own weights; a span is pooled with the office's.
    pooled = months[0].result if len(months) == 1 else index_of(counted, office.weights)
    came = Response.objects.filter(office=office, month__in=days(span.months))
    if services is not None:
        came = came.filter(service__in=services)
    return Findings(
        office=office,
        unit=unit,
        span=span,
        cut_off=cut_off,
        until=until,
        services=services,
        counted=counted,
        months=months,
        result=pooled,
        returned=max(came.count(), pooled.n if pooled else 0),
        plans=of_unit(known_plans(office, span, until), unit),
        carried=of_unit(carried_plans(office, span, until), unit),
        share=answered_share(office, span, until, unit=unit),
    )


def of_unit(plans: list[ActionPlan], unit: Unit | None) -> list[ActionPlan]:
    return plans if unit is None else [plan for plan in plans if plan.unit_id == unit.pk]


def trend_months(found: Findings) -> list[MonthResult]:
    """Months up to the span's last, from the first that is known, at most TREND_MONTHS."""
    last = found.span.last
    first = max(first_month(found.office) or found.span.first, last + -(TREND_MONTHS - 1))
    first = min(first, found.span.first)
    return month_results(found.office, Span(first, last).months, unit=found.unit)


def years_back(span: Span, years: int) -> Span:
    """The same months of an earlier year."""
    return Span(span.first + -12 * years, span.last + -12 * years)


def before(span: Span) -> Span:
    """The span of the same length that ends where this one begins."""
    length = span.last - span.first + 1
    return Span(span.first + -length, span.last + -length)
