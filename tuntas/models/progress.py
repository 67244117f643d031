"""What happens to a plan: PlanStage, PlanRevision, Progress, Obstacle. Rows with who and when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import AppendOnly, Event
from tuntas.models.people import User

# Its author may take an entry back this long; later it stays, and a correction stands beside it.
TAKE_BACK = timedelta(days=1)


class PlanEntry(models.Model):
    """What all entries of a plan share: who wrote it, and when."""

    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True


class Stage(models.TextChoices):
    DRAFT = "draft", _("Rancangan")
    AGREED = "agreed", _("Disepakati")
    RUNNING = "running", _("Berjalan")
    PROPOSED = "proposed", _("Diusulkan selesai")
    SENT_BACK = "sent_back", _("Dikembalikan")
    ACCEPTED = "accepted", _("Selesai")
    REOPENED = "reopened", _("Dibuka kembali")


# Which stage may follow which.
NEXT: dict[str, frozenset[str]] = {
    Stage.DRAFT: frozenset({Stage.AGREED, Stage.RUNNING}),
    Stage.AGREED: frozenset({Stage.RUNNING}),
    Stage.RUNNING: frozenset({Stage.PROPOSED}),
    Stage.SENT_BACK: frozenset({Stage.PROPOSED}),
    Stage.REOPENED: frozenset({Stage.PROPOSED}),
    Stage.PROPOSED: frozenset({Stage.ACCEPTED, Stage.SENT_BACK}),
    Stage.ACCEPTED: frozenset({Stage.REOPENED}),
}


class PlanStage(AppendOnly, PlanEntry):
    """One step of a plan from draft to accepted. The newest row is where the plan stands."""

    plan = models.ForeignKey("tuntas.ActionPlan", models.PROTECT, related_name="stages")
    stage = models.CharField(max_length=9, choices=Stage)
    note = models.TextField(_("catatan"), max_length=1000, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["plan", "id"], name="planstage_plan")]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.stage} {self.at:%Y-%m-%d}"


class PlanRevision(AppendOnly, PlanEntry):
    """What the fields of a plan said before a change: field name to its old text."""

    plan = models.ForeignKey("tuntas.ActionPlan", models.PROTECT, related_name="revisions")
    before = models.JSONField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.plan_id} {', '.join(self.before)}"


class ProgressKind(models.TextChoices):
    NOTE = "note", _("Uraian")
    DONE = "done", _("Kegiatan terlaksana")
    PLANNED = "planned", _("Kegiatan direncanakan")


class ProgressQuerySet(models.QuerySet["Progress"]):
    def current(self) -> ProgressQuerySet:
        """Entries that stand: neither taken back nor replaced by a correction."""
        return self.filter(withdrawn_at__isnull=True)

    def done(self) -> ProgressQuerySet:
        """What was really done: everything but activities that are still only planned."""
        return self.current().filter(~Q(kind=ProgressKind.PLANNED) | Q(done_on__isnull=False))


class Progress(PlanEntry):
    """A description, or one activity with its date: done or planned.

    Lines that begin with "- " are printed as a list. A planned activity that was carried out keeps
    its planned date in `on` and gets the real one in `done_on`.
    """

    plan = models.ForeignKey("tuntas.ActionPlan", models.PROTECT, related_name="progress")
    kind = models.CharField(_("jenis"), max_length=8, choices=ProgressKind)
    text = models.TextField(_("uraian"), max_length=4000)
    on = models.DateField(_("tanggal"), null=True, blank=True)
    until = models.DateField(_("sampai tanggal"), null=True, blank=True)
    # Only the month is known: `on` holds its first day.
    month_only = models.BooleanField(_("hanya bulan yang diketahui"), default=False)
    done_on = models.DateField(_("terlaksana tanggal"), null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    # Key of the first entry it goes back to, so that a correction stands in the old one's place.
    place = models.BigIntegerField(null=True, blank=True)

    objects = ProgressQuerySet.as_manager()

    class Meta:
        ordering = [Coalesce("place", "id"), "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("on")),
                name="progress_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, done_at__isnull=True)
                | Q(done_on__isnull=False, done_at__isnull=False, kind=ProgressKind.PLANNED),
                name="progress_done_was_planned",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    def clean(self) -> None:
        if self.kind != ProgressKind.NOTE and self.on is None:
            raise ValidationError({"on": _("Isi tanggal kegiatan.")})
        if self.until and self.on and self.until < self.on:
            raise ValidationError({"until": _("Tanggal akhir mendahului tanggal mulai.")})

    @property
    def waits(self) -> bool:
        """Planned, and not yet carried out."""
        return self.kind == ProgressKind.PLANNED and self.done_on is None

    @property
    def is_late_correction(self) -> bool:
        return self.corrects is not None and self.at - self.corrects.at > TAKE_BACK

    def stood(self, until: datetime) -> bool:
        """It was written, and not taken back, before `until`."""
        return self.at < until and (self.withdrawn_at is None or self.withdrawn_at >= until)

    def was_done(self, until: datetime) -> bool:
        """It told of something done by `until`."""
        return self.kind != ProgressKind.PLANNED or (
            self.done_at is not None and self.done_at < until
        )

    def may_take_back(self, user: Any, now: datetime) -> bool:
        return (
            self.withdrawn_at is None
            and self.by_id is not None
            and self.by_id == user.pk
            and now - self.at <= TAKE_BACK
        )


class Obstacle(PlanEntry):
    """What hinders a plan; it may depend on another office. Open until it is resolved."""

    plan = models.ForeignKey("tuntas.ActionPlan", models.PROTECT, related_name="obstacles")
    text = models.TextField(_("kendala"), max_length=4000)
    depends_on = models.CharField(_("bergantung pada"), max_length=200, blank=True)
    resolved_on = models.DateField(_("teratasi tanggal"), null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    resolution = models.CharField(_("cara mengatasi"), max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_on__isnull=True, resolved_at__isnull=True)
                | Q(resolved_on__isnull=False, resolved_at__isnull=False),
                name="obstacle_resolved_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    def resolve(
        self, on: date, *, by: User | None, how: str = "", at: datetime | None = None
    ) -> None:
        """The obstacle was overcome on `on`. Raises ValidationError."""
        now, office = at or timezone.now(), self.plan.office
        if self.resolved_at is not None:
            raise ValidationError(_("Kendala ini sudah teratasi."))
        if on > now.astimezone(office.zone).date():
            raise ValidationError(_("Tanggal teratasi belum tiba."))
        self.resolved_on, self.resolved_at, self.resolved_by = on, now, by
        self.resolution = how.strip()
        self.full_clean()
        with transaction.atomic():
            self.save(update_fields=["resolved_on", "resolved_at", "resolved_by", "resolution"])
            Event.record("plan.obstacle_resolved", by=by, about=self.plan, office=office)

    def is_resolved(self, until: datetime) -> bool:
        return self.resolved_at is not None and self.resolved_at < until
