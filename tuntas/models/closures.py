"""Closure, Reopening and HistoricalResult: what a month is worth, for ever."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from tuntas.law import index
from tuntas.law.months import Month
from tuntas.law.tally import Tally
from tuntas.models.audit import AppendOnly, Event
from tuntas.models.counts import ClosureCount
from tuntas.models.exclusions import told
from tuntas.models.offices import Office, Service, Unit
from tuntas.models.people import User
from tuntas.models.periods import Period, PeriodClosed, PeriodNotOver, hold_month, is_closed
from tuntas.models.responses import Response, ServiceCount
from tuntas.models.seals import Prepared
from tuntas.models.slices import ClosureSlices, slices_of
from tuntas.models.surveys import asked_by, weights_of
from tuntas.proof import recount
from tuntas.proof.records import canonical


class AlreadyReopened(Exception):
    """The closure no longer stands."""


class ClosureQuerySet(models.QuerySet["Closure"]):
    def standing(self) -> ClosureQuerySet:
        return self.filter(reopening__isnull=True)


class Closure(AppendOnly):
    """The month as it was counted: tallies, method, exclusions, result, fingerprint."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="closures")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # See docs/data.md, "Content of a closure". Self-contained: the index can be recomputed from
    # it for ever, also after the raw answers were erased by the retention rule.
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)

    objects = ClosureQuerySet.as_manager()

    class Meta:
        ordering = ["period", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="closure_number"),
        ]

    def __str__(self) -> str:
        return f"{self.period} #{self.number}"

    @classmethod
    def seal(cls, period: Period, *, by: User | None, at: datetime | None = None) -> Closure:
        """Count the month once and freeze it.

        Raises PeriodClosed when a closure already stands, PeriodNotOver before the month's end.
        A month without any response can be closed too: its closure says n = 0, without an index.
        """
        now = at or timezone.now()
        office, month = period.office, period.as_month
        if now.astimezone(office.zone).date() <= month.last_day:
            raise PeriodNotOver(month)
        if is_closed(office.pk, month):
            raise PeriodClosed(month)
        # Counting and hashing take seconds; whoever answers meanwhile must not wait for them.
        prepared, content = Prepared.of(office, month), count_month(office, month)
        slices = slices_of(office, month)
        with transaction.atomic():
            hold_month(office.pk, month, exclusive=True)
            if is_closed(office.pk, month):
                raise PeriodClosed(month)
            if not prepared.still_holds(office, month):
                prepared, content = Prepared.of(office, month), count_month(office, month)
                slices = slices_of(office, month)
            number = period.closures.count() + 1
            content["proof"] = prepared.as_json(office, month, number)
            closure = cls.objects.create(
                period=period,
                number=number,
                at=now,
                by=by,
                content=content,
                sha256=fingerprint(content),
            )
            prepared.keep(closure)
            ClosureCount.keep(closure, period.office_id, month)
            ClosureSlices.keep(closure, slices)
            Event.record(
                "period.closed",
                by=by,
                about=period,
                office=office,
                at=now,
                month=str(month),
                n=content["n"],
            )
        return closure

    def reopen(self, *, by: User | None, reason: str, at: datetime | None = None) -> Reopening:
        """Let the month receive again. This closure stays, for the documents made from it.

        Raises AlreadyReopened, or ValueError when the reason has fewer than 10 characters.
        """
        if len(reason.strip()) < 10:
            raise ValueError("reason too short")
        period = self.period
        with transaction.atomic():
            hold_month(period.office_id, period.as_month, exclusive=True)
            if Reopening.objects.filter(closure=self).exists():
                raise AlreadyReopened
            reopening = Reopening.objects.create(
                closure=self, by=by, at=at or timezone.now(), reason=reason.strip()
            )
            Event.record(
                "period.reopened",
                by=by,
                about=period,
                office=period.office,
                month=str(period.as_month),
                reason=reason.strip(),
            )
        return reopening

    @property
    def n(self) -> int:
        return int(self.content["n"])

    @property
    def root(self) -> str:
        """Root of the proof, hexadecimal; empty for a closure from before there were any."""
        return str(self.content["proof"]["root"]) if "proof" in self.content else ""

    @property
    def left_out(self) -> int:
        """How many responses of the month exclusions took out."""
        if "proof" in self.content:
            return sum(self.content["proof"]["left_out"])
        return sum(int(row["n"]) for row in self.content["exclusions"])

    def tallies(self) -> dict[int, Tally]:
        """Tally of each service, by the service's key."""
        return {
            int(row["service"]): Tally.from_json(row["tally"]) for row in self.content["services"]
        }


class Reopening(AppendOnly):
    """A closure that no longer stands, with who, when and why."""

    closure = models.OneToOneField(Closure, models.PROTECT, related_name="reopening")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(max_length=1000)

    def __str__(self) -> str:
        return f"{self.closure} dibuka kembali"


class HistoricalResult(models.Model):
    """A published value without raw answers, from before the office used the system.

    Marked as historical wherever it is printed; it never enters a pooled index.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="historical_results")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="+")
    month = models.DateField()
    converted = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(25)), MaxValueValidator(Decimal(100))],
    )
    n = models.PositiveIntegerField(null=True, blank=True)
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["office", "month"]
        constraints = [
            # By expression: SQLite has no NULLS NOT DISTINCT and would hold nothing unique here.
            models.UniqueConstraint(
                "office",
                Coalesce("unit", 0, output_field=models.BigIntegerField()),
                Coalesce("service", 0, output_field=models.BigIntegerField()),
                "month",
                name="historical_once",
            ),
            models.CheckConstraint(
                condition=Q(converted__gte=25) & Q(converted__lte=100),
                name="historical_between_25_and_100",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office_id} {Month.of(self.month)} {self.converted}"

    @classmethod
    def record(
        cls,
        office: Office,
        month: Month,
        converted: Decimal,
        *,
        source: str,
        by: User | None,
        n: int | None = None,
        unit: Unit | None = None,
        service: Service | None = None,
    ) -> HistoricalResult:
        """Keep a published value; the same value again changes nothing.

        Raises ValidationError outside 25–100, and PeriodClosed when the month was counted here.
        """
        if Closure.objects.standing().filter(
            period__office=office, period__month=month.first_day, content__n__gt=0
        ):
            raise PeriodClosed(month)
        key = {"office": office, "unit": unit, "service": service, "month": month.first_day}
        with transaction.atomic():
            row = cls.objects.filter(**key).first() or cls(**key)
            row.converted, row.source, row.n = converted, source, n
            row.full_clean()
            row.save()
            Event.record("historical.recorded", by=by, about=row, office=office, month=str(month))
        return row


def count_month(office: Office, month: Month) -> dict[str, Any]:
    """Everything a closure keeps, as JSON-ready data (docs/data.md, "Content of a closure")."""
    counted = [row for row in Response.objects.count_by_service(office, [month]) if row.tally.n]
    total = Tally.sum(row.tally for row in counted)
    content: dict[str, Any] = {
        "format": 1,
        "office": office.code,
        "month": str(month),
        "weights": office.weights,
        "n": total.n,
        "services": [
            {
                "service": row.service.pk,
                "code": row.service.code,
                "name": row.service.name,
                "unit": row.service.unit.code,
                "edition": row.edition.pk,
                "questionnaire": row.edition.questionnaire.code,
                "elements": list(row.edition.element_codes),
                "tally": row.tally.to_json(),
                **({"own_weights": row.edition.own_weights} if row.edition.own_weights else {}),
            }
            for row in counted
        ],
        "exclusions": told(office, month),
        "result": result_json(counted, total, office) if total.n else None,
    }
    others = recount.instruments_of(total)
    return {**content, "instruments": others} if others else content


def result_json(counted: list[ServiceCount], total: Tally, office: Office) -> dict[str, Any]:
    """The published figures, in the form an archive is recounted in."""
    editions = list({row.edition.pk: row.edition for row in counted}.values())
    return recount.told(
        index.compute(total, office.weights, weights_of(editions), asked_by(editions))
    )


def fingerprint(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON: sorted keys, no spaces, UTF-8."""
    return hashlib.sha256(canonical(content)).hexdigest()
