"""Response: one citizen's answers, stored once, durably, in one row.

The fast path of the whole system: one transaction that holds the month, inserts one row whose key
was made by the citizen's own form, and keeps a suggestion if there was one. What it returned is on
disk (SQLite `synchronous=FULL`, PostgreSQL `synchronous_commit=on`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.law.profile import BadProfile, check_profile
from tuntas.law.tally import Tally, count
from tuntas.models.audit import AppendOnly
from tuntas.models.feedback import Feedback, secret_code
from tuntas.models.offices import Office, Service
from tuntas.models.periods import first_open_month, hold_month
from tuntas.models.surveys import Edition


class Channel(models.TextChoices):
    WEB = "web", _("Situs web")
    WHATSAPP = "whatsapp", "WhatsApp"
    HELPDESK = "helpdesk", _("Helpdesk virtual")
    QR = "qr", _("Kode QR")
    KIOSK = "kiosk", _("Kios")
    ASSISTED = "assisted", _("Dibantu petugas")
    PAPER = "paper", _("Kertas")
    IMPORT = "import", _("Impor")


class ServiceClosed(Exception):
    """The service no longer takes answers."""


class BadSubmission(Exception):
    """The answers do not fit the questionnaire; the message says which and why."""


class IdUsedElsewhere(Exception):
    """The id already belongs to a response with other answers or of another service."""


@dataclass(frozen=True)
class Submission:
    """What a form sends. `id` is made once by the form, so that sending again changes nothing."""

    id: UUID
    edition_id: int
    answers: str  # one character per question, "0" = not answered
    channel: str
    profile: str = ""  # law.profile: one character per question of the profile
    suggestion: str = ""
    answered_on: date | None = None  # only when collected offline or on paper


@dataclass(frozen=True)
class Receipt:
    """Proof for the citizen. `tracking_code` is empty when no suggestion was written."""

    response_id: UUID
    code: str
    tracking_code: str
    month: Month
    is_new: bool


@dataclass(frozen=True)
class ServiceCount:
    """The counted answers of one service given to one edition."""

    service: Service
    edition: Edition
    tally: Tally


class ResponseQuerySet(models.QuerySet["Response"]):
    def count_by_service(
        self,
        office: Office,
        months: Sequence[Month],
        *,
        services: Iterable[int] | None = None,
    ) -> list[ServiceCount]:
        """Tallies per service and edition for the months, in one scan.

        The database only concatenates the answer strings; `law.tally.count` takes the columns out
        of them at C speed, exactly.
        """
        rows = list(self._answers(office, months, services))
        editions = Edition.objects.select_related("questionnaire").in_bulk(
            {edition for _service, edition, _answers in rows}
        )
        by_key = Service.objects.select_related("unit", "office").in_bulk(
            {service for service, _edition, _answers in rows}
        )
        return [
            ServiceCount(
                service=by_key[service],
                edition=editions[edition],
                tally=count(answers, editions[edition].layout, editions[edition].weights),
            )
            for service, edition, answers in rows
        ]

    def _answers(
        self, office: Office, months: Sequence[Month], services: Iterable[int] | None
    ) -> Iterator[tuple[int, int, str]]:
        table = self.model._meta.db_table
        join = (
            "string_agg(answers, '')"
            if connection.vendor == "postgresql"
            else ("group_concat(answers, '')")
        )
        days = [month.first_day for month in months]
        wanted = None if services is None else list(services)
        if not days or wanted == []:
            return
        # Names of our own tables and placeholders only; every value is a parameter.
        sql = (
            f"SELECT service_id, edition_id, {join} FROM {table} "
            f"WHERE office_id = %s AND month IN ({', '.join(['%s'] * len(days))})"
        )
        parameters: list[date | int] = [office.pk, *days]
        if wanted is not None:
            sql += f" AND service_id IN ({', '.join(['%s'] * len(wanted))})"
            parameters += wanted
        sql += " GROUP BY service_id, edition_id ORDER BY service_id, edition_id"
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            yield from cursor.fetchall()


class Response(AppendOnly):
    """One filled-in questionnaire. No identity, no address, no device: only what was answered."""

    # Office first in the key, so that a nation's responses can be distributed by office.
    pk = models.CompositePrimaryKey("office_id", "id")
    office = models.ForeignKey(Office, models.PROTECT, related_name="responses", db_index=False)
    id = models.UUIDField()
    service = models.ForeignKey(Service, models.PROTECT, related_name="responses", db_index=False)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="responses", db_index=False)
    month = models.DateField()  # the month it counts for
    received_at = models.DateTimeField()
    answered_on = models.DateField(null=True)
    channel = models.CharField(max_length=10, choices=Channel)
    answers = models.CharField(max_length=60)
    profile = models.CharField(max_length=8)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["office", "month", "service"], name="response_office_month"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def receive(
        cls, service: Service, submission: Submission, *, at: datetime | None = None
    ) -> Receipt:
        """Store a submission exactly once and say where it counts.

        The same submission again gives the same receipt and changes nothing. A submission for a
        month that is closed counts in the next open one, with `answered_on` kept.
        Raises ServiceClosed, BadSubmission, IdUsedElsewhere.
        """
        now = at or timezone.now()
        check_submission(service, submission)
        day = submission.answered_on or now.astimezone(service.office.zone).date()
        with transaction.atomic():
            month = cls._hold_open_month(service.office_id, Month.of(day))
            is_new = cls._insert(service, submission, month=month, at=now)
            if is_new and submission.suggestion:
                Feedback.take(
                    service,
                    submission.suggestion,
                    month=month,
                    at=now,
                    code=secret_code("track", submission.id),
                )
        if not is_new:
            month = cls._same_again(service, submission)
        return receipt_of(submission, service.office_id, month=month, is_new=is_new)

    @classmethod
    def _hold_open_month(cls, office_id: int, month: Month) -> Month:
        """The month the answer counts for, held until the end of the transaction."""
        while True:
            hold_month(office_id, month, exclusive=False)
            is_open = first_open_month(office_id, month)
            if is_open == month:
                return month
            month = is_open

    @classmethod
    def _insert(
        cls, service: Service, submission: Submission, *, month: Month, at: datetime
    ) -> bool:
        """Insert unless the id is there. Plain SQL: the ORM costs twice the time here."""
        fields = connection.ops
        with connection.cursor() as cursor:
            cursor.execute(
                INSERT,
                [
                    service.office_id,
                    submission.id if connection.vendor == "postgresql" else submission.id.hex,
                    service.pk,
                    submission.edition_id,
                    month.first_day,
                    fields.adapt_datetimefield_value(at),
                    submission.answered_on,
                    submission.channel,
                    submission.answers,
                    submission.profile,
                ],
            )
            return bool(cursor.rowcount == 1)

    @classmethod
    def _same_again(cls, service: Service, submission: Submission) -> Month:
        """Month of the stored response. Raises IdUsedElsewhere when it is not the same one."""
        stored = cls.objects.get(office_id=service.office_id, id=submission.id)
        if (stored.service_id, stored.answers) != (service.pk, submission.answers):
            raise IdUsedElsewhere(submission.id)
        return Month.of(stored.month)


INSERT = (
    "INSERT INTO tuntas_response (office_id, id, service_id, edition_id, month, received_at,"
    " answered_on, channel, answers, profile)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (office_id, id) DO NOTHING"
)


def check_submission(service: Service, submission: Submission) -> None:
    """Refuse what cannot be a filled-in form of this service.

    Raises ServiceClosed or BadSubmission with a sentence for the person who sent it.
    """
    if service.closed_at is not None:
        raise ServiceClosed(service.pk)
    if submission.edition_id != service.edition_id:
        raise BadSubmission(
            _("Kuesioner layanan ini baru saja diperbarui. Muat ulang halaman, lalu isi kembali.")
        )
    if submission.channel not in Channel.values:
        raise BadSubmission(_("Kanal pengisian tidak dikenal."))
    questions = service.edition.question_list
    if len(submission.answers) != len(questions):
        raise BadSubmission(_("Jumlah jawaban tidak sama dengan jumlah pertanyaan."))
    for question, score in zip(questions, submission.answers, strict=True):
        if score not in "0123456" or int(score) > len(question.options):
            raise BadSubmission(
                _("Pertanyaan %(number)s: nilai %(score)s di luar 1–%(most)s.")
                % {"number": question.position, "score": score, "most": len(question.options)}
            )
    if not any(
        score != "0" and question.element
        for question, score in zip(questions, submission.answers, strict=True)
    ):
        raise BadSubmission(_("Belum ada satu pun pertanyaan yang dijawab."))
    try:
        check_profile(submission.profile)
    except BadProfile as error:
        raise BadSubmission(str(error)) from error


def receipt_of(submission: Submission, office_id: int, *, month: Month, is_new: bool) -> Receipt:
    return Receipt(
        response_id=submission.id,
        code=f"{office_id}-{submission.id.hex.upper()}",
        tracking_code=secret_code("track", submission.id) if submission.suggestion else "",
        month=month,
        is_new=is_new,
    )
