"""RetentionChoice: how long an office keeps each kind of thing; what is due, and erasing it.

What may be chosen stands in `law.retention`. Erasing may be killed anywhere and run again: each thing
goes in a transaction of its own, or all of a kind at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.retention import DAYS, HOURS, RETENTIONS, YEARS, Retention, retention
from tuntas.models.audit import AppendOnly, Event
from tuntas.models.conversations import Contact
from tuntas.models.erased import NAMES, Erased
from tuntas.models.erasures import Cause, TextErasure
from tuntas.models.evidence import Evidence
from tuntas.models.feedback import Feedback
from tuntas.models.invitations import Invitation
from tuntas.models.notices import Notice
from tuntas.models.offices import Office
from tuntas.models.people import User
from tuntas.models.publications import Publication
from tuntas.models.reports import SignedFile
from tuntas.models.search import forget_erased
from tuntas.models.spreadsheets import Upload

# What one turn of the background loop erases at most of a kind; the rest waits for the next.
TURN = 1000
# Texts erased in one transaction: the index of their words is cleaned once for all of them.
TOGETHER = 100

SINCE = {
    "contact": _("sesudah jawaban terakhir kantor"),
    "text": _("sesudah diterima, bila tidak lagi menunggu jawaban"),
    "evidence": _("sesudah dilampirkan; sidik dan namanya tetap"),
    "invitation": _("sesudah hari terakhir berlakunya; jumlahnya tetap"),
    "upload": _("sesudah diunggah; segera bila impornya selesai atau dibatalkan"),
    "notice": _("sesudah dibuat, bila sudah selesai"),
    "session": _("sesudah masuk"),
    "audit": _("hanya ditambah; basis data menolak perubahan"),
    "response": _("tanpa identitas; hanya ditambah, dan menjadi dasar bukti setiap hasil"),
}
UNITS = {HOURS: _("jam"), DAYS: _("hari"), YEARS: _("tahun")}


class RetentionChoice(AppendOnly):
    """What an office decided for one kind; the newest row stands. `amount` empty: it is kept."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="retention_choices")
    kind = models.CharField(max_length=12)
    amount = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.office_id} {self.kind} {self.amount}"

    @classmethod
    def choose(
        cls, office: Office, kind: str, amount: int | None, *, by: User | None
    ) -> RetentionChoice:
        """Decide how long a kind is kept, None for ever. Raises ValidationError for a kind that is
        no office's choice and for an amount outside its limits."""
        try:
            rule = retention(kind)
        except LookupError:
            raise ValidationError(_("Jenis itu tidak dikenal.")) from None
        if rule.choice is None:
            raise ValidationError(_("Aturan ini dipegang oleh sistem dan tidak dapat diubah."))
        least, most = rule.choice
        if amount is not None and not least <= amount <= most:
            raise ValidationError(
                _("Isi %(least)s sampai %(most)s %(unit)s, atau pilih simpan terus.")
                % {"least": least, "most": most, "unit": UNITS[rule.unit]}
            )
        with transaction.atomic():
            row = cls.objects.create(
                office=office, kind=kind, amount=amount, at=timezone.now(), by=by
            )
            Event.record(
                "retention.chosen", by=by, about=row, office=office, kind=kind, amount=amount
            )
        return row


@dataclass(frozen=True)
class StandingRule:
    """A kind as the office keeps it now."""

    rule: Retention
    amount: int | None
    is_chosen: bool

    @property
    def kind(self) -> str:
        return self.rule.kind

    @property
    def name(self) -> Any:
        return NAMES[self.kind]

    @property
    def since(self) -> Any:
        return SINCE[self.kind]

    @property
    def unit(self) -> Any:
        return UNITS[self.rule.unit]

    def limit(self, now: datetime) -> datetime | None:
        """What is older than this is due; None where everything is kept."""
        if self.amount is None:
            return None
        if self.rule.unit == YEARS:
            # 29 February has no day in most years: the day before stands for it.
            day = 28 if (now.month, now.day) == (2, 29) else now.day
            return now.replace(year=now.year - self.amount, day=day)
        return now - timedelta(**{self.rule.unit: self.amount})


def rule_of(office: Office, kind: str) -> StandingRule:
    rule = retention(kind)
    row = office.retention_choices.filter(kind=kind).first() if rule.choice else None
    return StandingRule(rule, row.amount if row else default_amount(rule), row is not None)


def default_amount(rule: Retention) -> int | None:
    """Of sessions what the settings say; of everything else what stands in the law's table."""
    return settings.SESSION_COOKIE_AGE // 3600 if rule.kind == "session" else rule.amount


def rules_of(office: Office) -> list[StandingRule]:
    return [rule_of(office, rule.kind) for rule in RETENTIONS]


# -- what is due ---------------------------------------------------------------------------------


def due(rule: StandingRule, office: Office, now: datetime) -> models.QuerySet[Any] | None:
    """The rows that the rule erases now; None for what is kept or belongs to the installation."""
    limit = rule.limit(now)
    if limit is None:
        return None
    if rule.kind == "contact":
        return Contact.objects.outlived(now).filter(feedback__office=office)
    if rule.kind == "text":
        parts_wait = Feedback.objects.filter(split_from=OuterRef("pk"), waits=True)
        found = Feedback.objects.filter(office=office, split_from=None, received_at__lt=limit)
        return found.filter(~Exists(parts_wait), waits=False).exclude(text="").order_by("pk")
    if rule.kind == "evidence":
        kept = Evidence.objects.filter(plan__office=office, at__lt=limit, erased_at=None)
        return kept.exclude(sha256="").order_by("pk")
    if rule.kind == "invitation":
        last = limit.astimezone(office.zone).date()
        return Invitation.objects.filter(batch__office=office, batch__expires_on__lt=last)
    if rule.kind == "upload":
        return Upload.objects.done_with().filter(of__office=office)
    if rule.kind == "notice":
        return Notice.objects.expired(now).filter(office=office)
    return None


@dataclass(frozen=True)
class RetentionRow:
    """One line of the page: the rule, how much is due, and how much was erased until now."""

    standing: StandingRule
    due: int | None
    erased: int
    last_at: datetime | None


def overview(office: Office, now: datetime) -> list[RetentionRow]:
    found = []
    for standing in rules_of(office):
        rows = due(standing, office, now)
        past = Erased.objects.filter(kind=standing.kind)
        # Sessions belong to no office: their number is that of the installation.
        past = past.filter(office=None if standing.kind == "session" else office)
        told = past.aggregate(n=Sum("n"), last=Max("at"))
        count = None if rows is None else rows.count()
        found.append(RetentionRow(standing, count, told["n"] or 0, told["last"]))
    return found


# -- erasing -------------------------------------------------------------------------------------


def erase_due(office: Office, now: datetime) -> dict[str, int]:
    """Erase what the office's rules say, at most `TURN` of a kind; how many of each."""
    done = {}
    for standing in rules_of(office):
        rows = due(standing, office, now)
        # Uploads go by a work of their own, as soon as their import is over.
        if rows is not None and standing.kind != "upload":
            done[standing.kind] = ERASERS[standing.kind](office, rows, now)
    return done


def erase_contacts(office: Office, rows: models.QuerySet[Any], now: datetime) -> int:
    contacts = list(rows.select_related("feedback__office")[:TURN])
    for contact in contacts:
        with transaction.atomic():
            contact.erase(rule=True)
            Erased.note("contact", 1, office_id=office.pk, at=now)
    return len(contacts)


def erase_texts(_office: Office, rows: models.QuerySet[Any], now: datetime) -> int:
    found = list(rows.select_related("office")[:TURN])
    for start in range(0, len(found), TOGETHER):
        with transaction.atomic():
            for row in found[start : start + TOGETHER]:
                TextErasure.make(row, Cause.RULE, at=now)
            forget_erased()
    return len(found)


def erase_evidence(office: Office, rows: models.QuerySet[Any], now: datetime) -> int:
    """The file goes when nothing else holds the same content; the row stays with its fingerprint."""
    found = list(rows.select_related("plan")[:TURN])
    for row in found:
        with transaction.atomic():
            Evidence.objects.filter(pk=row.pk).update(erased_at=now)
            Erased.note("evidence", 1, office_id=office.pk, at=now)
        if not is_held(office, row.sha256):
            default_storage.delete(row.storage_path)
    return len(found)


def is_held(office: Office, sha256: str) -> bool:
    """Whether another entry of the office still needs the content."""
    return (
        Evidence.objects.filter(plan__office=office, sha256=sha256, erased_at=None).exists()
        or Publication.objects.filter(office=office, sha256=sha256).exists()
        or SignedFile.objects.filter(report__office=office, sha256=sha256).exists()
    )


def erase_rows(kind: str) -> Any:
    """Rows that simply go."""

    def erase(office: Office, rows: models.QuerySet[Any], now: datetime) -> int:
        keys = list(rows.values_list("pk", flat=True)[:TURN])
        with transaction.atomic():
            rows.model._default_manager.filter(pk__in=keys).delete()
            Erased.note(kind, len(keys), office_id=office.pk, at=now)
        return len(keys)

    return erase


ERASERS = {
    "contact": erase_contacts,
    "text": erase_texts,
    "evidence": erase_evidence,
    "invitation": erase_rows("invitation"),
    "notice": erase_rows("notice"),
}
