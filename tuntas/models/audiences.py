"""Audience: how many people a service had in a year, from which the sample size follows."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from tuntas.law.sampling import sample_size
from tuntas.models.audit import Event
from tuntas.models.offices import Office, Service
from tuntas.models.people import User

FIRST_YEAR, LAST_YEAR = 2000, 2100


class Audience(models.Model):
    """Population of one service in one year, with where the number comes from."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="audiences")
    service = models.ForeignKey(Service, models.PROTECT, related_name="audiences")
    year = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField(_("jumlah penerima"), validators=[MinValueValidator(1)])
    source = models.CharField(_("sumber angka"), max_length=200, blank=True)

    class Meta:
        ordering = ["service", "-year"]
        constraints = [models.UniqueConstraint(fields=["service", "year"], name="audience_year")]

    def __str__(self) -> str:
        return f"{self.service_id} {self.year}: {self.size}"

    @property
    def wanted(self) -> int:
        """Respondents the regulation asks for."""
        return sample_size(self.size)

    @classmethod
    def record(
        cls, service: Service, year: int, size: int, *, source: str, by: User | None
    ) -> Audience:
        """Keep the number; the last one said holds. Raises ValidationError."""
        row = cls.objects.filter(service=service, year=year).first() or cls(
            office_id=service.office_id, service=service, year=year
        )
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValidationError(
                _("Tahun harus %(first)s–%(last)s."),
                params={"first": FIRST_YEAR, "last": LAST_YEAR},
            )
        row.size, row.source = size, source.strip()
        row.full_clean()
        with transaction.atomic():
            row.save()
            Event.record(
                "audience.recorded", by=by, about=row, office=service.office, year=year, size=size
            )
        return row
