"""Analysis: everything about the answers of a period beyond the index, from one scan of its rows.

Who answered, how each question was answered, through which channel, with which signs of doubt, and
how the elements hang together. The answers are those that count: excluded responses stay out. A closed
month never changes, so that its rows give what its closure says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db import connection

from tuntas.law.cells import Cells, shown
from tuntas.law.effect import Interval, level
from tuntas.law.elements import in_regulation_order
from tuntas.law.grades import CONVERSION_BASE
from tuntas.law.index import Z95, IndexResult, root
from tuntas.law.months import Month, Span
from tuntas.law.profile import PROFILE, UNKNOWN
from tuntas.law.ranks import spearman
from tuntas.law.tabulation import Tabulation, crossed, tabulate
from tuntas.law.tally import Tally
from tuntas.models.audiences import Audience
from tuntas.models.exclusions import left_out
from tuntas.models.offices import Office, Service, Unit
from tuntas.models.periods import Period
from tuntas.models.responses import Channel, Response
from tuntas.models.results import Counted, index_of, service_ids
from tuntas.models.surveys import Edition, Question

# One letter per channel behind the answers, and "1" for a response with a sign of doubt.
LETTERS = {channel: chr(ord("a") + place) for place, channel in enumerate(Channel.values)}
CHANNEL, SIGNED = len(PROFILE), len(PROFILE) + 1
# What a group can be: a question of the profile, the channel, or the service.
BY_CHANNEL, BY_SERVICE = "channel", "service"
# Months of which a calendar period is made, one level after the other.
PARTS = {"quarter": 3, "half_year": 2, "year": 2}


@dataclass(frozen=True)
class Part:
    """The counted answers of one service to one edition in one month."""

    month: Month
    service_id: int
    edition: Edition
    table: Tabulation


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
class Frequency:
    """How often each answer was given to one question; `missing` left it open."""

    question: Question
    times: tuple[int, ...]
    missing: int

    @property
    def n(self) -> int:
        return sum(self.times)


@dataclass(frozen=True)
class Cross:
    """A cross table: `rows` and `columns` name the groups, `times` counts who is in both."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    times: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Analysis:
    """The answers of a span in an office, one unit or one service."""

    office: Office
    span: Span
    unit: Unit | None
    service: Service | None
    parts: tuple[Part, ...]

    @property
    def n(self) -> int:
        return sum(part.table.n for part in self.parts)

    @cached_property
    def result(self) -> IndexResult | None:
        return self.index(self.counted())

    @cached_property
    def signed(self) -> int:
        """Responses with a sign of doubt; they count all the same."""
        return sum(part.table.traits[SIGNED].get("1", 0).bit_count() for part in self.parts)

    @cached_property
    def unsigned_result(self) -> IndexResult | None:
        """What the index would be without the responses that carry a sign; for comparison only."""
        return self.index(self.counted(SIGNED, "0")) if self.signed else self.result

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

    def index(self, counted: Sequence[Counted]) -> IndexResult | None:
        return index_of(counted, self.office.weights, known=self.editions)

    @cached_property
    def editions(self) -> dict[int, Edition]:
        return {part.edition.pk: part.edition for part in self.parts}

    def counted(self, trait: int | None = None, value: str = "") -> list[Counted]:
        """Tallies of the parts: of everybody, or of those with one value of a trait."""
        return [
            Counted(part.month, part.service_id, part.edition.pk, tally)
            for part in self.parts
            if (tally := tally_of(part, trait, value)).n
        ]

    # -- groups ----------------------------------------------------------------------------------

    def groups(self, by: str) -> list[Group]:
        """Everybody by one question of the profile, by channel or by service, in the order of its
        choices, "not filled in" last; groups without anybody only among the profile's choices."""
        sizes = self.sizes(by)
        codes = codes_of(by, sizes)
        visible = self.visible(by)
        found = []
        for code in codes:
            group = Group(code, sizes.get(code, 0), code in visible)
            found.append(self.with_index(group, by) if code in visible else group)
        return found

    def sizes(self, by: str, month: Month | None = None) -> Counter[str]:
        """How many respondents each group has, in the span or in one of its months."""
        found: Counter[str] = Counter()
        for part in self.parts:
            if month is None or part.month == month:
                for code, mask in masks_of(part, by).items():
                    found[code] += mask.bit_count()
        return +found

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
        own: list[Counted] = []
        others: list[Counted] = []
        for part in self.parts:
            members = masks_of(part, by).get(group.code, 0)
            rest = part.table.everyone ^ members
            for rows, mask in ((own, members), (others, rest)):
                if mask:
                    tally = part.table.tally(mask)
                    rows.append(Counted(part.month, part.service_id, part.edition.pk, tally))
        result, rest_result = self.index(own), self.index(others)
        if result is None or rest_result is None:
            return Group(group.code, group.n, group.is_shown, result)
        moved = result.converted - rest_result.converted
        interval = difference95(pooled(own), pooled(others), moved)
        return Group(group.code, group.n, group.is_shown, result, moved, interval)

    # -- questions -------------------------------------------------------------------------------

    def frequencies(self) -> list[Frequency]:
        """Every question of every edition that was answered, in the order asked."""
        found = []
        for edition in self.editions.values():
            tables = [part.table for part in self.parts if part.edition.pk == edition.pk]
            for place, question in enumerate(edition.question_list):
                times = [
                    sum(table.questions[place].get(str(score), 0).bit_count() for table in tables)
                    for score in range(len(question.options) + 1)
                ]
                found.append(Frequency(question, tuple(times[1:]), times[0]))
        return found

    @property
    def elements(self) -> list[str]:
        """Elements somebody answered, in the regulation's order."""
        return in_regulation_order({code for part in self.parts for code in part.table.elements})

    def cross(self, row: str, column: str) -> Cross:
        """Cross table of an element (rows: scores, or a trait's groups) with an element's scores.

        `row` is an element, a question of the profile or "channel"; `column` an element. Groups that
        may not be shown are left out.
        """
        columns = self.scores(column)
        if row in self.elements:
            rows = [str(score) for score in self.scores(row)]
        else:
            rows = [group.code for group in self.groups(row) if group.is_shown and group.n]
        total = [[0] * len(columns) for _each in rows]
        for part in self.parts:
            there = part.table.elements.get(column, {})
            groups = group_masks(part, row)
            counts = crossed(
                (groups.get(code, 0) for code in rows), (there.get(score, 0) for score in columns)
            )
            total = [
                [a + b for a, b in zip(*pair, strict=True)]
                for pair in zip(total, counts, strict=True)
            ]
        return Cross(tuple(rows), tuple(str(score) for score in columns), tuple(map(tuple, total)))

    def scores(self, element: str) -> list[Fraction]:
        """Scores given to an element, rising; with several questions they may be fractions."""
        return sorted(
            {score for part in self.parts for score in part.table.elements.get(element, {})}
        )

    def correlations(self) -> dict[tuple[str, str], tuple[Fraction | None, int]]:
        """Spearman's ρ of each two elements, and how many answered both."""
        codes, found = self.elements, {}
        for place, one in enumerate(codes):
            for other in codes[place + 1 :]:
                table = self.cross(one, other).times
                found[one, other] = spearman(table), sum(map(sum, table))
        return found

    # -- population ------------------------------------------------------------------------------

    @cached_property
    def population(self) -> int | None:
        """People the services had in the year of the span, where all of them have said so.

        None when one has not, or when the span touches two years.
        """
        if self.span.first.year != self.span.last.year or not self.parts:
            return None
        services = {part.service_id for part in self.parts}
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
        return index_of(self.counted(), self.office.weights, self.population, known=self.editions)


def analysis_of(
    office: Office, span: Span, *, unit: Unit | None = None, service: Service | None = None
) -> Analysis:
    """The analysis of a span, from one scan of its rows."""
    services = service_ids(unit=unit, service=service)
    rows = list(records(office, span.months, services))
    editions = Edition.objects.select_related("questionnaire").prefetch_related("questions")
    known = editions.in_bulk({edition for _month, _service, edition, _blob in rows})
    parts = tuple(
        Part(
            month if isinstance(month, Month) else Month.of(month),
            service_id,
            known[edition],
            tabulate(blob, known[edition].layout, SIGNED + 1, known[edition].weights),
        )
        for month, service_id, edition, blob in rows
    )
    return Analysis(office, span, unit, service, parts)


def records(
    office: Office, months: Sequence[Month], services: Collection[int] | None
) -> Iterator[tuple[Any, int, int, str]]:
    """Month, service, edition, and the counted answers with their traits, one after the other.

    As in `ResponseQuerySet.count_by_service` the database only joins texts; every value is a
    parameter.
    """
    wanted = None if services is None else list(services)
    if not months or wanted == []:
        return
    join = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    cases = " ".join(f"WHEN '{name}' THEN '{letter}'" for name, letter in LETTERS.items())
    record = (
        f"answers || substr(profile || '{UNKNOWN * CHANNEL}', 1, {CHANNEL})"
        f" || CASE channel {cases} ELSE '?' END || CASE signs WHEN 0 THEN '0' ELSE '1' END"
    )
    table = Response._meta.db_table
    sql = (
        f"SELECT month, service_id, edition_id, {join}({record}, '') FROM {table} "
        f"WHERE office_id = %s AND month IN ({', '.join(['%s'] * len(months))})"
    )
    parameters: list[Any] = [office.pk, *[month.first_day for month in months]]
    excluded = left_out(office.pk)
    if excluded.exists():
        part, values = excluded.query.sql_with_params()
        sql += f" AND id NOT IN ({part})"
        parameters += values
    if wanted is not None:
        sql += f" AND service_id IN ({', '.join(['%s'] * len(wanted))})"
        parameters += wanted
    sql += " GROUP BY month, service_id, edition_id ORDER BY month, service_id, edition_id"
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for month, service, edition, blob in cursor.fetchall():
            yield Month.parse(str(month)[:7]), service, edition, blob


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


def masks_of(part: Part, by: str) -> dict[str, int]:
    """The responses of each group in one part."""
    if by == BY_SERVICE:
        return {str(part.service_id): part.table.everyone}
    if by == BY_CHANNEL:
        names = {letter: channel for channel, letter in LETTERS.items()}
        traits = part.table.traits[CHANNEL]
        return {names.get(letter, letter): mask for letter, mask in traits.items()}
    place = [question.code for question in PROFILE].index(by)
    return dict(part.table.traits[place])


def group_masks(part: Part, row: str) -> dict[str, int]:
    """The responses of each score of an element, or of each group of a trait."""
    scores = part.table.elements.get(row)
    if scores is not None:
        return {str(score): mask for score, mask in scores.items()}
    is_trait = row in (BY_CHANNEL, BY_SERVICE) or row in [question.code for question in PROFILE]
    return masks_of(part, row) if is_trait else {}


def tally_of(part: Part, trait: int | None, value: str) -> Tally:
    if trait is None:
        return part.table.tally()
    return part.table.tally(part.table.traits[trait].get(value, 0))


def pooled(counted: Sequence[Counted]) -> Tally:
    return Tally.sum(row.tally for row in counted)


def difference95(one: Tally, other: Tally, moved: Fraction) -> Interval | None:
    """95 % interval of the difference of two indices of different people; None below two each.

    The variances of the respondents' means add; normal approximation, as in `law.effect`.
    """
    first, second = level(one.respondents).variance, level(other.respondents).variance
    if first is None or second is None:
        return None
    half = Z95 * root(first + second) * CONVERSION_BASE
    return max(moved - half, Fraction(-75)), min(moved + half, Fraction(75))
