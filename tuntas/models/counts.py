"""ClosureCount: a closure in one wide row of whole numbers, so that a nation adds up in the database.

The closure's content stays the truth; this row is made with it, in the same transaction, and never
changes. A closure that does not fit (elements beyond the nine, weights that differ inside it) has no
row and is read from its content: slower, the same number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.db import models

from tuntas.law.elements import REGULATION_ORDER, in_regulation_order
from tuntas.law.months import Month
from tuntas.law.sums import Sums
from tuntas.law.tally import Moments, Tally
from tuntas.models.audit import AppendOnly

# Sums of some thousand such rows still fit the 64 bits of both engines.
MOST = 2**50
NUMBERS = range(1, len(REGULATION_ORDER) + 1)
SUMMED = (
    "n",
    *(f"answered_{number}" for number in NUMBERS),
    *(f"total_{number}" for number in NUMBERS),
    "means",
    "means_total",
    "means_squares",
)
# Rows that agree in these may be added up by the database.
ALIKE = ("asked", "own_weights", "scale", "means_scale")


class Counters(models.Model):
    """The numbers of one closure. Sums of scores are whole numbers of 1/`scale`."""

    month = models.DateField()
    n = models.BigIntegerField()
    # Which of the nine elements were asked: bit 0 is the first of the regulation.
    asked = models.SmallIntegerField()
    # Own weights that all its questionnaires share, as JSON in the order of their codes; else empty.
    own_weights = models.TextField(blank=True)
    scale = models.BigIntegerField()
    means_scale = models.BigIntegerField()
    has_instruments = models.BooleanField(default=False)
    answered_1 = models.BigIntegerField()
    answered_2 = models.BigIntegerField()
    answered_3 = models.BigIntegerField()
    answered_4 = models.BigIntegerField()
    answered_5 = models.BigIntegerField()
    answered_6 = models.BigIntegerField()
    answered_7 = models.BigIntegerField()
    answered_8 = models.BigIntegerField()
    answered_9 = models.BigIntegerField()
    total_1 = models.BigIntegerField()
    total_2 = models.BigIntegerField()
    total_3 = models.BigIntegerField()
    total_4 = models.BigIntegerField()
    total_5 = models.BigIntegerField()
    total_6 = models.BigIntegerField()
    total_7 = models.BigIntegerField()
    total_8 = models.BigIntegerField()
    total_9 = models.BigIntegerField()
    # Respondents with a mean of their own, the sum of these means and of their squares.
    means = models.BigIntegerField()
    means_total = models.BigIntegerField()
    means_squares = models.BigIntegerField()

    class Meta:
        abstract = True


class ClosureCount(Counters, AppendOnly):
    """The counters of a closure made here."""

    closure = models.OneToOneField(
        "tuntas.Closure", models.PROTECT, primary_key=True, related_name="count"
    )
    office = models.ForeignKey("tuntas.Office", models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["office", "month"], name="closurecount_office_month")]

    def __str__(self) -> str:
        return f"{self.office_id} {Month.of(self.month)}"

    @classmethod
    def keep(cls, closure: Any, office_id: int, month: Month) -> None:
        """Keep the counters of a new closure, when they fit."""
        numbers = numbers_of(closure.content["services"])
        if numbers is not None:
            cls.objects.create(
                closure=closure, office_id=office_id, month=month.first_day, **numbers
            )


def own_weights_of(services: Sequence[Mapping[str, Any]]) -> str | None:
    """Own weights all services of a closure share as text, "" for none, None when they differ."""
    found = {canonical_weights(row.get("own_weights") or {}) for row in services}
    return found.pop() if len(found) == 1 else None if found else ""


def canonical_weights(weights: Mapping[str, str]) -> str:
    if not weights:
        return ""
    exact = {code: str(Fraction(text)) for code, text in weights.items()}
    return json.dumps(exact, sort_keys=True, separators=(",", ":"))


def weights_from(text: str) -> dict[str, Fraction]:
    return {code: Fraction(share) for code, share in json.loads(text or "{}").items()}


def numbers_of(services: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The columns of `Counters` for the "services" of a closure's content; None when they do not fit.

    A month without answers fits: all its numbers are 0.
    """
    own, sums = own_weights_of(services), sums_of(services)
    asked = {code for row in services for code in row["elements"]}
    if own is None or not asked | set(sums.elements) <= set(REGULATION_ORDER):
        return None
    totals = [sums.total(code) for code in REGULATION_ORDER]
    scale = math.lcm(*(total.denominator for total in totals))
    moments = sums.moments
    # One scale for both: the squares then are whole numbers of 1/scale².
    means_scale = math.lcm(
        *(Fraction(mean).denominator for row in services for mean in row["tally"]["respondents"])
    )
    numbers = {
        "n": sums.n,
        "scale": scale,
        "means_scale": means_scale,
        "means": moments.n,
        "means_total": int(moments.total * means_scale),
        "means_squares": int(moments.squares * means_scale**2),
    }
    for number, code in enumerate(REGULATION_ORDER, start=1):
        numbers[f"answered_{number}"] = sums.answered(code)
        numbers[f"total_{number}"] = int(totals[number - 1] * scale)
    if max(numbers.values()) > MOST:
        return None
    return {
        **numbers,
        "asked": mask_of(asked),
        "own_weights": own,
        "has_instruments": any("instruments" in row["tally"] for row in services),
    }


def sums_of(services: Iterable[Mapping[str, Any]]) -> Sums:
    return Sums.sum(Sums.of(Tally.from_json(row["tally"])) for row in services)


def mask_of(elements: Iterable[str]) -> int:
    return sum(1 << REGULATION_ORDER.index(code) for code in elements)


def elements_in(mask: int) -> list[str]:
    codes = (code for at, code in enumerate(REGULATION_ORDER) if mask >> at & 1)
    return in_regulation_order(list(codes))


def sums_from(row: Mapping[str, int], scale: int, means_scale: int) -> Sums:
    """The sums in the columns `SUMMED` of one row, or of rows added up that have these scales."""
    elements = {}
    for number, code in enumerate(REGULATION_ORDER, start=1):
        answered = row[f"answered_{number}"]
        if answered:
            elements[code] = (answered, Fraction(row[f"total_{number}"], scale))
    moments = Moments(
        row["means"],
        Fraction(row["means_total"], means_scale),
        Fraction(row["means_squares"], means_scale**2),
    )
    return Sums(row["n"], elements, moments)
