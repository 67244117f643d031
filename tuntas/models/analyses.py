"""Analysis: everything about the answers of a period beyond the index, from one scan of its rows.

Who answered, how each question was answered, through which channel, with which signs of doubt, and
how the elements hang together. The answers are those that count: excluded responses stay out. A closed
month never changes, so that its rows give what its closure says.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tuntas.law.elements import in_regulation_order
from tuntas.law.months import Month, Span
from tuntas.law.profile import PROFILE
from tuntas.law.ranks import spearman
from tuntas.law.sums import Sums
from tuntas.law.tabulation import Tabulation, crossed
from tuntas.models.breakdowns import BY_CHANNEL, BY_SERVICE, Breakdown
from tuntas.models.offices import Office, Service, Unit
from tuntas.models.results import Counted, service_ids
from tuntas.models.slices import Slice, channel_masks, tabulated
from tuntas.models.surveys import Edition, Question
from tuntas.models.tabulations import records


@dataclass(frozen=True)
class Part:
    """The counted answers of one service to one edition in one month."""

    month: Month
    service_id: int
    edition: Edition
    table: Tabulation


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
class Analysis(Breakdown):
    """The same with every answer at hand: questions, cross tables, and groups of the profile.
    `parts` stand in the order of the slices."""

    parts: tuple[Part, ...]

    def counted(self) -> list[Counted]:
        """The tallies of the parts."""
        return [
            Counted(part.month, part.service_id, part.edition.pk, part.table.tally())
            for part in self.parts
        ]

    def sizes_in(self, place: int, by: str) -> dict[str, int]:
        masks = masks_of(self.parts[place], by)
        return {code: mask.bit_count() for code, mask in masks.items()}

    def sums_in(self, place: int, by: str, code: str) -> Sums:
        part = self.parts[place]
        return part.table.sums(masks_of(part, by).get(code, 0))

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


def analysis_of(
    office: Office, span: Span, *, unit: Unit | None = None, service: Service | None = None
) -> Analysis:
    """The analysis of a span, from one scan of its rows."""
    services = service_ids(unit=unit, service=service)
    rows = list(records(office, span.months, services))
    editions = Edition.objects.select_related("questionnaire").prefetch_related("questions")
    known = editions.in_bulk({row.edition for row in rows})
    tables = [tabulated(row, known[row.edition]) for row in rows]
    pairs = list(zip(rows, tables, strict=True))
    slices = tuple(Slice.of(row, table) for row, table in pairs)
    parts = tuple(Part(row.month, row.service, known[row.edition], table) for row, table in pairs)
    return Analysis(office, span, unit, service, slices, known, parts)


def masks_of(part: Part, by: str) -> dict[str, int]:
    """The responses of each group in one part."""
    if by == BY_SERVICE:
        return {str(part.service_id): part.table.everyone}
    if by == BY_CHANNEL:
        return channel_masks(part.table)
    place = [question.code for question in PROFILE].index(by)
    return dict(part.table.traits[place])


def group_masks(part: Part, row: str) -> dict[str, int]:
    """The responses of each score of an element, or of each group of a trait."""
    scores = part.table.elements.get(row)
    if scores is not None:
        return {str(score): mask for score, mask in scores.items()}
    is_trait = row in (BY_CHANNEL, BY_SERVICE) or row in [question.code for question in PROFILE]
    return masks_of(part, row) if is_trait else {}
