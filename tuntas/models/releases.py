"""Released results: closed months and values published before, what anyone may see.

A running score is never released: who sees it could fetch friendly answers before the month ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Max

from tuntas.law.index import IndexResult
from tuntas.law.instruments import InstrumentResult
from tuntas.law.months import Month, Span
from tuntas.law.profile import PROFILE
from tuntas.models.closures import HistoricalResult
from tuntas.models.offices import Office, Service, Unit
from tuntas.models.periods import Period
from tuntas.models.responses import Response
from tuntas.models.results import (
    CLOSED,
    HISTORICAL,
    OPEN,
    MonthResult,
    answered_months,
    counts,
    editions_of,
    index_of,
    instruments_of,
    month_results,
    service_ids,
)

# Of a part of the office with fewer answers no value is released: what one person answered could be
# told from it. The regulation has no such rule; the office as a whole always publishes.
LEAST_RELEASED = 5


class NotReleased(Exception):
    """Some months of the span are not closed; `months` says which."""

    def __init__(self, months: Sequence[Month]) -> None:
        self.months = tuple(months)
        super().__init__(", ".join(str(month) for month in months))


@dataclass(frozen=True)
class PartResult:
    """One unit or service in a closed month. `result` None: nobody answered, or too few."""

    part: Unit | Service
    n: int
    result: IndexResult | None


@dataclass(frozen=True)
class SpanResult:
    """A span pooled from its closed months. `historical`: its published values, never pooled."""

    span: Span
    months: tuple[Month, ...]  # the closed ones that hold answers
    result: IndexResult | None
    instruments: tuple[InstrumentResult, ...]
    historical: tuple[MonthResult, ...]
    n: int = 0  # answers of the closed months, also where the value is withheld


def closed_months(office: Office) -> set[Month]:
    days = Period.objects.closed().filter(office=office).values_list("month", flat=True)
    return {Month.of(day) for day in days}


def released(
    office: Office,
    months: Iterable[Month] | None = None,
    *,
    unit: Unit | None = None,
    service: Service | None = None,
) -> list[MonthResult]:
    """Every released month (of these), oldest first: state closed or historical."""
    closed = closed_months(office)
    old = HistoricalResult.objects.filter(office=office, unit=unit, service=service)
    known = closed | {Month.of(day) for day in old.values_list("month", flat=True)}
    wanted = sorted(known if months is None else known & set(months))
    services = service_ids(unit=unit, service=service)
    counted = counts(office, [month for month in wanted if month in closed], services=services)
    rows = month_results(office, wanted, unit=unit, service=service, counted=counted)
    is_part = unit is not None or service is not None
    # A month reopened between these queries is open, and left out.
    return [
        withheld(row) if is_part and too_few(row.n) and row.state == CLOSED else row
        for row in rows
        if row.state in (CLOSED, HISTORICAL)
    ]


def too_few(n: int | None) -> bool:
    return n is not None and 0 < n < LEAST_RELEASED


def withheld(row: MonthResult) -> MonthResult:
    """The month without its value, which stays None; how many answered is still told."""
    return replace(row, converted=None, result=None, instruments=())


def hidden_while_open(rows: Iterable[MonthResult]) -> list[MonthResult]:
    """The same months for who must not see a running score: of an open one only the answers."""
    return [withheld(row) if row.state == OPEN else row for row in rows]


def latest_valued(rows: Sequence[MonthResult]) -> MonthResult | None:
    """The newest month that has a value."""
    return next((row for row in reversed(rows) if row.converted is not None), None)


def unit_results(office: Office, row: MonthResult) -> list[PartResult]:
    """The units of a closed month in the office's order; those nobody answered are left out."""
    if row.closure is None:
        return []
    unit_of = dict(Service.objects.filter(office=office).values_list("pk", "unit_id"))
    counted = counts(office, [row.month])
    known = editions_of(counted)
    found = []
    for unit in office.units.all():
        rows = [each for each in counted if unit_of.get(each.service_id) == unit.pk]
        result = index_of(rows, row.closure.content["weights"], known=known)
        n = sum(each.tally.n for each in rows)
        if n:
            found.append(PartResult(unit, n, None if too_few(n) else result))
    return found


def unreleased(office: Office, span: Span) -> list[Month]:
    """Months of the span that hold answers without being closed, or are not over yet."""
    closed, today = closed_months(office), office.today
    answered = answered_months(office, span.months)
    return [
        month
        for month in span.months
        if month not in closed and (month in answered or today <= month.last_day)
    ]


def span_released(
    office: Office,
    span: Span,
    *,
    unit: Unit | None = None,
    service: Service | None = None,
    for_everyone: bool = True,
) -> SpanResult:
    """The closed months of a span, pooled from their counts under the weights of the last one.

    `for_everyone` False is for the office's own reports, where nothing is withheld.
    """
    rows = released(office, span.months, unit=unit, service=service)
    months = [row.month for row in rows if row.state == CLOSED]
    services = service_ids(unit=unit, service=service)
    counted = counts(office, months, services=services)
    closures = [row.closure for row in rows if row.closure is not None]
    weights = closures[-1].content["weights"] if closures else office.weights
    n = sum(row.tally.n for row in counted)
    is_withheld = for_everyone and services is not None and too_few(n)
    return SpanResult(
        span=span,
        months=tuple(sorted({row.month for row in counted if row.tally.n})),
        result=None if is_withheld else index_of(counted, weights),
        instruments=() if is_withheld else instruments_of(counted),
        historical=tuple(row for row in rows if row.state == HISTORICAL),
        n=n,
    )


def profile_counts(
    office: Office, months: Iterable[Month], services: Collection[int] | None = None
) -> dict[str, Counter[str]]:
    """{question of the profile: {character: respondents}} of the answers that count.

    Characters that were not filled in stand under "-". Answers erased by the retention rule are
    missing, so compare with the n of the closures before printing.
    """
    rows = Response.objects.counted(office).filter(month__in=[month.first_day for month in months])
    if services is not None:
        rows = rows.filter(service__in=services)
    found: dict[str, Counter[str]] = {question.code: Counter() for question in PROFILE}
    for profile, n in rows.order_by().values_list("profile").annotate(n=Count("id")):
        for place, question in enumerate(PROFILE):
            found[question.code][profile[place] if place < len(profile) else "-"] += n
    return found


def released_at(office: Office) -> datetime | None:
    """When the newest closure was made; None before the first."""
    found: datetime | None = Period.objects.filter(office=office).aggregate(at=Max("closures__at"))[
        "at"
    ]
    return found
