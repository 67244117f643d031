"""Reading the answers of some months for tabulation: one scan, joined by the database.

Beside each answer come the profile, one letter for the channel, and "1" for a sign of doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tuntas.law.months import Month
from tuntas.law.profile import PROFILE, UNKNOWN
from tuntas.models.offices import Office
from tuntas.models.responses import Channel
from tuntas.models.scans import scan

LETTERS = {channel: chr(ord("a") + place) for place, channel in enumerate(Channel.values)}


@dataclass(frozen=True)
class Record:
    """The counted answers of one service to one edition in one month, one after the other; profile,
    letter of the channel and "0" or "1" for a sign of doubt in the same order."""

    month: Month
    service: int
    edition: int
    answers: str
    profiles: str
    channels: str
    signs: str


def records(
    office: Office, months: Sequence[Month], services: Collection[int] | None
) -> Iterator[Record]:
    """All that is counted, of each month, service and edition."""
    cases = " ".join(f"WHEN '{name}' THEN '{letter}'" for name, letter in LETTERS.items())
    found = scan(
        office,
        months,
        services,
        "answers",
        f"substr(profile || '{UNKNOWN * len(PROFILE)}', 1, {len(PROFILE)})",
        f"CASE channel {cases} ELSE '?' END",
        "CASE signs WHEN 0 THEN '0' ELSE '1' END",
    )
    for month, service, edition, texts in found:
        yield Record(month, service, edition, *texts)
