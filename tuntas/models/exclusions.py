"""Exclusion: responses taken out of the index, by two people, with a reason that is printed.

Signs of `law.quality` only say where to look. What is excluded stays stored, stays visible, and
stands in the closure and in the documents.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.models.audit import Event
from tuntas.models.offices import Office
from tuntas.models.people import User
from tuntas.models.periods import PeriodClosed, hold_month, is_closed

SHORTEST_REASON = 15


class AlreadyDecided(Exception):
    """Somebody has accepted or rejected the proposal."""


class SamePerson(Exception):
    """Who proposes an exclusion cannot be the one who decides it."""


class Exclusion(models.Model):
    """A proposal to leave some responses of a month out of the index, and what became of it."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="exclusions")
    month = models.DateField()
    reason = models.CharField(_("alasan"), max_length=500)
    n = models.PositiveIntegerField()
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)

    class Meta:
        ordering = ["-proposed_at"]
        indexes = [models.Index(fields=["office", "month"], name="exclusion_office_month")]

    def __str__(self) -> str:
        return f"{self.n} × {self.reason}"

    @classmethod
    def propose(
        cls, office: Office, month: Month, ids: Collection[UUID], reason: str, *, by: User
    ) -> Exclusion:
        """Ask for responses to be left out. Raises ValidationError, PeriodClosed."""
        if len(reason.strip()) < SHORTEST_REASON:
            raise ValidationError(
                {
                    "reason": _("Tulis alasan paling sedikit %(least)s huruf; alasan ini dicetak.")
                    % {"least": SHORTEST_REASON}
                }
            )
        if not ids:
            raise ValidationError(_("Pilih paling sedikit satu jawaban."))
        with transaction.atomic():
            hold_open(office, month)
            exclusion = cls.objects.create(
                office=office,
                month=month.first_day,
                reason=reason.strip(),
                n=len(set(ids)),
                proposed_by=by,
                proposed_at=timezone.now(),
            )
            ExcludedResponse.objects.bulk_create(
                ExcludedResponse(office=office, exclusion=exclusion, response_id=key)
                for key in set(ids)
            )
            Event.record(
                "exclusion.proposed",
                by=by,
                about=exclusion,
                office=office,
                month=str(month),
                n=exclusion.n,
                reason=exclusion.reason,
            )
        return exclusion

    def decide(self, *, accept: bool, by: User) -> None:
        """Accept or reject. Raises SamePerson, AlreadyDecided, PeriodClosed."""
        if by.pk == self.proposed_by_id:
            raise SamePerson
        with transaction.atomic():
            hold_open(self.office, Month.of(self.month))
            done = type(self).objects.filter(pk=self.pk, accepted__isnull=True)
            if not done.update(accepted=accept, decided_by=by, decided_at=timezone.now()):
                raise AlreadyDecided
            Event.record(
                "exclusion.accepted" if accept else "exclusion.rejected",
                by=by,
                about=self,
                office=self.office,
                month=str(Month.of(self.month)),
                n=self.n,
            )
        self.refresh_from_db()


class ExcludedResponse(models.Model):
    """One response of an exclusion. It counts as left out once the exclusion is accepted."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    exclusion = models.ForeignKey(Exclusion, models.PROTECT, related_name="responses")
    response_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exclusion", "response_id"], name="excluded_once")
        ]

    def __str__(self) -> str:
        return str(self.response_id)


def left_out(office_id: int) -> models.QuerySet[ExcludedResponse, UUID]:
    """Ids of the responses that accepted exclusions take out of the office's index."""
    return ExcludedResponse.objects.filter(
        office_id=office_id, exclusion__accepted=True
    ).values_list("response_id", flat=True)


def hold_open(office: Office, month: Month) -> None:
    """Hold the month, so that it is not counted meanwhile. Raises PeriodClosed."""
    hold_month(office.pk, month, exclusive=True)
    if is_closed(office.pk, month):
        raise PeriodClosed(month)


def told(office: Office, month: Month) -> list[dict[str, Any]]:
    """The accepted exclusions as a closure keeps them: reason, number, who proposed, who agreed."""
    return [
        {
            "reason": row.reason,
            "n": row.responses.values("response_id").distinct().count(),
            "proposed_by": row.proposed_by.name,
            "accepted_by": row.decided_by.name if row.decided_by else "",
            "accepted_at": iso(row.decided_at),
        }
        for row in Exclusion.objects.filter(
            office=office, month=month.first_day, accepted=True
        ).select_related("proposed_by", "decided_by")
    ]


def iso(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
