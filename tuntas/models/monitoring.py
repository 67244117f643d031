"""Monitoring: what leadership looks at, in a number of queries that more rows do not change.

The numbers of the index come from `results`; here are times, counts, and who waits for whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q

from tuntas.law.change import Change, change_of
from tuntas.law.grades import Grade, grade_of
from tuntas.law.index import IndexResult
from tuntas.law.months import Month
from tuntas.models.closures import Closure
from tuntas.models.evidence import Evidence
from tuntas.models.feedback import Feedback
from tuntas.models.offices import Office, Service, Unit
from tuntas.models.plans import ActionPlan
from tuntas.models.progress import Obstacle
from tuntas.models.responses import Channel, Response
from tuntas.models.results import Counted, MonthResult, editions_of, index_of

DAY = 86400


@dataclass(frozen=True)
class ReplyTimes:
    """How long suggestions waited for their first answer, in days (exact, of the seconds).

    `median` and `ninetieth` are nearest-rank percentiles of the answered ones, None without any;
    `waiting` counts those without an answer.
    """

    answered: int
    median: Fraction | None
    ninetieth: Fraction | None
    waiting: int


def reply_times(feedback: Any) -> ReplyTimes:
    """Times of a set of feedback that needs a reply."""
    answered = feedback.answered().annotate(
        first=Min("replies__at", filter=Q(replies__by__isnull=False))
    )
    seconds = sorted(
        max(0, int((first - came).total_seconds()))
        for came, first in answered.order_by().values_list("received_at", "first")
    )
    return ReplyTimes(
        answered=len(seconds),
        median=days_at(seconds, 50),
        ninetieth=days_at(seconds, 90),
        waiting=feedback.unanswered().count(),
    )


def days_at(seconds: Sequence[int], percent: int) -> Fraction | None:
    """Nearest-rank percentile of sorted seconds, in days: the smallest value that at least
    `percent` of 100 do not exceed."""
    if not seconds:
        return None
    rank = -(-percent * len(seconds) // 100)
    return Fraction(seconds[max(rank, 1) - 1], DAY)


@dataclass(frozen=True)
class UnitLine:
    """One unit beside the others: the last closed month, the current one, and what is late."""

    unit: Unit
    closed: IndexResult | None
    current: IndexResult | None
    waiting: int
    overdue: int
    plans: int
    plans_overdue: int


def unit_lines(
    office: Office, today: date, last: Month | None, found: Sequence[Counted]
) -> list[UnitLine]:
    """Every unit of an office. `found`: the tallies of the current month and of `last`."""
    unit_of = dict(Service.objects.filter(office=office).values_list("pk", "unit_id"))
    known = editions_of(found)
    feedback, plans = feedback_by("unit", today, office), plans_by("unit", today, office)

    def result(unit: Unit, month: Month | None) -> IndexResult | None:
        rows = [row for row in found if row.month == month and unit_of[row.service_id] == unit.pk]
        return index_of(rows, office.weights, known=known)

    return [
        UnitLine(
            unit=unit,
            closed=result(unit, last),
            current=result(unit, Month.of(today)),
            waiting=feedback.get(unit.pk, (0, 0))[0],
            overdue=feedback.get(unit.pk, (0, 0))[1],
            plans=plans.get(unit.pk, (0, 0))[0],
            plans_overdue=plans.get(unit.pk, (0, 0))[1],
        )
        for unit in office.units.all()
    ]


def feedback_by(field: str, today: date, *offices: Office) -> dict[int, tuple[int, int]]:
    """Unanswered and overdue feedback by "unit" or "office"."""
    rows = Feedback.objects.filter(office__in=offices).unanswered().order_by()
    return by_key(rows, field, today)


def plans_by(field: str, today: date, *offices: Office) -> dict[int, tuple[int, int]]:
    """Unfinished and overdue plans by "unit" or "office"."""
    rows = ActionPlan.objects.filter(office__in=offices).unfinished().order_by()
    return by_key(rows, field, today)


def by_key(rows: Any, field: str, today: date) -> dict[int, tuple[int, int]]:
    counted = rows.values_list(field).annotate(
        n=Count("pk", distinct=True), late=Count("pk", filter=Q(due_on__lt=today), distinct=True)
    )
    return {key: (n, late) for key, n, late in counted}


@dataclass(frozen=True)
class PlanStates:
    """Plans by state; every unfinished one is either under way or untouched. `review` waits for
    a reviewer, `bad_links` counts evidence that could not be opened when it was last looked at."""

    total: int
    finished: int
    running: int
    untouched: int
    overdue: int
    review: int
    bad_links: int


def plan_states(plans: Any, today: date) -> PlanStates:
    total, finished = plans.count(), plans.finished().count()
    untouched = plans.untouched().count()
    return PlanStates(
        total=total,
        finished=finished,
        running=total - finished - untouched,
        untouched=untouched,
        overdue=plans.overdue(today).count(),
        review=plans.waiting_for_review().count(),
        bad_links=Evidence.objects.bad_links()
        .filter(plan__in=plans.order_by().values("pk"))
        .count(),
    )


@dataclass(frozen=True)
class Dependency:
    """Another office or party that unfinished plans wait for."""

    name: str
    plans: int
    since: datetime


def dependencies(plans: Any) -> list[Dependency]:
    """Whom unfinished plans wait for, the longest queue first; spelling in capitals is one name."""
    rows = (
        Obstacle.objects.filter(
            resolved_at=None, plan__in=plans.unfinished().order_by().values("pk")
        )
        .exclude(depends_on="")
        .order_by("at", "id")
        .values_list("depends_on", "plan_id", "at")
    )
    names: dict[str, str] = {}
    waiting: dict[str, set[int]] = {}
    since: dict[str, datetime] = {}
    for name, plan, at in rows:
        key = " ".join(name.split()).casefold()
        names.setdefault(key, " ".join(name.split()))
        waiting.setdefault(key, set()).add(plan)
        since.setdefault(key, at)
    found = [Dependency(names[key], len(waiting[key]), since[key]) for key in names]
    return sorted(found, key=lambda row: (-row.plans, row.since))


def answers_by_channel(office: Office, month: Month) -> list[tuple[str, int]]:
    """Answers of the month that count, by channel, the busiest first."""
    rows = (
        Response.objects.counted(office)
        .filter(month=month.first_day)
        .order_by()
        .values_list("channel")
        .annotate(n=Count("id"))
    )
    labels = dict(Channel.choices)
    return [
        (str(labels.get(code, code)), n)
        for code, n in sorted(rows, key=lambda row: (-row[1], row[0]))
    ]


def answers_by_service(
    services: Iterable[Service], found: Sequence[Counted], month: Month
) -> list[tuple[Service, int]]:
    """Answers of the month by service; the silent ones, with 0, first."""
    n: dict[int, int] = {}
    for row in found:
        if row.month == month:
            n[row.service_id] = n.get(row.service_id, 0) + row.tally.n
    return sorted(((service, n.get(service.pk, 0)) for service in services), key=lambda row: row[1])


def change_between(before: MonthResult | None, after: MonthResult | None) -> Change | None:
    """Change of one month against another; None when one of them has no value."""
    if before is None or after is None or before.converted is None or after.converted is None:
        return None
    return change_of(
        before.converted,
        after.converted,
        before.result.interval95 if before.result else None,
        after.result.interval95 if after.result else None,
    )


@dataclass(frozen=True)
class OfficeLine:
    """One office below: its last closed month and what is late in it."""

    office: Office
    month: Month | None
    n: int | None
    converted: Fraction | None
    overdue: int
    plans_overdue: int

    @property
    def grade(self) -> Grade | None:
        return grade_of(self.converted) if self.converted is not None else None


def office_lines(offices: Sequence[Office], today: date) -> list[OfficeLine]:
    """The offices side by side, from their closures: four queries for any number of them."""
    feedback = feedback_by("office", today, *offices)
    plans = plans_by("office", today, *offices)
    last = last_closures(offices)
    lines = []
    for office in offices:
        closure = last.get(office.pk)
        result = closure.content["result"] if closure else None
        lines.append(
            OfficeLine(
                office=office,
                month=closure.period.as_month if closure else None,
                n=closure.n if closure else None,
                converted=Fraction(result["converted"]) if result else None,
                overdue=feedback.get(office.pk, (0, 0))[1],
                plans_overdue=plans.get(office.pk, (0, 0))[1],
            )
        )
    return lines


def last_closures(offices: Sequence[Office]) -> Mapping[int, Closure]:
    """The standing closure of each office's latest month, by the office's key."""
    later = Closure.objects.standing().filter(
        period__office=OuterRef("period__office"), period__month__gt=OuterRef("period__month")
    )
    rows = Closure.objects.standing().filter(period__office__in=offices)
    rows = rows.exclude(Exists(later)).select_related("period")
    return {closure.period.office_id: closure for closure in rows}
