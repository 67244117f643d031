"""The id a form gets when it is opened: what makes sending twice harmless, and tells how long it took."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import UUID

LONGEST_SECONDS = 3600


def new_form_id(now: datetime) -> UUID:
    """A fresh id for a form (UUID version 7): it says when the form was opened, and ids that grow
    keep the table's index compact. 74 random bits remain."""
    milliseconds = int(now.timestamp() * 1000)
    high = (milliseconds & (2**48 - 1)) << 80
    return UUID(
        int=high | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    )


def seconds_since_opened(form_id: UUID, now: datetime) -> int | None:
    """How long a form made by `new_form_id` was open; None for other ids and beyond an hour."""
    if form_id.version != 7:
        return None
    opened = datetime.fromtimestamp((form_id.int >> 80) / 1000, UTC)
    seconds = round((now - opened).total_seconds())
    return seconds if 0 <= seconds <= LONGEST_SECONDS else None
