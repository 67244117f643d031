"""Batch: one act on several feedback at once, with what was before, so that it can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.feedback import Feedback, FeedbackKind
from tuntas.models.offices import Office, Unit
from tuntas.models.outcomes import Merge
from tuntas.models.people import User
from tuntas.models.reply_templates import ReplyTemplate

MOST = 200


class BatchAct(models.TextChoices):
    REPLY = "reply", _("Jawab dengan templat")
    CLASSIFY = "classify", _("Ubah jenis")
    HAND_OVER = "hand-over", _("Serahkan ke unit")
    MERGE = "merge", _("Gabungkan")


class Batch(models.Model):
    """What one person did to several feedback. `items`: [feedback, before, after] each."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="batches")
    act = models.CharField(max_length=10, choices=BatchAct)
    items = models.JSONField(default=list)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.act} × {len(self.items)}"

    @property
    def may_be_undone(self) -> bool:
        """A reply has been read by then; everything else goes back."""
        return self.act != BatchAct.REPLY and self.undone_at is None

    @classmethod
    def reply(
        cls, office: Office, rows: Sequence[Feedback], template: ReplyTemplate, *, by: User
    ) -> Batch:
        """Answer each with the template filled for it. Raises ValidationError, changing nothing."""
        with transaction.atomic():
            for row in ready(rows):
                row.reply(template.fill(row.words), by=by)
            items = [[row.pk, None, template.pk] for row in rows]
            return cls._keep(office, BatchAct.REPLY, items, by=by)

    @classmethod
    def classify(cls, office: Office, rows: Sequence[Feedback], kind: str, *, by: User) -> Batch:
        with transaction.atomic():
            items = [[row.pk, row.kind, kind] for row in ready(rows)]
            for row in rows:
                row.classify(kind, by=by)
            return cls._keep(office, BatchAct.CLASSIFY, items, by=by)

    @classmethod
    def hand_over(cls, office: Office, rows: Sequence[Feedback], unit: Unit, *, by: User) -> Batch:
        with transaction.atomic():
            items = [[row.pk, row.unit_id, unit.pk] for row in ready(rows)]
            for row in rows:
                row.hand_over(unit, by=by)
            return cls._keep(office, BatchAct.HAND_OVER, items, by=by)

    @classmethod
    def merge(cls, office: Office, rows: Sequence[Feedback], *, by: User) -> Batch:
        """Merge all into the one that came first."""
        main = min(ready(rows), key=lambda row: (row.received_at, row.pk))
        with transaction.atomic():
            made = Merge.make(main, rows, by=by)
            items = [[merge.merged_id, None, merge.pk] for merge in made]
            return cls._keep(office, BatchAct.MERGE, items, by=by)

    @classmethod
    def _keep(cls, office: Office, act: str, items: list[list[Any]], *, by: User) -> Batch:
        batch = cls.objects.create(office=office, act=act, items=items, by=by, at=timezone.now())
        Event.record("batch.done", by=by, about=batch, office=office, act=act, n=len(items))
        return batch

    def undo(self, *, by: User) -> int:
        """Put back what still stands as this batch left it; returns how many were.

        Raises ValidationError when it was undone before, or cannot be.
        """
        with transaction.atomic():
            done = type(self).objects.filter(pk=self.pk, undone_at__isnull=True)
            if self.act == BatchAct.REPLY or not done.update(
                undone_at=timezone.now(), undone_by=by
            ):
                raise ValidationError(_("Tindakan ini tidak dapat dibatalkan lagi."))
            n = sum(self._put_back(*item, by=by) for item in self.items)
            Event.record("batch.undone", by=by, about=self, office=self.office, n=n)
        return n

    def _put_back(self, pk: int, before: Any, after: Any, *, by: User) -> bool:
        if self.act == BatchAct.MERGE:
            merge = Merge.objects.filter(pk=after, undone_at__isnull=True).first()
            if merge:
                merge.undo(by=by)
            return merge is not None
        row = Feedback.objects.select_related("office", "unit").get(pk=pk)
        now = row.kind if self.act == BatchAct.CLASSIFY else row.unit_id
        if now != after or before == after:
            return False
        if self.act == BatchAct.CLASSIFY:
            row.classify(before, by=by)
        else:
            row.hand_over(Unit.objects.get(pk=before), by=by)
        return True


def ready(rows: Sequence[Feedback]) -> Sequence[Feedback]:
    """The rows, when a batch may take them. Raises ValidationError."""
    if not rows:
        raise ValidationError(_("Pilih paling sedikit satu masukan."))
    if len(rows) > MOST:
        raise ValidationError(
            _("Pilih paling banyak %(most)s masukan sekaligus."), params={"most": MOST}
        )
    return rows


def fit_for(act: str, rows: Iterable[Feedback]) -> list[Feedback]:
    """Those of the rows on which the act makes sense; the others are named as left out."""
    if act == BatchAct.REPLY:
        return [row for row in rows if row.waits]
    if act == BatchAct.MERGE:
        return [row for row in rows if row.needs_reply and not row.merge]
    return [row for row in rows if row.kind != FeedbackKind.SPAM]
