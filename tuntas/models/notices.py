"""Notice: one thing a person is told by mail, and how far its mail has come.

Never twice: `handed_at` is on disk before the mail server gets the text. A notice found with it but
without an outcome was perhaps sent; it is shown as such and never sent again.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.models.audit import Event
from tuntas.models.closures import Closure
from tuntas.models.feedback import Feedback
from tuntas.models.leases import Leased
from tuntas.models.offices import Office
from tuntas.models.people import User
from tuntas.models.periods import is_closed
from tuntas.models.plans import ActionPlan

MOST_ATTEMPTS = 8
KEPT = timedelta(days=180)


class NoticeKind(models.TextChoices):
    FEEDBACK_SOON = "feedback-soon", _("Tenggat jawaban masukan sudah dekat")
    FEEDBACK_TODAY = "feedback-today", _("Masukan harus dijawab hari ini")
    FEEDBACK_LATE = "feedback-late", _("Masukan melewati tenggat jawaban")
    FEEDBACK_ESCALATED = "feedback-escalated", _("Masukan belum juga dijawab")
    PLAN_SOON = "plan-soon", _("Tenggat rencana aksi sudah dekat")
    PLAN_LATE = "plan-late", _("Rencana aksi melewati tenggat")
    MONTH_OPEN = "month-open", _("Bulan survei belum ditutup")
    MONTH_CLOSED = "month-closed", _("Bulan survei ditutup")
    WORK_SILENT = "work-silent", _("Pekerja latar belakang sempat berhenti")
    MAIL_DEAD = "mail-dead", _("Ada surel yang tidak dapat dikirim")
    WEBHOOK_PAUSED = "webhook-paused", _("Kiriman ke sistem lain dijeda")
    DEPUTY = "deputy", _("Anda ditunjuk sebagai pengganti")
    DIGEST = "digest", _("Ringkasan harian")


# What a head gets cannot be switched off, and comes in the digest only.
ESCALATIONS = (NoticeKind.FEEDBACK_ESCALATED,)
# What is of no use in the digest of tomorrow.
PROMPT = (NoticeKind.DEPUTY,)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> NoticeQuerySet:
        """One's own, and those of the offices one reads whole."""
        return self.filter(Q(person=user) | Q(office__in=Office.objects.read_whole_by(user)))

    def unsettled(self) -> NoticeQuerySet:
        """Neither sent, nor perhaps sent, nor withdrawn; the dead ones among them."""
        return self.filter(
            sent_at__isnull=True, perhaps_sent_at__isnull=True, withdrawn_at__isnull=True
        )

    def to_send(self, now: datetime) -> NoticeQuerySet:
        """The queue: mails of their own whose time has come."""
        return self.unsettled().filter(is_item=False, not_before__lte=now)

    def for_digest(self) -> NoticeQuerySet:
        """Items that no digest holds yet."""
        return self.unsettled().filter(is_item=True, within__isnull=True)

    def dead(self) -> NoticeQuerySet:
        return self.unsettled().filter(given_up_at__isnull=False)

    def perhaps_sent(self) -> NoticeQuerySet:
        return self.filter(perhaps_sent_at__isnull=False)

    def expired(self, now: datetime) -> NoticeQuerySet:
        """Settled ones past the time they are kept."""
        settled = self.exclude(pk__in=self.model.objects.unsettled().values("pk"))
        return settled.filter(made_at__lt=now - KEPT)


class Notice(Leased):
    """One row per message; a digest is a row too, and its items point at it."""

    person = models.ForeignKey(User, models.CASCADE, related_name="notices")
    office = models.ForeignKey(Office, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=NoticeKind)
    about = models.CharField(max_length=120, blank=True)  # "#123 – INKA": never what was written
    path = models.CharField(max_length=200)
    due_on = models.DateField(null=True, blank=True)
    # What the same fact always has for the same person: telling it twice is refused by the database.
    key = models.CharField(max_length=120, unique=True)
    feedback = models.ForeignKey(Feedback, models.CASCADE, null=True, blank=True, related_name="+")
    plan = models.ForeignKey(ActionPlan, models.CASCADE, null=True, blank=True, related_name="+")
    month = models.DateField(null=True, blank=True)
    closure = models.ForeignKey(Closure, models.CASCADE, null=True, blank=True, related_name="+")
    is_item = models.BooleanField(default=False)
    within = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="items")
    made_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=120, blank=True, default="")
    handed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    perhaps_sent_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(
                fields=["not_before"],
                name="notice_waiting",
                condition=Q(sent_at=None, perhaps_sent_at=None, withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}{self.path}"

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that a mail system recognises what it already has."""
        digest = hmac.digest(settings.SECRET_KEY.encode(), f"notice:{self.pk}".encode(), "sha256")
        host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
        return f"<notice-{self.pk}-{digest.hex()[:20]}@{host}>"

    @property
    def state(self) -> str:
        """sent, perhaps, withdrawn, dead, item (waits for the digest) or waiting."""
        marks = (
            ("sent", self.sent_at),
            ("perhaps", self.perhaps_sent_at),
            ("withdrawn", self.withdrawn_at),
            ("dead", self.given_up_at),
            ("item", self.is_item),
        )
        return next((name for name, mark in marks if mark), "waiting")

    def still_holds(self) -> bool:
        """Whether there is still a reason to tell it, and the person may still see what it is about."""
        if not self.person.is_active:
            return False
        if self.feedback_id and self.due_on:
            rows = Feedback.objects.visible_to(self.person).unanswered()
            return rows.filter(pk=self.feedback_id, due_on=self.due_on).exists()
        if self.plan_id and self.due_on:
            plans = ActionPlan.objects.visible_to(self.person).unfinished()
            return plans.filter(pk=self.plan_id, due_on=self.due_on).exists()
        if self.kind == NoticeKind.DEPUTY:
            return self.person.deputyships.unended().filter(office=self.office).exists()
        if self.closure_id:
            return Closure.objects.standing().filter(pk=self.closure_id).exists()
        if self.month:
            return not is_closed(self.office_id, Month.of(self.month))
        return True

    def try_again(self, *, by: User) -> None:
        """Take a dead letter up again, for example when its address was corrected.

        Not for one that was perhaps sent: that stays as it is. Does nothing unless it is dead.
        """
        with transaction.atomic():
            if (
                type(self)
                .objects.dead()
                .filter(pk=self.pk)
                .update(given_up_at=None, attempts=0, tries=0, not_before=timezone.now())
            ):
                Event.record("notice.retried", by=by, about=self, office=self.office)
