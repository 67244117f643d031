"""Tablet: a device of the office that asks citizens at the counter or on a visit, also offline.

It gets a secret address once; from then on it needs no sign-in. The address can be revoked. The
tablet keeps its answers until this server has said, for each, that it is on disk.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.codes import CODE_ALPHABET
from tuntas.models.feedback import TEXT_LIMIT
from tuntas.models.offices import Office, Service, in_reach
from tuntas.models.people import User
from tuntas.models.responses import (
    BadSubmission,
    Channel,
    IdUsedElsewhere,
    Response,
    ServiceClosed,
    Submission,
)

CODE = re.compile(f"[{CODE_ALPHABET}]{{17}}")
# A tablet may be out for weeks; what claims to be older has a broken clock.
LONGEST_OUTING = timedelta(days=92)


class TabletKind(models.TextChoices):
    KIOSK = "kiosk", _("Kios di loket")
    OUTREACH = "outreach", _("Jemput bola (dapat tanpa jaringan)")


class TabletQuerySet(models.QuerySet["Tablet"]):
    def visible_to(self, user: User) -> TabletQuerySet:
        return self.filter(in_reach(user, unit="service__unit"))

    def with_service(self) -> TabletQuerySet:
        """With all that asking and handing over needs, in the same query."""
        return self.select_related(
            "service__office",
            "service__unit",
            "service__standing_edition",
            "service__coming_edition",
        )

    def working(self) -> TabletQuerySet:
        return self.filter(revoked_at__isnull=True)


class Tablet(models.Model):
    """One device for one service."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="tablets")
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="tablets", verbose_name=_("layanan")
    )
    kind = models.CharField(_("dipakai untuk"), max_length=10, choices=TabletKind)
    name = models.CharField(_("nama tablet"), max_length=80)
    key_sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    waiting = models.PositiveIntegerField(null=True, blank=True)  # as it said when last seen

    objects = TabletQuerySet.as_manager()

    class Meta:
        ordering = ["service", "name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def channel(self) -> str:
        return Channel.KIOSK if self.kind == TabletKind.KIOSK else Channel.OUTREACH

    @property
    def office_zone(self) -> ZoneInfo:
        return self.service.office.zone

    @classmethod
    def add(cls, service: Service, name: str, kind: str, *, by: User | None) -> tuple[Tablet, str]:
        """A new tablet and its secret key, which is shown once. Raises ValidationError."""
        key = secrets.token_hex(16)
        tablet = cls(
            office_id=service.office_id,
            service=service,
            kind=kind,
            name=name.strip(),
            key_sha256=hash_key(key),
            made_by=by,
            made_at=timezone.now(),
        )
        with transaction.atomic():
            tablet.full_clean()
            tablet.save()
            Event.record("tablet.added", by=by, about=tablet, office=service.office, kind=kind)
        return tablet, key

    @classmethod
    def by_key(cls, key: str) -> Tablet | None:
        return cls.objects.working().with_service().filter(key_sha256=hash_key(key)).first()

    def revoke(self, *, by: User) -> None:
        """Let its address work no longer. Raises ValidationError when it already does not."""
        if self.revoked_at is not None:
            raise ValidationError(_("Tablet ini sudah dicabut."))
        self.revoked_at = timezone.now()
        with transaction.atomic():
            self.save(update_fields=["revoked_at"])
            Event.record("tablet.revoked", by=by, about=self, office=self.office)

    def seen(self, waiting: int, *, at: datetime) -> None:
        """Note that the tablet reported and how many answers it still holds."""
        type(self).objects.filter(pk=self.pk).update(last_seen_at=at, waiting=waiting)


def hash_key(key: str) -> str:
    return hashlib.sha256(f"tuntas:tablet:{key}".encode()).hexdigest()


class BadItem(Exception):
    """One entry of a tablet that cannot be read; the message says what is wrong."""


@dataclass(frozen=True)
class Handed:
    """What became of one entry: stored, known (it was stored before) or refused."""

    id: str
    state: str
    receipt: str = ""
    month: str = ""
    reason: str = ""


def hand_over(tablet: Tablet, item: Any, clock: int, now: datetime) -> Handed:
    """Store one entry of the tablet whose own clock says `clock` (milliseconds) now.

    A tablet that was without network when a new edition came into force still asks the old one;
    what citizens answered to it is taken and counted with its own questions.
    """
    key = str(item.get("id", ""))[:40] if isinstance(item, dict) else ""
    try:
        submission = read_item(tablet, item, clock, now)
        day = submission.answered_on or now.astimezone(tablet.office_zone).date()
        asked = tablet.service.edition_taken(submission.edition_id, day, grace=LONGEST_OUTING)
        receipt = Response.receive(tablet.service, submission, at=now, edition=asked)
    except (BadItem, BadSubmission) as error:
        return Handed(key, "refused", reason=str(error))
    except ServiceClosed:
        return Handed(key, "refused", reason=gettext("Survei layanan ini sudah ditutup."))
    except IdUsedElsewhere:
        return Handed(key, "refused", reason=gettext("Nomor ini sudah dipakai jawaban lain."))
    state = "stored" if receipt.is_new else "known"
    return Handed(key, state, receipt=receipt.code, month=str(receipt.month))


def read_item(tablet: Tablet, item: Any, clock: int, now: datetime) -> Submission:
    try:
        suggestion = str(item.get("suggestion") or "").replace("\r\n", "\n").strip()
        code = str(item.get("code") or "").replace("-", "").upper()
        seconds = item.get("seconds")
        submission = Submission(
            id=UUID(str(item["id"])),
            edition_id=int(item["edition"]),
            answers=str(item["answers"]),
            channel=tablet.channel,
            profile=str(item["profile"]),
            suggestion=suggestion,
            answered_on=day_of(tablet, clock - int(item["at"]), now),
            seconds=int(seconds) if seconds is not None and 0 <= int(seconds) <= 3600 else None,
            tracking_code=code if suggestion and CODE.fullmatch(code) else "",
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadItem(gettext("Isi jawaban tidak terbaca.")) from error
    if len(suggestion) > TEXT_LIMIT:
        raise BadItem(gettext("Saran lebih dari %(most)s huruf.") % {"most": TEXT_LIMIT})
    return submission


def day_of(tablet: Tablet, age: int, now: datetime) -> date | None:
    """Day in the office's zone on which the citizen answered, `age` milliseconds ago.

    Only the difference of two readings of the tablet's clock is used, so a clock that is wrong by
    days does no harm. None (the day of arrival) for today and for an impossible age.
    """
    since = timedelta(milliseconds=age)
    if not timedelta(0) <= since <= LONGEST_OUTING:
        return None
    day = (now - since).astimezone(tablet.office_zone).date()
    return day if day != now.astimezone(tablet.office_zone).date() else None
