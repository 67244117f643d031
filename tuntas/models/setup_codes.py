"""SetupCode: who may make the first office and its first person in the browser, and only once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from tuntas.models.audit import Event
from tuntas.models.codes import in_signs, plain
from tuntas.models.offices import Office, Unit
from tuntas.models.people import Membership, Role, User

SIGNS = 16  # 78 bits
ONLY = 1  # the key of the one row, so that of two who set up at once one waits for the other


class SetupOver(Exception):
    """There is an office or a person already."""


class SetupCodeRefused(Exception):
    """Not the code that the server printed last."""


@dataclass(frozen=True)
class FirstPerson:
    """Who leads the survey of the first office; `password` is checked by the caller."""

    email: str
    name: str
    password: str


class SetupCode(models.Model):
    """The code that `tuntas serve` prints while the installation is empty. Only its hash is kept."""

    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def is_wanted() -> bool:
        """Whether the installation is empty: no office and no person."""
        return not (User.objects.exists() or Office.objects.exists())

    @classmethod
    def renew(cls) -> str | None:
        """A new code in groups of four, in place of the last one; None when it is not wanted."""
        if not cls.is_wanted():
            return None
        code = in_signs(secrets.token_bytes(32), SIGNS)
        now = timezone.now()
        cls.objects.update_or_create(
            pk=ONLY, defaults={"sha256": hash_code(code), "made_at": now, "used_at": None}
        )
        return "-".join(code[place : place + 4] for place in range(0, SIGNS, 4))

    @classmethod
    def redeem(
        cls, code: str, person: FirstPerson, *, office: dict[str, Any], unit: dict[str, Any]
    ) -> User:
        """Make the office, its first unit and the person who leads its survey, all or nothing.

        `office` and `unit` are the fields of `Office.add` and `Unit.add`. Raises SetupOver,
        SetupCodeRefused, or ValidationError for the fields.
        """
        with transaction.atomic():
            row = cls.objects.select_for_update().filter(pk=ONLY).first()
            if not cls.is_wanted():
                raise SetupOver
            is_right = row is not None and secrets.compare_digest(row.sha256, hash_code(code))
            if row is None or not is_right or row.used_at is not None:
                raise SetupCodeRefused
            row.used_at = timezone.now()
            row.save(update_fields=["used_at"])
            user = User.objects.create_user(person.email, person.password, name=person.name)
            made = Office.add(by=user, **office)
            Unit.add(made, by=user, **unit)
            Membership.grant(user, made, Role.SURVEY_TEAM, by=user)
            Event.record("office.set-up", by=user, about=made, office=made)
        return user


def hash_code(code: str) -> str:
    return hashlib.sha256(f"tuntas:setup:{plain(code)}".encode()).hexdigest()
