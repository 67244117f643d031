"""PublishedAnswer: "you said, we did" for everyone, in the office's own words."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.feedback import Feedback, clean
from tuntas.models.offices import Office
from tuntas.models.people import User


class PublishedAnswerQuerySet(models.QuerySet["PublishedAnswer"]):
    def public(self) -> PublishedAnswerQuerySet:
        """What anyone may read, newest first."""
        return self.filter(published_at__isnull=False, unpublished_at__isnull=True).order_by(
            "-published_at", "-id"
        )


class PublishedAnswer(models.Model):
    """A suggestion in short and what was done about it. Never the citizen's own text by itself."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="published_answers")
    # Kept to know where it came from; nothing of it is shown.
    feedback = models.ForeignKey(Feedback, models.PROTECT, related_name="published_answers")
    said = models.CharField(_("yang disarankan"), max_length=300)
    did = models.CharField(_("yang kami lakukan"), max_length=600)
    written_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    written_at = models.DateTimeField()
    published_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    unpublished_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    unpublished_at = models.DateTimeField(null=True, blank=True)

    objects = PublishedAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-id"]

    def __str__(self) -> str:
        return self.said

    @property
    def is_public(self) -> bool:
        return self.published_at is not None and self.unpublished_at is None

    @classmethod
    def write(cls, feedback: Feedback, said: str, did: str, *, by: User | None) -> PublishedAnswer:
        """Prepare an entry; nobody reads it until it is published. Raises ValidationError."""
        if clean(said).casefold() == clean(feedback.text).casefold() and len(clean(said)) > 80:
            raise ValidationError(
                {"said": _("Tulis ringkasan dengan kata-kata kantor, bukan tulisan pengirim.")}
            )
        row = cls(
            office=feedback.office,
            feedback=feedback,
            said=clean(said),
            did=clean(did),
            written_by=by,
            written_at=timezone.now(),
        )
        with transaction.atomic():
            row.full_clean(exclude=["written_by", "published_by", "unpublished_by"])
            row.save()
            Event.record("published-answer.written", by=by, about=row, office=row.office)
        return row

    def publish(self, *, by: User | None) -> None:
        """Show it to everyone. Raises ValidationError when it is shown already."""
        self._turn(by, on=True)

    def unpublish(self, *, by: User | None) -> None:
        """Show it no longer. Raises ValidationError when it is not shown."""
        self._turn(by, on=False)

    def _turn(self, by: User | None, *, on: bool) -> None:
        with transaction.atomic():
            fresh = type(self).objects.select_for_update().get(pk=self.pk)
            if fresh.is_public == on:
                raise ValidationError(_("Keadaannya sudah seperti itu."))
            now = timezone.now()
            if on:
                self.published_by, self.published_at = by, now
                self.unpublished_by = self.unpublished_at = None
            else:
                self.unpublished_by, self.unpublished_at = by, now
            self.save()
            action = "published-answer.published" if on else "published-answer.unpublished"
            Event.record(action, by=by, about=self, office=self.office)
