"""Publication: where and when the result of a period was made public (P14 p. 18, 22 and 23)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month, Span
from tuntas.models.audit import Event
from tuntas.models.evidence import KeptFile, keep_file
from tuntas.models.offices import Office
from tuntas.models.people import User


class Medium(models.TextChoices):
    """Kinds of media the PEKPPP instrument names."""

    PRINTED = "printed", _("Cetak/nonelektronik di ruang pelayanan")
    ELECTRONIC = "electronic", _("Elektronik (televisi, layar, kios)")
    SOCIAL = "social", _("Media sosial")
    WEBSITE = "website", _("Situs web")
    APP = "app", _("Aplikasi")
    BILLBOARD = "billboard", _("Papan reklame")


PRINTED_KINDS = frozenset({Medium.PRINTED, Medium.BILLBOARD})


class PublicationQuerySet(models.QuerySet["Publication"]):
    def visible_to(self, user: User) -> PublicationQuerySet:
        return self.filter(office__in=Office.objects.visible_to(user).values("pk"))

    def standing(self) -> PublicationQuerySet:
        return self.filter(withdrawn_at__isnull=True)

    def touching(self, months: Iterable[Month]) -> list[Publication]:
        """Publications of a span that shares a month with these, oldest first."""
        wanted = set(months)
        return [row for row in self.order_by("on", "id") if wanted & set(row.as_span.months)]


class Publication(KeptFile):
    """One medium in which the result of a span was published, with its proof."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="publications")
    span = models.CharField(_("periode"), max_length=20)  # law.months.Span as text
    kind = models.CharField(_("jenis media"), max_length=10, choices=Medium)
    name = models.CharField(_("nama media"), max_length=200)
    on = models.DateField(_("tanggal terbit"))
    url = models.URLField(
        _("tautan bukti"), max_length=500, blank=True, validators=[URLValidator(["http", "https"])]
    )
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-id"]
        indexes = [models.Index(fields=["office", "-on"], name="publication_office_on")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(url="") | ~Q(sha256=""), name="publication_has_proof"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.span}"

    @property
    def as_span(self) -> Span:
        return Span.parse(self.span)

    @property
    def storage_path(self) -> str:
        return f"evidence/{self.office_id}/{self.sha256}"

    def clean(self) -> None:
        if not self.url and not self.sha256:
            raise ValidationError({"url": _("Isi tautan bukti atau lampirkan berkas bukti.")})
        if self.on and self.span and self.on <= self.as_span.first.first_day:
            raise ValidationError(
                {"on": _("Hasil tidak dapat terbit sebelum masa surveinya berjalan.")}
            )
        if self.on and self.at and self.on > self.at.astimezone(self.office.zone).date():
            raise ValidationError({"on": _("Tanggal terbit belum tiba. Catat setelah terbit.")})

    @classmethod
    def register(
        cls,
        office: Office,
        span: Span,
        kind: str,
        name: str,
        on: date,
        *,
        by: User | None,
        url: str = "",
        file: tuple[str, bytes] | None = None,
        at: datetime | None = None,
    ) -> Publication:
        """Enter a publication with a link or a file as proof. Raises ValidationError."""
        kept: dict[str, Any] = keep_file(office.pk, *file) if file else {}
        row = cls(
            office=office,
            span=str(span),
            kind=kind,
            name=name.strip(),
            on=on,
            url=url,
            by=by,
            at=at or timezone.now(),
            **kept,
        )
        row.full_clean()
        with transaction.atomic():
            row.save()
            Event.record(
                "publication.registered", by=by, about=row, office=office, span=str(span), kind=kind
            )
        return row

    def withdraw(self, *, by: User, at: datetime | None = None) -> None:
        """Take a mistaken entry out of every count; the row stays. Raises ValidationError."""
        if self.withdrawn_at is not None:
            raise ValidationError(_("Catatan ini sudah ditarik."))
        with transaction.atomic():
            self.withdrawn_at, self.withdrawn_by = at or timezone.now(), by
            self.save(update_fields=["withdrawn_at", "withdrawn_by"])
            Event.record("publication.withdrawn", by=by, about=self, office=self.office)


def first_published(office: Office, months: Iterable[Month]) -> dict[Month, date]:
    """When the result of each month first stood somewhere public; months without are missing."""
    wanted = set(months)
    found: dict[Month, date] = {}
    for row in office.publications.standing().order_by("on", "id"):
        for month in row.as_span.months:
            if month in wanted:
                found.setdefault(month, row.on)
    return found
