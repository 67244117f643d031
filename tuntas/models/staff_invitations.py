"""StaffInvitation: a person is asked in by a link that works for seven days, once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.offices import Office, Unit
from tuntas.models.people import Membership, Role, User

WORKS = timedelta(days=7)
ALREADY_INVITED = _("Alamat ini sudah diundang. Kirim ulang undangannya dari daftar di bawah.")
# A role, and the unit of a unit officer.
Post = tuple[str, Unit | None]


class InvitationOver(Exception):
    """Used, withdrawn, replaced by a newer link, or older than seven days."""


class InvitationForOther(Exception):
    """The address has an account, and somebody else (or nobody) is signed in."""


class StaffInvitationQuerySet(models.QuerySet["StaffInvitation"]):
    def pending(self) -> StaffInvitationQuerySet:
        """Neither accepted nor withdrawn; the link may be too old."""
        return self.filter(accepted_at=None, withdrawn_at=None)


class StaffInvitation(models.Model):
    """One address asked into one office, with the roles it will get. Only the link's hash is kept."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="staff_invitations")
    email = models.EmailField(_("alamat surel"))
    name = models.CharField(_("nama"), max_length=120)
    sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)  # when a mail server took the last link
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = StaffInvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "email"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="staff_invitation_once",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_expired(self) -> bool:
        return timezone.now() >= self.expires_at

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and not self.is_expired

    @classmethod
    def invite(
        cls, office: Office, email: str, name: str, posts: Collection[Post], *, by: User | None
    ) -> tuple[StaffInvitation, str]:
        """A new invitation and the key of its link, which is shown once. Raises ValidationError."""
        email = email.strip().lower()
        check_posts(office, posts)
        known = User.objects.filter(email=email).first()
        if known is not None and not known.is_active:
            raise ValidationError({"email": _("Orang ini dinonaktifkan. Aktifkan kembali dahulu.")})
        key, now = secrets.token_urlsafe(32), timezone.now()
        row = cls(
            office=office,
            email=email,
            name=name.strip(),
            sha256=hash_key(key),
            made_at=now,
            made_by=by,
            expires_at=now + WORKS,
        )
        row.full_clean(validate_constraints=False)
        try:
            with transaction.atomic():
                row.save()
                for role, unit in posts:
                    row.posts.create(role=role, unit=unit)
                Event.record(
                    "staff-invitation.made",
                    by=by,
                    about=row,
                    office=office,
                    roles=sorted({role for role, _unit in posts}),
                )
        except IntegrityError:
            raise ValidationError({"email": ALREADY_INVITED}) from None
        return row, key

    @classmethod
    def by_key(cls, key: str) -> StaffInvitation | None:
        """The invitation of this link, in whatever state; None for a link that never was."""
        return cls.objects.select_related("office", "made_by").filter(sha256=hash_key(key)).first()

    def renew(self, *, by: User) -> str:
        """The key of a new link for seven more days; the old link ends. Raises ValidationError."""
        key, now = secrets.token_urlsafe(32), timezone.now()
        with transaction.atomic():
            self.change_pending(sha256=hash_key(key), expires_at=now + WORKS, sent_at=None)
            Event.record("staff-invitation.renewed", by=by, about=self, office=self.office)
        return key

    def withdraw(self, *, by: User) -> None:
        """End it. Raises ValidationError when it was accepted or withdrawn before."""
        with transaction.atomic():
            self.change_pending(withdrawn_at=timezone.now(), withdrawn_by=by)
            Event.record("staff-invitation.withdrawn", by=by, about=self, office=self.office)

    def note_sent(self) -> None:
        """The mail server took the link."""
        self.change_pending(sent_at=timezone.now())

    def change_pending(self, **changes: object) -> None:
        rows = StaffInvitation.objects.pending().filter(pk=self.pk)
        if not rows.update(**changes):
            raise ValidationError(_("Undangan ini sudah dipakai atau ditarik."))
        self.refresh_from_db()

    def accept(self, *, person: User | None, name: str = "", password: str | None = None) -> User:
        """Give the roles to the owner of the address, who is made when there is none yet.

        `person` is who is signed in: an address that has an account is accepted by that account
        only, so that nobody who holds the link can set its password. Raises InvitationOver or
        InvitationForOther.
        """
        with transaction.atomic():
            now = timezone.now()
            rows = StaffInvitation.objects.pending().filter(
                pk=self.pk, sha256=self.sha256, expires_at__gt=now
            )
            if not rows.update(accepted_at=now):  # of two at once one comes second
                raise InvitationOver
            owner = User.objects.filter(email=self.email).first()
            if owner is not None and (person is None or person.pk != owner.pk):
                raise InvitationForOther
            owner = owner or User.objects.create_user(
                self.email, password, name=name.strip() or self.name
            )
            StaffInvitation.objects.filter(pk=self.pk).update(accepted_by=owner)
            for post in self.posts.select_related("unit"):
                Membership.grant(owner, self.office, post.role, by=self.made_by, unit=post.unit)
            Event.record("staff-invitation.accepted", by=owner, about=self, office=self.office)
        self.refresh_from_db()
        return owner


class InvitedPost(models.Model):
    """One role that an invitation will give."""

    invitation = models.ForeignKey(StaffInvitation, models.CASCADE, related_name="posts")
    role = models.CharField(max_length=20, choices=Role.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.unit.label}" if self.unit else self.role

    @property
    def label(self) -> str:
        """`Petugas unit – Pensiun`."""
        return " – ".join([str(self.get_role_display()), *([self.unit.label] if self.unit else [])])


def hash_key(key: str) -> str:
    return hashlib.sha256(f"tuntas:staff-invitation:{key}".encode()).hexdigest()


def check_posts(office: Office, posts: Collection[Post]) -> None:
    """Raise ValidationError unless there is a role, and a unit exactly with each unit officer."""
    if not posts:
        raise ValidationError({"posts": _("Pilih paling sedikit satu peran.")})
    for role, unit in posts:
        if role not in Role.values or (role == Role.UNIT_OFFICER) != (unit is not None):
            raise ValidationError({"posts": _("Petugas unit memerlukan unit; peran lain tidak.")})
        if unit is not None and unit.office_id != office.pk:
            raise ValueError("unit belongs to another office")
