"""Feedback and Reply: a suggestion, who answers it by when, and the conversation about it.

A feedback has no link to the scores of the same citizen: what was written cannot be used to find
out how someone rated, nor the other way round.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.law.workdays import add_working_days
from tuntas.models.audit import Event
from tuntas.models.codes import in_signs, keyed, plain
from tuntas.models.offices import Office, Service, Unit, in_reach
from tuntas.models.people import User

TEXT_LIMIT = 2000
# LAPOR! gives an agency five working days to answer; we promise the same.
REPLY_WORKING_DAYS = 5


class FeedbackKind(models.TextChoices):
    SUGGESTION = "suggestion", _("Saran")
    CRITICISM = "criticism", _("Kritik")
    COMPLAINT = "complaint", _("Pengaduan")
    PRAISE = "praise", _("Apresiasi")
    COURTESY = "courtesy", _("Basa-basi")
    SPAM = "spam", _("Spam")


# Listed and counted apart: they hold nothing that could be answered.
NEEDS_NO_REPLY = (FeedbackKind.COURTESY, FeedbackKind.SPAM)
COURTESY_WORDS = frozenset(
    [
        "baik",
        "bagus",
        "cukup",
        "ok",
        "oke",
        "sip",
        "mantap",
        "puas",
        "lancar",
        "nihil",
        "kosong",
        "tidak",
        "ada",
        "tdk",
        "tak",
        "belum",
        "sudah",
        "sangat",
        "sekali",
        "semoga",
        "sukses",
        "terima",
        "kasih",
        "terimakasih",
        "makasih",
    ]
)


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, user: User) -> FeedbackQuerySet:
        return self.filter(in_reach(user))

    def needing_reply(self) -> FeedbackQuerySet:
        return self.exclude(kind__in=NEEDS_NO_REPLY)

    def answered(self) -> FeedbackQuerySet:
        return self.filter(Exists(Reply.objects.filter(feedback=OuterRef("pk"), by__isnull=False)))

    def unanswered(self) -> FeedbackQuerySet:
        """What waits for the office's first answer."""
        return self.needing_reply().exclude(
            Exists(Reply.objects.filter(feedback=OuterRef("pk"), by__isnull=False))
        )

    def overdue(self, today: date) -> FeedbackQuerySet:
        return self.unanswered().filter(due_on__lt=today)


class Feedback(models.Model):
    """One suggestion, criticism, complaint or praise, found again by its tracking code only."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="feedback")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="feedback")
    service = models.ForeignKey(Service, models.PROTECT, related_name="feedback")
    month = models.DateField()
    received_at = models.DateTimeField()
    text = models.TextField(_("saran"), max_length=TEXT_LIMIT)
    kind = models.CharField(
        _("jenis"), max_length=12, choices=FeedbackKind, default=FeedbackKind.SUGGESTION
    )
    due_on = models.DateField(_("tenggat jawaban"))
    # Only the hash: whoever reads the database cannot enter a citizen's conversation.
    code_sha256 = models.CharField(max_length=64, unique=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["office", "-received_at"], name="feedback_office_at"),
            models.Index(fields=["office", "month"], name="feedback_office_month"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def needs_reply(self) -> bool:
        return self.kind not in NEEDS_NO_REPLY

    @property
    def is_answered(self) -> bool:
        return self.replies.filter(by__isnull=False).exists()

    @classmethod
    def take(
        cls, service: Service, text: str, *, month: Month, at: datetime, code: str
    ) -> Feedback:
        """Keep what a citizen wrote. Call it inside the transaction that stores the response."""
        received_on = at.astimezone(service.office.zone).date()
        return cls.objects.create(
            office_id=service.office_id,
            unit_id=service.unit_id,
            service=service,
            month=month.first_day,
            received_at=at,
            text=text,
            kind=guess_kind(text),
            due_on=add_working_days(received_on, REPLY_WORKING_DAYS, ()),
            code_sha256=hash_code(code),
        )

    @classmethod
    def by_code(cls, code: str) -> Feedback | None:
        """The conversation of a tracking code, written with or without separators, any case."""
        return (
            cls.objects.select_related("service", "office", "unit")
            .filter(code_sha256=hash_code(code))
            .first()
        )

    def reply(self, text: str, *, by: User, at: datetime | None = None) -> Reply:
        """Answer as the office. Raises ValidationError for an empty or too long text."""
        with transaction.atomic():
            reply = Reply.write(self, text, by=by, at=at)
            Event.record("feedback.replied", by=by, about=self, office=self.office)
        return reply

    def answer_back(self, text: str, *, at: datetime | None = None) -> Reply:
        """The citizen's own next message. Raises ValidationError."""
        return Reply.write(self, text, by=None, at=at)

    def classify(self, kind: str, *, by: User) -> None:
        """Correct the class. Raises ValidationError for an unknown one."""
        before, self.kind = self.kind, kind
        self.full_clean(exclude=["code_sha256"])
        with transaction.atomic():
            self.save(update_fields=["kind"])
            Event.record(
                "feedback.classified", by=by, about=self, office=self.office, was=before, now=kind
            )

    def hand_over(self, unit: Unit, *, by: User) -> None:
        """Give the suggestion to another unit of the same office. Raises ValidationError."""
        if unit.office_id != self.office_id:
            raise ValidationError({"unit": _("Unit itu bukan bagian dari kantor ini.")})
        before, self.unit = self.unit.code, unit
        with transaction.atomic():
            self.save(update_fields=["unit"])
            Event.record(
                "feedback.handed-over",
                by=by,
                about=self,
                office=self.office,
                was=before,
                now=unit.code,
            )


class Reply(models.Model):
    """One message of the conversation; `by` is empty when the citizen wrote it."""

    feedback = models.ForeignKey(Feedback, models.PROTECT, related_name="replies")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(_("jawaban"), max_length=TEXT_LIMIT)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.feedback} {self.at:%Y-%m-%d}"

    @classmethod
    def write(
        cls, feedback: Feedback, text: str, *, by: User | None, at: datetime | None = None
    ) -> Reply:
        """Add a message. Raises ValidationError."""
        reply = cls(feedback=feedback, by=by, at=at or timezone.now(), text=text.strip())
        reply.full_clean()
        reply.save()
        return reply


@dataclass(frozen=True)
class AnsweredShare:
    """How many suggestions were answered, with every class in sight.

    `percent` is answered / needing an answer; None when there was nothing to answer.
    """

    received: int
    courtesy: int
    spam: int
    answered: int

    @property
    def needing_reply(self) -> int:
        return self.received - self.courtesy - self.spam

    @property
    def percent(self) -> Fraction | None:
        return Fraction(100 * self.answered, self.needing_reply) if self.needing_reply else None

    @classmethod
    def of(cls, feedback: FeedbackQuerySet) -> AnsweredShare:
        """Count a set of feedback, for example of an office and a span of months."""
        return cls(
            received=feedback.count(),
            courtesy=feedback.filter(kind=FeedbackKind.COURTESY).count(),
            spam=feedback.filter(kind=FeedbackKind.SPAM).count(),
            answered=feedback.needing_reply().answered().count(),
        )


def secret_code(purpose: str, response_id: UUID) -> str:
    """80-bit code derived from a response's id: the same again when the form is sent again.

    Without the server's key it cannot be computed from the id, nor the id from it.
    """
    text = in_signs(keyed(f"{purpose}:{response_id}"), 17)  # 30**17 > 2**83
    return "-".join([text[0:4], text[4:8], text[8:12], text[12:17]])


def hash_code(code: str) -> str:
    """What is stored of a tracking code."""
    return hashlib.sha256(f"tuntas:track:{plain(code)}".encode()).hexdigest()


def guess_kind(text: str) -> str:
    """First class of a text: courtesy when nothing but polite words stands in it."""
    words = re.findall(r"[a-z]+", text.lower())
    return FeedbackKind.COURTESY if set(words) <= COURTESY_WORDS else FeedbackKind.SUGGESTION


def feedback_of(office: Office, months: Any) -> FeedbackQuerySet:
    """Feedback of an office received for the given months."""
    return Feedback.objects.filter(
        Q(office=office) & Q(month__in=[month.first_day for month in months])
    )
