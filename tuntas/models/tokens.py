"""ApiToken: another system of the office (a helpdesk, a portal) that may call the API."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.offices import Office
from tuntas.models.people import User

# A forgotten token must die by itself; who still needs it makes a new one.
LONGEST_DAYS = 730


class Scope(models.TextChoices):
    """What a token opens; docs/api.md lists the addresses of each."""

    SERVICES = "services", _("Membaca layanan")
    INVITATIONS = "invitations", _("Membuat tautan")
    ROLLUP = "rollup", _("Membaca gabungan kantor")
    INDEX = "index", _("Membaca indeks bulan yang sudah ditutup")
    FEEDBACK = "feedback", _("Membaca daftar masukan tanpa isinya")
    FEEDBACK_TEXT = "feedback.text", _("Membaca isi masukan")
    PLANS = "plans", _("Membaca rencana aksi")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def visible_to(self, user: User) -> ApiTokenQuerySet:
        return self.filter(office__in=Office.objects.read_whole_by(user).values("pk"))


class ApiToken(models.Model):
    """One secret of one office, with what it opens and until when. Only its hash is kept."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="api_tokens")
    name = models.CharField(_("nama sistem"), max_length=80)
    scopes = models.JSONField(_("boleh"), default=list)
    sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    expires_on = models.DateField(_("berlaku sampai"))  # the last day on which it works
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    last_used_on = models.DateField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        return self.office.today > self.expires_on

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes]

    @classmethod
    def add(
        cls,
        office: Office,
        name: str,
        scopes: Collection[str],
        *,
        expires_on: date,
        by: User | None,
    ) -> tuple[ApiToken, str]:
        """A new token and its secret, which is shown once. Raises ValidationError."""
        check_expiry(expires_on, office.today, most=LONGEST_DAYS)
        if not scopes or not set(scopes) <= set(Scope.values):
            raise ValidationError({"scopes": _("Pilih paling sedikit satu izin.")})
        key = f"tuntas_{secrets.token_urlsafe(32)}"
        token = cls(
            office=office,
            name=name.strip(),
            scopes=sorted(scopes),
            sha256=hash_token(key),
            made_by=by,
            made_at=timezone.now(),
            expires_on=expires_on,
        )
        with transaction.atomic():
            token.full_clean()
            token.save()
            Event.record(
                "token.added",
                by=by,
                about=token,
                office=office,
                scopes=token.scopes,
                expires_on=str(expires_on),
            )
        return token, key

    @classmethod
    def by_key(cls, key: str) -> ApiToken | None:
        """The token that works today, or None; notes the day on which it was used."""
        token = (
            cls.objects.select_related("office")
            .filter(sha256=hash_token(key), revoked_at__isnull=True)
            .first()
        )
        if token is None or token.is_expired:
            return None
        day = token.office.today
        if token.last_used_on != day:
            cls.objects.filter(pk=token.pk).update(last_used_on=day)
        return token

    def revoke(self, *, by: User) -> None:
        """Let it open nothing any more. Raises ValidationError when it already does not."""
        if self.revoked_at is not None:
            raise ValidationError(_("Token ini sudah dicabut."))
        self.revoked_at, self.revoked_by = timezone.now(), by
        with transaction.atomic():
            self.save(update_fields=["revoked_at", "revoked_by"])
            Event.record("token.revoked", by=by, about=self, office=self.office)


def hash_token(key: str) -> str:
    return hashlib.sha256(f"tuntas:api:{key}".encode()).hexdigest()


def check_expiry(expires_on: date, today: date, *, most: int) -> None:
    """Raise ValidationError unless the day lies between today and `most` days from now."""
    if not today <= expires_on <= today + timedelta(days=most):
        raise ValidationError(
            {
                "expires_on": _("Pilih hari dari hari ini sampai paling lama %(most)s hari lagi.")
                % {"most": most}
            }
        )
