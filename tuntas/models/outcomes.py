"""What can become of a feedback beside an answer: referred elsewhere, merged, marked as spam."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.feedback import Feedback, FeedbackKind, Reply, Way
from tuntas.models.people import User

SHORTEST_REASON = 10


class Destination(models.TextChoices):
    LAPOR = "lapor", "SP4N-LAPOR!"
    OFFICE = "office", _("Instansi lain")


class Referral(models.Model):
    """Where a feedback was passed on to; what the citizen reads of it is its `reply`."""

    reply = models.OneToOneField(Reply, models.PROTECT, related_name="referral")
    destination = models.CharField(_("diteruskan ke"), max_length=8, choices=Destination)
    addressee = models.CharField(_("nama penerima"), max_length=160)
    number = models.CharField(_("nomor laporan atau surat"), max_length=80)
    on = models.DateField(_("tanggal diteruskan"))

    def __str__(self) -> str:
        return f"{self.addressee} {self.number}"

    @classmethod
    def make(
        cls,
        feedback: Feedback,
        text: str,
        *,
        by: User,
        destination: str,
        addressee: str,
        number: str,
        on: date,
        at: datetime | None = None,
    ) -> Referral:
        """Pass a feedback on and tell the citizen. Raises ValidationError."""
        now = at or timezone.now()
        if on > now.astimezone(feedback.office.zone).date():
            raise ValidationError({"on": _("Tanggal ini belum tiba.")})
        with transaction.atomic():
            feedback.hold()
            reply = Reply.write(feedback, text, by=by, at=now, way=Way.REFERRAL)
            referral = cls(
                reply=reply,
                destination=destination,
                addressee=addressee.strip(),
                number=number.strip(),
                on=on,
            )
            referral.full_clean()
            referral.save()
            Event.record(
                "feedback.referred", by=by, about=feedback, office=feedback.office, at=at,
                to=destination, number=referral.number,
            )  # fmt: skip
            feedback.settle_all()
        return referral


class Merge(models.Model):
    """`merged` says the same as `main`: its citizen reads the answers given to `main`."""

    main = models.ForeignKey(Feedback, models.PROTECT, related_name="merged")
    merged = models.ForeignKey(Feedback, models.PROTECT, related_name="merges")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=models.Q(undone_at__isnull=True),
                name="merged_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged} → {self.main}"

    @classmethod
    def make(
        cls, main: Feedback, rows: Iterable[Feedback], *, by: User, at: datetime | None = None
    ) -> list[Merge]:
        """Merge `rows` into `main`. Raises ValidationError and then changes nothing."""
        now = at or timezone.now()
        made: list[Merge] = []
        others = sorted((row for row in rows if row.pk != main.pk), key=lambda row: row.pk)
        if not others:
            raise ValidationError(_("Pilih paling sedikit dua masukan."))
        with transaction.atomic():
            for row in sorted([main, *others], key=lambda each: each.pk):
                row.hold()
            if not main.needs_reply or main.merge:
                raise ValidationError(_("Masukan utama harus masukan tersendiri yang dijawab."))
            for row in others:
                problem = why_not(main, row)
                if problem:
                    raise ValidationError(problem)
                merge = cls.objects.create(main=main, merged=row, by=by, at=now)
                Event.record(
                    "feedback.merged", by=by, about=row, office=row.office, at=at, main=main.pk
                )
                row.settle()
                made.append(merge)
            Event.record(
                "feedback.absorbed", by=by, about=main, office=main.office, at=at,
                merged=[row.pk for row in others],
            )  # fmt: skip
        return made

    def undo(self, *, by: User) -> None:
        """Let it be a feedback of its own again. Raises ValidationError when it already is."""
        with transaction.atomic():
            self.merged.hold()
            done = type(self).objects.filter(pk=self.pk, undone_at__isnull=True)
            if not done.update(undone_at=timezone.now(), undone_by=by):
                raise ValidationError(_("Penggabungan ini sudah dibatalkan."))
            Event.record(
                "feedback.unmerged",
                by=by,
                about=self.merged,
                office=self.merged.office,
                main=self.main_id,
            )
            self.merged.settle()


def why_not(main: Feedback, row: Feedback) -> str:
    """What keeps `row` from being merged into `main`; empty when nothing does."""
    if row.office_id != main.office_id:
        return str(_("Masukan kantor lain tidak dapat digabungkan."))
    if not row.needs_reply:
        return str(_("Basa-basi dan spam tidak digabungkan."))
    if row.merge or row.merged.filter(undone_at__isnull=True).exists():
        return str(_("Masukan %(row)s sudah bagian dari penggabungan lain.")) % {"row": row}
    return ""


class SpamMark(models.Model):
    """That a feedback is spam, why, and what it was taken for before."""

    feedback = models.ForeignKey(Feedback, models.PROTECT, related_name="spam_marks")
    reason = models.CharField(_("alasan"), max_length=300)
    kind_before = models.CharField(max_length=12, choices=FeedbackKind)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.feedback} {self.reason}"

    @classmethod
    def put(cls, feedback: Feedback, reason: str, *, by: User) -> SpamMark:
        """Mark as spam. Raises ValidationError without a reason, or when others are merged into it."""
        if len(reason.strip()) < SHORTEST_REASON:
            raise ValidationError(
                {
                    "reason": _("Tulis alasan paling sedikit %(least)s huruf.")
                    % {"least": SHORTEST_REASON}
                }
            )
        with transaction.atomic():
            feedback.hold()
            if feedback.kind == FeedbackKind.SPAM:
                raise ValidationError(_("Masukan ini sudah ditandai sebagai spam."))
            if feedback.merge or feedback.merged.filter(undone_at__isnull=True).exists():
                raise ValidationError(_("Batalkan dahulu penggabungan masukan ini."))
            mark = cls(
                feedback=feedback,
                reason=reason.strip(),
                kind_before=feedback.kind,
                by=by,
                at=timezone.now(),
            )
            mark.full_clean()
            mark.save()
            become(feedback, FeedbackKind.SPAM)
            Event.record("feedback.spam", by=by, about=feedback, office=feedback.office)
        return mark

    def undo(self, *, by: User) -> None:
        """Give it back its class. Raises ValidationError when that was done already."""
        with transaction.atomic():
            self.feedback.hold()
            done = type(self).objects.filter(pk=self.pk, undone_at__isnull=True)
            if not done.update(undone_at=timezone.now(), undone_by=by):
                raise ValidationError(_("Tanda spam ini sudah dibatalkan."))
            become(self.feedback, self.kind_before)
            Event.record(
                "feedback.not-spam", by=by, about=self.feedback, office=self.feedback.office
            )


def become(feedback: Feedback, kind: str) -> None:
    feedback.kind = kind
    feedback.save(update_fields=["kind"])
    feedback.settle()
