"""Import: a spreadsheet of answers on its way in, and what became of it.

The steps are dates: uploaded, mapped (a person said what the columns mean), checked (every row was
read), confirmed, finished; or cancelled. The import is kept for ever, the file is not: `Upload` is
the file as long as it exists, and goes when the import is over or after seven days.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.models.audit import Event
from tuntas.models.erased import Erased
from tuntas.models.leases import Lease, Leased
from tuntas.models.offices import Office, Service, in_reach
from tuntas.models.people import User
from tuntas.models.responses import Response, Submission
from tuntas.typed import file_name

KEPT = timedelta(days=7)


class ImportState(models.TextChoices):
    """Where an import stands; told by its dates, never stored."""

    UPLOADED = "uploaded", _("menunggu arti kolom")
    CHECKING = "checking", _("sedang diperiksa")
    UNREADABLE = "unreadable", _("tidak terbaca")
    CHECKED = "checked", _("menunggu persetujuan")
    STORING = "storing", _("sedang disimpan")
    FINISHED = "finished", _("selesai")
    CANCELLED = "cancelled", _("dibatalkan")
    EXPIRED = "expired", _("kedaluwarsa")
    FAILED = "failed", _("gagal")


class TooLate(Exception):
    """The import has gone on meanwhile; the act no longer fits."""


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> ImportQuerySet:
        return self.filter(in_reach(user, unit="service__unit"))

    def running(self) -> ImportQuerySet:
        return self.filter(cancelled_at__isnull=True, problem="", upload__isnull=False)

    def to_check(self) -> ImportQuerySet:
        return self.running().filter(mapped_at__isnull=False, checked_at__isnull=True)

    def to_store(self) -> ImportQuerySet:
        return self.running().filter(confirmed_at__isnull=False, finished_at__isnull=True)


class Import(Leased):
    """One spreadsheet for one service."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="imports")
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="imports", verbose_name=_("layanan")
    )
    file_name = models.CharField(_("nama berkas"), max_length=200)
    file_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # What the columns mean: {"sheet", "line", "names", "columns", "order", "zone", "dates", "month",
    # "batch"}; remembered for the next file of the office with the same header.
    mapping = models.JSONField(default=dict)
    header_sha256 = models.CharField(max_length=64, blank=True, default="")
    mapped_at = models.DateTimeField(null=True)
    # What the check found: counts, months, tally, the day and the edition it was made with.
    summary = models.JSONField(default=dict)
    checked_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, default="")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # Rows behind us in the step that runs, and what became of them.
    done = models.PositiveIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    months = models.JSONField(default=dict)  # {"2026-01": rows stored into that month}
    finished_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        indexes = [
            models.Index(fields=["office", "-uploaded_at"], name="import_office_at"),
            models.Index(fields=["service", "sha256"], name="import_service_file"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="import_confirmed_or_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def state(self) -> ImportState:
        facts = (
            (self.finished_at, ImportState.FINISHED),
            (self.cancelled_at, ImportState.CANCELLED),
            (self.problem, ImportState.UNREADABLE),
            (self.given_up_at, ImportState.FAILED),
            (not hasattr(self, "upload"), ImportState.EXPIRED),
            (self.confirmed_at, ImportState.STORING),
            (self.checked_at, ImportState.CHECKED),
            (self.mapped_at, ImportState.CHECKING),
        )
        return next((state for fact, state in facts if fact), ImportState.UPLOADED)

    @property
    def path(self) -> Path:
        """Where the file lies. Raises Upload.DoesNotExist when it is gone."""
        return Path(default_storage.path(self.upload.stored_as))

    @property
    def digest(self) -> str:
        """Fingerprint of what the check announced: who confirms, confirms this."""
        return str(self.summary.get("digest", ""))

    @classmethod
    def add(cls, service: Service, file: File[bytes], name: str, *, by: User) -> Import:
        """Keep an uploaded file. The row comes first, so that no file lies there unknown."""
        digest, size = hashlib.sha256(), 0
        for piece in file.chunks():
            digest.update(piece)
            size += len(piece)
        ending = ".xlsx" if name.lower().endswith(".xlsx") else ".csv"
        with transaction.atomic():
            made = cls.objects.create(
                office_id=service.office_id,
                service=service,
                file_name=file_name(name),
                file_bytes=size,
                sha256=digest.hexdigest(),
                uploaded_at=timezone.now(),
                uploaded_by=by,
            )
            stored_as = f"imports/{service.office_id}/{secrets.token_hex(16)}{ending}"
            Upload.objects.create(of=made, stored_as=stored_as)
        file.seek(0)
        default_storage.save(stored_as, file)
        return made

    def refuse(self) -> None:
        """The file turned out not to be a spreadsheet: neither it nor the import is kept."""
        self.upload.forget()
        self.delete()

    def accept(self, excerpt: dict[str, Any], *, by: User) -> None:
        """The file can be read; keep its first rows for the page that asks what they mean."""
        with transaction.atomic():
            Upload.objects.filter(of=self).update(excerpt=excerpt)
            Event.record("import.added", by=by, about=self, office=self.office, sha256=self.sha256)

    def map(self, mapping: dict[str, Any], header_sha256: str) -> None:
        """Say (again) what the columns mean; the rows are then checked. Raises TooLate."""
        with transaction.atomic():
            found = Import.objects.filter(
                pk=self.pk, confirmed_at=None, cancelled_at=None, problem="", finished_at=None
            )
            changed = found.update(
                mapping=mapping,
                header_sha256=header_sha256,
                mapped_at=timezone.now(),
                checked_at=None,
                summary={},
                done=0,
                lease_holder="",  # a check that runs is out of date and loses the row
                leased_until=None,
                tries=0,
                given_up_at=None,
            )
            if not changed:
                raise TooLate
            self.refused.all().delete()
            Upload.objects.filter(of=self).update(first=[])
        self.refresh_from_db()

    def mapping_before(self, header_sha256: str) -> dict[str, Any]:
        """What this office said last of a file with the same header; empty when it was never asked."""
        found = (
            Import.objects.filter(office_id=self.office_id, header_sha256=header_sha256)
            .filter(mapped_at__isnull=False)
            .exclude(pk=self.pk)
            .order_by("-mapped_at")
            .first()
        )
        return dict(found.mapping) if found else {}

    def same_file_before(self) -> Import | None:
        """The latest finished import of the very same file into this service."""
        return (
            Import.objects.filter(
                service_id=self.service_id, sha256=self.sha256, finished_at__isnull=False
            )
            .exclude(pk=self.pk)
            .order_by("-finished_at")
            .first()
        )

    # -- the steps of the worker; each holds the lease in its own transaction --------------------

    def refuse_rows(
        self, lease: Lease, rows: Sequence[tuple[int, str, str, str]], done: int
    ) -> None:
        """Note bad rows (line, column, value, reason) found by the check. Raises LeaseLost."""
        with transaction.atomic():
            lease.renew(done=done)
            RefusedRow.objects.bulk_create(
                RefusedRow(of=self, line=line, column=column, value=value, reason=reason)
                for line, column, value, reason in rows
            )

    def begin_check(self, lease: Lease) -> None:
        """A check that was killed begins anew. Raises LeaseLost."""
        with transaction.atomic():
            lease.renew(done=0)
            self.refused.all().delete()

    def finish_check(
        self, lease: Lease, summary: dict[str, Any], first: list[dict[str, Any]]
    ) -> None:
        """All rows were read. Raises LeaseLost."""
        with transaction.atomic():
            lease.renew(summary=summary, checked_at=timezone.now())
            Upload.objects.filter(of=self).update(first=first)

    def fail(self, lease: Lease, problem: str) -> None:
        """The file as a whole cannot be used. Raises LeaseLost."""
        with transaction.atomic():
            lease.renew(problem=problem)

    def store(self, lease: Lease, rows: Sequence[Submission]) -> None:
        """Store the next rows and move on, all in one transaction. Raises LeaseLost, BadSubmission."""
        now = timezone.now()
        n = stored = moved = 0
        months = dict(self.months)
        with transaction.atomic():
            receipts = Response.receive_many(self.service, rows, at=now)
            for submission, receipt in zip(rows, receipts, strict=True):
                n += 1
                if receipt.is_new:
                    month = str(receipt.month)
                    stored += 1
                    months[month] = months.get(month, 0) + 1
                    moved += bool(
                        submission.answered_on and receipt.month != Month.of(submission.answered_on)
                    )
            lease.renew(
                done=F("done") + n,
                stored=F("stored") + stored,
                known=F("known") + n - stored,
                moved=F("moved") + moved,
                months=months,
                tries=0,
            )
        self.refresh_from_db(fields=["done", "stored", "known", "moved", "months"])

    def finish(self, lease: Lease) -> None:
        """All rows that were confirmed are stored. Raises LeaseLost."""
        with transaction.atomic():
            lease.renew(finished_at=timezone.now())
            Event.record(
                "responses.imported",
                by=self.confirmed_by,
                about=self.service,
                office=self.office,
                stored=self.stored,
                known=self.known,
                bad=int(self.summary["bad"]),
                sha256=self.sha256,
            )

    # -- what people decide ----------------------------------------------------------------------

    def confirm(self, digest: str, *, by: User) -> None:
        """Import the good rows exactly as announced. Raises TooLate when it is not that any more."""
        if not Upload.objects.filter(of=self).exists():
            raise TooLate
        with transaction.atomic():
            changed = Import.objects.filter(
                pk=self.pk,
                checked_at__isnull=False,
                confirmed_at=None,
                cancelled_at=None,
                problem="",
                summary__digest=digest,
                summary__good__gt=0,
            ).update(confirmed_at=timezone.now(), confirmed_by=by, done=0)
            if not changed:
                raise TooLate
            Event.record("import.confirmed", by=by, about=self, office=self.office, digest=digest)
        self.refresh_from_db()

    def cancel(self, *, by: User) -> None:
        """Import nothing. Raises TooLate once rows are being stored."""
        with transaction.atomic():
            begun = Q(confirmed_at__isnull=False) & (~Q(lease_holder="") | Q(done__gt=0))
            changed = (
                Import.objects.filter(pk=self.pk, finished_at=None, cancelled_at=None)
                .exclude(begun)
                .update(
                    cancelled_at=timezone.now(),
                    cancelled_by=by,
                    confirmed_at=None,
                    confirmed_by=None,
                    lease_holder="",
                    leased_until=None,
                )
            )
            if not changed:
                raise TooLate
            Event.record("import.cancelled", by=by, about=self, office=self.office)
        self.refresh_from_db()


class RefusedRow(models.Model):
    """One row of a spreadsheet that cannot be stored, and why. Never what a citizen wrote."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="refused")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["line", "id"]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


class UploadQuerySet(models.QuerySet["Upload"]):
    def done_with(self) -> UploadQuerySet:
        """Files nobody needs any more: the import is over, or was left for seven days."""
        over = (
            Q(of__finished_at__isnull=False)
            | Q(of__cancelled_at__isnull=False)
            | ~Q(of__problem="")
        )
        at_work = Q(of__confirmed_at__isnull=False, of__given_up_at__isnull=True)
        left = Q(of__uploaded_at__lt=timezone.now() - KEPT) & ~at_work
        return self.filter(over | left)


class Upload(Leased):
    """The file of an import as long as it is kept, with what the pages show of it."""

    of = models.OneToOneField(Import, models.CASCADE, related_name="upload")
    stored_as = models.CharField(max_length=120)
    excerpt = models.JSONField(default=dict)  # {"sheets", "sheet", "rows"}: its first rows
    first = models.JSONField(default=list)  # the first good rows as they will be stored

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return self.stored_as

    @property
    def kept_until(self) -> Any:
        return self.of.uploaded_at + KEPT

    def forget(self) -> None:
        """Delete the file, then what speaks of it; repeatable when killed between the two."""
        default_storage.delete(self.stored_as)
        with transaction.atomic():
            gone, _rows = Upload.objects.filter(pk=self.pk).delete()
            Erased.note("upload", gone, office_id=self.of.office_id)
