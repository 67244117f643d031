"""Report and NarrativeTemplate: documents that were made, and the office's own wording in them.

A made document may bear a number (`ReportNumber`) and come back signed (`SignedFile`). One that
takes long is ordered (`ReportOrder`) and made in the background.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import AppendOnly, Event
from tuntas.models.evidence import KeptFile, keep_file
from tuntas.models.leases import Leased
from tuntas.models.offices import Office, Service, Unit
from tuntas.models.people import User
from tuntas.models.stationery import Stationery


class ReportKind(models.TextChoices):
    MONTHLY = "monthly", _("Laporan hasil SKM")
    FOLLOW_UP = "follow-up", _("Laporan tindak lanjut")
    PROCESSING = "processing", _("Pengolahan data SKM")
    MONEV = "monev", _("Monitoring dan evaluasi rencana aksi")
    PLAN = "plan", _("Rencana tindak lanjut (RTL)")
    RECAP = "recap", _("Rekapitulasi hasil SKM")
    INTEGRITY = "integrity", _("Laporan SPKP dan SPAK")


# How report numbers name a kind.
SHORT_NAMES = {
    ReportKind.MONTHLY: "SKM",
    ReportKind.FOLLOW_UP: "TL",
    ReportKind.PROCESSING: "OLAH",
    ReportKind.MONEV: "MONEV",
    ReportKind.PLAN: "RTL",
    ReportKind.RECAP: "REKAP",
    ReportKind.INTEGRITY: "ZI",
}


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

    @property
    def is_draft(self) -> bool:
        """Made while a month of its period was still open."""
        return bool(self.content.get("draft"))

    @property
    def number(self) -> str:
        """The number it bears; empty for a draft and where the office numbers nothing."""
        row = ReportNumber.objects.filter(report=self).first()
        return row.text if row else ""

    @property
    def signed(self) -> SignedFile | None:
        """The signed file that stands: the newest."""
        return self.signed_files.select_related("by").first()

    def add_signed(self, name: str, content: bytes, *, by: User | None) -> SignedFile:
        """Keep the signed file. The same file again is the same row. Raises ValidationError."""
        if self.is_draft:
            raise ValidationError(
                {"file": _("Ini draf: tutup dahulu bulannya, lalu buat laporannya lagi.")}
            )
        if not content.startswith(b"%PDF-"):
            raise ValidationError({"file": _("Unggah laporan yang sudah ditandatangani (PDF).")})
        kept = keep_file(self.office_id, name, content)
        with transaction.atomic():
            known = self.signed_files.filter(sha256=kept["sha256"]).first()
            if known is not None:
                return known
            row = SignedFile.objects.create(report=self, by=by, at=timezone.now(), **kept)
            Event.record(
                "report.signed", by=by, about=self, office=self.office, sha256=kept["sha256"]
            )
        return row

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
                ReportNumber.give(report)
                Event.record(
                    "report.made", by=by, about=report, office=office, kind=kind, span=span
                )
        return report


class ReportNumber(AppendOnly):
    """Nomor surat of a report: counted up within an office and year, never given twice."""

    report = models.OneToOneField(Report, models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    ordinal = models.PositiveIntegerField()
    text = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "year", "ordinal"], name="report_number")
        ]

    def __str__(self) -> str:
        return self.text

    @classmethod
    def give(cls, report: Report) -> None:
        """Number a new report, when the office has a pattern and it is no draft. Call it inside
        the transaction that keeps the report."""
        rules = Stationery.objects.select_for_update().filter(office=report.office_id).first()
        if rules is None or not rules.number_pattern or report.is_draft:
            return
        last = cls.objects.filter(office=report.office_id, year=report.cut_off.year).aggregate(
            last=models.Max("ordinal")
        )["last"]
        ordinal = (last or 0) + 1
        cls.objects.create(
            report=report,
            office_id=report.office_id,
            year=report.cut_off.year,
            ordinal=ordinal,
            text=rules.number(ordinal, SHORT_NAMES[ReportKind(report.kind)], report.cut_off),
        )


class SignedFile(AppendOnly, KeptFile):
    """The report as it came back signed; every upload stays, the newest stands."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="signed_files")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def storage_path(self) -> str:
        return f"evidence/{self.report.office_id}/{self.sha256}"


class ReportOrderQuerySet(models.QuerySet["ReportOrder"]):
    def waiting(self) -> ReportOrderQuerySet:
        """Neither made nor refused yet."""
        return self.filter(report__isnull=True, refusal="")

    def given_up(self) -> ReportOrderQuerySet:
        return self.waiting().filter(given_up_at__isnull=False)


class ReportOrder(Leased):
    """A report somebody asked for that takes too long for a page; made in the background."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="report_orders")
    kind = models.CharField(max_length=12, choices=ReportKind)
    span = models.CharField(max_length=20)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="+")
    cut_off = models.DateField(null=True, blank=True)
    outline = models.CharField(max_length=4, blank=True)
    paper = models.CharField(max_length=2, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # What came of it: one of the two, nothing while it waits.
    report = models.ForeignKey(Report, models.PROTECT, null=True, blank=True, related_name="+")
    refusal = models.CharField(max_length=500, blank=True)

    objects = ReportOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.span}"

    @classmethod
    def put(cls, office: Office, *, by: User | None, **wanted: Any) -> ReportOrder:
        """Order a report; the same one, while it still waits, is ordered once."""
        with transaction.atomic():
            waiting = cls.objects.waiting().filter(
                office=office, given_up_at__isnull=True, **wanted
            )
            order = waiting.first()
            if order is None:
                order = cls.objects.create(office=office, at=timezone.now(), by=by, **wanted)
                Event.record(
                    "report.ordered", by=by, about=order, office=office, kind=order.kind,
                    span=order.span,
                )  # fmt: skip
        return order


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
