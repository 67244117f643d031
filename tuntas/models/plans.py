"""ActionPlan: a weakness followed to its end, through stages that are rows (progress, evidence)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law import followup
from tuntas.law.followup import FollowUpShare
from tuntas.law.months import Month, Span
from tuntas.models.audit import Event
from tuntas.models.evidence import Evidence, keep_file
from tuntas.models.feedback import Feedback
from tuntas.models.offices import Office, Unit, in_reach
from tuntas.models.people import User
from tuntas.models.progress import (
    NEXT,
    Obstacle,
    PlanRevision,
    PlanStage,
    Progress,
    ProgressKind,
    Stage,
)

REVISED = frozenset(
    [
        "unit", "survey_month", "element", "cause", "action", "horizon", "person_in_charge",
        "due_on", "start_month", "end_month",
    ]
)  # fmt: skip

OPEN = Q(completion__isnull=True)


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
        """Something was done: a progress entry that stands and is not merely planned."""
        return self.filter(Exists(Progress.objects.done().filter(plan=OuterRef("pk"))))

    def finished(self) -> ActionPlanQuerySet:
        return self.filter(completion__isnull=False)

    def unfinished(self) -> ActionPlanQuerySet:
        return self.filter(OPEN)

    def untouched(self) -> ActionPlanQuerySet:
        return self.unfinished().exclude(pk__in=self.followed_up().values("pk"))

    def surveyed_before(self, first: Month) -> ActionPlanQuerySet:
        """Plans that answer an earlier survey; those not finished then are carried on."""
        return self.filter(survey_month__lt=first.first_day)

    def at_stage(self, stage: str) -> ActionPlanQuerySet:
        newest = PlanStage.objects.filter(plan=OuterRef("pk")).order_by("-id").values("stage")[:1]
        return self.annotate(newest_stage=models.Subquery(newest)).filter(newest_stage=stage)

    def waiting_for_review(self) -> ActionPlanQuerySet:
        return self.at_stage(Stage.PROPOSED)

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
    # The accepted stage that stands; None while the plan is not finished.
    completion = models.ForeignKey(
        PlanStage, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    source_feedback = models.ManyToManyField(Feedback, related_name="plans", blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ActionPlanQuerySet.as_manager()

    class Meta:
        ordering = ["unit__position", "survey_month", "id"]
        indexes = [
            models.Index(fields=["unit", "-survey_month", "id"], name="plan_unit_month"),
            models.Index(fields=["office", "due_on", "id"], name="plan_office_due"),
            models.Index(fields=["office", "-survey_month", "-id"], name="plan_office_month"),
            models.Index(fields=["office", "-created_at", "-id"], name="plan_office_made"),
            # What is finished gathers over the years; the list begins with what is not.
            models.Index(
                fields=["unit", "-survey_month", "id"], condition=OPEN, name="plan_unit_open"
            ),
            models.Index(
                fields=["office", "due_on", "id"], condition=OPEN, name="plan_office_open"
            ),
        ]
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
        return followup.lead_time_months(Month.of(self.survey_month), Month.of(self.start_month))

    def audit_months(self, published: date | None) -> int | None:
        """The audit's clock: months from the publication of the survey's result to the start.

        None before the start is known, or while no publication is registered.
        """
        if self.start_month is None or published is None:
            return None
        return followup.lead_time_months(Month.of(published), Month.of(self.start_month))

    @property
    def is_finished(self) -> bool:
        return self.completion_id is not None

    @property
    def survey_semester(self) -> Span:
        return semester_of(Month.of(self.survey_month))

    def carried_from(self, span: Span) -> Span | None:
        """The semester this plan began in, when that lies before `span`; else None."""
        began = self.survey_semester
        return began if Month.of(self.survey_month) < span.first else None

    @property
    def stage(self) -> str:
        """Where the plan stands now: the newest stage (rows may have been fetched before)."""
        rows = list(self.stages.all())
        return rows[-1].stage if rows else Stage.DRAFT

    @property
    def stage_label(self) -> str:
        return str(Stage(self.stage).label)

    def finished_by(self, until: datetime) -> bool:
        """Whether it stood accepted just before `until`."""
        rows = [row for row in self.stages.all() if row.at < until]
        return bool(rows) and rows[-1].stage == Stage.ACCEPTED

    def clean(self) -> None:
        if self.unit_id and self.office_id and self.unit.office_id != self.office_id:
            raise ValidationError({"unit": _("Unit itu bukan bagian dari kantor ini.")})
        if self.start_month and self.end_month and self.end_month < self.start_month:
            raise ValidationError({"end_month": _("Bulan selesai mendahului bulan mulai.")})
        self.check_due()

    def check_due(self) -> None:
        """The horizon is the regulation's name for the time up to the due date."""
        if self.due_on is None or self.survey_month is None:
            return
        start = self.start_month or (Month.of(self.survey_month) + 1).first_day
        if self.due_on < start:
            raise ValidationError({"due_on": _("Tenggat mendahului mulainya tindak lanjut.")})
        months = Month.of(self.due_on) - Month.of(start)
        fitting = Horizon(followup.horizon_of(months))
        if self.horizon != fitting:
            words = {"months": months, "horizon": str(fitting.label)}
            raise ValidationError(
                {
                    "horizon": ValidationError(
                        _("Tenggat itu %(months)s bulan setelah mulai, jadi: %(horizon)s."),
                        params=words,
                    )
                }
            )

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
            PlanStage.objects.create(plan=plan, stage=Stage.DRAFT, by=by, at=now)
            Event.record("plan.added", by=by, about=plan, office=unit.office, at=now)
        return plan

    def change(self, *, by: User, **fields: Any) -> None:
        """Change the plan's own fields. Raises ValidationError; a finished plan stays as it is."""
        if self.is_finished:
            raise ValidationError(_("Rencana yang sudah selesai tidak dapat diubah."))
        before = {name: told(getattr(self, name)) for name in fields if name in REVISED}
        for field, value in fields.items():
            setattr(self, field, value)
        self.full_clean()
        before = {name: text for name, text in before.items() if text != told(getattr(self, name))}
        if not before:
            return
        with transaction.atomic():
            self.save()
            PlanRevision.objects.create(plan=self, by=by, at=timezone.now(), before=before)
            Event.record(
                "plan.changed", by=by, about=self, office=self.office, fields=sorted(fields)
            )

    # -- stages --------------------------------------------------------------------------------

    def step(
        self, stage: str, *, by: User | None, note: str = "", at: datetime | None = None
    ) -> PlanStage:
        """Go to a stage that may follow the present one. Raises ValidationError.

        The plan's row is locked meanwhile, so that two people cannot take two ways at once.
        """
        with transaction.atomic():
            ActionPlan.objects.select_for_update().get(pk=self.pk)
            newest = PlanStage.objects.filter(plan=self).order_by("-id").first()
            now = Stage(newest.stage) if newest else Stage.DRAFT
            if stage not in NEXT[now]:
                words = {"now": str(now.label), "next": str(Stage(stage).label)}
                raise ValidationError(
                    _("Rencana ini %(now)s; dari situ tidak dapat menjadi %(next)s."), params=words
                )
            row = PlanStage(plan=self, stage=stage, by=by, at=at or timezone.now(), note=note)
            row.full_clean()
            row.save()
            self.completion = row if stage == Stage.ACCEPTED else None
            self.save(update_fields=["completion"])
            Event.record(f"plan.{stage}", by=by, about=self, office=self.office, at=row.at)
        self.refresh_from_db(fields=["completion"])
        return row

    def agree(self, *, by: User | None, note: str = "", at: datetime | None = None) -> PlanStage:
        """The draft was agreed (meeting, Forum Konsultasi Publik). Raises ValidationError."""
        return self.step(Stage.AGREED, by=by, note=note.strip(), at=at)

    def propose(self, *, by: User | None, note: str = "", at: datetime | None = None) -> PlanStage:
        """Propose the plan as finished. Raises ValidationError without progress and evidence."""
        if self.is_finished:
            raise ValidationError(_("Rencana ini sudah selesai."))
        if not self.progress.done().exists():
            raise ValidationError(_("Catat dahulu apa yang sudah dilakukan."))
        if not self.evidence.exists():
            raise ValidationError(_("Lampirkan data dukung (berkas atau tautan) lebih dahulu."))
        return self.step(Stage.PROPOSED, by=by, note=note.strip(), at=at)

    def review(
        self, *, accept: bool, by: User | None, note: str = "", at: datetime | None = None
    ) -> PlanStage:
        """Accept a proposed plan, or send it back with a reason. Raises ValidationError.

        Whoever proposed it does not accept it: "finished" is what a second person found.
        """
        newest = self.stages.order_by("id").last()
        if not accept and not note.strip():
            raise ValidationError(_("Tulis alasan mengembalikan rencana ini."))
        if (
            newest is not None
            and newest.stage == Stage.PROPOSED
            and by is not None
            and newest.by_id == by.pk
        ):
            raise ValidationError(
                _("Anda sendiri yang mengusulkan; mintalah orang lain memeriksanya.")
            )
        stage = Stage.ACCEPTED if accept else Stage.SENT_BACK
        return self.step(stage, by=by, note=note.strip(), at=at)

    def finish(self, *, by: User | None, note: str = "", at: datetime | None = None) -> PlanStage:
        """Propose and accept in one step: only for what was reviewed elsewhere (an import, the
        demo). Raises ValidationError without progress and evidence."""
        with transaction.atomic():
            self.propose(by=None, at=at)
            return self.review(accept=True, by=by, note=note, at=at)

    def reopen(self, *, by: User, reason: str) -> PlanStage:
        """Take the completion back, with a reason; the completion stays in the history."""
        if not reason.strip():
            raise ValidationError(_("Tulis alasan membuka kembali rencana ini."))
        return self.step(Stage.REOPENED, by=by, note=reason.strip())

    # -- entries -------------------------------------------------------------------------------

    def add_progress(
        self, *, by: User | None, at: datetime | None = None, **fields: Any
    ) -> Progress:
        """Record what was done or is planned. Raises ValidationError.

        The first thing done makes a draft or agreed plan a running one.
        """
        with transaction.atomic():
            row: Progress = self._add_row(Progress, "plan.progress", by=by, at=at, **fields)
            self._run(row.kind, by=by, at=row.at)
        return row

    def add_activities(
        self, rows: Collection[dict[str, Any]], *, by: User | None, at: datetime | None = None
    ) -> list[Progress]:
        """Record several entries at once, all or none. Raises ValidationError."""
        now = at or timezone.now()
        with transaction.atomic():
            return [self.add_progress(by=by, at=now, **row) for row in rows]

    def _run(self, kind: str, *, by: User | None, at: datetime) -> None:
        newest = PlanStage.objects.filter(plan=self).order_by("-id").first()
        started = newest is not None and newest.stage not in (Stage.DRAFT, Stage.AGREED)
        if kind != ProgressKind.PLANNED and not started:
            self.step(Stage.RUNNING, by=by, at=at)

    def mark_done(
        self, row: Progress, on: date, *, by: User | None, at: datetime | None = None
    ) -> None:
        """A planned activity was carried out on `on`; its planned date stays beside it."""
        now = at or timezone.now()
        if not row.waits or row.withdrawn_at is not None:
            raise ValidationError(_("Kegiatan ini tidak sedang menunggu dilaksanakan."))
        if on > now.astimezone(self.office.zone).date():
            raise ValidationError(_("Tanggal terlaksana belum tiba."))
        row.done_on, row.done_at, row.done_by = on, now, by
        row.full_clean()
        with transaction.atomic():
            row.save(update_fields=["done_on", "done_at", "done_by"])
            Event.record("plan.activity_done", by=by, about=self, office=self.office, row=row.pk)
            self._run(ProgressKind.DONE, by=by, at=now)

    def withdraw_progress(self, row: Progress, *, by: User, at: datetime | None = None) -> None:
        """Its author takes a wrong entry back within a day. Raises ValidationError."""
        now = at or timezone.now()
        if not row.may_take_back(by, now):
            raise ValidationError(
                _("Hanya penulisnya, dalam satu hari, dapat menarik catatan. Tulislah koreksi.")
            )
        with transaction.atomic():
            row.withdrawn_at, row.withdrawn_by = now, by
            row.save(update_fields=["withdrawn_at", "withdrawn_by"])
            Event.record(
                "plan.progress_withdrawn", by=by, about=self, office=self.office, row=row.pk
            )

    def correct_progress(
        self, row: Progress, *, by: User, at: datetime | None = None, **fields: Any
    ) -> Progress:
        """Put a new entry in the place of a wrong one, which stays in the history."""
        now = at or timezone.now()
        if row.withdrawn_at is not None:
            raise ValidationError(_("Catatan ini sudah ditarik atau sudah dikoreksi."))
        place = row.place or row.pk
        with transaction.atomic():
            new = self.add_progress(by=by, at=now, corrects=row, place=place, **fields)
            row.withdrawn_at, row.withdrawn_by = now, by
            row.save(update_fields=["withdrawn_at", "withdrawn_by"])
        return new

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

    def add_links(self, urls: Collection[str], *, by: User | None, label: str = "") -> None:
        """Name several addresses, all or none. Raises ValidationError."""
        with transaction.atomic():
            for url in urls:
                self.add_link(url if "://" in url else f"https://{url}", by=by, label=label)

    def add_file(
        self,
        name: str,
        content: bytes,
        *,
        by: User | None,
        label: str = "",
        at: datetime | None = None,
    ) -> Evidence:
        """Keep a file as evidence, with its SHA-256. Raises ValidationError for type and size."""
        kept = keep_file(self.office_id, name, content)
        row: Evidence = self._add_row(Evidence, "plan.evidence", by=by, at=at, label=label, **kept)
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


def semester_of(month: Month) -> Span:
    first = Month(month.year, 1 if month.month <= 6 else 7)
    return Span(first, first + 5)


def told(value: Any) -> str:
    """A field's value as the history keeps it."""
    return "" if value is None else str(value)
