"""PaperBatch › PaperSheet › PaperTyping: filled-in sheets, typed twice before they count.

A pile of sheets is a batch. Each sheet is typed once, then again by another person or later; what
differs is decided with the sheet in hand. Only then it becomes a Response, and what was typed is
erased: the response is append-only, and a suggestion never stays beside the scores.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.law.profile import PROFILE, UNKNOWN, BadProfile, check_profile
from tuntas.models.audit import Event
from tuntas.models.feedback import TEXT_LIMIT
from tuntas.models.offices import Office, Service, in_reach
from tuntas.models.people import User
from tuntas.models.responses import (
    BadSubmission,
    Channel,
    Response,
    ServiceClosed,
    Submission,
    check_submission,
)
from tuntas.models.surveys import Edition

MOST_SHEETS = 2000
# Older sheets are history: they come in by the spreadsheet import, not through this door.
OLDEST_SHEET = timedelta(days=366)
FIRST, SECOND = 1, 2


@dataclass(frozen=True)
class SheetValues:
    """What stands on a sheet: one character per question ("0" = not answered) and per profile
    question ("-" = not filled in), the day it was filled in, and what was written."""

    answers: str
    profile: str
    day: date
    suggestion: str = ""

    def fields(self) -> dict[str, str]:
        """The fields two typings are compared by: the day, `q1` …, `p_sex` …"""
        questions = {f"q{place}": score for place, score in enumerate(self.answers, start=1)}
        profile = {
            f"p_{question.code}": character
            for question, character in zip(PROFILE, self.profile, strict=True)
        }
        return {"day": self.day.isoformat(), **questions, **profile}


class PaperBatchQuerySet(models.QuerySet["PaperBatch"]):
    def visible_to(self, user: User) -> PaperBatchQuerySet:
        return self.filter(in_reach(user, unit="service__unit"))

    def with_progress(self) -> PaperBatchQuerySet:
        """With `typed`, `verified` and `different`: how many sheets of the pile are that."""
        waiting = Q(sheets__verified_at__isnull=True)
        return self.annotate(
            typed=Count("sheets", distinct=True),
            verified=Count("sheets", filter=Q(sheets__verified_at__isnull=False), distinct=True),
            different=Count(
                "sheets", filter=waiting & Q(sheets__typings__place=SECOND), distinct=True
            ),
        )


class PaperBatch(models.Model):
    """A pile of sheets of one service and edition, numbered from 1."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="paper_batches")
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="paper_batches", verbose_name=_("layanan")
    )
    # The one the sheets were printed with; the service may ask another one by now.
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    # With a sheet's number it makes the id of the response, so that a sheet counts once.
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("nama tumpukan"), max_length=80)
    size = models.PositiveSmallIntegerField(
        _("jumlah lembar"), validators=[MinValueValidator(1), MaxValueValidator(MOST_SHEETS)]
    )
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()

    objects = PaperBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def add(cls, service: Service, name: str, size: int, *, by: User | None) -> PaperBatch:
        """A new pile for the edition the service asks now. Raises ValidationError."""
        batch = cls(
            office_id=service.office_id,
            service=service,
            edition_id=service.edition_id,
            name=name.strip(),
            size=size,
            made_by=by,
            made_at=timezone.now(),
        )
        with transaction.atomic():
            batch.full_clean()
            batch.save()
            Event.record("batch.added", by=by, about=batch, office=service.office, size=size)
        return batch

    def resize(self, size: int, *, by: User | None) -> None:
        """Correct the number of sheets. Raises ValidationError below a number that was typed."""
        with transaction.atomic():
            self._hold()
            last = self.sheets.order_by("number").last()
            if last is not None and size < last.number:
                raise ValidationError(
                    {
                        "size": gettext("Lembar nomor %(number)s sudah diketik.")
                        % {"number": last.number}
                    }
                )
            self.size = size
            self.full_clean()
            self.save(update_fields=["size"])
            Event.record("batch.resized", by=by, about=self, office=self.office, size=size)

    def next_number(self, place: int) -> int | None:
        """The first sheet that waits for this pass; None when there is none."""
        if place == FIRST:
            typed = set(self.sheets.values_list("number", flat=True))
            return next((at for at in range(1, self.size + 1) if at not in typed), None)
        waiting = self.sheets.filter(verified_at__isnull=True).exclude(typings__place=SECOND)
        return waiting.order_by("number").values_list("number", flat=True).first()

    def type_first(self, number: int, values: SheetValues, *, by: User) -> PaperSheet:
        """Keep the first pass of a sheet, or correct it while nobody typed the second.

        Raises ValidationError.
        """
        self._check(values)
        with transaction.atomic():
            self._hold()
            if not 1 <= number <= self.size:
                raise ValidationError(
                    {
                        "number": gettext(
                            "Tumpukan ini berisi lembar 1–%(size)s. Ubah dahulu jumlah lembarnya."
                        )
                        % {"size": self.size}
                    }
                )
            sheet, _new = PaperSheet.objects.get_or_create(batch=self, number=number)
            sheet.refuse_when_counted()
            if sheet.typings.filter(place=SECOND).exists():
                raise ValidationError(
                    {
                        "number": gettext(
                            "Lembar %(number)s sudah diketik dua kali. Putuskan perbedaannya, atau "
                            "hapus ketikannya dahulu."
                        )
                        % {"number": number}
                    }
                )
            sheet.keep_typing(FIRST, values, by)
        return sheet

    def type_again(self, number: int, values: SheetValues, *, by: User) -> PaperSheet:
        """Keep the second pass; a sheet typed the same twice is counted at once.

        Raises ValidationError.
        """
        self._check(values)
        with transaction.atomic():
            self._hold()
            sheet = self.sheets.filter(number=number).first()
            if sheet is None:
                raise ValidationError(
                    {
                        "number": gettext("Lembar %(number)s belum diketik pertama kali.")
                        % {"number": number}
                    }
                )
            sheet.refuse_when_counted()
            if sheet.typings.filter(place=SECOND).exists():
                raise ValidationError(
                    {
                        "number": gettext("Lembar %(number)s baru saja diketik orang lain.")
                        % {"number": number}
                    }
                )
            sheet.keep_typing(SECOND, values, by)
            if not sheet.differences():
                sheet.count(values, by=by)
        return sheet

    def _hold(self) -> None:
        """One writer of a pile at a time, until the end of the transaction."""
        PaperBatch.objects.select_for_update().get(pk=self.pk)

    def _check(self, values: SheetValues) -> None:
        """Raise ValidationError, by field, for what cannot stand on a sheet of this pile."""
        today = self.service.office.today
        if values.day > today:
            raise ValidationError({"day": gettext("Tanggal lembar belum terjadi.")})
        if today - values.day > OLDEST_SHEET:
            raise ValidationError(
                {"day": gettext("Tanggal lembar lebih dari setahun lalu; periksa tahunnya.")}
            )
        try:
            check_profile(values.profile)
        except BadProfile as error:
            raise ValidationError({"profile": str(error)}) from error
        if len(values.suggestion) > TEXT_LIMIT:
            raise ValidationError(
                {"suggestion": gettext("Saran lebih dari %(most)s huruf.") % {"most": TEXT_LIMIT}}
            )
        try:
            check_submission(self.service, self.submission(0, values), self.edition)
        except ServiceClosed as error:
            raise ValidationError(
                gettext(
                    "Layanan ini sudah ditutup. Minta tim survei membukanya sampai tumpukan ini "
                    "selesai dihitung."
                )
            ) from error
        except BadSubmission as error:
            raise ValidationError({"answers": str(error)}) from error

    def submission(self, number: int, values: SheetValues) -> Submission:
        return Submission(
            id=uuid.uuid5(self.key, str(number)),
            edition_id=self.edition_id,
            answers=values.answers,
            channel=Channel.PAPER,
            profile=values.profile,
            suggestion=values.suggestion,
            answered_on=values.day,
        )


class PaperSheet(models.Model):
    """One sheet of a pile: typed once, typed twice and different, or counted for ever."""

    batch = models.ForeignKey(PaperBatch, models.PROTECT, related_name="sheets")
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    month = models.DateField(null=True, blank=True)  # the month it counts for

    class Meta:
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="paper_sheet_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.number}"

    def typing(self, place: int) -> PaperTyping | None:
        return next((row for row in self.typings.all() if row.place == place), None)

    @property
    def is_different(self) -> bool:
        """Typed twice, and not the same."""
        return self.verified_at is None and self.typing(SECOND) is not None

    def keep_typing(self, place: int, values: SheetValues, by: User) -> None:
        """Inside the transaction of the pass that calls it."""
        PaperTyping.objects.update_or_create(
            sheet=self,
            place=place,
            defaults={
                "answers": values.answers,
                "profile": values.profile,
                "day": values.day,
                "suggestion": values.suggestion,
                "by": by,
                "at": timezone.now(),
            },
        )

    def differences(self) -> dict[str, tuple[str, str]]:
        """Fields the two passes do not agree on, with both readings. The suggestion is none of
        them: it is typed once, and the second pass reads it over."""
        first, second = self.typings.get(place=FIRST), self.typings.get(place=SECOND)
        other = second.values.fields()
        return {
            name: (value, other[name])
            for name, value in first.values.fields().items()
            if value != other[name]
        }

    def resolve(self, choices: dict[str, int], suggestion: str, *, by: User) -> SheetValues:
        """Count the sheet with the reading chosen (1 or 2) for each field that differs, and return
        what was counted.

        Raises ValidationError when one is not chosen, or the sheet is not there any more.
        """
        with transaction.atomic():
            self.batch._hold()
            self.refresh_from_db()
            self.refuse_when_counted()
            if not self.is_different:
                raise ValidationError(gettext("Ketikan lembar ini sudah dihapus."))
            differences = self.differences()
            if any(choices.get(name) not in (FIRST, SECOND) for name in differences):
                raise ValidationError(gettext("Pilih satu bacaan untuk setiap perbedaan."))
            chosen = {name: both[choices[name] - 1] for name, both in differences.items()}
            values = self._merged(self.typings.get(place=SECOND).values, chosen)
            values = replace(values, suggestion=suggestion.replace("\r\n", "\n").strip())
            self.batch._check(values)
            self.count(values, by=by)
        return values

    @staticmethod
    def _merged(values: SheetValues, chosen: dict[str, str]) -> SheetValues:
        fields = {**values.fields(), **chosen}
        return SheetValues(
            answers="".join(fields[f"q{place}"] for place in range(1, len(values.answers) + 1)),
            profile="".join(fields[f"p_{question.code}"] for question in PROFILE),
            day=date.fromisoformat(fields["day"]),
            suggestion=values.suggestion,
        )

    def count(self, values: SheetValues, *, by: User) -> None:
        """Make the response, and erase what was typed. Inside a transaction that holds the batch."""
        batch, now = self.batch, timezone.now()
        submission = batch.submission(self.number, values)
        receipt = Response.receive(batch.service, submission, at=now, edition=batch.edition)
        typists = list(self.typings.order_by("place").values_list("by", flat=True))
        self.typings.all().delete()
        self.verified_at, self.verified_by, self.month = now, by, receipt.month.first_day
        self.save(update_fields=["verified_at", "verified_by", "month"])
        Event.record(
            "sheet.counted",
            by=by,
            about=self,
            office=batch.office,
            month=str(receipt.month),
            typed_by=typists,
        )

    def clear(self, *, by: User) -> None:
        """Take back what was typed, so that the sheet is typed anew. Raises ValidationError."""
        with transaction.atomic():
            self.batch._hold()
            self.refresh_from_db()
            self.refuse_when_counted()
            Event.record(
                "sheet.cleared", by=by, about=self, office=self.batch.office, number=self.number
            )
            self.typings.all().delete()
            self.delete()

    def refuse_when_counted(self) -> None:
        if self.verified_at is not None:
            raise ValidationError(
                {
                    "number": gettext(
                        "Lembar %(number)s sudah dihitung dan tidak dapat diubah lagi."
                    )
                    % {"number": self.number}
                }
            )

    def moved_from(self, day: date) -> Month | None:
        """The closed month the sheet's day lies in, when it counts in a later one."""
        own = Month.of(day)
        return own if self.month and Month.of(self.month) != own else None


class PaperTyping(models.Model):
    """What one person read from a sheet; place 1 or 2. It lives until the sheet is counted."""

    sheet = models.ForeignKey(PaperSheet, models.PROTECT, related_name="typings")
    place = models.PositiveSmallIntegerField()
    answers = models.CharField(max_length=60)
    profile = models.CharField(max_length=8)
    day = models.DateField()
    suggestion = models.TextField(blank=True, max_length=TEXT_LIMIT)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["sheet", "place"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "place"], name="paper_typing_once"),
            models.CheckConstraint(
                condition=Q(place__in=(FIRST, SECOND)), name="paper_typing_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet} ({self.place})"

    @property
    def values(self) -> SheetValues:
        return SheetValues(self.answers, self.profile, self.day, self.suggestion)


def profile_text(given: str) -> str:
    """A profile as a typist writes it, `p35a`, in the letters it is kept in; empty: not filled in."""
    given = given.strip()
    if not given:
        return UNKNOWN * len(PROFILE)
    known = [dict(question.choices) for question in PROFILE]
    fitted: list[Any] = []
    for character, choices in zip(given, known, strict=False):
        forms = (character, character.upper(), character.lower())
        fitted.append(next((form for form in forms if form in choices), character))
    return "".join(fitted) + given[len(known) :]
