"""ActionPlan › Progress, Obstacle, Evidence, Completion: a weakness followed to its end."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.validators import URLValidator
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.followup import FollowUpShare, lead_time_months
from tuntas.law.months import Month
from tuntas.models.audit import Event
from tuntas.models.feedback import Feedback
from tuntas.models.offices import Office, Unit, in_reach
from tuntas.models.people import User


class Horizon(models.TextChoices):
    """PermenPANRB 14/2017 Lampiran I BAB VII: under 12, 12 to 24, over 24 months."""

    SHORT = "short", _("Jangka pendek (kurang dari 12 bulan)")
    MEDIUM = "medium", _("Jangka menengah (12–24 bulan)")
    LONG = "long", _("Jangka panjang (lebih dari 24 bulan)")


class ActionPlanQuerySet(models.QuerySet["ActionPlan"]):
    def visible_to(self, user: User) -> ActionPlanQuerySet:
        return self.filter(in_reach(user))

    def surveyed_in(self, months: Any) -> ActionPlanQuerySet:
        """Plans that answer the survey of one of these months."""
        return self.filter(survey_month__in=[month.first_day for month in months])

    def followed_up(self) -> ActionPlanQuerySet:
        """Something was done: a progress entry that is not merely planned."""
        done = Progress.objects.filter(plan=OuterRef("pk")).exclude(kind=ProgressKind.PLANNED)
        return self.filter(Exists(done))

    def finished(self) -> ActionPlanQuerySet:
        return self.filter(completion__isnull=False)

    def unfinished(self) -> ActionPlanQuerySet:
        return self.filter(completion__isnull=True)

    def overdue(self, today: date) -> ActionPlanQuerySet:
        return self.unfinished().filter(due_on__lt=today)

    def share(self) -> FollowUpShare:
        """Plans, those followed up, those finished: the two percentages of the report."""
        return FollowUpShare(
            total=self.count(),
            followed_up=self.followed_up().count(),
            finished=self.finished().count(),
        )


class ActionPlan(models.Model):
    """Rencana aksi: what a unit does about a weakness the survey of one month showed."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="plans")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="plans", verbose_name=_("unit"))
    survey_month = models.DateField(_("waktu survei"))
    element = models.CharField(_("unsur"), max_length=40, blank=True)
    cause = models.TextField(_("penyebab"), max_length=2000, blank=True)
    action = models.TextField(_("rencana aksi"), max_length=4000)
    horizon = models.CharField(
        _("jangka waktu"), max_length=6, choices=Horizon, default=Horizon.SHORT
    )
    person_in_charge = models.CharField(_("penanggung jawab"), max_length=200, blank=True)
    due_on = models.DateField(_("tenggat"), null=True, blank=True)
    # Waktu tindak lanjut: months; no end means it still goes on ("s.d. sekarang").
    start_month = models.DateField(_("mulai ditindaklanjuti"), null=True, blank=True)
    end_month = models.DateField(_("sampai dengan"), null=True, blank=True)
    source_feedback = models.ManyToManyField(Feedback, related_name="plans", blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ActionPlanQuerySet.as_manager()

    class Meta:
        ordering = ["unit__position", "survey_month", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(survey_month__day=1), name="plan_survey_month"),
            models.CheckConstraint(
                condition=Q(end_month__isnull=True) | Q(end_month__gte=models.F("start_month")),
                name="plan_months_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.action[:80]

    @property
    def lead_time_months(self) -> int | None:
        """Kecepatan tindak lanjut in months (docs/method.md); None before the start is known."""
        if self.start_month is None:
            return None
        return lead_time_months(Month.of(self.survey_month), Month.of(self.start_month))

    @property
    def is_finished(self) -> bool:
        return hasattr(self, "completion")

    def clean(self) -> None:
        if self.unit_id and self.office_id and self.unit.office_id != self.office_id:
            raise ValidationError({"unit": _("Unit itu bukan bagian dari kantor ini.")})
        if self.start_month and self.end_month and self.end_month < self.start_month:
            raise ValidationError({"end_month": _("Bulan selesai mendahului bulan mulai.")})

    @classmethod
    def add(
        cls,
        unit: Unit,
        *,
        by: User | None,
        at: datetime | None = None,
        source_feedback: Any = (),
        **fields: Any,
    ) -> ActionPlan:
        """Create a plan of `unit`. Raises ValidationError."""
        now = at or timezone.now()
        plan = cls(office_id=unit.office_id, unit=unit, created_at=now, created_by=by, **fields)
        plan.full_clean()
        with transaction.atomic():
            plan.save()
            plan.source_feedback.set(source_feedback)
            Event.record("plan.added", by=by, about=plan, office=unit.office, at=now)
        return plan

    def change(self, *, by: User, **fields: Any) -> None:
        """Change the plan's own fields. Raises ValidationError; a finished plan stays as it is."""
        if self.is_finished:
            raise ValidationError(_("Rencana yang sudah selesai tidak dapat diubah."))
        for field, value in fields.items():
            setattr(self, field, value)
        self.full_clean()
        with transaction.atomic():
            self.save()
            Event.record(
                "plan.changed", by=by, about=self, office=self.office, fields=sorted(fields)
            )

    def add_progress(
        self, *, by: User | None, at: datetime | None = None, **fields: Any
    ) -> Progress:
        """Record what was done or is planned. Raises ValidationError."""
        row: Progress = self._add_row(Progress, "plan.progress", by=by, at=at, **fields)
        return row

    def add_obstacle(
        self, *, by: User | None, at: datetime | None = None, **fields: Any
    ) -> Obstacle:
        """Record what hinders the plan. Raises ValidationError."""
        row: Obstacle = self._add_row(Obstacle, "plan.obstacle", by=by, at=at, **fields)
        return row

    def add_link(
        self, url: str, *, by: User | None, label: str = "", at: datetime | None = None
    ) -> Evidence:
        """Name a web address as evidence. Raises ValidationError."""
        row: Evidence = self._add_row(Evidence, "plan.evidence", by=by, at=at, url=url, label=label)
        return row

    def add_file(
        self,
        name: str,
        content: bytes,
        *,
        by: User | None,
        label: str = "",
        at: datetime | None = None,
    ) -> Evidence:
        """Keep a file as evidence, with its SHA-256. Raises ValidationError for other types."""
        sha256 = hashlib.sha256(content).hexdigest()
        content_type = sniff(content)
        path = f"evidence/{self.office_id}/{sha256}"
        if not default_storage.exists(path):
            default_storage.save(path, ContentFile(content))
        row: Evidence = self._add_row(
            Evidence,
            "plan.evidence",
            by=by,
            at=at,
            label=label,
            file_name=PurePath(name).name[-200:],
            content_type=content_type,
            sha256=sha256,
            file_bytes=len(content),
        )
        return row

    def _add_row(
        self, row_class: Any, action: str, *, by: User | None, at: datetime | None, **fields: Any
    ) -> Any:
        row = row_class(plan=self, by=by, at=at or timezone.now(), **fields)
        row.full_clean()
        with transaction.atomic():
            row.save()
            Event.record(action, by=by, about=self, office=self.office, row=row.pk)
        return row

    def finish(self, *, by: User | None, note: str = "", at: datetime | None = None) -> Completion:
        """Declare the plan done. Raises ValidationError without progress and evidence."""
        if self.is_finished:
            raise ValidationError(_("Rencana ini sudah selesai."))
        if not self.progress.exclude(kind=ProgressKind.PLANNED).exists():
            raise ValidationError(_("Catat dahulu apa yang sudah dilakukan."))
        if not self.evidence.exists():
            raise ValidationError(_("Lampirkan data dukung (berkas atau tautan) lebih dahulu."))
        now = at or timezone.now()
        with transaction.atomic():
            completion = Completion.objects.create(plan=self, by=by, at=now, note=note.strip())
            Event.record("plan.finished", by=by, about=self, office=self.office, at=now)
        return completion

    def reopen(self, *, by: User, reason: str) -> None:
        """Take the completion back, with a reason that stays in the audit."""
        if not reason.strip():
            raise ValidationError(_("Tulis alasan membuka kembali rencana ini."))
        with transaction.atomic():
            self.completion.delete()
            Event.record(
                "plan.reopened", by=by, about=self, office=self.office, reason=reason.strip()
            )
        self.refresh_from_db()


class PlanEntry(models.Model):
    """What all entries of a plan share: who wrote it, and when."""

    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True


class ProgressKind(models.TextChoices):
    NOTE = "note", _("Uraian")
    DONE = "done", _("Kegiatan terlaksana")
    PLANNED = "planned", _("Kegiatan direncanakan")


class Progress(PlanEntry):
    """A description, or one activity with its date: done or planned.

    Lines that begin with "- " are printed as a list.
    """

    plan = models.ForeignKey(ActionPlan, models.PROTECT, related_name="progress")
    kind = models.CharField(_("jenis"), max_length=8, choices=ProgressKind)
    text = models.TextField(_("uraian"), max_length=4000)
    on = models.DateField(_("tanggal"), null=True, blank=True)
    until = models.DateField(_("sampai tanggal"), null=True, blank=True)
    # Only the month is known: `on` holds its first day.
    month_only = models.BooleanField(_("hanya bulan yang diketahui"), default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("on")),
                name="progress_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    def clean(self) -> None:
        if self.kind != ProgressKind.NOTE and self.on is None:
            raise ValidationError({"on": _("Isi tanggal kegiatan.")})
        if self.until and self.on and self.until < self.on:
            raise ValidationError({"until": _("Tanggal akhir mendahului tanggal mulai.")})


class Obstacle(PlanEntry):
    """What hinders a plan; it may depend on another office."""

    plan = models.ForeignKey(ActionPlan, models.PROTECT, related_name="obstacles")
    text = models.TextField(_("kendala"), max_length=4000)
    depends_on = models.CharField(_("bergantung pada"), max_length=200, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:80]


class Evidence(PlanEntry):
    """Data dukung: a kept file with its fingerprint, or a link."""

    plan = models.ForeignKey(ActionPlan, models.PROTECT, related_name="evidence")
    label = models.CharField(_("keterangan"), max_length=200, blank=True)
    url = models.URLField(
        _("tautan"), max_length=500, blank=True, validators=[URLValidator(["http", "https"])]
    )
    file_name = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=60, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    file_bytes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(url="") & ~Q(sha256="")) | (~Q(url="") & Q(sha256="")),
                name="evidence_link_or_file",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.url or self.file_name

    @property
    def storage_path(self) -> str:
        return f"evidence/{self.plan.office_id}/{self.sha256}"


class Completion(PlanEntry):
    """The plan is done: who said so, when."""

    plan = models.OneToOneField(ActionPlan, models.PROTECT, related_name="completion")
    note = models.TextField(_("catatan"), max_length=1000, blank=True)

    def __str__(self) -> str:
        return f"{self.plan_id} {self.at:%Y-%m-%d}"


# First bytes of the types we keep; the name's ending is never trusted.
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),  # DOCX, XLSX, PPTX and ZIP
)


def sniff(content: bytes) -> str:
    """Content type by the first bytes. Raises ValidationError for what we do not keep."""
    for signature, content_type in SIGNATURES:
        if content.startswith(signature):
            return content_type
    raise ValidationError(
        _("Jenis berkas ini tidak diterima. Gunakan PDF, PNG, JPEG, DOCX, XLSX, atau ZIP.")
    )
