"""Evidence: a kept file with its fingerprint, or a link that is looked at again and again."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Exists, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.progress import PlanEntry
from tuntas.typed import file_name

# First bytes of the types we keep; the name's ending is never trusted.
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),  # DOCX, XLSX, PPTX and ZIP
)
# Types of which a picture can be shown; everything else is only downloaded.
PICTURED = frozenset({"application/pdf", "image/png", "image/jpeg"})
# A link that worked is looked at again after a week, one that did not after a day.
AGAIN_OK, AGAIN_BAD = timedelta(days=7), timedelta(days=1)


class LinkState(models.TextChoices):
    UNCHECKED = "", _("belum diperiksa")
    OK = "ok", _("dapat dibuka")
    DEAD = "dead", _("tidak ditemukan")
    UNREACHABLE = "unreachable", _("tidak terjangkau")
    REFUSED = "refused", _("tidak diperiksa karena alamatnya tidak diizinkan")


class KeptFile(models.Model):
    """A file whose content is stored under its own SHA-256; empty fields mean there is none."""

    file_name = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=60, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    file_bytes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def has_picture(self) -> bool:
        return self.content_type in PICTURED


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def links_to_check(self, now: datetime) -> EvidenceQuerySet:
        """Links whose last look is too long ago, never looked at first."""
        due = (
            Q(checked_at__isnull=True)
            | Q(check_state=LinkState.OK, checked_at__lt=now - AGAIN_OK)
            | (~Q(check_state=LinkState.OK) & Q(checked_at__lt=now - AGAIN_BAD))
        )
        return self.exclude(url="").filter(due).order_by(F("checked_at").asc(nulls_first=True))

    def bad_links(self) -> EvidenceQuerySet:
        """Links that could not be opened at the last look; one that may not be visited is none.

        A server that has never reached any link has no way out and blames none of them.
        """
        reached = Evidence.objects.filter(check_state__in=(LinkState.OK, LinkState.DEAD))
        bad = self.filter(check_state__in=(LinkState.DEAD, LinkState.UNREACHABLE))
        return bad.filter(Exists(reached))


class Evidence(PlanEntry, KeptFile):
    """Data dukung: a kept file with its fingerprint, or a link."""

    plan = models.ForeignKey("tuntas.ActionPlan", models.PROTECT, related_name="evidence")
    label = models.CharField(_("keterangan"), max_length=200, blank=True)
    url = models.URLField(
        _("tautan"), max_length=500, blank=True, validators=[URLValidator(["http", "https"])]
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    check_state = models.CharField(max_length=11, choices=LinkState, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    # By the office's rule of retention; the row and its fingerprint stay.
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(url="") & ~Q(sha256="")) | (~Q(url="") & Q(sha256="")),
                name="evidence_link_or_file",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.url or self.file_name

    @property
    def storage_path(self) -> str:
        return f"evidence/{self.plan.office_id}/{self.sha256}"

    def record_check(
        self, state: str, *, http_status: int | None = None, at: datetime | None = None
    ) -> None:
        """Keep what a look at the link found: a LinkState and the HTTP status, None without one.

        Not an act of a person, so it leaves no audit event.
        """
        if not self.url or state not in LinkState.values:
            raise ValueError(f"not a link, or not a state: {state!r}")
        self.check_state, self.http_status = state, http_status
        self.checked_at = at or timezone.now()
        self.save(update_fields=["check_state", "http_status", "checked_at"])


def keep_file(office_id: int, name: str, content: bytes) -> dict[str, Any]:
    """Store a file; the fields of KeptFile come back. Raises ValidationError for size and type."""
    if len(content) > settings.EVIDENCE_MAX_BYTES:
        most = settings.EVIDENCE_MAX_BYTES // 1024 // 1024
        raise ValidationError(
            _("Berkas terlalu besar; paling banyak %(most)s MB."), params={"most": most}
        )
    content_type = sniff(content)
    sha256 = hashlib.sha256(content).hexdigest()
    path = f"evidence/{office_id}/{sha256}"
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(content))
    return {
        "file_name": file_name(name),
        "content_type": content_type,
        "sha256": sha256,
        "file_bytes": len(content),
    }


def sniff(content: bytes) -> str:
    """Content type by the first bytes. Raises ValidationError for what we do not keep."""
    for signature, content_type in SIGNATURES:
        if content.startswith(signature):
            return content_type
    raise ValidationError(
        _("Jenis berkas ini tidak diterima. Gunakan PDF, PNG, JPEG, DOCX, XLSX, atau ZIP.")
    )
