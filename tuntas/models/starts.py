"""EditionStart: from which month on a service asks which edition.

Only the first day of a coming month can be chosen, so that no month of a service mixes two editions
(late answers aside), and what a citizen is being asked never changes under the hand.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from tuntas.law.months import Month
from tuntas.models.audit import Event
from tuntas.models.offices import Office, Service, in_reach
from tuntas.models.people import User
from tuntas.models.surveys import Edition


class NotAllowed(Exception):
    """The edition is a draft, or belongs to another office."""


class SameEdition(Exception):
    """The service asks this edition already."""


class MonthNotComing(Exception):
    """The month has begun at the office."""


class StartWaiting(Exception):
    """Another start of the service has not come yet; withdraw it first. `start` is it."""

    def __init__(self, start: EditionStart) -> None:
        self.start = start
        super().__init__(f"start {start.pk}")


class AlreadyStarted(Exception):
    """The start's month has begun, or it was withdrawn before."""


class EditionStartQuerySet(models.QuerySet["EditionStart"]):
    def visible_to(self, user: User) -> EditionStartQuerySet:
        return self.filter(in_reach(user, unit="service__unit"))

    def holding(self) -> EditionStartQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class EditionStart(models.Model):
    """A decision, by whom and when, and what became of it."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="edition_starts")
    service = models.ForeignKey(Service, models.PROTECT, related_name="edition_starts")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="starts")
    # What was asked until then: so the edition of any day is found without a gap.
    replaces = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    month = models.DateField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = EditionStartQuerySet.as_manager()

    class Meta:
        ordering = ["service", "-month", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "month"],
                condition=Q(withdrawn_at__isnull=True),
                name="edition_start_month",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="edition_start_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.as_month}: {self.edition_id}"

    @property
    def as_month(self) -> Month:
        return Month.of(self.month)

    @classmethod
    def plan(
        cls,
        service: Service,
        edition: Edition,
        month: Month,
        *,
        by: User | None,
        at: datetime | None = None,
    ) -> EditionStart:
        """Let the service ask `edition` from the first day of `month` on.

        Raises NotAllowed, MonthNotComing, StartWaiting, SameEdition.
        """
        now = at or timezone.now()
        if edition.published_at is None or edition.questionnaire.office_id not in (
            None,
            service.office_id,
        ):
            raise NotAllowed(edition.pk)
        today = now.astimezone(service.office.zone).date()
        if month <= Month.of(today):
            raise MonthNotComing(month)
        with transaction.atomic():
            held = Service.objects.select_for_update().get(pk=service.pk)
            if held.coming_from is not None and held.coming_from > today:
                raise StartWaiting(cls.objects.holding().get(service=held, month=held.coming_from))
            if held.coming_from is not None:
                held.standing_edition_id, held.standing_from = (
                    held.coming_edition_id,  # type: ignore[assignment]  # set with coming_from
                    held.coming_from,
                )
            if held.standing_edition_id == edition.pk:
                raise SameEdition(edition.pk)
            start = cls.objects.create(
                office_id=held.office_id,
                service=held,
                edition=edition,
                replaces_id=held.standing_edition_id,
                month=month.first_day,
                made_by=by,
                made_at=now,
            )
            held.coming_edition, held.coming_from = edition, month.first_day
            held.save(
                update_fields=[
                    "standing_edition",
                    "standing_from",
                    "coming_edition",
                    "coming_from",
                ]
            )
            start.record("edition.planned", by=by)
        service.refresh_from_db()
        return start

    def withdraw(self, *, by: User | None, at: datetime | None = None) -> None:
        """Take the decision back before its month begins. Raises AlreadyStarted."""
        now = at or timezone.now()
        with transaction.atomic():
            held = (
                Service.objects.select_for_update().select_related("office").get(pk=self.service_id)
            )
            if now.astimezone(held.office.zone).date() >= self.month:
                raise AlreadyStarted
            waiting = type(self).objects.holding().filter(pk=self.pk)
            if not waiting.update(withdrawn_at=now, withdrawn_by=by):
                raise AlreadyStarted
            held.coming_edition = held.coming_from = None
            held.save(update_fields=["coming_edition", "coming_from"])
            self.record("edition.withdrawn", by=by)
        self.refresh_from_db()

    def record(self, action: str, *, by: User | None) -> None:
        Event.record(
            action,
            by=by,
            about=self,
            office=self.office,
            service=self.service_id,
            edition=self.edition_id,
            month=str(self.as_month),
        )
