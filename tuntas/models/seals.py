"""DaySeal and ClosureProof: hashes that hold what was received, so that a later change is found.

What is hashed stands in `tuntas.proof.records` and docs/proof.md. A day is sealed once it is over, in
its month; the closure's root covers all days of the month. Seals are never changed; they also keep
receipts provable when the answers themselves were erased one day.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from tuntas.law.months import Month
from tuntas.models.audit import AppendOnly
from tuntas.models.exclusions import ExcludedResponse, Exclusion
from tuntas.models.feedback import Feedback
from tuntas.models.offices import Office
from tuntas.models.responses import Response
from tuntas.models.surveys import Edition
from tuntas.proof import contents
from tuntas.proof.records import (
    COUNTED,
    SEALING_ZONE,
    AnswerRow,
    DayRoot,
    MonthParts,
    ResponseRow,
    canonical,
    left_out_status,
    month_records,
    receipt_leaf,
    salt_of,
    sealing_day,
    text_leaf,
)
from tuntas.proof.tree import leaf_hash, root_of

RECEIPT, TEXT = struct.Struct(">16s32s"), struct.Struct(">Q32s")
SECRET_BYTES, SALT_DIGITS, ROWS = 32, 32, 2000


class DaySeal(AppendOnly):
    """The responses of a month that came on one day. What came later for the same day is another seal."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="day_seals")
    month = models.DateField()
    number = models.PositiveIntegerField()  # from 1 within the month: the order under its root
    day = models.DateField()  # of receiving, by `proof.records.SEALING_ZONE`
    n = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    secret = models.BinaryField(max_length=SECRET_BYTES)  # of the salts; never given away
    leaves = models.BinaryField()  # for each response its id and the hash of its leaf
    at = models.DateTimeField()

    class Meta:
        ordering = ["office", "month", "number"]
        constraints = [
            models.UniqueConstraint(fields=["office", "month", "number"], name="day_seal_number"),
        ]

    def __str__(self) -> str:
        return f"{self.office_id} {self.day} #{self.number}"

    @classmethod
    def seal_all(cls, office: Office, month: Month, *, before: date | None = None) -> int:
        """Seal what no seal holds yet, of the days before `before` (None: all); how many seals.

        May be run again, by several at once and be killed anywhere: a seal that two want to make
        at the same time is refused to the second by its number, who looks again.
        """
        made = 0
        for _try in range(5):
            days = {day for day in unsealed_days(office, month) if before is None or day < before}
            if not days:
                break
            try:
                for day, secret, leaves in cls._unsealed(office, month, days):
                    cls._keep(office, month, day, secret, leaves)
                    made += 1
                break
            except IntegrityError:
                continue
        return made

    @classmethod
    def _unsealed(
        cls, office: Office, month: Month, days: set[date]
    ) -> list[tuple[date, bytes, list[tuple[UUID, bytes]]]]:
        """Of each day its secret and the leaves that no seal holds, in one pass over the rows."""
        mine = cls.objects.filter(office=office, month=month.first_day, day__in=days)
        known = {key for seal in mine for key in seal.ids}
        secret_of = {day: secrets.token_bytes(SECRET_BYTES) for day in days}
        leaves: dict[date, list[tuple[UUID, bytes]]] = {day: [] for day in sorted(days)}
        for row in rows_of(office, month):
            day = sealing_day(row.received_at)
            if day in days and row.id not in known:
                leaves[day].append((row.id, receipt_leaf(secret_of[day], row)))
        return [(day, secret_of[day], found) for day, found in leaves.items() if found]

    @classmethod
    def _keep(
        cls,
        office: Office,
        month: Month,
        day: date,
        secret: bytes,
        leaves: list[tuple[UUID, bytes]],
    ) -> None:
        """Write one seal. Raises IntegrityError when somebody else sealed meanwhile."""
        mine = cls.objects.filter(office=office, month=month.first_day)
        with transaction.atomic():
            number = (mine.aggregate(last=Max("number"))["last"] or 0) + 1
            held = {key for seal in mine.filter(day=day) for key in seal.ids}
            if any(key in held for key, _leaf in leaves):
                raise IntegrityError
            cls.objects.create(
                office=office,
                month=month.first_day,
                number=number,
                day=day,
                n=len(leaves),
                root=root_of(leaf for _id, leaf in leaves).hex(),
                secret=secret,
                leaves=b"".join(RECEIPT.pack(key.bytes, leaf) for key, leaf in leaves),
                at=timezone.now(),
            )

    @property
    def pairs(self) -> Iterator[tuple[UUID, bytes]]:
        """Id and leaf of every response, in the order under the root."""
        return ((UUID(bytes=key), leaf) for key, leaf in RECEIPT.iter_unpack(bytes(self.leaves)))

    @property
    def ids(self) -> list[UUID]:
        return [key for key, _leaf in self.pairs]

    @property
    def as_root(self) -> DayRoot:
        return DayRoot(self.day.isoformat(), self.n, self.root)


class ClosureProof(AppendOnly):
    """What the proof of a closure needs beside its content: secrets, texts' hashes, editions."""

    closure = models.OneToOneField("tuntas.Closure", models.PROTECT, related_name="proof")
    secret = models.BinaryField(max_length=SECRET_BYTES)
    texts = (
        models.BinaryField()
    )  # for each suggestion of the month its key and the hash of its leaf
    editions = models.TextField()  # editions.json of the archive, as it was hashed

    def __str__(self) -> str:
        return f"proof of {self.closure_id}"

    @property
    def text_leaves(self) -> Iterator[tuple[int, bytes]]:
        return TEXT.iter_unpack(bytes(self.texts))


@dataclass(frozen=True)
class Prepared:
    """The proof of a month, made before the month is held: hashing must not make citizens wait."""

    state: tuple[object, ...]
    secret: bytes
    editions: str
    answers: tuple[int, str]
    texts: tuple[tuple[int, bytes], ...]
    left_out: tuple[int, ...]
    days: tuple[DayRoot, ...]

    @classmethod
    def of(cls, office: Office, month: Month) -> Prepared:
        state = state_of(office, month)
        DaySeal.seal_all(office, month)
        secret = secrets.token_bytes(SECRET_BYTES)
        statuses = statuses_of(office, month)
        leaves = sorted(line[:64] for line in answer_lines(office, month, secret, statuses))
        texts = tuple((key, text_leaf(secret, key, text)) for key, text in texts_of(office, month))
        n = Exclusion.objects.filter(office=office, month=month.first_day, accepted=True).count()
        tally = list(statuses.values())
        return cls(
            state=state,
            secret=secret,
            editions=canonical(editions_json(office, month)).decode(),
            answers=(len(leaves), root_of(bytes.fromhex(leaf.decode()) for leaf in leaves).hex()),
            texts=texts,
            left_out=tuple(tally.count(left_out_status(place)) for place in range(1, n + 1)),
            days=tuple(seal.as_root for seal in seals_of(office, month)),
        )

    def still_holds(self, office: Office, month: Month) -> bool:
        """Whether nothing was added meanwhile. Ask while the month is held."""
        return self.state == state_of(office, month)

    def as_json(self, office: Office, month: Month, number: int) -> dict[str, Any]:
        """The part `proof` of a closure's content, with the root of the month."""
        proof: dict[str, Any] = {
            "format": 1,
            "closure": number,
            "editions": sha256_of(self.editions),
            "answers": {"n": self.answers[0], "root": self.answers[1]},
            "texts": {
                "n": len(self.texts),
                "root": root_of(leaf for _key, leaf in self.texts).hex(),
            },
            "left_out": list(self.left_out),
            "days": len(self.days),
        }
        parts = parts_of(office.code, str(month), proof, self.days)
        return {**proof, "root": root_of(map(leaf_hash, month_records(parts))).hex()}

    def keep(self, closure: Any) -> ClosureProof:
        return ClosureProof.objects.create(
            closure=closure,
            secret=self.secret,
            texts=b"".join(TEXT.pack(key, leaf) for key, leaf in self.texts),
            editions=self.editions,
        )


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def parts_of(
    office: str, month: str, proof: dict[str, Any], days: tuple[DayRoot, ...]
) -> MonthParts:
    """What is under the root of a closure, from its content and the sealed days."""
    return MonthParts(
        office=office,
        month=month,
        closure=proof["closure"],
        editions=proof["editions"],
        answers=(proof["answers"]["n"], proof["answers"]["root"]),
        texts=(proof["texts"]["n"], proof["texts"]["root"]),
        days=days,
    )


# -- reading what is sealed ----------------------------------------------------------------------


def state_of(office: Office, month: Month) -> tuple[object, ...]:
    """Changes whenever something is added that a closure counts: rows are only ever added."""
    first = month.first_day
    excluded = ExcludedResponse.objects.filter(
        office=office, exclusion__accepted=True, exclusion__month=first
    )
    return (
        Response.objects.filter(office=office, month=first).count(),
        excluded.count(),
        Feedback.objects.filter(office=office, month=first).count(),
    )


def seals_of(office: Office, month: Month, most: int | None = None) -> list[DaySeal]:
    """The sealed days of a month in order; a closure covers the first `most` of them."""
    return list(DaySeal.objects.filter(office=office, month=month.first_day)[:most])


def unsealed_days(office: Office, month: Month) -> list[date]:
    """Days on which more came for the month than its seals hold."""
    came = (
        Response.objects.filter(office=office, month=month.first_day)
        .annotate(day=TruncDate("received_at", tzinfo=SEALING_ZONE))
        .values_list("day")
        .annotate(n=Count("id"))
        .order_by("day")
    )
    sealed = dict(
        DaySeal.objects.filter(office=office, month=month.first_day)
        .order_by()
        .values_list("day")
        .annotate(n=Sum("n"))
    )
    return [day for day, n in came if n > sealed.get(day, 0)]


def rows_of(office: Office, month: Month) -> Iterator[ResponseRow]:
    """The stored responses of a month, by their id."""
    found = Response.objects.filter(office=office, month=month.first_day)
    for values in found.order_by("id").values_list(*ResponseRow._fields).iterator(ROWS):
        yield ResponseRow(*values)


def statuses_of(office: Office, month: Month) -> dict[UUID, str]:
    """Of the responses left out: by which exclusion, counted from 1 in the closure's order."""
    found: dict[UUID, str] = {}
    accepted = Exclusion.objects.filter(office=office, month=month.first_day, accepted=True)
    for place, exclusion in enumerate(accepted, start=1):
        for key in exclusion.responses.values_list("response_id", flat=True):
            found.setdefault(key, left_out_status(place))
    return found


def answer_lines(
    office: Office, month: Month, secret: bytes, statuses: dict[UUID, str]
) -> Iterator[bytes]:
    """Lines of answers.csv, not yet in their order, which is that of the lines themselves."""
    fields = ("id", "service", "edition", "answers")
    rows = Response.objects.filter(office=office, month=month.first_day).values_list(*fields)
    for key, service, edition, answers in rows.iterator(ROWS):
        yield contents.answer_line(
            AnswerRow(
                salt_of(secret, key, SALT_DIGITS),
                str(service),
                str(edition),
                statuses.get(key, COUNTED),
                answers,
            )
        )


def texts_of(office: Office, month: Month) -> Iterator[tuple[int, str]]:
    rows = Feedback.objects.filter(office=office, month=month.first_day).order_by("pk")
    yield from rows.values_list("pk", "text").iterator(ROWS)


def editions_json(office: Office, month: Month) -> list[dict[str, Any]]:
    """The editions answered in the month as editions.json has them, by key."""
    keys = set(
        Response.objects.filter(office=office, month=month.first_day)
        .values_list("edition", flat=True)
        .distinct()
    )
    editions = (
        Edition.objects.filter(pk__in=keys)
        .select_related("questionnaire")
        .prefetch_related("questions")
        .order_by("pk")
    )
    return [
        {
            "key": edition.pk,
            "questionnaire": edition.questionnaire.code,
            "number": edition.number,
            "name": edition.name,
            "own_weights": edition.own_weights,
            "questions": [
                {
                    "element": question.element,
                    "instrument": question.instrument,
                    "statement": question.statement,
                    "text": question.text,
                    "options": question.options,
                }
                for question in edition.question_list
            ],
        }
        for edition in editions
    ]


def seal_finished_days(office: Office, now: datetime) -> int:
    """Seal the days that are over, of every month that has answers no seal holds."""
    today = sealing_day(now)
    came = (
        Response.objects.filter(office=office)
        .order_by()
        .values_list("month")
        .annotate(n=Count("id"))
    )
    sealed = dict(
        DaySeal.objects.filter(office=office).order_by().values_list("month").annotate(n=Sum("n"))
    )
    waiting = [day for day, n in came if n > sealed.get(day, 0)]
    return sum(DaySeal.seal_all(office, Month.of(day), before=today) for day in waiting)
