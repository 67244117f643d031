"""User and Membership: who may see and do what in which office or unit."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who may sign in with `email` (compared without case)."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in. Never deleted, only made inactive: the audit speaks of them."""

    email = models.EmailField(_("alamat surel"), unique=True)
    name = models.CharField(_("nama"), max_length=120)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def roles_in(self, office: models.Model) -> set[str]:
        """Roles this person holds in `office` itself or, for a ministry, above it."""
        here = set(
            self.memberships.filter(office_id=office.pk)
            .exclude(role=Role.MINISTRY)
            .values_list("role", flat=True)
        )
        above = self.memberships.filter(role=Role.MINISTRY)
        ancestors = office.lineage_ids()  # type: ignore[attr-defined]  # Office, imported below us
        if above.filter(office_id__in=ancestors).exists():
            here.add(Role.MINISTRY)
        return here


class Role(models.TextChoices):
    """What a membership lets a person do; the table of rights stands in docs/operate.md."""

    SURVEY_TEAM = "survey_team", _("Tim survei")
    UNIT_OFFICER = "unit_officer", _("Petugas unit")
    HEAD = "head", _("Kepala kantor")
    AUDITOR = "auditor", _("Auditor")
    MINISTRY = "ministry", _("Kementerian")


class Membership(models.Model):
    """One role of one person in one office; a unit officer's also names the unit."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    office = models.ForeignKey("tuntas.Office", models.PROTECT, related_name="memberships")
    unit = models.ForeignKey(
        "tuntas.Unit", models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints = [
            # By expression: SQLite has no NULLS NOT DISTINCT and would hold nothing unique here.
            models.UniqueConstraint(
                "user",
                "office",
                "role",
                Coalesce("unit", 0, output_field=models.BigIntegerField()),
                name="membership_once",
            ),
            models.CheckConstraint(
                condition=Q(role=Role.UNIT_OFFICER, unit__isnull=False)
                | (~Q(role=Role.UNIT_OFFICER) & Q(unit__isnull=True)),
                name="membership_unit_of_officer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.office_id}"

    @classmethod
    def grant(
        cls, user: User, office: Any, role: str, *, by: User | None, unit: Any = None
    ) -> Membership:
        """Give `user` a role. Raises ValidationError when the unit is not of the office."""
        if unit is not None and unit.office_id != office.pk:
            raise ValueError("unit belongs to another office")
        with transaction.atomic():
            membership, created = cls.objects.get_or_create(
                user=user, office=office, role=role, unit=unit
            )
            if created:
                Event.record("membership.granted", by=by, about=user, office=office, role=role)
        return membership

    def revoke(self, *, by: User) -> None:
        """Take the role away. What the person did in it stays in the audit."""
        with transaction.atomic():
            Event.record(
                "membership.revoked", by=by, about=self.user, office=self.office, role=self.role
            )
            self.delete()


# Who reads the whole office, and who also reads the offices below it.
OFFICE_WIDE: Collection[str] = (Role.SURVEY_TEAM, Role.HEAD, Role.AUDITOR)
