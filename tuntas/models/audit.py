"""Event: who did what, when. Append-only; the database itself refuses a change (migration 0002)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


class AppendOnly(models.Model):
    """A table whose rows are never changed or removed: triggers hold it on both engines."""

    class Meta:
        abstract = True


class Event(AppendOnly):
    """What a person (or the system, `by` empty) did to a thing of an office."""

    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    office = models.ForeignKey(
        "tuntas.Office", models.PROTECT, null=True, blank=True, related_name="events"
    )
    action = models.CharField(max_length=60)
    # Which thing: its table and key in words, because an audit outlives what it speaks of.
    about = models.CharField(max_length=100)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["office", "-at"], name="event_office_at"),
            models.Index(fields=["about"], name="event_about"),  # the time line of one thing
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.about}"

    @classmethod
    def record(
        cls,
        action: str,
        *,
        by: Any,
        about: models.Model,
        office: Any = None,
        at: datetime | None = None,
        **details: object,
    ) -> Event:
        """Write one event. Call it inside the transaction of the act it tells of.

        `details` must be JSON-ready and free of answers, contacts, codes and texts of citizens. Whose
        roles the person held at the moment beside the own ones is added as `stands_in_for`.
        """
        lenders = by.stands_in_for(office) if by is not None and office is not None else []
        if lenders:
            details["stands_in_for"] = lenders
        return cls.objects.create(
            at=at or timezone.now(),
            by=by,
            office=office,
            action=action,
            about=f"{about._meta.model_name}:{about.pk}",
            details=details,
        )
