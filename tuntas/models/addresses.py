"""WallScreen and CalendarFeed: addresses that are their own key, so that no sign-in is needed.

Only a hash is kept: the address is shown once. Whoever has it can be shut out by revoking it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.offices import Office
from tuntas.models.people import User


class SecretAddress(models.Model):
    """What both share: the hash of a key, who made it and who revoked it, when."""

    key_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @classmethod
    def by_key(cls, key: str) -> Self | None:
        """The row of a key that still works."""
        rows = cls._default_manager.filter(key_sha256=hash_key(cls, key), revoked_at__isnull=True)
        return rows.first()


class WallScreen(SecretAddress):
    """A television in the lobby that shows the office's published figures."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="wall_screens")
    name = models.CharField(_("nama layar"), max_length=80)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["office", "name", "id"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def add(cls, office: Office, name: str, *, by: User | None) -> tuple[WallScreen, str]:
        """Make a screen; its key comes back this once. Raises ValidationError."""
        key = secrets.token_urlsafe(24)
        screen = cls(
            office=office,
            name=name.strip(),
            key_sha256=hash_key(cls, key),
            made_by=by,
            made_at=timezone.now(),
        )
        with transaction.atomic():
            screen.full_clean()
            screen.save()
            Event.record("wall.added", by=by, about=screen, office=office)
        return screen, key

    def revoke(self, *, by: User) -> None:
        """Let its address work no longer. Raises ValidationError when it already does not."""
        if self.revoked_at is not None:
            raise ValidationError(_("Alamat layar ini sudah dicabut."))
        self.revoked_at, self.revoked_by = timezone.now(), by
        with transaction.atomic():
            self.save(update_fields=["revoked_at", "revoked_by"])
            Event.record("wall.revoked", by=by, about=self, office=self.office)


class CalendarFeed(SecretAddress):
    """The due dates of one person, for the calendar of a phone. One address works at a time."""

    user = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds")

    def __str__(self) -> str:
        return f"{self.user_id} {self.made_at:%Y-%m-%d}"

    @classmethod
    def renew(cls, user: User, *, at: datetime | None = None) -> str:
        """Make a new key and let the old one work no longer."""
        key, now = secrets.token_urlsafe(24), at or timezone.now()
        with transaction.atomic():
            cls.working_of(user).update(revoked_at=now)
            feed = cls.objects.create(user=user, key_sha256=hash_key(cls, key), made_at=now)
            Event.record("calendar.made", by=user, about=feed)
        return key

    @classmethod
    def revoke_all(cls, user: User) -> None:
        with transaction.atomic():
            if cls.working_of(user).update(revoked_at=timezone.now()):
                Event.record("calendar.revoked", by=user, about=user)

    @classmethod
    def working_of(cls, user: User) -> Any:
        return cls.objects.filter(user=user, revoked_at__isnull=True)


def hash_key(kind: type[models.Model], key: str) -> str:
    return hashlib.sha256(f"tuntas:{kind._meta.model_name}:{key}".encode()).hexdigest()
