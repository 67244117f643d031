"""Office › Unit › Service: who gives the service that is rated, and the link on its QR code."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from copy import copy
from datetime import date, timedelta
from functools import cache, reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.people import User

code_validator = RegexValidator(
    r"^[a-z0-9][a-z0-9-]{0,39}$",
    _("Kode hanya boleh berisi huruf kecil, angka, dan tanda hubung (paling banyak 40)."),
)

# How long after an edition's last day a form that was opened before may still be sent.
GRACE = timedelta(days=1)
CODE_TAKEN = _("Kode ini sudah ada. Pilih kode lain.")


def new_token() -> str:
    """Public name of a service's form: 60 random bits, short enough to type from a poster."""
    alphabet = "23456789abcdefghjkmnpqrstuvwxyz"
    return "".join(secrets.choice(alphabet) for _ in range(12))


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones; finding them walks through a folder of 600 files."""
    return frozenset(available_timezones())


def check_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(_("Zona waktu %(name)s tidak dikenal."), params={"name": name})


class WeightConvention(models.TextChoices):
    """Which weight of an element the office uses (docs/method.md, 'Bobot')."""

    EXACT = "exact", _("Tepat 1/n")
    THREE = "0.111", "0,111"
    TWO = "0.11", "0,11"


class Licence(models.TextChoices):
    """Under what terms the open data of an office may be used; the values are SPDX names."""

    CC_BY = "CC-BY-4.0", "Creative Commons Attribution 4.0 (CC BY 4.0)"
    CC_BY_SA = "CC-BY-SA-4.0", "Creative Commons Attribution-ShareAlike 4.0 (CC BY-SA 4.0)"
    CC0 = "CC0-1.0", "Creative Commons Zero 1.0 (CC0)"

    @property
    def url(self) -> str:
        """Where the terms stand."""
        return {
            Licence.CC_BY: "https://creativecommons.org/licenses/by/4.0/",
            Licence.CC_BY_SA: "https://creativecommons.org/licenses/by-sa/4.0/",
            Licence.CC0: "https://creativecommons.org/publicdomain/zero/1.0/",
        }[self]


class CodeRule(models.TextChoices):
    """Whether rating a service takes a one-time code (`Invitation`)."""

    NONE = "none", _("Tanpa kode")
    OPTIONAL = "optional", _("Kode opsional")
    REQUIRED = "required", _("Kode wajib")


class OfficeQuerySet(models.QuerySet["Office"]):
    def read_whole_by(self, user: User) -> OfficeQuerySet:
        """Offices of which `user` reads everything: by an office-wide role, or from above."""
        reach = user.reach
        return self.filter(Q(pk__in=reach.whole) | below(reach.below))

    def visible_to(self, user: User) -> OfficeQuerySet:
        """Offices where `user` holds any role, and all below those where the role is ministry."""
        reach = user.reach
        return self.filter(Q(pk__in=reach.member) | below(reach.below))


def below(paths: Iterable[str]) -> Q:
    """Condition for the offices of these paths and all under them."""
    return reduce(or_, (Q(path__startswith=path) for path in paths), Q(pk__in=()))


class Office(models.Model):
    """A public office; a ministry or region is an office that has offices below it."""

    code = models.CharField(_("kode"), max_length=40, validators=[code_validator])
    name = models.CharField(_("nama"), max_length=200)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    # "/3/17/": the keys from the root down to this office, so that "everything below" is one
    # prefix test on both engines.
    path = models.CharField(max_length=200, editable=False, db_index=True, default="")
    city = models.CharField(_("kota"), max_length=100, blank=True)
    time_zone = models.CharField(
        _("zona waktu"), max_length=40, default="Asia/Jakarta", validators=[check_time_zone]
    )
    weights = models.CharField(
        _("bobot unsur"), max_length=10, choices=WeightConvention, default=WeightConvention.EXACT
    )
    # Signature block of the documents; each line of the title is printed on its own.
    signatory_title = models.TextField(_("jabatan penanda tangan"), max_length=300, blank=True)
    signatory_name = models.CharField(_("nama penanda tangan"), max_length=120, blank=True)
    signatory_employee_id = models.CharField(_("NIP"), max_length=30, blank=True)
    signature_anchor = models.CharField(_("jangkar tanda tangan"), max_length=3, default="$")
    licence = models.CharField(
        _("lisensi data terbuka"), max_length=20, choices=Licence, default=Licence.CC_BY
    )
    second_step_required = models.BooleanField(
        _("langkah kedua wajib bagi tim survei dan kepala"), default=False
    )
    is_demo = models.BooleanField(default=False)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            # By expression: SQLite has no NULLS NOT DISTINCT and would hold nothing unique here.
            models.UniqueConstraint(
                Coalesce("parent", 0, output_field=models.BigIntegerField()),
                "code",
                name="office_code",
                violation_error_message=CODE_TAKEN,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def today(self) -> date:
        """The day it is at the office."""
        return timezone.now().astimezone(self.zone).date()

    def lineage_ids(self) -> list[int]:
        """Keys from the root down to this office, itself included."""
        return [int(key) for key in self.path.strip("/").split("/")]

    @property
    def address(self) -> str:
        """The office's name in public addresses: the codes from the root down, `pusat.kanreg`.

        Codes are unique inside a parent only; the whole line of them is unique for ever, so what
        was printed once never leads to another office.
        """
        above = Office.objects.in_bulk(self.lineage_ids())
        return ".".join(above[key].code for key in self.lineage_ids())

    @classmethod
    def at(cls, address: str) -> list[Office]:
        """The offices an address may mean: the one whose whole address it is, else all whose
        address ends with it (people leave out the parents), in order of their addresses."""
        wanted = address.lower().strip(".")
        named = cls.objects.filter(code=wanted.rpartition(".")[2])
        found = {office.address: office for office in named}
        if wanted in found:
            return [found[wanted]]
        return [found[whole] for whole in sorted(found) if whole.endswith(f".{wanted}")]

    @classmethod
    def add(
        cls, code: str, name: str, *, by: User | None, parent: Office | None = None, **fields: Any
    ) -> Office:
        """Create an office. Raises ValidationError for a bad or used code."""
        with transaction.atomic():
            office = cls(code=code, name=name, parent=parent, **fields)
            office.full_clean()
            office.save()
            office.path = f"{parent.path if parent else '/'}{office.pk}/"
            office.save(update_fields=["path"])
            Event.record("office.added", by=by, about=office, office=office, code=code)
        return office

    def change(self, *, by: User | None, **fields: Any) -> None:
        """Change descriptive fields. Raises ValidationError; published results keep theirs."""
        for field, value in fields.items():
            setattr(self, field, value)
        self.full_clean()
        with transaction.atomic():
            self.save()
            Event.record("office.changed", by=by, about=self, office=self, fields=sorted(fields))


class UnitQuerySet(models.QuerySet["Unit"]):
    def visible_to(self, user: User) -> UnitQuerySet:
        """All units of an office for its team, head, auditor and ministry; else one's own."""
        return self.filter(in_reach(user, unit="pk"))


class Unit(models.Model):
    """Unit kerja: the part of an office that owns services, suggestions and plans."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="units")
    code = models.CharField(_("kode"), max_length=40, validators=[code_validator])
    name = models.CharField(_("nama"), max_length=200)
    short_name = models.CharField(_("nama singkat"), max_length=40, blank=True)
    # Order in which reports list the units.
    position = models.PositiveSmallIntegerField(_("urutan"), default=0)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "code"], name="unit_code", violation_error_message=CODE_TAKEN
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """How tables name the unit."""
        return self.short_name or self.name

    @classmethod
    def add(cls, office: Office, code: str, name: str, *, by: User | None, **fields: Any) -> Unit:
        """Create a unit at the end of the office's list. Raises ValidationError."""
        with transaction.atomic():
            fields.setdefault("position", office.units.count() + 1)
            unit = cls(office=office, code=code, name=name, **fields)
            unit.full_clean()
            unit.save()
            Event.record("unit.added", by=by, about=unit, office=office, code=code)
        return unit

    def change(self, *, by: User | None, **fields: Any) -> None:
        """Change name, short name or position. Raises ValidationError."""
        for field, value in fields.items():
            setattr(self, field, value)
        self.full_clean()
        with transaction.atomic():
            self.save()
            Event.record(
                "unit.changed", by=by, about=self, office=self.office, fields=sorted(fields)
            )


class ServiceQuerySet(models.QuerySet["Service"]):
    def visible_to(self, user: User) -> ServiceQuerySet:
        return self.filter(in_reach(user))

    def open(self) -> ServiceQuerySet:
        return self.filter(closed_at__isnull=True)

    def with_editions(self) -> ServiceQuerySet:
        """With all that `Service.edition` needs, in the same query."""
        return self.select_related("office", "unit", "standing_edition", "coming_edition")


class Service(models.Model):
    """Layanan: what a citizen received and rates. Its token is the public address of its form."""

    # The office stands here too, not only through the unit: it is the key by which the data of a
    # nation can be distributed, and every isolation test filters on it.
    office = models.ForeignKey(Office, models.PROTECT, related_name="services")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="services")
    code = models.CharField(_("kode"), max_length=40, validators=[code_validator])
    name = models.CharField(_("nama"), max_length=200)
    token = models.CharField(max_length=24, unique=True, default=new_token, editable=False)
    # Which edition is asked when: written by `EditionStart`, read through `edition_on`. The edition
    # that stands holds from `standing_from` (None: ever since), the coming one from `coming_from`,
    # both the first day of a month. Columns, not rows to look up: the form must not wait.
    standing_edition = models.ForeignKey(
        "tuntas.Edition",
        models.PROTECT,
        related_name="+",
        verbose_name=_("kuesioner"),
        db_column="edition_id",
    )
    standing_from = models.DateField(null=True, blank=True)
    coming_edition = models.ForeignKey(
        "tuntas.Edition", models.PROTECT, null=True, blank=True, related_name="+"
    )
    coming_from = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(_("ditutup pada"), null=True, blank=True)
    codes = models.CharField(
        _("kode sekali pakai"), max_length=8, choices=CodeRule, default=CodeRule.NONE
    )

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["unit__position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "code"], name="service_code", violation_error_message=CODE_TAKEN
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("survey-form", args=[self.token])

    def takes(self, code: str) -> bool:
        """Whether a one-time code came and the service looks at codes at all."""
        return bool(code) and self.codes != CodeRule.NONE

    # The day a copy made by `as_of` is seen on.
    seen_on: date | None = None

    @property
    def edition(self) -> Any:
        """The edition in force today, or on the day of `as_of`."""
        return self.edition_on(self.seen_on or self.office.today)

    def as_of(self, day: date) -> Service:
        """The service as it was asked on a day, for reading a file of that time."""
        seen = copy(self)
        seen.seen_on = day
        return seen

    @property
    def edition_id(self) -> int:
        return int(self.edition.pk)

    def edition_on(self, day: date) -> Any:
        """The edition in force on a day of the office's calendar.

        Needs a query only for a day before the edition that stands now came into force.
        """
        if self.coming_from is not None and day >= self.coming_from:
            return self.coming_edition
        if self.standing_from is None or day >= self.standing_from:
            return self.standing_edition
        later = self.edition_starts.filter(withdrawn_at__isnull=True, month__gt=day)
        return later.select_related("replaces").earliest("month").replaces

    def edition_taken(self, edition_id: int, day: date, *, grace: timedelta = GRACE) -> Any | None:
        """The edition with this key when an answer of that day may use it, else None.

        In force on the day or at most `grace` before: who opened the form before midnight on the
        last day of a month has a day to send it. Editions change between months only.
        """
        candidate = day
        while candidate >= day - grace:
            edition = self.edition_on(candidate)
            if edition.pk == edition_id:
                return edition
            candidate = candidate.replace(day=1) - timedelta(days=1)
        return None

    @classmethod
    def add(cls, unit: Unit, code: str, name: str, *, edition: Any, by: User | None) -> Service:
        """Create a service of `unit` that uses a published edition. Raises ValidationError."""
        with transaction.atomic():
            service = cls(
                office_id=unit.office_id,
                unit=unit,
                code=code,
                name=name,
                standing_edition=edition,
            )
            service.full_clean()
            service.save()
            Event.record("service.added", by=by, about=service, office=unit.office, code=code)
        return service

    def change(self, *, by: User | None, **fields: Any) -> None:
        """Change the name, or close and reopen the service (`closed_at`). Raises ValidationError."""
        for field, value in fields.items():
            setattr(self, field, value)
        self.full_clean()
        with transaction.atomic():
            self.save()
            Event.record(
                "service.changed", by=by, about=self, office=self.office, fields=sorted(fields)
            )


def in_reach(user: User, *, office: str = "office", unit: str = "unit") -> Q:
    """Condition for rows that belong to a unit `user` may see.

    `office` and `unit` are the fields (or paths) that lead from the row to its office and unit.
    Team, head, auditor and ministry see the whole office; a unit officer the own unit only.
    """
    reach = user.reach
    own = Q(**{f"{office}__in": reach.whole}) | Q(**{f"{unit}__in": reach.units})
    if not reach.below:
        return own  # keys alone: the database begins with the office, without asking who sees it
    return own | Q(**{f"{office}__in": Office.objects.filter(below(reach.below)).values("pk")})
