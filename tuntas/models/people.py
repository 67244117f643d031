"""User and Membership: who may see and do what in which office or unit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
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

    # Set for the length of one request, so that its pages ask once and from one moment.
    reach_now: Reach | None = None

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    @property
    def reach(self) -> Reach:
        """What this person holds and therefore sees, at this moment."""
        return self.reach_now or Reach.of(self)

    def roles_in(self, office: Any) -> set[str]:
        """Roles this person holds in `office` itself or, for a ministry, above it."""
        return self.reach.roles_in(office)

    def own_roles_in(self, office: models.Model) -> set[str]:
        """The same without what is only held for somebody on leave."""
        return set(self.memberships.filter(office_id=office.pk).values_list("role", flat=True))

    def stands_in_for(self, office: models.Model) -> list[int]:
        """Keys of the people whose roles in `office` this person holds at the moment."""
        rows = Deputy.objects.in_effect().filter(deputy=self, office_id=office.pk)
        return sorted(rows.values_list("person_id", flat=True))

    def deactivate(self, *, by: User | None, office: Any, reason: str) -> Deactivation:
        """Let this person in no more, from the next request on; nothing of the past changes.

        Raises ValidationError for oneself, for the last active member of a survey team, without a
        reason, or when the person also works in an office whose survey `by` does not lead.
        """
        if by is not None and by.pk == self.pk:
            raise ValidationError(_("Anda tidak dapat menonaktifkan diri sendiri."))
        if not reason.strip():
            raise ValidationError({"reason": _("Tulis alasannya.")})
        with transaction.atomic():
            check_reach(self, by)
            for office_id in sorted({row.office_id for row in self.memberships.all()}):
                check_team_remains(office_id, self)
            now = timezone.now()
            if not User.objects.filter(pk=self.pk, is_active=True).update(is_active=False):
                raise ValidationError(_("Orang ini sudah tidak aktif."))
            self.is_active = False
            self.sign_ins.filter(ended_at=None).update(ended_at=now)
            row = Deactivation.objects.create(
                person=self, office=office, reason=reason.strip(), at=now, by=by
            )
            Event.record("person.deactivated", by=by, about=self, office=office)
        return row

    def reactivate(self, *, by: User | None, office: Any) -> None:
        """Let the person in again, with the roles of before. Raises ValidationError."""
        with transaction.atomic():
            check_reach(self, by)
            if not User.objects.filter(pk=self.pk, is_active=False).update(is_active=True):
                raise ValidationError(_("Orang ini sudah aktif."))
            self.is_active = True
            self.deactivations.filter(ended_at=None).update(ended_at=timezone.now(), ended_by=by)
            Event.record("person.reactivated", by=by, about=self, office=office)


class Role(models.TextChoices):
    """What a membership lets a person do; the table of rights stands in docs/operate.md."""

    SURVEY_TEAM = "survey_team", _("Tim survei")
    UNIT_OFFICER = "unit_officer", _("Petugas unit")
    HEAD = "head", _("Kepala kantor")
    AUDITOR = "auditor", _("Auditor")
    MINISTRY = "ministry", _("Kementerian")


# What may be done by somebody else meanwhile. An auditor's look and a ministry's rights may not.
LENT_ROLES = frozenset({Role.SURVEY_TEAM.value, Role.UNIT_OFFICER.value, Role.HEAD.value})


class MembershipQuerySet(models.QuerySet["Membership"]):
    def held_by(self, user: User) -> MembershipQuerySet:
        """The roles of `user`, and those that `user` holds at the moment for somebody on leave."""
        lent = Deputy.objects.in_effect().filter(
            deputy=user, person=OuterRef("user"), office=OuterRef("office")
        )
        return self.filter(Q(user=user) | Q(Exists(lent), role__in=LENT_ROLES))

    def held_now(self) -> list[tuple[Membership, User]]:
        """Each role with each active person who holds it at the moment, the own one first."""
        rows = list(self.filter(user__is_active=True).select_related("user").order_by("id"))
        lent = Deputy.objects.in_effect().filter(
            person__in={row.user_id for row in rows}, deputy__is_active=True
        )
        deputies = {(row.person_id, row.office_id): row.deputy for row in lent}
        found = [(row, row.user) for row in rows]
        for row in rows:
            deputy = deputies.get((row.user_id, row.office_id))
            if deputy is not None and row.role in LENT_ROLES:
                found.append((row, deputy))
        return found


class Membership(models.Model):
    """One role of one person in one office; a unit officer's also names the unit."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    office = models.ForeignKey("tuntas.Office", models.PROTECT, related_name="memberships")
    unit = models.ForeignKey(
        "tuntas.Unit", models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices)

    objects = MembershipQuerySet.as_manager()

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
                Event.record(
                    "membership.granted", by=by, about=user, office=office, **membership.told()
                )
        return membership

    def revoke(self, *, by: User) -> None:
        """Take the role away. What the person did in it stays in the audit.

        Raises ValidationError for the last active member of a survey team.
        """
        with transaction.atomic():
            if self.role == Role.SURVEY_TEAM:
                check_team_remains(self.office_id, self.user)
            Event.record(
                "membership.revoked", by=by, about=self.user, office=self.office, **self.told()
            )
            self.delete()

    def told(self) -> dict[str, Any]:
        """Role and unit, for the audit."""
        return {"role": self.role, **({"unit": self.unit.code} if self.unit else {})}


@dataclass(frozen=True)
class Reach:
    """The roles somebody holds at one moment, own and lent, and what they let the person see."""

    held: tuple[tuple[int, int | None, str], ...]  # keys of office and unit, and the role
    whole: frozenset[int]  # offices read whole by a role held in themselves
    member: frozenset[int]  # offices with any role
    units: frozenset[int]  # units in which the person is an officer
    below: tuple[
        str, ...
    ]  # paths of the ministries: every office whose path begins so is read whole

    @classmethod
    def of(cls, user: User) -> Reach:
        rows = list(
            Membership.objects.held_by(user)
            .order_by("pk")
            .values_list("office_id", "unit_id", "role", "office__path")
        )
        return cls(
            held=tuple((office, unit, role) for office, unit, role, _path in rows),
            whole=frozenset(office for office, _u, role, _p in rows if role in OFFICE_WIDE),
            member=frozenset(office for office, *_rest in rows),
            units=frozenset(unit for _o, unit, *_rest in rows if unit is not None),
            below=tuple(path for *_rest, role, path in rows if role == Role.MINISTRY),
        )

    def roles_in(self, office: Any) -> set[str]:
        here = {role for key, _unit, role in self.held if key == office.pk}
        here.discard(Role.MINISTRY)
        if any(office.path.startswith(path) for path in self.below):
            here.add(Role.MINISTRY.value)
        return here

    def unit_in(self, office: Any) -> int | None:
        """Key of the first unit of the office in which the person is an officer."""
        units = [unit for key, unit, _role in self.held if key == office.pk and unit is not None]
        return units[0] if units else None


class DeputyQuerySet(models.QuerySet["Deputy"]):
    def unended(self) -> DeputyQuerySet:
        """Now or later."""
        return self.filter(ended_at=None, until__gt=timezone.now())

    def in_effect(self) -> DeputyQuerySet:
        """At this moment, of people who are still there."""
        return self.unended().filter(begins__lte=timezone.now(), person__is_active=True)


class Deputy(models.Model):
    """Who holds somebody's roles in an office while that person is on leave: whole days by its clock.

    The deputy acts under the own name, so that what takes two persons still takes two. What is itself
    only held for somebody cannot be lent on, and gives no right over people and their access.
    """

    office = models.ForeignKey("tuntas.Office", models.PROTECT, related_name="deputies")
    person = models.ForeignKey(User, models.PROTECT, related_name="deputies")
    deputy = models.ForeignKey(User, models.PROTECT, related_name="deputyships")
    begins = models.DateTimeField()  # the first moment of the first day
    until = models.DateTimeField()  # the first moment that is no longer in it
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = DeputyQuerySet.as_manager()

    class Meta:
        ordering = ["begins", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(begins__lt=F("until")), name="deputy_days"),
            models.CheckConstraint(condition=~Q(person=F("deputy")), name="deputy_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy_id} for {self.person_id}"

    @property
    def first_day(self) -> date:
        return self.begins.astimezone(self.office.zone).date()

    @property
    def last_day(self) -> date:
        return (self.until - timedelta(microseconds=1)).astimezone(self.office.zone).date()

    @property
    def is_in_effect(self) -> bool:
        return self.ended_at is None and self.begins <= timezone.now() < self.until

    @classmethod
    def appoint(
        cls, person: User, office: Any, deputy: User, first: date, last: date, *, by: User
    ) -> Deputy:
        """Let `deputy` hold the roles of `person` in `office` from `first` to `last`, both included.

        Raises ValidationError: days that are over, upside down or more than a year; a deputy who is the
        person, is not active or does not work in the office; nothing to lend; days on which there is
        a deputy already.
        """
        check_days(office, first, last)
        works_here = deputy.memberships.filter(office=office).exists()
        if deputy.pk == person.pk or not deputy.is_active or not works_here:
            raise ValidationError({"deputy": _("Pilih orang lain yang aktif di kantor ini.")})
        begins, until = first_moment(office, first), first_moment(office, last + timedelta(days=1))
        with transaction.atomic():
            # Locked, so that of two deputies for the same days at once one is refused.
            roles = person.memberships.filter(office=office, role__in=LENT_ROLES)
            if not list(roles.select_for_update()):
                raise ValidationError(_("Tidak ada peran yang dapat digantikan di kantor ini."))
            taken = cls.objects.unended().filter(person=person, office=office)
            if taken.filter(begins__lt=until, until__gt=begins).exists():
                raise ValidationError(
                    {"first": _("Pada hari-hari itu sudah ada pengganti. Akhiri dahulu yang itu.")}
                )
            row = cls.objects.create(
                office=office,
                person=person,
                deputy=deputy,
                begins=begins,
                until=until,
                at=timezone.now(),
                by=by,
            )
            Event.record(
                "deputy.appointed",
                by=by,
                about=person,
                office=office,
                deputy=deputy.name,
                first=str(first),
                last=str(last),
            )
        return row

    def end(self, *, by: User) -> None:
        """End it now. Does nothing when it is over already."""
        now = timezone.now()
        with transaction.atomic():
            if Deputy.objects.unended().filter(pk=self.pk).update(ended_at=now):
                Event.record("deputy.ended", by=by, about=self.person, office=self.office)


def check_days(office: Any, first: date, last: date) -> None:
    """Raise ValidationError unless the days are in order, not over, and at most a year."""
    if last < first:
        raise ValidationError({"last": _("Hari terakhir tidak boleh sebelum hari pertama.")})
    if last < office.today:
        raise ValidationError({"last": _("Hari-hari itu sudah lewat.")})
    if (last - first).days > 366 or (first - office.today).days > 366:
        raise ValidationError({"last": _("Paling lama satu tahun, mulai dalam setahun ini.")})


def first_moment(office: Any, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=office.zone)


class Deactivation(models.Model):
    """From when to when a person was let in no more, and why."""

    person = models.ForeignKey(User, models.PROTECT, related_name="deactivations")
    office = models.ForeignKey("tuntas.Office", models.PROTECT, related_name="+")
    reason = models.CharField(_("alasan"), max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at=None), name="deactivation_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.at:%Y-%m-%d}"


def check_reach(person: User, by: User | None) -> None:
    """Raise ValidationError unless `by` leads the survey of every office the person works in."""
    if by is None:
        return
    led = by.memberships.filter(role=Role.SURVEY_TEAM).values("office")
    if person.memberships.exclude(office__in=led).exists():
        raise ValidationError(
            _("Orang ini juga bekerja di kantor lain. Cabut saja perannya di kantor ini.")
        )


def check_team_remains(office_id: int, leaving: User) -> None:
    """Raise ValidationError when `leaving` is the last active one in the office's survey team.

    The rows of the team are locked, so that of two who remove each other at once one is refused.
    """
    team = Membership.objects.select_for_update().filter(office_id=office_id, role=Role.SURVEY_TEAM)
    members = {row.user_id for row in team.order_by("pk")}
    others = User.objects.filter(pk__in=members - {leaving.pk}, is_active=True)
    if leaving.pk in members and not others.exists():
        raise ValidationError(
            _(
                "Orang ini anggota tim survei aktif terakhir. Beri orang lain peran tim survei "
                "dahulu."
            )
        )


# Who reads the whole office, and who also reads the offices below it.
OFFICE_WIDE: Collection[str] = (Role.SURVEY_TEAM, Role.HEAD, Role.AUDITOR)
