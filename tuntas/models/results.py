"""Results: the index of a month or span, the one source of every number shown anywhere.

A closed month answers from its closure, an open one from its responses, an old one from its
published value. Spans are pooled from counts, never averaged from indices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Exists

from tuntas.law import instruments
from tuntas.law.grades import Grade, grade_of
from tuntas.law.index import IndexResult, NoResponses, compute
from tuntas.law.instruments import InstrumentResult
from tuntas.law.months import Month
from tuntas.law.sums import Sums
from tuntas.law.tally import Tally
from tuntas.models.closures import Closure, HistoricalResult
from tuntas.models.offices import Office, Service, Unit
from tuntas.models.periods import Period
from tuntas.models.responses import Response
from tuntas.models.scans import ANSWERS, scan
from tuntas.models.surveys import Edition, asked_by, weights_of

TOGETHER = 0  # the key of no service
CLOSED, OPEN, HISTORICAL, EMPTY = "closed", "open", "historical", "empty"


@dataclass(frozen=True)
class Counted:
    """The tally of one service and edition in one month; `TOGETHER`: of all the services meant."""

    month: Month
    service_id: int
    edition_id: int
    tally: Tally


@dataclass(frozen=True)
class MonthResult:
    """What a month is worth. `state`: closed, open, historical (a published value) or empty.

    `converted` is exact, 25–100, or None without answers; `result` is None for a historical value.
    """

    month: Month
    state: str
    n: int | None
    converted: Fraction | None
    result: IndexResult | None
    closure: Closure | None = None
    source: str = ""
    instruments: tuple[InstrumentResult, ...] = ()  # IPKP and IPAK where the office asks them

    @property
    def grade(self) -> Grade | None:
        return grade_of(self.converted) if self.converted is not None else None


def counts(
    office: Office, months: Sequence[Month], *, services: Collection[int] | None = None
) -> list[Counted]:
    """Tallies of the months per service and edition: closures where they stand, else live."""
    kept, waiting = kept_counts(office, months, services)
    live = list(scan(office, waiting, services, ANSWERS))
    known = Edition.objects.in_bulk({edition for _month, _service, edition, _texts in live})
    return kept + [
        Counted(month, service, edition, known[edition].count(answers))
        for month, service, edition, (answers,) in live
    ]


def month_counts(
    office: Office, months: Sequence[Month], *, services: Collection[int] | None = None
) -> list[Counted]:
    """The same per month and edition, all services together: what was not closed is counted at once,
    which is several times faster where services are many and small."""
    kept, waiting = kept_counts(office, months, services)
    joined: dict[tuple[Month, int], list[str]] = defaultdict(list)
    for month, _service, edition, (answers,) in scan(office, waiting, services, ANSWERS):
        joined[month, edition].append(answers)
    known = Edition.objects.in_bulk({edition for _month, edition in joined})
    return kept + [
        Counted(month, TOGETHER, edition, known[edition].count("".join(texts)))
        for (month, edition), texts in joined.items()
    ]


def kept_counts(
    office: Office, months: Sequence[Month], services: Collection[int] | None
) -> tuple[list[Counted], list[Month]]:
    """What the standing closures of the months keep, and the months without one."""
    closures = {closure.period.as_month: closure for closure in standing(office, months)}
    kept = [
        Counted(month, int(row["service"]), int(row["edition"]), Tally.from_json(row["tally"]))
        for month, closure in closures.items()
        for row in closure.content["services"]
        if services is None or int(row["service"]) in services
    ]
    return kept, [month for month in months if month not in closures]


def standing(office: Office, months: Iterable[Month]) -> list[Closure]:
    days = [month.first_day for month in months]
    return list(
        Closure.objects.standing()
        .filter(period__office=office, period__month__in=days)
        .select_related("period")
    )


def editions_of(counted: Iterable[Counted]) -> dict[int, Edition]:
    """The editions of some tallies with their questions, by key, in two queries."""
    keys = {row.edition_id for row in counted}
    return Edition.objects.prefetch_related("questions").in_bulk(keys)


def index_of(
    counted: Sequence[Counted],
    convention: str,
    population: int | None = None,
    *,
    known: Mapping[int, Edition] | None = None,
) -> IndexResult | None:
    """Pooled index of tallies, over the elements their questionnaires asked; None without any.

    Own weights hold when all the answers were given to editions that share them. `known` spares the
    query for the editions when many indices are computed at once.
    """
    if not counted:
        return None
    known = editions_of(counted) if known is None else known
    editions = {row.edition_id: known[row.edition_id] for row in counted}
    tally = Tally.sum(row.tally for row in counted)
    return pooled_index(tally, list(editions.values()), convention, population)


def pooled_index(
    pooled: Tally | Sums,
    editions: Sequence[Edition],
    convention: str,
    population: int | None = None,
) -> IndexResult | None:
    """Index of the pooled answers to these editions; None when nothing was answered."""
    try:
        return compute(pooled, convention, weights_of(editions), asked_by(editions), population)
    except NoResponses:
        return None


def instruments_of(counted: Sequence[Counted]) -> tuple[InstrumentResult, ...]:
    """IPKP and IPAK of pooled tallies; empty where nobody was asked."""
    return instruments.results_of(instruments.pooled(row.tally.instruments for row in counted))


def latest_months(last: Month) -> list[Month]:
    """The three months up to `last` over which the circular asks for IPKP and IPAK."""
    return [last + -step for step in range(instruments.LEAST_MONTHS)]


def latest_instruments(
    office: Office,
    last: Month,
    *,
    unit: Unit | None = None,
    counted: Sequence[Counted] | None = None,
) -> tuple[InstrumentResult, ...]:
    """IPKP and IPAK over the last three months up to `last`, pooled, as the circular asks.
    `counted`: tallies that hold these months, if known already."""
    months = latest_months(last)
    if counted is None:
        counted = month_counts(office, months, services=service_ids(unit=unit))
    return instruments_of([row for row in counted if row.month in months])


def service_ids(*, unit: Unit | None = None, service: Service | None = None) -> set[int] | None:
    """Keys of the services meant; None for all services of the office."""
    if service is not None:
        return {service.pk}
    if unit is not None:
        return set(unit.services.values_list("pk", flat=True))
    return None


def span_result(
    office: Office,
    months: Sequence[Month],
    *,
    unit: Unit | None = None,
    service: Service | None = None,
    weights: str | None = None,
) -> IndexResult | None:
    """Pooled index of some months; None without answers. Historical values never enter it."""
    services = service_ids(unit=unit, service=service)
    kept, waiting = kept_counts(office, months, services)
    joined: dict[int, list[str]] = defaultdict(list)
    for _month, _service, edition, (answers,) in scan(office, waiting, services, ANSWERS):
        joined[edition].append(answers)
    keys = joined.keys() | {row.edition_id for row in kept}
    known = Edition.objects.prefetch_related("questions").in_bulk(keys)
    live = [known[edition].count("".join(texts)) for edition, texts in joined.items()]
    pooled = Tally.sum([row.tally for row in kept] + live)
    return pooled_index(pooled, list(known.values()), weights or office.weights)


def month_results(
    office: Office,
    months: Sequence[Month],
    *,
    unit: Unit | None = None,
    service: Service | None = None,
    counted: Sequence[Counted] | None = None,
) -> list[MonthResult]:
    """The result of each month, in the order given. `counted`: tallies that hold these months, if
    known already."""
    if counted is None:
        services = service_ids(unit=unit, service=service)
        counted = month_counts(office, months, services=services)
    by_month: dict[Month, list[Counted]] = {month: [] for month in months}
    for row in counted:
        if row.month in by_month:
            by_month[row.month].append(row)
    known = editions_of(row for rows in by_month.values() for row in rows)
    closures = {closure.period.as_month: closure for closure in standing(office, months)}
    published = {
        Month.of(row.month): row
        for row in HistoricalResult.objects.filter(
            office=office,
            unit=unit,
            service=service,
            month__in=[month.first_day for month in months],
        )
    }
    return [
        month_result(
            office, month, by_month[month], closures.get(month), published.get(month), known
        )
        for month in months
    ]


def last_closed(office: Office, *, service: Service | None = None) -> MonthResult | None:
    """The last month that stands closed; None before the first closure. Never a running value."""
    closed = Period.objects.closed().filter(office=office).order_by("-month").first()
    return month_results(office, [closed.as_month], service=service)[0] if closed else None


def month_result(
    office: Office,
    month: Month,
    counted: list[Counted],
    closure: Closure | None,
    published: HistoricalResult | None,
    known: Mapping[int, Edition] | None = None,
) -> MonthResult:
    """One month from its parts. A closure's own weights hold for it, whatever was chosen later."""
    convention = closure.content["weights"] if closure else office.weights
    result, others = index_of(counted, convention, known=known), instruments_of(counted)
    if result is None and published is not None:
        return MonthResult(
            month,
            HISTORICAL,
            published.n,
            Fraction(published.converted),
            None,
            closure,
            published.source,
        )
    if result is None:
        return MonthResult(month, CLOSED if closure else EMPTY, 0, None, None, closure)
    return MonthResult(
        month,
        CLOSED if closure else OPEN,
        result.n,
        result.converted,
        result,
        closure,
        instruments=others,
    )


def unclosed(office: Office, months: Sequence[Month]) -> list[Month]:
    """Months of which no result is final yet: neither closed nor published before the system."""
    days = [month.first_day for month in months]
    closed = Period.objects.closed().filter(office=office, month__in=days)
    published = HistoricalResult.objects.filter(office=office, month__in=days)
    final = {*closed.values_list("month", flat=True), *published.values_list("month", flat=True)}
    return [month for month in months if month.first_day not in final]


def answered_months(office: Office, months: Iterable[Month]) -> set[Month]:
    """Those of the months in which anything was answered, by one look at the index for each: reading
    their rows to find different months takes as long as there are rows."""
    asked = list(months)
    if not asked:
        return set()
    looks = [Exists(office.responses.filter(month=month.first_day)) for month in asked]
    found = Office.objects.filter(pk=office.pk).values_list(*looks).get()
    return {month for month, is_answered in zip(asked, found, strict=True) if is_answered}


def first_month(office: Office) -> Month | None:
    """The earliest month of which anything is known."""
    days = [
        HistoricalResult.objects.filter(office=office)
        .order_by("month")
        .values_list("month")
        .first(),
        Response.objects.filter(office=office).order_by("month").values_list("month").first(),
        Period.objects.filter(office=office).order_by("month").values_list("month").first(),
    ]
    known = [Month.of(day[0]) for day in days if day]
    return min(known) if known else None
