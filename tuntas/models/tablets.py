"""Tablet: a device of the office that asks citizens at the counter or on a visit, also offline.

It gets a secret address once; from then on it needs no sign-in. The address can be revoked. The
tablet keeps its answers until this server has said, for each, that it is on disk.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.offices import Office, Service, in_reach
from tuntas.models.people import User
from tuntas.models.responses import Channel


class TabletKind(models.TextChoices):
    KIOSK = "kiosk", _("Kios di loket")
    OUTREACH = "outreach", _("Jemput bola (dapat tanpa jaringan)")


class TabletQuerySet(models.QuerySet["Tablet"]):
    def visible_to(self, user: User) -> TabletQuerySet:
        return self.filter(in_reach(user, unit="service__unit"))

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
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
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
        return (
            cls.objects.working()
            .select_related("service__office", "service__unit", "service__edition")
            .filter(key_sha256=hash_key(key))
            .first()
        )

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
