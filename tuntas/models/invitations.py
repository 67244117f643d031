"""Invitation: a one-time right to rate one service (undangan, kode sekali pakai).

Who holds the code may rate once; who the holder is, nobody asks. What must be impossible is the way
back from an answer to a code, and from there to a ticket. So an invitation row is never touched
when its code is used: the batch keeps one bit for each code and a number for each day. Nothing joins
a response to an invitation, not even the database's own traces of a changed row.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.codes import CODE_ALPHABET, in_signs, keyed, plain
from tuntas.models.offices import CodeRule, Office, Service, in_reach
from tuntas.models.people import User
from tuntas.models.tokens import ApiToken, check_expiry

# A batch of one would name its citizen on the day it is used.
LEAST, MOST = 5, 500
LONGEST_DAYS = 366
# A link is not typed: 16 signs, 78 bits. A slip is: 8 signs, 39 bits, and wrong ones are braked.
LINK_SIGNS, SLIP_SIGNS = 16, 8
# A helpdesk's link lives long enough for the next month's reminder.
LINK_DAYS = 60
REFERENCE = re.compile(r"(?=\S*\d)[A-Za-z0-9#][A-Za-z0-9#._/-]{0,59}")


class BatchKind(models.TextChoices):
    LINK = "link", _("Tautan helpdesk")
    SLIP = "slip", _("Kode loket (slip cetak)")


class CodeRefused(Exception):
    """The code admits nobody (any more): `state` is unknown, used, expired, revoked or missing."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class CodesOff(Exception):
    """The service does not take codes; the office must switch them on first."""


class BatchQuerySet(models.QuerySet["InvitationBatch"]):
    def visible_to(self, user: User) -> BatchQuerySet:
        return self.filter(in_reach(user, unit="service__unit"))


class InvitationBatch(models.Model):
    """Codes made together for one service; the only place that knows what became of them."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="invitation_batches")
    service = models.ForeignKey(Service, models.PROTECT, related_name="invitation_batches")
    kind = models.CharField(_("jenis"), max_length=4, choices=BatchKind)
    n = models.PositiveIntegerField(_("jumlah"))
    made_on = models.DateField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # Made one by one through the API: gathered in one batch for each token, service and month.
    token = models.ForeignKey(ApiToken, models.PROTECT, null=True, blank=True, related_name="+")
    month = models.DateField(null=True, blank=True)
    expires_on = models.DateField(_("berlaku sampai"))  # the last day, of the youngest code
    revoked_on = models.DateField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    used = models.BinaryField(
        default=b"", blank=True
    )  # bit p is set when the code at place p was used
    used_by_day = models.JSONField(default=dict, blank=True)  # "2026-01-15": how many on that day

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-made_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "token", "month"],
                condition=models.Q(revoked_on__isnull=True),
                name="batch_of_a_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.n} × {self.get_kind_display()}"

    @property
    def used_n(self) -> int:
        return sum(self.used_by_day.values())

    @property
    def days(self) -> list[tuple[date, int]]:
        """(day, how many codes were used on it), in order."""
        return [(date.fromisoformat(day), n) for day, n in sorted(self.used_by_day.items())]

    @property
    def is_over(self) -> bool:
        return self.office.today > self.expires_on

    @classmethod
    def make(
        cls, service: Service, kind: str, n: int, *, expires_on: date, by: User | None
    ) -> tuple[InvitationBatch, list[str]]:
        """A batch and its codes, which are shown once. Raises CodesOff, ValidationError."""
        if service.codes == CodeRule.NONE:
            raise CodesOff(service.pk)
        today = service.office.today
        check_expiry(expires_on, today, most=LONGEST_DAYS)
        if not LEAST <= n <= MOST:
            raise ValidationError(
                {
                    "n": _(
                        "Buat %(least)s sampai %(most)s kode. Satuan tidak dibuat di sini: satu "
                        "kode yang sendirian menunjuk kepada orangnya."
                    )
                    % {"least": LEAST, "most": MOST}
                }
            )
        signs = SLIP_SIGNS if kind == BatchKind.SLIP else LINK_SIGNS
        codes = fresh_codes(n, signs)
        with transaction.atomic():
            batch = cls(
                office_id=service.office_id,
                service=service,
                kind=kind,
                n=n,
                made_on=today,
                made_by=by,
                expires_on=expires_on,
            )
            batch.full_clean()
            batch.save()
            Invitation.objects.bulk_create(
                Invitation(
                    service=service,
                    batch=batch,
                    place=place,
                    expires_on=expires_on,
                    code_sha256=hash_code(service.pk, code),
                )
                for place, code in enumerate(codes)
            )
            Event.record(
                "invitations.made", by=by, about=batch, office=service.office, kind=kind, n=n
            )
        return batch, codes

    def revoke(self, *, by: User) -> int:
        """Let the unused codes admit nobody; returns how many. Raises ValidationError."""
        with transaction.atomic():
            batch = type(self).objects.select_for_update().get(pk=self.pk)
            if batch.revoked_on is not None:
                raise ValidationError(_("Sisa kode ini sudah dicabut."))
            batch.revoked_on, batch.revoked_by = self.office.today, by
            batch.save(update_fields=["revoked_on", "revoked_by"])
            left = batch.n - batch.used_n
            Event.record("invitations.revoked", by=by, about=batch, office=self.office, n=left)
        self.refresh_from_db()
        return left


class Invitation(models.Model):
    """One code of a batch. Written once and never touched again, also when it is used."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="+", db_index=False)
    batch = models.ForeignKey(InvitationBatch, models.PROTECT, related_name="+")
    place = models.PositiveIntegerField()  # which bit of the batch is this code's
    expires_on = models.DateField()
    # Keyed, so that the few signs of a slip cannot be tried out against a copy of the database.
    code_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "code_sha256"], name="invitation_code"),
            models.UniqueConstraint(fields=["batch", "place"], name="invitation_place"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.place}"

    @classmethod
    def find(cls, service: Service, code: str) -> Invitation | None:
        """The invitation of a code as it was typed, with its batch. One indexed read."""
        return (
            cls.objects.select_related("batch")
            .filter(service=service, code_sha256=hash_code(service.pk, code))
            .first()
        )

    def state(self, today: date) -> str:
        """`open`, or why the code admits nobody: used, revoked, expired."""
        if is_set(self.batch.used, self.place):
            return "used"
        if self.batch.revoked_on is not None:
            return "revoked"
        return "expired" if today > self.expires_on else "open"

    @classmethod
    def use(cls, service: Service, code: str, *, at: datetime) -> None:
        """Spend the code. Call it inside the transaction that stores the response, after it: of two
        forms with one code the second finds the bit set and takes its own row back.

        Raises CodeRefused.
        """
        invitation = cls.find(service, code)
        if invitation is None:
            raise CodeRefused("unknown")
        batch = InvitationBatch.objects.select_for_update().get(pk=invitation.batch_id)
        invitation.batch = batch
        day = at.astimezone(service.office.zone).date()
        state = invitation.state(day)
        if state != "open":
            raise CodeRefused(state)
        batch.used = with_bit(batch.used, invitation.place)
        batch.used_by_day[str(day)] = batch.used_by_day.get(str(day), 0) + 1
        batch.save(update_fields=["used", "used_by_day"])


@dataclass(frozen=True)
class Invited:
    """What the API answers: the code and its last day. `is_new` False when it was made before."""

    code: str
    expires_on: date
    is_new: bool


def invite(service: Service, token: ApiToken, *, reference: str = "") -> Invited:
    """One link for one closed ticket. The same `reference` (of the office's helpdesk) gives the same
    code again, because the code is derived from it: the reference itself is stored nowhere.

    Whether the code was used is not said, so that a helpdesk cannot learn who rated.
    Raises CodesOff, CodeRefused (`revoked`).
    """
    if service.codes == CodeRule.NONE:
        raise CodesOff(service.pk)
    code = derived_code(service.pk, reference) if reference else fresh_codes(1, LINK_SIGNS)[0]
    today = service.office.today
    with transaction.atomic():
        batch = month_batch(service, token, today)
        known = Invitation.find(service, code)
        if known is not None:
            if known.batch.revoked_on is not None:
                raise CodeRefused("revoked")
            return Invited(code, known.expires_on, is_new=False)
        expires_on = today + timedelta(days=LINK_DAYS)
        Invitation.objects.create(
            service=service,
            batch=batch,
            place=batch.n,
            expires_on=expires_on,
            code_sha256=hash_code(service.pk, code),
        )
        batch.n, batch.expires_on = batch.n + 1, expires_on
        batch.save(update_fields=["n", "expires_on"])
    return Invited(code, expires_on, is_new=True)


def month_batch(service: Service, token: ApiToken, today: date) -> InvitationBatch:
    """The batch that gathers what this token makes this month, held until the transaction ends.
    After a revocation a new one is begun."""
    key = {"service": service, "token": token, "month": today.replace(day=1)}
    while True:
        batch, is_new = InvitationBatch.objects.get_or_create(
            **key,
            revoked_on=None,
            defaults={
                "office_id": service.office_id,
                "kind": BatchKind.LINK,
                "n": 0,
                "made_on": today,
                "expires_on": today,
            },
        )
        if is_new:
            Event.record(
                "invitations.made", by=None, about=batch, office=service.office, token=token.pk
            )
        held = InvitationBatch.objects.select_for_update().get(pk=batch.pk)
        if held.revoked_on is None:
            return held


def address(service: Service, code: str) -> str:
    """The link that carries the code."""
    return f"{settings.PUBLIC_URL}{service.get_absolute_url()}?u={code}"


def check_references(lines: Sequence[str]) -> list[str]:
    """Ticket numbers of an uploaded list, without empty lines. Raises ValidationError for a line
    that is not a number of a ticket: names of people have no place in it."""
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.strip().strip('"')
        if not text:
            continue
        if not REFERENCE.fullmatch(text):
            raise ValidationError(
                {
                    "tickets": _(
                        "Baris %(number)s bukan nomor tiket. Tulis satu nomor per baris: huruf, "
                        "angka, dan tanda - _ . / #, tanpa spasi dan tanpa nama orang."
                    )
                    % {"number": number}
                }
            )
        found.append(text)
    doubled = next((text for text in found if found.count(text) > 1), None)
    if doubled:
        raise ValidationError(
            {"tickets": _("Nomor tiket %(ticket)s tertulis dua kali.") % {"ticket": doubled}}
        )
    return found


def fresh_codes(n: int, signs: int) -> list[str]:
    """`n` different random codes of so many signs."""
    codes: set[str] = set()
    while len(codes) < n:
        codes.add("".join(secrets.choice(CODE_ALPHABET) for _place in range(signs)))
    return list(codes)


def derived_code(service_id: int, reference: str) -> str:
    """The code of a reference; without the server's key neither follows from the other."""
    return in_signs(keyed(f"invitation-of:{service_id}:{reference}"), LINK_SIGNS)


def hash_code(service_id: int, code: str) -> str:
    """What is stored of a code, however it was typed."""
    return keyed(f"invitation:{service_id}:{plain(code)}").hex()


def shown(code: str) -> str:
    """A code as it is printed: `ABCD-EFGH`."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def is_set(bits: bytes | memoryview[int], place: int) -> bool:
    at, bit = divmod(place, 8)
    return at < len(bits) and bool(bytes(bits)[at] & 1 << bit)


def with_bit(bits: bytes | memoryview[int], place: int) -> bytes:
    at, bit = divmod(place, 8)
    longer = bytearray(bytes(bits)).ljust(at + 1, b"\0")
    longer[at] |= 1 << bit
    return bytes(longer)
