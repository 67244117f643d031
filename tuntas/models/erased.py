"""Erased: that a rule or a person erased something, how much and when; never what it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import AppendOnly
from tuntas.models.offices import Office

NAMES = {
    "contact": _("Alamat surel pengirim saran"),
    "text": _("Tulisan pengirim saran"),
    "evidence": _("Berkas data dukung rencana aksi"),
    "invitation": _("Kode sekali pakai"),
    "upload": _("Lembar kerja yang diunggah"),
    "notice": _("Pengingat untuk petugas"),
    "session": _("Sesi masuk petugas"),
    "audit": _("Jejak audit"),
    "response": _("Jawaban survei"),
}


class Erased(AppendOnly):
    """`office` is empty for what belongs to the installation, like sessions."""

    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12)  # of law.retention
    n = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["office", "kind"], name="erased_office_kind")]

    @property
    def name(self) -> Any:
        """What was erased, in words."""
        return NAMES[self.kind]

    def __str__(self) -> str:
        return f"{self.n} {self.kind}"

    @classmethod
    def note(cls, kind: str, n: int, *, office_id: int | None, at: datetime | None = None) -> None:
        """Keep the number; nothing is kept of nothing."""
        if n:
            cls.objects.create(office_id=office_id, kind=kind, n=n, at=at or timezone.now())
