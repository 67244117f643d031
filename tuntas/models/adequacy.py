"""Adequacy: whether enough people of each service have answered this year, and whom to ask more."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tuntas.law.months import Month, Span
from tuntas.models.audiences import Audience
from tuntas.models.offices import Office, Service
from tuntas.models.results import counts


@dataclass(frozen=True)
class Adequacy:
    """One service in one year. `audience` is None while nobody has said how many people it had."""

    service: Service
    audience: Audience | None
    answered: int  # responses that count, whole year
    months_left: int  # of the year, the running month included; 0 when it is over

    @property
    def wanted(self) -> int | None:
        """Respondents the regulation asks for; None without a population."""
        return self.audience.wanted if self.audience else None

    @property
    def reached(self) -> int:
        """Answers up to what is wanted: more of one service do not make up for another."""
        return min(self.answered, self.wanted or 0)

    @property
    def missing(self) -> int | None:
        return None if self.wanted is None else self.wanted - self.reached

    @property
    def per_month(self) -> int | None:
        """How many a month from now on; None without a population or when the year is over."""
        return a_month(self.missing, self.months_left)

    @property
    def percent(self) -> Fraction | None:
        """Share of the wanted respondents that is reached, 0–100."""
        return None if self.wanted is None else Fraction(100 * self.reached, self.wanted)


@dataclass(frozen=True)
class OfficeAdequacy:
    """All services of which the population is known, together."""

    population: int
    wanted: int
    reached: int
    months_left: int
    unknown: int  # services without a population

    @property
    def missing(self) -> int:
        return self.wanted - self.reached

    @property
    def per_month(self) -> int | None:
        return a_month(self.missing, self.months_left)

    @property
    def percent(self) -> Fraction | None:
        return Fraction(100 * self.reached, self.wanted) if self.wanted else None


def a_month(missing: int | None, months: int) -> int | None:
    return math.ceil(Fraction(missing, months)) if missing is not None and months else None


def adequacies(
    office: Office, year: int, services: Iterable[Service], today: date
) -> list[Adequacy]:
    """Each service in the year; furthest behind first, those without a population at the end."""
    rows = list(services)
    known = {row.service_id: row for row in Audience.objects.filter(office=office, year=year)}
    answered: dict[int, int] = {}
    months = Span(Month(year, 1), Month(year, 12)).months
    for row in counts(office, months, services={service.pk for service in rows}):
        answered[row.service_id] = answered.get(row.service_id, 0) + row.tally.n
    left = months_left(year, today)
    found = [
        Adequacy(service, known.get(service.pk), answered.get(service.pk, 0), left)
        for service in rows
        # A closed service matters only for the years in which it was there.
        if service.closed_at is None or service.pk in known or service.pk in answered
    ]
    return sorted(found, key=urgency)


def urgency(row: Adequacy) -> tuple[bool, Fraction, int, str]:
    return (
        row.percent is None,
        row.percent if row.percent is not None else Fraction(0),
        -(row.missing or 0),
        row.service.name,
    )


def months_left(year: int, today: date) -> int:
    if year != today.year:
        return 12 if year > today.year else 0
    return 13 - today.month


def together(rows: list[Adequacy]) -> OfficeAdequacy:
    """What is wanted of each service, added up, and how much of it is reached."""
    known = [row for row in rows if row.audience]
    return OfficeAdequacy(
        population=sum(row.audience.size for row in known if row.audience),
        wanted=sum(row.wanted or 0 for row in known),
        reached=sum(row.reached for row in known),
        months_left=rows[0].months_left if rows else 0,
        unknown=len(rows) - len(known),
    )
