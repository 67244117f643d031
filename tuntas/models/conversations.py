"""The citizen's side of a conversation: whether an answer helped, asking again, being told by mail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.answering import erase_days, reopen_days
from tuntas.models.audit import Event
from tuntas.models.feedback import Feedback, Reply, clean, deadline
from tuntas.models.privacy import BUILT_IN, notice_at


class Helped(models.TextChoices):
    YES = "yes", _("Ya")
    PARTLY = "partly", _("Sebagian")
    NO = "no", _("Tidak")


class Vote(models.Model):
    """What one citizen says of one answer; a later vote takes the place of the earlier."""

    reply = models.ForeignKey(Reply, models.PROTECT, related_name="votes")
    # Whose vote: several citizens read the same answer when their feedback was merged.
    feedback = models.ForeignKey(Feedback, models.PROTECT, related_name="votes")
    helped = models.CharField(max_length=6, choices=Helped)
    words = models.CharField(_("keterangan"), max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["reply", "feedback"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.reply_id} {self.helped}"

    @classmethod
    def cast(
        cls, feedback: Feedback, reply_id: int, helped: str, words: str = "", *,
        at: datetime | None = None,
    ) -> Vote:  # fmt: skip
        """Keep the vote. Raises ValidationError for an answer this citizen does not read."""
        reply = feedback.office_replies().filter(pk=reply_id).first()
        if reply is None:
            raise ValidationError(_("Jawaban itu bukan bagian dari percakapan ini."))
        if helped not in Helped.values or len(clean(words)) > 500:
            raise ValidationError(
                _("Pilih ya, sebagian, atau tidak; keterangan paling banyak 500 huruf.")
            )
        values = {"helped": helped, "words": clean(words), "at": at or timezone.now()}
        with transaction.atomic():
            vote, _made = cls.objects.update_or_create(
                reply=reply, feedback=feedback, defaults=values
            )
            Event.record(
                "feedback.voted", by=None, about=feedback, office=feedback.office, helped=helped
            )
        return vote


class Reopened(models.Model):
    """The citizen asked again; the office owes another answer by a new deadline."""

    feedback = models.ForeignKey(Feedback, models.PROTECT, related_name="reopenings")
    at = models.DateTimeField()
    message = models.ForeignKey(Reply, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.feedback} {self.at:%Y-%m-%d}"

    @classmethod
    def make(cls, feedback: Feedback, text: str, *, at: datetime | None = None) -> Reopened:
        """Ask again, saying why. Raises ValidationError without words or outside the time for it."""
        now = at or timezone.now()
        with transaction.atomic():
            feedback.hold()
            if not may_reopen(feedback, now):
                raise ValidationError(_("Percakapan ini tidak dapat dibuka kembali."))
            message = feedback.answer_back(text, at=now)
            row = cls.objects.create(feedback=feedback, at=now, message=message)
            feedback.due_on = deadline(feedback.office, now)
            feedback.save(update_fields=["due_on"])
            Event.record(
                "feedback.reopened", by=None, about=feedback, office=feedback.office, at=at
            )
            feedback.settle()
        return row


def reopen_until(feedback: Feedback) -> datetime | None:
    """Until when the citizen may ask again; None before the first answer."""
    last = feedback.last_answer_at
    return last + timedelta(days=reopen_days(last.date())) if last else None


def may_reopen(feedback: Feedback, now: datetime) -> bool:
    until = reopen_until(feedback)
    return bool(until and now <= until and not feedback.waits and feedback.needs_reply)


class ContactQuerySet(models.QuerySet["Contact"]):
    def to_notify(self) -> ContactQuerySet:
        """Contacts whose office has answered since they were last told."""
        mine = (
            Q(feedback=OuterRef("feedback"))
            | Q(feedback__split_from=OuterRef("feedback"))
            | Q(feedback__merged__merged=OuterRef("feedback"), feedback__merged__undone_at=None)
        )
        news = Reply.objects.filter(
            mine, by__isnull=False, withdrawn_at__isnull=True, at__gt=OuterRef("since")
        )
        return self.annotate(since=Coalesce(F("told_at"), F("given_at"))).filter(Exists(news))

    def outlived(self, now: datetime) -> ContactQuerySet:
        """Contacts whose conversation has been closed for the days after which they are erased."""
        limit = now - timedelta(days=erase_days(now.date()))
        recent = Reply.objects.filter(
            Q(feedback=OuterRef("feedback")) | Q(feedback__split_from=OuterRef("feedback")),
            at__gt=limit,
        )
        parts_wait = Feedback.objects.filter(split_from=OuterRef("feedback"), waits=True)
        return self.filter(
            ~Exists(recent),
            ~Exists(parts_wait),
            Q(feedback__answered_at__lte=limit) | Q(feedback__waits=False, given_at__lte=limit),
            feedback__waits=False,
        )


class Contact(models.Model):
    """An e-mail address, given to be told of an answer and for nothing else.

    Kept apart from text and answers; no event, log or document speaks of the address.
    """

    feedback = models.OneToOneField(Feedback, models.PROTECT, related_name="contact")
    email = models.EmailField(_("alamat surel"), max_length=254)
    given_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    # The version of the office's privacy notice under which the address was given.
    notice_version = models.PositiveIntegerField(default=BUILT_IN)

    objects = ContactQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.feedback}"

    @classmethod
    def give(cls, feedback: Feedback, email: str, *, at: datetime | None = None) -> Contact:
        """Keep an address in place of an earlier one. Raises ValidationError."""
        with transaction.atomic():
            feedback.hold()
            contact = cls.objects.filter(feedback=feedback).first() or cls(feedback=feedback)
            contact.email, contact.given_at, contact.told_at = (
                email.strip(),
                at or timezone.now(),
                None,
            )
            contact.notice_version = notice_at(feedback.office, contact.given_at).version
            contact.full_clean()
            contact.save()
            Event.record("contact.given", by=None, about=feedback, office=feedback.office)
        return contact

    def mark_told(self, *, at: datetime | None = None) -> bool:
        """Note that the notice goes to the mail server now; False when another worker was first."""
        before, self.told_at = self.told_at, at or timezone.now()
        rows = Contact.objects.filter(pk=self.pk, told_at=before)
        return bool(rows.update(told_at=self.told_at))

    def erase(self, *, rule: bool = False) -> None:
        """Forget the address: on the citizen's wish, or by the rule."""
        with transaction.atomic():
            Event.record(
                "contact.erased", by=None, about=self.feedback, office=self.feedback.office,
                rule=rule,
            )  # fmt: skip
            self.delete()
