"""Webhook and Delivery: an address of the office's own systems that is told when something happened.

Nothing is written where the thing happens. What is to be told follows from the rows that are there
already: the audit, written in the transaction of each act, and the feedback itself. `happenings`
turns them into deliveries, which are the queue of `tuntas.webhooks`; every fact has one key for each
address, and the database refuses the second.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas import links
from tuntas.models.audit import Event
from tuntas.models.codes import keyed
from tuntas.models.feedback import Feedback
from tuntas.models.leases import Leased
from tuntas.models.offices import Office
from tuntas.models.people import User

MOST_HOOKS = 10
# The secret before the last change still signs for so long, so that the receiver can be changed too.
OVERLAP = timedelta(days=1)
# Tried again for so long since the first attempt, then dead.
TRIED_FOR = timedelta(days=1)
# Minutes to wait after the first, second … failed attempt.
BACKOFF = (1, 5, 15, 30, 60, 120, 240)
# An address that took nothing for so long is paused, and the survey team is told.
PAUSED_AFTER = timedelta(days=3)
# An address that failed rests, so that a silent server does not hold up the other work.
SHORTEST_REST, LONGEST_REST = timedelta(seconds=20), timedelta(minutes=10)
KEPT = timedelta(days=30)


class HookEvent(models.TextChoices):
    """What can be told; docs/api.md lists what each carries."""

    MONTH_CLOSED = "month.closed", _("Bulan survei ditutup")
    FEEDBACK_RECEIVED = "feedback.received", _("Masukan diterima (tanpa isi)")
    FEEDBACK_ANSWERED = "feedback.answered", _("Masukan dijawab")
    PLAN_FINISHED = "plan.finished", _("Rencana aksi selesai")
    REPORT_READY = "report.ready", _("Laporan siap")


TEST = "test"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def visible_to(self, user: User) -> WebhookQuerySet:
        return self.filter(office__in=Office.objects.read_whole_by(user).values("pk"))

    def live(self) -> WebhookQuerySet:
        """Neither switched off nor paused."""
        return self.filter(off_at__isnull=True, paused_at__isnull=True)

    def paused(self) -> WebhookQuerySet:
        return self.filter(off_at__isnull=True, paused_at__isnull=False)


class Webhook(models.Model):
    """One address of one office. Its secret follows from `salt` under the server's key."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="webhooks")
    name = models.CharField(_("nama sistem"), max_length=80)
    url = models.CharField(_("alamat"), max_length=500)
    events = models.JSONField(_("peristiwa"), default=list)
    salt = models.CharField(max_length=32)
    old_salt = models.CharField(max_length=32, blank=True)
    old_until = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    # The newest rows when it was switched on: what happened before is not told.
    after_event = models.BigIntegerField(default=0)
    after_feedback = models.BigIntegerField(default=0)
    off_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    off_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)  # by the system, after long failure
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    rests_until = models.DateTimeField(null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["office", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def host(self) -> str:
        """The host of the address: the rest of it may hold a secret and is shown to the team only."""
        return urlsplit(self.url).hostname or ""

    @property
    def state(self) -> str:
        """off, paused, failing or live."""
        marks = (("off", self.off_at), ("paused", self.paused_at), ("failing", self.failures))
        return next((name for name, mark in marks if mark), "live")

    @property
    def event_labels(self) -> list[str]:
        return [str(HookEvent(event).label) for event in self.events]

    @classmethod
    def add(
        cls, office: Office, name: str, url: str, events: Collection[str], *, by: User | None
    ) -> Webhook:
        """Register an address; its `secret` is shown once. Raises ValidationError."""
        check_url(url.strip())
        if not events or not set(events) <= set(HookEvent.values):
            raise ValidationError({"events": _("Pilih paling sedikit satu peristiwa.")})
        hook = cls(
            office=office,
            name=name.strip(),
            url=url.strip(),
            events=sorted(events),
            salt=secrets.token_hex(16),
            made_by=by,
            made_at=timezone.now(),
        )
        with transaction.atomic():
            Office.objects.select_for_update().get(pk=office.pk)
            if cls.objects.filter(office=office, off_at__isnull=True).count() >= MOST_HOOKS:
                raise ValidationError(
                    _("Paling banyak %(most)s alamat yang menyala; matikan salah satunya dahulu.")
                    % {"most": MOST_HOOKS}
                )
            hook.full_clean()
            hook.begin_now()
            hook.save()
            Event.record("webhook.added", by=by, about=hook, office=office, events=hook.events)
        return hook

    def begin_now(self) -> None:
        """Tell from now on only."""
        self.after_event, self.after_feedback = newest(Event), newest(Feedback)

    @property
    def secret(self) -> str:
        return secret_of(self.salt)

    def secrets_at(self, now: datetime) -> list[str]:
        """The secrets that sign now, the newest first: two for a day after a change."""
        is_overlap = self.old_until is not None and now < self.old_until
        return [secret_of(salt) for salt in [self.salt, *([self.old_salt] if is_overlap else [])]]

    def rotate(self, *, by: User) -> None:
        """A new secret; the old one signs beside it for a day."""
        with transaction.atomic():
            type(self).objects.select_for_update().get(pk=self.pk)
            self.refresh_from_db(fields=["salt"])
            self.old_salt, self.salt = self.salt, secrets.token_hex(16)
            self.old_until = timezone.now() + OVERLAP
            self.save(update_fields=["salt", "old_salt", "old_until"])
            Event.record("webhook.rotated", by=by, about=self, office=self.office)

    def switch(self, *, on: bool, by: User) -> None:
        """Switch it on (also after a pause) or off. What happens meanwhile is not told later; what
        waited already goes on waiting, and gets a whole day again."""
        now = timezone.now()
        with transaction.atomic():
            type(self).objects.select_for_update().get(pk=self.pk)
            self.refresh_from_db(fields=["off_at", "paused_at"])
            was_on = self.off_at is None and self.paused_at is None
            if was_on == on:
                return
            self.off_at, self.off_by = (None, None) if on else (now, by)
            self.paused_at, self.failing_since, self.failures = None, None, 0
            self.rests_until = None
            if on:
                self.begin_now()
            self.save()
            self.deliveries.unsettled().update(first_at=None, attempts=0, not_before=now)
            Event.record(f"webhook.{'on' if on else 'off'}", by=by, about=self, office=self.office)

    def test(self, *, by: User) -> Delivery:
        """Send one event that says nothing. Raises ValidationError while nothing is sent."""
        if self.off_at is not None or self.paused_at is not None:
            raise ValidationError(_("Alamat ini sedang mati; nyalakan dahulu."))
        fact = Fact(TEST, f"{TEST}:{uuid4()}", timezone.now(), {})
        with transaction.atomic():
            delivery = Delivery.of(self, fact)
            delivery.save()
            Event.record("webhook.tested", by=by, about=self, office=self.office)
        return delivery

    def took(self) -> None:
        """The address took a delivery: whatever failed before is over."""
        if self.failures or self.failing_since:
            type(self).objects.filter(pk=self.pk).update(
                failing_since=None, failures=0, rests_until=None
            )

    def failed(self, now: datetime) -> None:
        """It did not: let it rest, longer each time; pause it after days without a success."""
        with transaction.atomic():
            hook = type(self).objects.select_for_update().get(pk=self.pk)
            hook.failures += 1
            hook.failing_since = hook.failing_since or now
            rest = min(SHORTEST_REST * 2 ** min(hook.failures - 1, 10), LONGEST_REST)
            hook.rests_until = now + rest
            if now - hook.failing_since >= PAUSED_AFTER and hook.paused_at is None:
                hook.paused_at = now
                Event.record("webhook.paused", by=None, about=hook, office=hook.office)
            hook.save(update_fields=["failures", "failing_since", "rests_until", "paused_at"])


class Fact:
    """Something that happened: `key` names it for ever, `data` is what is told of it."""

    def __init__(self, event: str, key: str, at: datetime, data: dict[str, Any]) -> None:
        self.event, self.key, self.at, self.data = event, key, at, data


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unsettled(self) -> DeliveryQuerySet:
        """Not delivered and not given up."""
        return self.filter(delivered_at__isnull=True, given_up_at__isnull=True)

    def to_send(self, now: datetime) -> DeliveryQuerySet:
        """The queue; the dead ones are told apart by the caller."""
        rows = self.filter(delivered_at__isnull=True, not_before__lte=now)
        rows = rows.filter(hook__off_at__isnull=True, hook__paused_at__isnull=True)
        return rows.filter(Q(hook__rests_until__isnull=True) | Q(hook__rests_until__lte=now))

    def dead(self) -> DeliveryQuerySet:
        return self.filter(delivered_at__isnull=True, given_up_at__isnull=False)

    def expired(self, now: datetime) -> DeliveryQuerySet:
        """Delivered or dead, past the time they are kept."""
        return self.filter(made_at__lt=now - KEPT).exclude(pk__in=self.model.objects.unsettled())


class Delivery(Leased):
    """One fact for one address, and how far it has come. Answers of the receiver are not kept."""

    hook = models.ForeignKey(Webhook, models.PROTECT, related_name="deliveries")
    uid = models.UUIDField(default=uuid4, unique=True, editable=False)  # the receiver's event id
    event = models.CharField(max_length=20)
    key = models.CharField(max_length=120)
    happened_at = models.DateTimeField()
    data = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    not_before = models.DateTimeField()
    first_at = models.DateTimeField(null=True, blank=True)  # the first attempt
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=80, blank=True, default="")
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["hook", "key"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["not_before"], name="delivery_waiting", condition=Q(delivered_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def of(cls, hook: Webhook, fact: Fact) -> Delivery:
        """The unsaved row of a fact for an address."""
        now = timezone.now()
        return cls(
            hook=hook,
            event=fact.event,
            key=fact.key,
            happened_at=fact.at,
            data=fact.data,
            made_at=now,
            not_before=now,
        )

    @property
    def label(self) -> str:
        return str(_("Percobaan")) if self.event == TEST else str(HookEvent(self.event).label)

    @property
    def state(self) -> str:
        """delivered, dead or waiting."""
        marks = (("delivered", self.delivered_at), ("dead", self.given_up_at))
        return next((name for name, mark in marks if mark), "waiting")

    @property
    def content(self) -> dict[str, Any]:
        """What is sent, the same for every attempt."""
        return {
            "id": str(self.uid),
            "event": self.event,
            "created": self.happened_at.astimezone(self.hook.office.zone).isoformat(),
            "office": self.hook.office.address,
            "data": self.data,
        }

    def next_try(self, now: datetime) -> datetime | None:
        """When to try again after the attempt that has just failed; None when it is dead."""
        pause = BACKOFF[min(self.attempts + 1, len(BACKOFF)) - 1]
        then = now + timedelta(minutes=pause)
        return then if then <= (self.first_at or now) + TRIED_FOR else None

    def try_again(self, *, by: User) -> None:
        """Take a dead one up again. Does nothing unless it is dead."""
        with transaction.atomic():
            dead = type(self).objects.dead().filter(pk=self.pk)
            if dead.update(
                given_up_at=None, attempts=0, tries=0, first_at=None, not_before=timezone.now()
            ):
                Event.record(
                    "webhook.retried", by=by, about=self.hook, office=self.hook.office,
                    delivery=self.pk,
                )  # fmt: skip


def secret_of(salt: str) -> str:
    """256 bits that a copy of the database alone does not give away."""
    return "tuntas_hook_" + urlsafe_b64encode(keyed(f"webhook:{salt}")).decode().rstrip("=")


def check_url(url: str) -> None:
    """Raise ValidationError unless events may be sent there. Its name is looked up when sending."""
    allowed: Sequence[links.Network] = settings.LINK_NETWORKS
    parts = urlsplit(url)
    try:
        host, _port = links.target(parts.scheme, parts.hostname, url)
    except (links.Refused, UnicodeError):
        host = ""
    if not host or parts.fragment or (parts.scheme != "https" and not allowed):
        raise ValidationError(
            {
                "url": _(
                    "Tulis alamat lengkap yang diawali https://, tanpa nama pengguna dan sandi, "
                    "misalnya https://portal.kantor.go.id/tuntas."
                )
            }
        )
    if not links.may_visit_host(host, allowed):
        raise ValidationError(
            {
                "url": _(
                    "Alamat itu di jaringan dalam. Minta pengelola server mengizinkan jaringannya "
                    "(TUNTAS_LINK_NETWORKS), atau pakai alamat umum."
                )
            }
        )


def newest(model: type[models.Model]) -> int:
    """Key of the row added last; 0 without any."""
    found: int | None = model._default_manager.aggregate(last=models.Max("pk"))["last"]
    return found or 0
