"""PrivacyNotice: what an office tells citizens of their data, version by version.

A version is never changed: which one a citizen saw follows from the time alone, so that nothing
about it stands beside an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.privacy import DEFAULT_NOTICE
from tuntas.models.audit import AppendOnly, Event
from tuntas.models.offices import Office
from tuntas.models.people import User

NOTICE_LIMIT = 8000
# The notice that the system brings; an office's own versions begin with 1.
BUILT_IN = 0


@dataclass(frozen=True)
class StandingNotice:
    """A notice as it is shown. `since` is None for the one that the system brings."""

    version: int
    texts: dict[str, str]
    since: datetime | None

    def text(self, language: str) -> tuple[str, str]:
        """The words and their language: Indonesian where there is no translation."""
        found = self.texts.get(language)
        return (found, language) if found else (self.texts["id"], "id")


class PrivacyNotice(AppendOnly):
    """One version of an office's notice."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="privacy_notices")
    version = models.PositiveIntegerField()
    texts = models.JSONField(_("isi"))  # {"id": "…", "en": "…"}; Indonesian is always there
    from_at = models.DateTimeField(_("berlaku sejak"))
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["office", "version"], name="privacy_notice_version"),
        ]

    def __str__(self) -> str:
        return f"{self.office_id} v{self.version}"

    @property
    def standing(self) -> StandingNotice:
        return StandingNotice(self.version, self.texts, self.from_at)

    @classmethod
    def publish(
        cls,
        office: Office,
        texts: dict[str, str],
        *,
        by: User | None,
        from_on: date | None = None,
        at: datetime | None = None,
    ) -> PrivacyNotice:
        """A new version, from now or from a coming day on. Raises ValidationError."""
        now = at or timezone.now()
        kept = {code: clean_notice(text) for code, text in texts.items() if clean_notice(text)}
        if "id" not in kept:
            raise ValidationError({"id": _("Tulis pemberitahuan dalam bahasa Indonesia.")})
        for code, text in kept.items():
            if len(text) > NOTICE_LIMIT:
                raise ValidationError(
                    {
                        code: _("Terlalu panjang; paling banyak %(most)s huruf.")
                        % {"most": NOTICE_LIMIT}
                    }
                )
        with transaction.atomic():
            Office.objects.select_for_update().get(pk=office.pk)
            last = office.privacy_notices.aggregate(last=Max("version"))["last"] or BUILT_IN
            row = cls.objects.create(
                office=office, version=last + 1, texts=kept, at=now, by=by,
                from_at=begin_of(office, from_on, now),
            )  # fmt: skip
            Event.record(
                "privacy-notice.published", by=by, about=row, office=office, version=row.version,
                from_at=row.from_at.isoformat(),
            )  # fmt: skip
        return row


def clean_notice(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def begin_of(office: Office, day: date | None, now: datetime) -> datetime:
    """When a version begins that is to hold from `day` on. Raises ValidationError for the past:
    nobody can have been shown it then."""
    today = now.astimezone(office.zone).date()
    if day is None or day == today:
        return now
    if day < today:
        raise ValidationError(
            {"from_on": _("Tanggal itu sudah lewat. Pilih hari ini atau sesudahnya.")}
        )
    return datetime.combine(day, time(), tzinfo=office.zone)


def built_in(office: Office) -> StandingNotice:
    texts = {code: text.replace("{kantor}", office.name) for code, text in DEFAULT_NOTICE.items()}
    return StandingNotice(BUILT_IN, texts, None)


def notice_at(office: Office, at: datetime) -> StandingNotice:
    """The notice that was shown at a moment."""
    row = (
        PrivacyNotice.objects.filter(office=office, from_at__lte=at)
        .order_by("-from_at", "-version")
        .first()
    )
    return row.standing if row else built_in(office)


def notice_of(office: Office, version: int, at: datetime) -> StandingNotice | None:
    """A version that holds or held by `at`; None for one that does not exist or is still to come."""
    if version == BUILT_IN:
        return built_in(office)
    row = PrivacyNotice.objects.filter(office=office, version=version, from_at__lte=at).first()
    return row.standing if row else None


def blocks_of(text: str) -> list[tuple[str, str]]:
    """A notice's text as ("heading" or "paragraph", words), in order."""
    found: list[tuple[str, str]] = []
    for line in text.split("\n"):
        words = line.strip()
        if words.startswith("# "):
            found.append(("heading", words[2:].strip()))
        elif words:
            found.append(("paragraph", words))
    return found
