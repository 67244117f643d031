"""TextErasure: what a citizen wrote is gone, and everything that was counted of it stays.

The row of the feedback, its class, its deadline, who answered and when are kept, so that counts and
the answered share never change. Proofs hold the hash of a salted text only (`models/seals.py`): one
that is no longer there breaks nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import AppendOnly, Event
from tuntas.models.conversations import Contact, Vote
from tuntas.models.erased import Erased
from tuntas.models.feedback import Feedback, Reply
from tuntas.models.outcomes import SHORTEST_REASON
from tuntas.models.people import User
from tuntas.models.search import forget_erased


class Cause(models.TextChoices):
    CITIZEN = "citizen", _("permintaan pengirim")
    OFFICE = "office", _("keputusan tim survei")
    RULE = "rule", _("aturan retensi")


class TextErasure(AppendOnly):
    """That the words of one conversation were erased, why, and by whom."""

    feedback = models.ForeignKey(Feedback, models.PROTECT, related_name="erasures")
    cause = models.CharField(max_length=7, choices=Cause)
    reason = models.CharField(_("alasan"), max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.feedback} {self.cause}"

    @classmethod
    def make(
        cls,
        feedback: Feedback,
        cause: str,
        *,
        by: User | None = None,
        reason: str = "",
        at: datetime | None = None,
    ) -> TextErasure:
        """Erase every word the citizen wrote in this conversation, and the address if there is one.

        Of a part split off the whole is meant: it is one citizen's text. Raises ValidationError
        when nothing is left to erase, and for an office that gives no reason. Who erases many by a
        rule calls `forget_erased` once, in the same transaction.
        """
        now, main = at or timezone.now(), feedback.split_from or feedback
        reason = reason.strip()
        if cause == Cause.OFFICE and len(reason) < SHORTEST_REASON:
            raise ValidationError(
                {
                    "reason": _("Tulis alasan paling sedikit %(least)s huruf.")
                    % {"least": SHORTEST_REASON}
                }
            )
        with transaction.atomic():
            main.hold()
            if not has_words(main):
                raise ValidationError(_("Tulisan ini sudah dihapus."))
            forget_words(main)
            if cause != Cause.RULE:
                forget_erased()
            for contact in Contact.objects.filter(feedback=main).select_related("feedback__office"):
                contact.erase(rule=cause == Cause.RULE)
            row = cls(feedback=main, cause=cause, reason=reason, at=now, by=by)
            row.full_clean(exclude=["feedback", "by"])
            row.save()
            Erased.note("text", 1, office_id=main.office_id, at=now)
            Event.record(
                "feedback.erased", by=by, about=main, office=main.office, at=at, cause=cause
            )
        main.text = feedback.text = ""
        return row


def conversation_of(main: Feedback) -> models.QuerySet[Feedback]:
    """The feedback and what was split off it."""
    return Feedback.objects.filter(Q(pk=main.pk) | Q(split_from=main.pk))


def has_words(main: Feedback) -> bool:
    """Whether anything the citizen wrote is still there."""
    rows = conversation_of(main)
    return (
        rows.exclude(text="").exists()
        or Reply.objects.filter(feedback__in=rows, by=None).exclude(text="").exists()
        or Vote.objects.filter(feedback__in=rows).exclude(words="").exists()
    )


def forget_words(main: Feedback) -> None:
    rows = list(conversation_of(main).values_list("pk", flat=True))
    Feedback.objects.filter(pk__in=rows).update(text="")
    Reply.objects.filter(feedback__in=rows, by=None).update(text="")
    Vote.objects.filter(feedback__in=rows).update(words="")
