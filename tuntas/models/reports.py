"""Report and NarrativeTemplate: documents that were made, and the office's own wording in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.offices import Office
from tuntas.models.people import User


class ReportKind(models.TextChoices):
    FOLLOW_UP = "follow-up", _("Laporan tindak lanjut")
    PROCESSING = "processing", _("Pengolahan data SKM")
    MONEV = "monev", _("Monitoring dan evaluasi rencana aksi")
    PLAN = "plan", _("Rencana tindak lanjut (RTL)")
    RECAP = "recap", _("Rekapitulasi hasil SKM")
    INTEGRITY = "integrity", _("Laporan SPKP dan SPAK")


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: User) -> ReportQuerySet:
        return self.filter(office__in=Office.objects.visible_to(user).values("pk"))


class Report(models.Model):
    """One document as it was made. The same content again is the same report, with the same code."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=12, choices=ReportKind)
    span = models.CharField(max_length=20)  # law.months.Span as text: 2023-01, 2023-S1, 2023
    cut_off = models.DateField()  # follow-up known up to and including this day
    title = models.CharField(max_length=300)
    # What the document says, before it becomes PDF or DOCX.
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    code = models.CharField(max_length=24, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["office", "-made_at"], name="report_office_at")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def keep(
        cls,
        office: Office,
        *,
        kind: str,
        span: str,
        cut_off: date,
        title: str,
        content: dict[str, Any],
        content_sha256: str,
        code: str,
        by: User | None,
        at: datetime | None = None,
    ) -> Report:
        """Register a document; one with the same code is returned as it stands."""
        with transaction.atomic():
            report, created = cls.objects.get_or_create(
                code=code,
                defaults={
                    "office": office,
                    "kind": kind,
                    "span": span,
                    "cut_off": cut_off,
                    "title": title,
                    "content": content,
                    "content_sha256": content_sha256,
                    "made_at": at or timezone.now(),
                    "made_by": by,
                },
            )
            if created:
                Event.record(
                    "report.made", by=by, about=report, office=office, kind=kind, span=span
                )
        return report


class NarrativeTemplate(models.Model):
    """The office's wording of one section; every save is a new version, none is lost."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="narratives")
    kind = models.CharField(max_length=12, choices=ReportKind)
    section = models.CharField(max_length=40)
    text = models.TextField(_("teks"), max_length=8000)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["office", "kind", "section"], name="narrative_section")]

    def __str__(self) -> str:
        return f"{self.kind} {self.section} {self.at:%Y-%m-%d}"

    @classmethod
    def current(cls, office: Office, kind: str) -> dict[str, str]:
        """Newest text of each section the office has written itself."""
        rows = cls.objects.filter(office=office, kind=kind).order_by("id")
        return {row.section: row.text for row in rows}

    @classmethod
    def write(
        cls, office: Office, kind: str, section: str, text: str, *, by: User | None
    ) -> NarrativeTemplate:
        """Save a new version. Raises ValidationError. Placeholders are checked by the caller."""
        row = cls(office=office, kind=kind, section=section, text=text, at=timezone.now(), by=by)
        row.full_clean()
        with transaction.atomic():
            row.save()
            Event.record("narrative.written", by=by, about=row, office=office, section=section)
        return row
