"""Closures made without answers, for tests of the roll-up: any tally, for any office and month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tuntas.law.months import Month
from tuntas.law.tally import Layout, Tally, count
from tuntas.models import Closure, ClosureCount, Office, Period
from tuntas.models.aggregate_file import reduced_result
from tuntas.models.closures import fingerprint
from tuntas.models.counts import numbers_of
from tuntas.models.rollups import part_of, pooled

NINE = (
    "requirements",
    "procedures",
    "completion_time",
    "fees",
    "product_specification",
    "staff_competence",
    "staff_conduct",
    "facilities",
    "complaint_handling",
)
AT = datetime(2024, 1, 5, tzinfo=UTC)


def tally_of(answers: Sequence[str], elements: tuple[str | None, ...] = NINE) -> Tally:
    return count("".join(answers), Layout(elements))


def service_row(tally: Tally, elements: Sequence[str] = NINE, **more: Any) -> dict[str, Any]:
    """A service as a closure's content keeps it."""
    return {
        "service": 1,
        "code": "layanan",
        "name": "Layanan",
        "unit": "unit",
        "edition": 1,
        "questionnaire": "skm9",
        "elements": list(elements),
        "tally": tally.to_json(),
        **more,
    }


def close(
    office: Office, month: Month, services: Sequence[Mapping[str, Any]], *, counted: bool = True
) -> Closure:
    """A standing closure with these tallies. `counted=False`: one from before the counters."""
    result = pooled([part_of(services)], office.weights)
    content = {
        "format": 1,
        "office": office.code,
        "month": str(month),
        "weights": office.weights,
        "n": sum(row["tally"]["n"] for row in services),
        "services": list(services),
        "exclusions": [],
        "result": reduced_result(result) if result else None,
    }
    period = Period.of(office, month)
    closure = Closure.objects.create(
        period=period,
        number=period.closures.count() + 1,
        at=AT,
        by=None,
        content=content,
        sha256=fingerprint(content),
    )
    if counted:
        ClosureCount.keep(closure, office.pk, month)
    return closure


def close_many(offices: Sequence[Office], months: Sequence[Month], tallies: Sequence[Tally]) -> int:
    """One closure for every office and month, in a few inserts; returns how many answers in all."""
    periods = Period.objects.bulk_create(
        Period(office=office, month=month.first_day) for office in offices for month in months
    )
    rows = [[service_row(tally)] for tally in tallies]
    columns = [numbers_of(services) for services in rows]
    closures = Closure.objects.bulk_create(
        Closure(
            period=period,
            number=1,
            at=AT,
            content={"n": tallies[at % len(tallies)].n, "services": rows[at % len(rows)]},
            sha256=f"{at:064d}",
        )
        for at, period in enumerate(periods)
    )
    ClosureCount.objects.bulk_create(
        ClosureCount(
            closure=closure,
            office_id=closure.period.office_id,
            month=closure.period.month,
            **(columns[at % len(columns)] or {}),
        )
        for at, closure in enumerate(closures)
    )
    return sum(closure.content["n"] for closure in closures)
