"""Canonical records: what is hashed, byte for byte (docs/proof.md). PURE.

Every record is UTF-8 text: a first line that names its kind and version, then one value a line, each
line ended by one line feed. No value holds a line feed, so no two records share their bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from uuid import UUID

from tuntas.proof.tree import leaf_hash

# Days of sealing are days of western Indonesian time for every office: an office may correct its
# time zone later, and what was sealed must not depend on it.
SEALING_ZONE = timezone(timedelta(hours=7))
COUNTED = "counted"


class ResponseRow(NamedTuple):
    """A stored response, all of it."""

    id: UUID
    month: date
    received_at: datetime
    answered_on: date | None
    service: int
    edition: int
    channel: str
    answers: str
    profile: str
    seconds: int | None
    signs: int
    with_code: bool


def record(kind: str, *values: object) -> bytes:
    """The bytes of a record. Raises ValueError when a value holds a line feed."""
    lines = [f"tuntas {kind} 1", *(str(value) for value in values)]
    if any("\n" in line for line in lines):
        raise ValueError(f"a value of a {kind} record holds a line feed")
    return "".join(f"{line}\n" for line in lines).encode()


def canonical(data: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: the form in which JSON is hashed."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


# -- a response and its receipt ------------------------------------------------------------------


def sealing_day(received_at: datetime) -> date:
    return received_at.astimezone(SEALING_ZONE).date()


def response_record(row: ResponseRow) -> bytes:
    """The whole row. Empty lines stand for what is not known."""
    at = row.received_at.astimezone(UTC)
    return record(
        "response",
        row.id,
        f"{row.month:%Y-%m}",
        f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}Z",
        row.answered_on.isoformat() if row.answered_on else "",
        row.service,
        row.edition,
        row.channel,
        row.answers,
        row.profile,
        "" if row.seconds is None else row.seconds,
        row.signs,
        int(row.with_code),
    )


def salt_of(secret: bytes, key: object, digits: int = 64) -> str:
    """The salt of one record under a secret, in lower-case hexadecimal digits."""
    return hmac.digest(secret, str(key).encode(), "sha256").hex()[:digits]


def commitment_of(secret: bytes, row: ResponseRow) -> str:
    """A hash that fixes the row and shows nothing of it to those without the secret."""
    salt = salt_of(secret, row.id)
    return hashlib.sha256(f"{salt}\n".encode() + response_record(row)).hexdigest()


def receipt_record(response_id: UUID, commitment: str) -> bytes:
    return record("receipt", response_id, commitment)


def receipt_leaf(secret: bytes, row: ResponseRow) -> bytes:
    return leaf_hash(receipt_record(row.id, commitment_of(secret, row)))


# -- the rows of the archive ---------------------------------------------------------------------


class AnswerRow(NamedTuple):
    """The answers of one respondent as they are given away: no id, no time, no profile."""

    salt: str  # 32 hexadecimal digits
    service: str
    edition: str
    status: str  # "counted", or "left-out-N" for the N-th exclusion of the closure
    answers: str


def answer_leaf(row: AnswerRow) -> bytes:
    values = (row.service, row.edition, row.status, row.answers)
    return leaf_hash(f"{row.salt}\n".encode() + record("answer", *values))


def left_out_status(place: int) -> str:
    """Status of answers that the exclusion at `place` (from 1) took out."""
    return f"left-out-{place}"


def text_leaf(secret: bytes, key: int, text: str) -> bytes:
    """A citizen's words, hashed apart from every score: they may hold any character."""
    return leaf_hash(f"{salt_of(secret, key)}\ntuntas text 1\n".encode() + text.encode())


# -- the month -----------------------------------------------------------------------------------


class DayRoot(NamedTuple):
    """One sealed day of a month: the root over its receipts."""

    day: str
    n: int
    root: str


class MonthParts(NamedTuple):
    """All that the root of a month covers. Roots and hashes are hexadecimal."""

    office: str
    month: str
    closure: int  # its number, from 1
    editions: str  # SHA-256 of editions.json
    answers: tuple[int, str]  # how many and their root
    texts: tuple[int, str]
    days: tuple[DayRoot, ...]


FIRST_DAY_LEAF = 4  # leaves of the month before those of its days


def month_records(parts: MonthParts) -> list[bytes]:
    """The records under the root of a month, in order."""
    return [
        record("month", parts.office, parts.month, parts.closure),
        record("editions", parts.editions),
        record("answers", *parts.answers),
        record("texts", *parts.texts),
        *(record("day", *day) for day in parts.days),
    ]
