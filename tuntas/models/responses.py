"""Response: one citizen's answers, stored once, durably, in one row.

The fast path of the whole system: one transaction that holds the month, inserts one row whose key
was made by the citizen's own form, and keeps a suggestion if there was one. What it returned is on
disk (SQLite `synchronous=FULL`, PostgreSQL `synchronous_commit=on`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.law.months import Month
from tuntas.law.profile import BadProfile, check_profile
from tuntas.law.quality import Sign, signs_of
from tuntas.law.tally import Tally
from tuntas.models.audit import AppendOnly
from tuntas.models.commits import durably
from tuntas.models.exclusions import left_out
from tuntas.models.feedback import Feedback, secret_code
from tuntas.models.invitations import CodeRefused, Invitation
from tuntas.models.offices import CodeRule, Office, Service
from tuntas.models.periods import first_open_month, hold_month
from tuntas.models.scans import ANSWERS, scan
from tuntas.models.surveys import Edition


class Channel(models.TextChoices):
    WEB = "web", _("Situs web")
    WHATSAPP = "whatsapp", "WhatsApp"
    HELPDESK = "helpdesk", _("Helpdesk virtual")
    QR = "qr", _("Kode QR")
    KIOSK = "kiosk", _("Kios")
    OUTREACH = "outreach", _("Jemput bola")
    ASSISTED = "assisted", _("Dibantu petugas")
    PAPER = "paper", _("Kertas")
    IMPORT = "import", _("Impor")


CHANNELS = frozenset(Channel.values)
# What comes through the public form: where a service may ask for a one-time code.
BY_LINK = frozenset({Channel.WEB, Channel.WHATSAPP, Channel.HELPDESK, Channel.QR})


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
    seconds: int | None = None  # from opening the form to sending it, when known
    is_repeat: bool = False  # the device says that it rated this service before on the same day
    # Made by a tablet that had no network when it showed the code to the citizen; else empty.
    tracking_code: str = ""
    code: str = ""  # one-time code of an Invitation, as it came
    is_unproven: bool = False  # came in a burst without the proof of work the form asked for


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


@dataclass(frozen=True)
class ChannelShare:
    """How many responses of a channel came with a one-time code and how many carry a sign."""

    channel: Channel
    n: int
    with_code: int
    signed: int

    @property
    def code_percent(self) -> Fraction:
        return Fraction(100 * self.with_code, self.n)

    @property
    def signed_percent(self) -> Fraction:
        return Fraction(100 * self.signed, self.n)


class ResponseQuerySet(models.QuerySet["Response"]):
    def counted(self, office: Office) -> ResponseQuerySet:
        """Those that enter the office's index."""
        return self.filter(office=office).exclude(id__in=left_out(office.pk))

    def carrying(self, sign: Sign) -> ResponseQuerySet:
        """Those with this sign of doubt, perhaps among others."""
        return self.alias(carried=F("signs").bitand(int(sign))).filter(carried=int(sign))

    def shares(self, office: Office, month: Month) -> list[ChannelShare]:
        """Of each channel that has responses in the month, excluded ones included."""
        rows = (
            self.filter(office=office, month=month.first_day)
            .values_list("channel")
            .annotate(
                n=Count("id"),
                coded=Count("id", filter=Q(with_code=True)),
                signed=Count("id", filter=~Q(signs=0)),
            )
            .order_by("channel")
        )
        return [
            ChannelShare(Channel(channel), n, coded, signed) for channel, n, coded, signed in rows
        ]

    def count_by_service(
        self,
        office: Office,
        months: Sequence[Month],
        *,
        services: Iterable[int] | None = None,
        only_unsigned: bool = False,
    ) -> list[ServiceCount]:
        """Tallies per service and edition for the months, in one scan; excluded responses stay out.

        `only_unsigned` leaves out what carries a sign of doubt too, to show what difference it makes.
        """
        joined: dict[tuple[int, int], list[str]] = {}
        for _month, service, edition, (answers,) in scan(
            office, months, services, ANSWERS, only_unsigned=only_unsigned
        ):
            joined.setdefault((service, edition), []).append(answers)
        editions = Edition.objects.select_related("questionnaire").in_bulk(
            {edition for _service, edition in joined}
        )
        by_key = Service.objects.select_related("unit", "office").in_bulk(
            {service for service, _edition in joined}
        )
        return [
            ServiceCount(
                service=by_key[service],
                edition=editions[edition],
                tally=editions[edition].count("".join(texts)),
            )
            for (service, edition), texts in sorted(joined.items())
        ]


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
    seconds = models.SmallIntegerField(null=True)
    signs = models.SmallIntegerField(db_default=0)  # law.quality.Sign, as a sum
    with_code = models.BooleanField(db_default=False)  # that it came with a code, never with which

    objects = ResponseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["office", "month", "service"], name="response_office_month"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def receive(
        cls,
        service: Service,
        submission: Submission,
        *,
        at: datetime | None = None,
        edition: Edition | None = None,
    ) -> Receipt:
        """Store a submission exactly once and say where it counts.

        `edition` is the one a sheet of paper was printed with; without it the service's own.

        The same submission again gives the same receipt and changes nothing. A submission for a
        month that is closed counts in the next open one, with `answered_on` kept.
        Raises ServiceClosed, BadSubmission, IdUsedElsewhere, CodeRefused.
        """
        now = at or timezone.now()
        day = submission.answered_on or now.astimezone(service.office.zone).date()
        taken = edition or service.edition_taken(submission.edition_id, day)
        check_submission(service, submission, taken)

        def store() -> tuple[Month, bool]:
            month = cls._hold_open_month(service.office_id, Month.of(day))
            return month, cls._insert(service, submission, month=month, at=now)

        quick = cls._take(service, submission, month=Month.of(day), at=now)
        month, is_new = durably(store) if quick is None else (Month.of(day), quick)
        if not is_new:
            month = cls._known_months(service, [submission])[submission.id]
        return receipt_of(submission, service.office_id, month=month, is_new=is_new)

    @classmethod
    def receive_many(
        cls, service: Service, submissions: Sequence[Submission], *, at: datetime
    ) -> list[Receipt]:
        """Store several submissions in one transaction, each exactly once, as `receive` does.

        All or none. A month is held and looked up once, not for every row: eight times the speed.
        Raises ServiceClosed, BadSubmission, IdUsedElsewhere.
        """
        today = at.astimezone(service.office.zone).date()
        taken: dict[tuple[int, date], Edition | None] = {}
        held: dict[Month, Month] = {}
        receipts: list[Receipt] = []
        with transaction.atomic():
            for submission in submissions:
                day = submission.answered_on or today
                key = (submission.edition_id, day)
                if key not in taken:
                    taken[key] = service.edition_taken(*key)
                check_submission(service, submission, taken[key])
                asked = Month.of(day)
                if asked not in held:
                    held[asked] = cls._hold_open_month(service.office_id, asked)
                month = held[asked]
                is_new = cls._insert(service, submission, month=month, at=at)
                receipts.append(
                    receipt_of(submission, service.office_id, month=month, is_new=is_new)
                )
            old = [s for s, r in zip(submissions, receipts, strict=True) if not r.is_new]
            months = cls._known_months(service, old)
        return [r if r.is_new else replace(r, month=months[r.response_id]) for r in receipts]

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
        """Insert with its suggestion, unless the id is there; whether it was inserted.

        Plain SQL: the ORM costs twice the time here.
        """
        with connection.cursor() as cursor:
            cursor.execute(INSERT, row_of(service, submission, month, at))
            is_new = bool(cursor.rowcount == 1)
        if is_new:
            spend_code(service, submission, at=at)
        if is_new and submission.suggestion:
            code = tracking_code_of(submission)
            Feedback.take(service, submission.suggestion, month=month, at=at, code=code)
        return is_new

    @classmethod
    def _take(
        cls, service: Service, submission: Submission, *, month: Month, at: datetime
    ) -> bool | None:
        """Insert in one round trip where that is all there is to do: on PostgreSQL, without suggestion and
        code, into an open month. Whether it was inserted; None when it must go the long way."""
        is_all = not submission.suggestion and service.codes == CodeRule.NONE
        if connection.vendor != "postgresql" or not is_all:
            return None
        with connection.cursor() as cursor:
            cursor.execute(TAKE, row_of(service, submission, month, at))
            (n,) = cursor.fetchone()
        return None if n < 0 else n == 1

    @classmethod
    def _known_months(
        cls, service: Service, submissions: Sequence[Submission]
    ) -> dict[UUID, Month]:
        """Months of responses that are there already. Raises IdUsedElsewhere for another one's id."""
        ids = [submission.id for submission in submissions]
        rows = cls.objects.filter(office_id=service.office_id, id__in=ids) if ids else ()
        stored = {row.id: row for row in rows}
        for submission in submissions:
            row = stored[submission.id]
            if (row.service_id, row.answers) != (service.pk, submission.answers):
                raise IdUsedElsewhere(submission.id)
        return {key: Month.of(row.month) for key, row in stored.items()}


INSERT = (
    "INSERT INTO tuntas_response (office_id, id, service_id, edition_id, month, received_at,"
    " answered_on, channel, answers, profile, seconds, signs,"
    " with_code) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (office_id, id) DO NOTHING"
)
# A function of the database (migration 0020): the lock of the month, its state and the insert at once.
TAKE = f"SELECT tuntas_take({', '.join(['%s'] * 13)})"


def row_of(service: Service, submission: Submission, month: Month, at: datetime) -> list[Any]:
    """The values of INSERT and TAKE."""
    signs = signs_of(
        submission.answers,
        submission.seconds,
        is_repeat=submission.is_repeat,
        is_unproven=submission.is_unproven,
    )
    return [
        service.office_id,
        submission.id if connection.vendor == "postgresql" else submission.id.hex,
        service.pk,
        submission.edition_id,
        month.first_day,
        connection.ops.adapt_datetimefield_value(at),
        submission.answered_on,
        submission.channel,
        submission.answers,
        submission.profile,
        submission.seconds,
        int(signs),
        service.takes(submission.code),
    ]


def spend_code(service: Service, submission: Submission, *, at: datetime) -> None:
    """Spend the code the response came with. Raises CodeRefused, which takes the response back."""
    if service.takes(submission.code):
        Invitation.use(service, submission.code, at=at)
    elif service.codes == CodeRule.REQUIRED and submission.channel in BY_LINK:
        raise CodeRefused("missing")


def check_submission(service: Service, submission: Submission, edition: Edition | None) -> None:
    """Refuse what cannot be a filled-in form of this edition for this service.

    Raises ServiceClosed or BadSubmission with a sentence for the person who sent it.
    """
    if service.closed_at is not None:
        raise ServiceClosed(service.pk)
    if edition is None or submission.edition_id != edition.pk:
        raise BadSubmission(
            _("Kuesioner layanan ini baru saja diperbarui. Muat ulang halaman, lalu isi kembali.")
        )
    if submission.channel not in CHANNELS:
        raise BadSubmission(_("Kanal pengisian tidak dikenal."))
    questions = edition.question_list
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
        tracking_code=tracking_code_of(submission),
        month=month,
        is_new=is_new,
    )


def tracking_code_of(submission: Submission) -> str:
    """The code that opens the conversation; empty when nothing was written."""
    if not submission.suggestion:
        return ""
    return submission.tracking_code or secret_code("track", submission.id)
