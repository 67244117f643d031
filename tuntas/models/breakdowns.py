"""Breakdown: what stands beside an index, from the slices of its months.

How many answered, how sure the value is, what it would be without the answers that carry a sign, and how
those who came through one channel differ from the others. A closed month gives it from its closure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from tuntas.law.cells import Cells, shown
from tuntas.law.effect import Interval
from tuntas.law.grades import CONVERSION_BASE
from tuntas.law.index import Z95, IndexResult, root
from tuntas.law.months import Month, Span
from tuntas.law.profile import PROFILE, UNKNOWN
from tuntas.law.sums import Sums
from tuntas.models.audiences import Audience
from tuntas.models.offices import Office, Service, Unit
from tuntas.models.periods import Period
from tuntas.models.responses import Response
from tuntas.models.results import pooled_index, service_ids
from tuntas.models.slices import ClosureSlices, Slice, slices_of
from tuntas.models.surveys import Edition

# What a group can be: a question of the profile (of an analysis), the channel, or the service.
BY_CHANNEL, BY_SERVICE = "channel", "service"
# Months of which a calendar period is made, one level after the other.
PARTS = {"quarter": 3, "half_year": 2, "year": 2}


@dataclass(frozen=True)
class Group:
    """Responses that have something in common. `result` is None when they have no index, and where
    `is_shown` is false, because they are too few; `difference` is against all the others."""

    code: str
    n: int
    is_shown: bool
    result: IndexResult | None = None
    difference: Fraction | None = None
    difference95: Interval | None = None

    @property
    def is_apart(self) -> bool:
        """Whether chance alone does not explain the difference from the others."""
        return self.difference95 is not None and not (
            self.difference95[0] <= 0 <= self.difference95[1]
        )


@dataclass(frozen=True)
class Breakdown:
    """The answers of a span in an office, one unit or one service, summed up by slices.

    `editions`: those of the slices, by key.
    """

    office: Office
    span: Span
    unit: Unit | None
    service: Service | None
    slices: tuple[Slice, ...]
    editions: Mapping[int, Edition]

    @property
    def n(self) -> int:
        return sum(each.whole.n for each in self.slices)

    @cached_property
    def result(self) -> IndexResult | None:
        return self.index([each.whole for each in self.slices])

    @cached_property
    def signed(self) -> int:
        """Responses with a sign of doubt; they count all the same."""
        return self.n - sum(each.unsigned.n for each in self.slices)

    @cached_property
    def unsigned_result(self) -> IndexResult | None:
        """What the index would be without the responses that carry a sign; for comparison only."""
        return self.index([each.unsigned for each in self.slices]) if self.signed else self.result

    @property
    def is_whole_office(self) -> bool:
        return self.unit is None and self.service is None

    @cached_property
    def is_settled(self) -> bool:
        """Whether nothing can change any more: every month is closed, or over without answers.

        Before, the difference between today's and yesterday's page would be one person's answers.
        """
        return months_settled(self.office, self.span)

    @property
    def shows_groups(self) -> bool:
        """Whether answers of groups can be shown at all (docs/method.md, "Small groups")."""
        return self.is_whole_office and self.is_settled and self.span.kind != "range"

    def index(self, sums: Sequence[Sums], population: int | None = None) -> IndexResult | None:
        """The index of one part of each slice, over the editions of those that have answers."""
        editions = {
            each.edition_id: self.editions[each.edition_id]
            for each, part in zip(self.slices, sums, strict=True)
            if part.n
        }
        return pooled_index(
            Sums.sum(sums), list(editions.values()), self.office.weights, population
        )

    # -- groups ----------------------------------------------------------------------------------

    def groups(self, by: str) -> list[Group]:
        """Everybody by one trait, in the order of its choices, "not filled in" last; groups without
        anybody only among the choices of the profile."""
        sizes = self.sizes(by)
        visible = self.visible(by)
        found = []
        for code in codes_of(by, sizes):
            group = Group(code, sizes.get(code, 0), code in visible)
            found.append(self.with_index(group, by) if code in visible else group)
        return found

    def sizes(self, by: str, month: Month | None = None) -> Counter[str]:
        """How many respondents each group has, in the span or in one of its months."""
        found: Counter[str] = Counter()
        for place, each in enumerate(self.slices):
            if month is None or each.month == month:
                found.update(self.sizes_in(place, by))
        return +found

    def sizes_in(self, place: int, by: str) -> dict[str, int]:
        """How many of one slice are in each group. Raises LookupError for what slices do not tell."""
        each = self.slices[place]
        if by == BY_SERVICE:
            return {str(each.service_id): each.whole.n}
        if by == BY_CHANNEL:
            return {name: sums.n for name, sums in each.channels.items()}
        raise LookupError(by)

    def sums_in(self, place: int, by: str, code: str) -> Sums:
        """The sums of one group in one slice. Raises LookupError for what slices do not tell."""
        each = self.slices[place]
        if by == BY_SERVICE:
            return each.whole if code == str(each.service_id) else Sums()
        if by == BY_CHANNEL:
            return each.channels.get(code, Sums())
        raise LookupError(by)

    def visible(self, by: str) -> frozenset[str]:
        """Groups whose answers may be shown. Services are what the survey rates: always."""
        if by == BY_SERVICE:
            return frozenset(self.sizes(by))
        return shown(self.cells(by, self.span)) if self.shows_groups else frozenset()

    def cells(self, by: str, span: Span) -> Cells:
        """The groups' sizes in a calendar period and in the shorter ones it is made of."""
        months = [self.sizes(by, month) for month in span.months]
        counts = dict(sum(months, Counter()))
        pieces = PARTS.get(span.kind)
        if pieces is None:
            return Cells(counts)
        length = len(span.months) // pieces
        starts = [span.first + at * length for at in range(pieces)]
        shorter = [Span(start, start + (length - 1)) for start in starts]
        return Cells(counts, tuple(self.cells(by, part) for part in shorter))

    def with_index(self, group: Group, by: str) -> Group:
        """The group with its index and how far that is from the index of all the others."""
        own = [self.sums_in(place, by, group.code) for place in range(len(self.slices))]
        others = [each.whole.without(part) for each, part in zip(self.slices, own, strict=True)]
        result, rest_result = self.index(own), self.index(others)
        if result is None or rest_result is None:
            return Group(group.code, group.n, group.is_shown, result)
        moved = result.converted - rest_result.converted
        interval = difference95(Sums.sum(own), Sums.sum(others), moved)
        return Group(group.code, group.n, group.is_shown, result, moved, interval)

    # -- population ------------------------------------------------------------------------------

    @cached_property
    def population(self) -> int | None:
        """People the services had in the year of the span, where all of them have said so.

        None when one has not, or when the span touches two years.
        """
        if self.span.first.year != self.span.last.year or not self.slices:
            return None
        services = {each.service_id for each in self.slices}
        rows = Audience.objects.filter(
            office=self.office, service__in=services, year=self.span.first.year
        )
        known = dict(rows.values_list("service", "size"))
        return sum(known.values()) if services <= set(known) else None

    @cached_property
    def finite_result(self) -> IndexResult | None:
        """The result with the finite population correction in its interval; None where the
        population is unknown or smaller than the number of answers."""
        if self.population is None or self.result is None or self.population <= self.n:
            return None
        return self.index([each.whole for each in self.slices], self.population)


def breakdown_of(office: Office, month: Month, *, unit: Unit | None = None) -> Breakdown:
    """The breakdown of a month: of a closed one as its closure keeps it, else from one scan of its
    rows. Both are the same (tests/report/test_breakdowns.py)."""
    services = service_ids(unit=unit)
    kept = ClosureSlices.standing(office, month)
    found = slices_of(office, month, services) if kept is None else kept
    slices = tuple(each for each in found if services is None or each.service_id in services)
    editions = Edition.objects.prefetch_related("questions")
    known = editions.in_bulk({each.edition_id for each in slices})
    return Breakdown(office, Span(month, month), unit, None, slices, known)


def months_settled(office: Office, span: Span) -> bool:
    days = [month.first_day for month in span.months]
    if office.today <= span.last.last_day:
        return False
    closed = Period.objects.closed().filter(office=office, month__in=days)
    waiting = set(days) - set(closed.values_list("month", flat=True))
    return not Response.objects.filter(office=office, month__in=waiting).exists()


def codes_of(by: str, sizes: Counter[str]) -> list[str]:
    """The groups in the order they are listed."""
    question = next((row for row in PROFILE if row.code == by), None)
    if question is not None:
        return [code for code, _label in question.choices] + [UNKNOWN]
    return [code for code, _n in sorted(sizes.items(), key=lambda row: (-row[1], row[0]))]


def difference95(one: Sums, other: Sums, moved: Fraction) -> Interval | None:
    """95 % interval of the difference of two indices of different people; None below two each.

    The variances of the respondents' means add; normal approximation, as in `law.effect`.
    """
    first, second = one.moments.variance, other.moments.variance
    if first is None or second is None:
        return None
    half = Z95 * root(first + second) * CONVERSION_BASE
    return max(moved - half, Fraction(-75)), min(moved + half, Fraction(75))
