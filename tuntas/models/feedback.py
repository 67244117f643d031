"""Feedback and Reply: a suggestion, who answers it by when, and the conversation about it.

A feedback has no link to the scores of the same citizen: what was written cannot be used to find
out how someone rated, nor the other way round. The rows around a feedback (replies, merges,
reopenings) are the truth; `waits`, `answered_at` and `answered_as` follow from them by `settle`, so
that an inbox of a hundred thousand pages at once.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from tuntas.law.answering import reply_working_days
from tuntas.law.months import Month
from tuntas.law.workdays import add_working_days
from tuntas.models.audit import Event
from tuntas.models.codes import in_signs, keyed, plain
from tuntas.models.holidays import days_off
from tuntas.models.offices import Office, Service, Unit, in_reach
from tuntas.models.people import Membership, User
from tuntas.models.reply_templates import ReplyTemplate, template_of

TEXT_LIMIT = 2000
REPLY_WORKING_DAYS = reply_working_days(date(2026, 1, 1))


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
        "baik", "bagus", "cukup", "ok", "oke", "sip", "mantap", "puas", "lancar", "nihil",
        "kosong", "tidak", "ada", "tdk", "tak", "belum", "sudah", "sangat", "sekali", "semoga",
        "sukses", "terima", "kasih", "terimakasih", "makasih",
    ]
)  # fmt: skip


class Way(models.TextChoices):
    """How an answer of the office was given; empty for a citizen's message."""

    INDIVIDUAL = "individual", _("Dijawab perorangan")
    TEMPLATE = "template", _("Dijawab dengan templat")
    REFERRAL = "referral", _("Diteruskan")
    NOT_ACTIONABLE = "not_actionable", _("Tidak dapat ditindaklanjuti, dengan alasan")


MERGED = "merged"  # answered through the feedback into which it was merged


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, user: User) -> FeedbackQuerySet:
        return self.filter(in_reach(user))

    def needing_reply(self) -> FeedbackQuerySet:
        return self.exclude(kind__in=NEEDS_NO_REPLY)

    def answered(self) -> FeedbackQuerySet:
        return self.filter(answered_at__isnull=False)

    def unanswered(self) -> FeedbackQuerySet:
        """What waits for the office: its first answer, or one more after a reopening."""
        return self.filter(waits=True)

    def overdue(self, today: date) -> FeedbackQuerySet:
        return self.unanswered().filter(due_on__lt=today)

    def after(self, row: Feedback) -> FeedbackQuerySet:
        """Those due later than `row`, or on the same day and later in the list; nearest first."""
        later = Q(due_on__gt=row.due_on) | Q(due_on=row.due_on, pk__gt=row.pk)
        return self.filter(later, due_on__gte=row.due_on).order_by("due_on", "id")

    def before(self, row: Feedback) -> FeedbackQuerySet:
        """The other way round, nearest first."""
        earlier = Q(due_on__lt=row.due_on) | Q(due_on=row.due_on, pk__lt=row.pk)
        return self.filter(earlier, due_on__lte=row.due_on).order_by("-due_on", "-id")


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
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("petugas")
    )
    # Only the hash: whoever reads the database cannot enter a citizen's conversation.
    code_sha256 = models.CharField(max_length=64, unique=True)
    # A second matter of the same text: the citizen's one code shows both.
    split_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts"
    )
    waits = models.BooleanField(default=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_as = models.CharField(max_length=14, blank=True)  # a Way or MERGED

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            # Read from its end for the newest; the key in it settles the order of equal moments.
            models.Index(fields=["office", "received_at", "id"], name="feedback_office_order"),
            models.Index(fields=["office", "month"], name="feedback_office_month"),
            models.Index(fields=["office", "due_on", "id"], name="feedback_office_day"),
            models.Index(
                fields=["office", "due_on", "id"], condition=Q(waits=True), name="feedback_waiting"
            ),
            models.Index(
                # Counting a share, of all or of some months, reads this index alone, in its order.
                fields=["office", "kind", "answered_as", "due_on", "unit", "month"],
                name="feedback_share",
            ),
            models.Index(fields=["unit", "waits", "due_on", "id"], name="feedback_unit_due"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def needs_reply(self) -> bool:
        return self.kind not in NEEDS_NO_REPLY

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None

    @property
    def merge(self) -> Any:
        """The standing merge of this feedback into another, or None."""
        return self.merges.filter(undone_at__isnull=True).select_related("main").first()

    @property
    def words(self) -> dict[str, str]:
        """What the places of a reply template stand for here."""
        with translation.override("id"):
            month = f"{MONTHS[self.month.month]} {self.month.year}"
        return {"layanan": self.service.name, "unit": self.unit.name, "bulan": month}

    @classmethod
    def take(
        cls, service: Service, text: str, *, month: Month, at: datetime, code: str
    ) -> Feedback:
        """Keep what a citizen wrote. Call it inside the transaction that stores the response."""
        kind = guess_kind(text)
        return cls.objects.create(
            office_id=service.office_id,
            unit_id=service.unit_id,
            service=service,
            month=month.first_day,
            received_at=at,
            text=text,
            kind=kind,
            due_on=deadline(service.office, at),
            waits=kind not in NEEDS_NO_REPLY,
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
        """Answer as the office. Raises ValidationError for an empty or too long text.

        Whether it counts as an answer by template follows from its words. Sent twice in a row by
        the same person, the same text stays one answer.
        """
        with transaction.atomic():
            self.hold()
            last = self.replies.last()
            if last and last.by_id == by.pk and last.text == clean(text) and not last.withdrawn_at:
                return last
            templates = ReplyTemplate.objects.filter(office=self.office_id)
            used = template_of(templates, text, self.words)
            way = Way.TEMPLATE if used else Way.INDIVIDUAL
            reply = Reply.write(self, text, by=by, at=at, way=way, template=used)
            Event.record("feedback.replied", by=by, about=self, office=self.office, at=at, way=way)
            self.settle_all()
        return reply

    def decline(self, reason: str, *, by: User, at: datetime | None = None) -> Reply:
        """Say that it cannot be acted upon, and why; the citizen reads it. Raises ValidationError."""
        with transaction.atomic():
            self.hold()
            reply = Reply.write(self, reason, by=by, at=at, way=Way.NOT_ACTIONABLE)
            Event.record("feedback.declined", by=by, about=self, office=self.office, at=at)
            self.settle_all()
        return reply

    def answer_back(self, text: str, *, at: datetime | None = None) -> Reply:
        """The citizen's own next message. Raises ValidationError."""
        return Reply.write(self, text, by=None, at=at)

    def classify(self, kind: str, *, by: User) -> None:
        """Correct the class. Raises ValidationError for an unknown one, and for spam, which needs
        a reason (`SpamMark.put`)."""
        if FeedbackKind.SPAM in (kind, self.kind):
            raise ValidationError({"kind": _("Spam ditandai dan dibatalkan dengan alasan.")})
        with transaction.atomic():
            self.hold()
            before, self.kind = self.kind, kind
            self.full_clean(exclude=["code_sha256", "answered_as", "text"])
            if not self.needs_reply and self.merged.filter(undone_at__isnull=True).exists():
                raise ValidationError({"kind": _("Masukan lain digabungkan ke masukan ini.")})
            self.save(update_fields=["kind"])
            Event.record(
                "feedback.classified", by=by, about=self, office=self.office, was=before, now=kind
            )
            self.settle()

    def hand_over(self, unit: Unit, *, by: User) -> None:
        """Give the suggestion to another unit of the same office. Raises ValidationError.

        An assignee who cannot see that unit is taken off.
        """
        if unit.office_id != self.office_id:
            raise ValidationError({"unit": _("Unit itu bukan bagian dari kantor ini.")})
        with transaction.atomic():
            self.hold()
            before, self.unit = self.unit.code, unit
            if self.assignee_id and not people_of(unit).filter(pk=self.assignee_id).exists():
                self.assignee = None
            self.save(update_fields=["unit", "assignee"])
            Event.record(
                "feedback.handed-over",
                by=by,
                about=self,
                office=self.office,
                was=before,
                now=unit.code,
            )

    def assign(self, user: User | None, *, by: User) -> None:
        """Name who answers, or nobody. Raises ValidationError for someone outside the unit."""
        if user is not None and not people_of(self.unit).filter(pk=user.pk).exists():
            raise ValidationError(
                {"assignee": _("Orang itu tidak dapat membuka masukan unit ini.")}
            )
        with transaction.atomic():
            self.assignee = user
            self.save(update_fields=["assignee"])
            Event.record(
                "feedback.assigned", by=by, about=self, office=self.office,
                now=user.pk if user else None,
            )  # fmt: skip

    def split(self, passage: str, *, by: User, unit: Unit | None = None) -> Feedback:
        """Answer a second matter of the text on its own; the text itself stays as it was written.

        `passage` are the citizen's own words for it. Raises ValidationError when they do not stand
        in the text or are all of it.
        """
        passage = clean(passage)
        if not passage or passage not in clean(self.text) or passage == clean(self.text):
            raise ValidationError(
                {"passage": _("Salin sebagian tulisan pengirim, persis seperti yang ditulisnya.")}
            )
        with transaction.atomic():
            part = type(self).objects.create(
                office=self.office, unit=unit or self.unit, service=self.service, month=self.month,
                received_at=self.received_at, text=passage, due_on=self.due_on,
                kind=self.kind if self.needs_reply else FeedbackKind.SUGGESTION,
                split_from=self.split_from or self, code_sha256=hash_code(secrets.token_hex(32)),
            )  # fmt: skip
            Event.record("feedback.split", by=by, about=self, office=self.office, part=part.pk)
            Event.record("feedback.split-off", by=by, about=part, office=self.office, main=self.pk)
        return part

    def hold(self) -> None:
        """Keep others from changing this row until the end of the transaction, and read it anew."""
        fresh = type(self).objects.select_for_update().get(pk=self.pk)
        for name in ("kind", "due_on", "waits", "answered_at", "answered_as", "assignee_id"):
            setattr(self, name, getattr(fresh, name))

    def settle_all(self) -> None:
        """`settle` this feedback and those merged into it, whose citizens read the same answers."""
        self.settle()
        for row in (
            type(self)
            .objects.filter(merges__main=self, merges__undone_at__isnull=True)
            .select_for_update()
        ):
            row.settle()

    def settle(self) -> None:
        """Work out what follows from the rows: the first answer, its class, and whether it waits."""
        standing = self.replies.filter(by__isnull=False, withdrawn_at__isnull=True)
        given = [(reply.at, reply.way) for reply in standing]
        merge = self.merge
        if merge and merge.main.answered_at:
            given.append((max(merge.main.answered_at, merge.at), MERGED))
        self.answered_at, self.answered_as = min(given) if given else (None, "")
        asked = self.reopenings.order_by("-at").values_list("at", flat=True).first()
        last = self.last_answer_at
        is_reopened = bool(asked and (last is None or last < asked))
        is_new = self.answered_at is None and merge is None
        self.waits = self.needs_reply and (is_reopened or is_new)
        self.save(update_fields=["answered_at", "answered_as", "waits"])

    @property
    def last_answer_at(self) -> datetime | None:
        """When the office last wrote something this citizen reads, or None."""
        row = self.office_replies().order_by("-at").first()
        return row.at if row else None

    def office_replies(self) -> models.QuerySet[Reply]:
        """Standing answers this citizen reads: the own ones and those of the main feedback."""
        merge = self.merge
        own = Q(feedback=self.pk)
        if merge:
            own |= Q(feedback=merge.main_id)
        return Reply.objects.filter(own, by__isnull=False, withdrawn_at__isnull=True)


class Reply(models.Model):
    """One message of the conversation; `by` is empty when the citizen wrote it."""

    feedback = models.ForeignKey(Feedback, models.PROTECT, related_name="replies")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(_("jawaban"), max_length=TEXT_LIMIT)
    way = models.CharField(max_length=14, choices=Way, blank=True)
    template = models.ForeignKey(
        ReplyTemplate, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # A referral or a "cannot be acted upon" that was a mistake; the citizen sees that it was.
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.feedback} {self.at:%Y-%m-%d}"

    @classmethod
    def write(
        cls,
        feedback: Feedback,
        text: str,
        *,
        by: User | None,
        at: datetime | None = None,
        way: str = "",
        template: ReplyTemplate | None = None,
    ) -> Reply:
        """Add a message. Raises ValidationError."""
        reply = cls(
            feedback=feedback,
            by=by,
            at=at or timezone.now(),
            text=clean(text),
            way=way,
            template=template,
        )
        reply.full_clean()
        reply.save()
        return reply

    def withdraw(self, *, by: User) -> None:
        """Take back a referral or a refusal to act. Raises ValidationError for other answers."""
        if self.way not in (Way.REFERRAL, Way.NOT_ACTIONABLE) or self.withdrawn_at is not None:
            raise ValidationError(_("Jawaban yang sudah dikirim tidak dapat ditarik."))
        with transaction.atomic():
            self.feedback.hold()
            self.withdrawn_by, self.withdrawn_at = by, timezone.now()
            self.save(update_fields=["withdrawn_by", "withdrawn_at"])
            Event.record(
                "feedback.withdrawn",
                by=by,
                about=self.feedback,
                office=self.feedback.office,
                way=self.way,
            )
            self.feedback.settle_all()


def clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def deadline(office: Office, at: datetime) -> date:
    """The day by which what came at `at` is answered: working days of the office after it."""
    day = at.astimezone(office.zone).date()
    return add_working_days(day, reply_working_days(day), days_off(office.pk))


def people_of(unit: Unit) -> models.QuerySet[User]:
    """Who may answer feedback of a unit at the moment: its officers, and team and head of its office."""
    memberships = Membership.objects.filter(office=unit.office_id).filter(
        Q(unit=unit) | Q(role__in=("survey_team", "head"))
    )
    holders = {person.pk for _membership, person in memberships.held_now()}
    return User.objects.filter(pk__in=holders).order_by("name")


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
