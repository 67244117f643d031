"""What came from other installations: offices, the keys trusted for them, and their closures.

All of it is append-only but the import itself, which is decided once. docs/aggregate.md says what a
file holds and how it is checked (`aggregates`).
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.models.audit import AppendOnly, Event
from tuntas.models.counts import Counters
from tuntas.models.offices import Office
from tuntas.models.people import User
from tuntas.models.signing import fingerprint_words


class OfficeIdentity(AppendOnly):
    """The name an office keeps in every file: a random number, made at its first export."""

    office = models.OneToOneField(Office, models.PROTECT, related_name="identity")
    uid = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return str(self.uid)


class AggregateImport(models.Model):
    """A file that came in: held for a person to look at, then confirmed or cancelled, once."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="aggregate_imports")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    # The whole file, so that what was imported can be shown and checked again for ever; emptied
    # when the import is cancelled.
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(cancelled_at=None),
                name="aggregateimport_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_waiting(self) -> bool:
        return self.confirmed_at is None and self.cancelled_at is None

    def hold(self) -> AggregateImport:
        """The row as it is now, held for this transaction. Raises ValidationError when decided."""
        fresh = type(self).objects.select_for_update().get(pk=self.pk)
        if not fresh.is_waiting:
            raise ValidationError(_("Impor ini sudah diputuskan."))
        return fresh

    def cancel(self, *, by: User | None) -> None:
        """Let it go; nothing of it is kept but that it came. Raises ValidationError when decided."""
        with transaction.atomic():
            row = self.hold()
            row.cancelled_at, row.cancelled_by, row.text = timezone.now(), by, ""
            row.save()
            Event.record("aggregate.cancelled", by=by, about=row, office=row.office)


class OutsideOffice(AppendOnly):
    """An office of another installation, below the office here that imported it."""

    parent = models.ForeignKey(Office, models.PROTECT, related_name="outside_offices")
    uid = models.UUIDField()
    # Codes from the root of its own installation down, as at the first import: `pusat.kanreg`.
    path = models.CharField(max_length=400)
    name = models.CharField(max_length=200)
    brought_by = models.ForeignKey(AggregateImport, models.PROTECT, related_name="offices")

    class Meta:
        ordering = ["path", "id"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "uid"], name="outsideoffice_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        return self.path.rpartition(".")[2]


class OutsideKey(AppendOnly):
    """From here on files about this office of another installation are believed with this key.

    The first one was compared by a person; each later one replaces it and says why.
    """

    parent = models.ForeignKey(Office, models.PROTECT, related_name="outside_keys")
    # The office that signs: the one the file is about, the others in it come under its name.
    signer = models.UUIDField()
    key = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(max_length=1000, blank=True)
    brought_by = models.ForeignKey(AggregateImport, models.PROTECT, related_name="keys")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        return fingerprint_words(self.key)

    @classmethod
    def pinned(cls, parent: Office, signer: Any) -> OutsideKey | None:
        """The key believed today; None before the first import."""
        return cls.objects.filter(parent=parent, signer=signer).first()


class OutsideClosureQuerySet(models.QuerySet["OutsideClosure"]):
    def below(self, offices: Any) -> OutsideClosureQuerySet:
        """What the offices here have imported, each month of each office once.

        Two of them may have imported the same office: its newest closure counts. An office that is
        itself at home below them counts by its own closures.
        """
        scope = self.filter(office__parent__in=offices)
        newer = self.model.objects.filter(
            office__parent__in=offices, uid=models.OuterRef("uid"), month=models.OuterRef("month")
        ).filter(
            Q(number__gt=models.OuterRef("number"))
            | Q(number=models.OuterRef("number"), pk__lt=models.OuterRef("pk"))
        )
        at_home = OfficeIdentity.objects.filter(office__in=offices).values("uid")
        return scope.exclude(models.Exists(newer)).exclude(uid__in=at_home)


class OutsideClosure(Counters, AppendOnly):
    """A closure of another installation, marked as such wherever it counts. A newer one of the same
    month is a row of its own with a higher `number`. `scale` 0: see `counts`, it does not fit."""

    office = models.ForeignKey(OutsideOffice, models.PROTECT, related_name="closures")
    uid = models.UUIDField()  # the office's, here too for the look-up of `below`
    number = models.PositiveIntegerField()
    closed_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)  # of the whole closure, where it was made
    content = models.JSONField()
    brought_by = models.ForeignKey(AggregateImport, models.PROTECT, related_name="closures")

    objects = OutsideClosureQuerySet.as_manager()

    class Meta:
        ordering = ["office", "-month", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "month", "number"], name="outsideclosure_number"
            ),
        ]
        indexes = [
            models.Index(fields=["uid", "month", "number"], name="outsideclosure_newest"),
            models.Index(fields=["sha256"], name="outsideclosure_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.office} {self.as_month} #{self.number}"

    @property
    def as_month(self) -> Month:
        return Month.of(self.month)
