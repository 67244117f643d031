"""Chore: what the background loop does again and again, each with the time it is next due."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from tuntas.models.leases import Leased


class Chore(Leased):
    name = models.CharField(max_length=40, unique=True)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def ensure(cls, names: list[str], now: datetime) -> None:
        """A row for each name; those there already stay as they are."""
        missing = set(names) - set(cls.objects.values_list("name", flat=True))
        for name in sorted(missing):
            cls.objects.get_or_create(name=name, defaults={"due_at": now})
