"""Roll-up: one index for a region or ministry, pooled from the closures of all offices below it.

Only closures count, never a running month and never an answer (docs/decisions/0012). Nothing is
averaged: counts are added up, by the database where it can, and the index follows from the sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Count, Max, Q, Sum

from tuntas.law.elements import in_regulation_order
from tuntas.law.grades import Grade, grade_of
from tuntas.law.index import INDICATIVE_BELOW, IndexResult, NoResponses, compute
from tuntas.law.instruments import InstrumentResult, results_of
from tuntas.law.months import Month, Span
from tuntas.law.ranking import ranks
from tuntas.law.sums import Sums
from tuntas.law.tally import Tally
from tuntas.models.closures import Closure, HistoricalResult, Reopening
from tuntas.models.counts import (
    ALIKE,
    SUMMED,
    ClosureCount,
    elements_in,
    own_weights_of,
    sums_from,
    sums_of,
    weights_from,
)
from tuntas.models.offices import Office, Service
from tuntas.models.outside import OutsideClosure
from tuntas.models.places import Place, places_below
from tuntas.typed import whole

# A closure without a row of counters has none, or (from outside) one whose scale is 0.
FITS, MISFIT = Q(scale__gt=0), Q(scale=0)


@dataclass(frozen=True)
class Part:
    """What closures that were counted alike add up to: the columns `SUMMED` as whole numbers, which
    become fractions only when everything is added."""

    alike: tuple[int, str, int, int]  # the values of ALIKE
    numbers: tuple[int, ...]

    @property
    def n(self) -> int:
        return self.numbers[0]


@dataclass(frozen=True)
class ReadPart:
    """A closure read whole. `own_weights` as text; None when they differ inside it."""

    sums: Sums
    asked: frozenset[str]
    own_weights: str | None

    @property
    def n(self) -> int:
        return self.sums.n


AnyPart = Part | ReadPart


@dataclass(frozen=True)
class Published:
    """A published value of before, without counts: shown apart, never pooled."""

    place: Place
    month: Month
    converted: Fraction
    n: int | None
    source: str

    @property
    def grade(self) -> Grade:
        return grade_of(self.converted)


@dataclass
class Line:
    """One office of the roll-up together with everything below it.

    `closed`: months closed in the offices of this line; `due`: months that should be.
    """

    place: Place
    weights: str
    parts: list[AnyPart]
    closed: int
    due: int
    missing: tuple[Month, ...]  # of the office itself
    has_below: bool
    rank: tuple[int, int] | None = None

    @property
    def n(self) -> int:
        return sum(part.n for part in self.parts)

    @cached_property
    def result(self) -> IndexResult | None:
        return pooled(self.parts, self.weights)

    @property
    def converted(self) -> Fraction | None:
        return self.result.converted if self.result else None

    @property
    def is_indicative(self) -> bool:
        return 0 < self.n < INDICATIVE_BELOW

    @property
    def is_complete(self) -> bool:
        return self.closed >= self.due


@dataclass(frozen=True)
class Rollup:
    """Lines in the order of the tree; the first is the office itself with everything below."""

    office: Office
    span: Span
    weights: str
    lines: tuple[Line, ...]
    historical: tuple[Published, ...]

    @property
    def whole(self) -> Line:
        return self.lines[0]

    @property
    def result(self) -> IndexResult | None:
        return self.whole.result

    @property
    def missing(self) -> list[Line]:
        """Offices that have not closed every month that is over."""
        return [line for line in self.lines if line.missing]

    def with_ranks(self) -> Rollup:
        """The same with a range of ranks for each office at the end of a branch that has enough."""
        rated = [
            (line, line.result.interval95)
            for line in self.lines
            if not line.has_below and line.n >= INDICATIVE_BELOW and line.result
        ]
        known = [(line, interval) for line, interval in rated if interval]
        for (line, _interval), rank in zip(
            known, ranks([interval for _line, interval in known]), strict=True
        ):
            line.rank = rank
        return self


def roll_up(office: Office, span: Span, *, weights: str | None = None) -> Rollup:
    """Everything about an office and the offices below it in some months, in eleven queries at most."""
    convention = weights or office.weights
    places = places_below(office)
    due = [month for month in span.months if month.last_day < office.today]
    parts: dict[str, list[AnyPart]] = defaultdict(list)
    closed: dict[str, int] = defaultdict(int)
    for key, _month, part, times in rows(office, span):
        parts[key].append(part)
        closed[key] += times
    expected = expected_months(office, places, due)
    missing = missing_months(office, span, expected, closed)
    lines = {
        place.key: Line(
            place,
            convention,
            parts[place.key],
            closed[place.key],
            max(len(expected[place.key]), closed[place.key]),
            missing.get(place.key, ()),
            has_below=False,
        )
        for place in places
    }
    for place in reversed(places):  # from the leaves up
        above = lines.get(place.above or "")
        if above:
            line = lines[place.key]
            above.parts = above.parts + line.parts
            above.closed += line.closed
            above.due += line.due
            above.has_below = True
    by_key = {place.key: place for place in places}
    return Rollup(office, span, convention, tuple(lines.values()), published(office, span, by_key))


def pooled(parts: Sequence[AnyPart], convention: str) -> IndexResult | None:
    """The index of all parts together; None without an answer.

    Own weights hold when all closures were given by questionnaires that share them.
    """
    found = [*added(part for part in parts if isinstance(part, Part))]
    found += [part for part in parts if isinstance(part, ReadPart)]
    asked = in_regulation_order({code for part in found for code in part.asked})
    own = {part.own_weights for part in found if part.n}
    shared = own.pop() if len(own) == 1 else None
    try:
        return compute(
            Sums.sum(part.sums for part in found),
            convention,
            weights_from(shared) if shared else None,
            asked,
        )
    except NoResponses:
        return None


def added(parts: Iterable[Part]) -> Iterator[ReadPart]:
    """Parts that were counted alike, added up."""
    groups: dict[tuple[int, str, int, int], list[tuple[int, ...]]] = defaultdict(list)
    for part in parts:
        groups[part.alike].append(part.numbers)
    for (asked, own, scale, means_scale), numbers in groups.items():
        columns = dict(zip(SUMMED, map(sum, zip(*numbers, strict=True)), strict=True))
        sums = sums_from(columns, scale, means_scale)
        yield ReadPart(sums, frozenset(elements_in(asked)), own)


def rows(
    office: Office, span: Span, *, by_month: bool = False, keys: Collection[str] | None = None
) -> Iterator[tuple[str, Month | None, AnyPart, int]]:
    """Sums of the closures below `office`: key of the place, the month (or None for all of them
    together), what they add up to, and how many closures that are. `keys`: of these places only."""
    days = {"month__gte": span.first.first_day, "month__lte": span.last.first_day}
    tree = Office.objects.filter(path__startswith=office.path).values("pk")
    here = ClosureCount.objects.filter(office__in=tree, **days).exclude(
        pk__in=Reopening.objects.values("closure")
    )
    outside = OutsideClosure.objects.below(tree).filter(**days)
    older = closures_below(office, span).filter(count=None)
    if keys is not None:
        pks = [pk for key in keys if (pk := whole(key)) is not None]
        here, older = here.filter(office__in=pks), older.filter(period__office__in=pks)
        outside = outside.filter(uid__in=[key for key in keys if whole(key) is None])
    yield from added_up(here, "office_id", by_month=by_month)
    yield from added_up(outside.filter(FITS), "uid", by_month=by_month)
    yield from read_whole(older, outside.filter(MISFIT), by_month=by_month)


def added_up(
    counts: Any, key: str, *, by_month: bool
) -> Iterator[tuple[str, Month | None, AnyPart, int]]:
    groups = (key, *(("month",) if by_month else ()), *ALIKE)
    sums = {f"sum_{name}": Sum(name) for name in SUMMED}
    found = counts.order_by().values_list(*groups).annotate(times=Count("pk"), **sums)
    first = len(groups)
    for row in found:
        # PostgreSQL adds whole numbers up to decimals.
        part = Part(row[first - 4 : first], tuple(map(int, row[first + 1 :])))
        yield str(row[0]), Month.of(row[1]) if by_month else None, part, row[first]


def read_whole(
    older: Any, misfits: Any, *, by_month: bool
) -> Iterator[tuple[str, Month | None, AnyPart, int]]:
    """Closures whose numbers fit no row: older than the rows, or counted in another way."""
    for office_id, day, content in older.values_list("period__office", "period__month", "content"):
        month = Month.of(day) if by_month else None
        yield str(office_id), month, part_of(content["services"]), 1
    for uid, day, content in misfits.values_list("uid", "month", "content"):
        yield str(uid), Month.of(day) if by_month else None, part_of(content["services"]), 1


def closures_below(office: Office, span: Span) -> Any:
    """Standing closures of the office and all below it, made here."""
    return Closure.objects.standing().filter(
        period__office__path__startswith=office.path,
        period__month__gte=span.first.first_day,
        period__month__lte=span.last.first_day,
    )


def part_of(services: Sequence[Mapping[str, Any]]) -> ReadPart:
    asked = frozenset(code for row in services for code in row["elements"])
    return ReadPart(sums_of(services), asked, own_weights_of(services))


def expected_months(
    office: Office, places: Sequence[Place], due: Sequence[Month]
) -> dict[str, list[Month]]:
    """Months each office should have closed: those that are over while it had a service open.

    Of an office from outside we do not know the services: it should close unless it only has others
    below it and never closed anything.
    """
    services = (
        Service.objects.filter(office__path__startswith=office.path)
        .order_by()
        .values_list("office_id")
        .annotate(n_open=Count("pk", filter=Q(closed_at=None)), last=Max("closed_at"))
    )
    ends = {str(pk): None if n_open else last for pk, n_open, last in services}
    outside = {place.key for place in places if place.is_outside}
    regions = {place.above for place in places if place.is_outside}
    known = OutsideClosure.objects.filter(uid__in=[key for key in regions if key in outside])
    closing = {str(uid) for uid in known.values_list("uid", flat=True).distinct()}
    expected: dict[str, list[Month]] = {}
    for place in places:
        if place.is_outside:
            is_silent = place.key in regions and place.key not in closing
            expected[place.key] = [] if is_silent else list(due)
        elif place.key in ends:
            end = ends[place.key]
            expected[place.key] = [
                month for month in due if end is None or month.first_day <= end.date()
            ]
        else:
            expected[place.key] = []
    return expected


def missing_months(
    office: Office,
    span: Span,
    expected: Mapping[str, Sequence[Month]],
    closed: Mapping[str, int],
) -> dict[str, tuple[Month, ...]]:
    """Months over and not closed, by place; one more query only when something is missing."""
    short = [key for key, months in expected.items() if closed.get(key, 0) < len(months)]
    if not short:
        return {}
    known: dict[str, set[Month]] = defaultdict(set)
    for key, month in closed_months(office, span):
        known[key].add(month)
    found = {
        key: tuple(month for month in expected[key] if month not in known[key]) for key in short
    }
    return {key: months for key, months in found.items() if months}


def closed_months(office: Office, span: Span) -> Iterator[tuple[str, Month]]:
    pairs = closures_below(office, span).values_list("period__office", "period__month")
    months = {month.first_day: month for month in span.months}
    yield from ((str(pk), months[day]) for pk, day in pairs)
    tree = Office.objects.filter(path__startswith=office.path).values("pk")
    outside = OutsideClosure.objects.below(tree).filter(month__in=months)
    yield from ((str(uid), months[day]) for uid, day in outside.values_list("uid", "month"))


def published(office: Office, span: Span, places: Mapping[str, Place]) -> tuple[Published, ...]:
    """Published values of months that no closure with answers covers."""
    found = HistoricalResult.objects.filter(
        office__path__startswith=office.path,
        unit=None,
        service=None,
        month__gte=span.first.first_day,
        month__lte=span.last.first_day,
    ).order_by("month", "office__name", "pk")
    return tuple(
        Published(
            places[str(row.office_id)],
            Month.of(row.month),
            Fraction(row.converted),
            row.n,
            row.source,
        )
        for row in found
    )


def by_month(
    office: Office, span: Span, convention: str, keys: Collection[str] | None = None
) -> dict[str, dict[Month, IndexResult]]:
    """The index of each month with answers, for some places (each by itself), or under "" for all
    together."""
    parts: dict[str, dict[Month, list[AnyPart]]] = defaultdict(lambda: defaultdict(list))
    for key, month, part, _times in rows(office, span, by_month=True, keys=keys):
        if month is not None:
            parts["" if keys is None else key][month].append(part)
    found: dict[str, dict[Month, IndexResult]] = {}
    for key, months in parts.items():
        results = (
            (month, pooled(several, convention)) for month, several in sorted(months.items())
        )
        found[key] = {month: result for month, result in results if result}
    return found


def instruments_of(office: Office, span: Span) -> tuple[InstrumentResult, ...]:
    """IPKP and IPAK of all offices together; empty where nobody was asked."""
    here = closures_below(office, span).filter(Q(count=None) | Q(count__has_instruments=True))
    tree = Office.objects.filter(path__startswith=office.path).values("pk")
    outside = OutsideClosure.objects.below(tree).filter(
        month__gte=span.first.first_day, month__lte=span.last.first_day, has_instruments=True
    )
    contents = [*here.values_list("content", flat=True), *outside.values_list("content", flat=True)]
    tallies = (Tally.from_json(row["tally"]) for content in contents for row in content["services"])
    return results_of(Tally.sum(tallies).instruments)
