"""Erased: that a rule or a person erased something, how much and when; never what it was."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from tuntas.models.audit import AppendOnly
from tuntas.models.offices import Office


class Erased(AppendOnly):
    """`office` is empty for what belongs to the installation, like sessions."""

    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12)  # of law.retention
    n = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["office", "kind"], name="erased_office_kind")]

    def __str__(self) -> str:
        return f"{self.n} {self.kind}"

    @classmethod
    def note(cls, kind: str, n: int, *, office_id: int | None, at: datetime | None = None) -> None:
        """Keep the number; nothing is kept of nothing."""
        if n:
            cls.objects.create(office_id=office_id, kind=kind, n=n, at=at or timezone.now())
