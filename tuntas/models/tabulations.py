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
    asked = len(PROFILE)
    texts = (
        ("answers", ""),
        # Who was asked nothing about himself has an empty profile.
        (
            f"CASE length(profile) WHEN {asked} THEN profile "
            f"ELSE substr(profile || '{UNKNOWN * asked}', 1, {asked}) END",
            "",
        ),
        ("channel", ","),
        ("CASE signs WHEN 0 THEN '0' ELSE '1' END", ""),
    )
    for month, service, edition, (answers, profiles, channels, signs) in scan(
        office, months, services, *texts
    ):
        yield Record(month, service, edition, answers, profiles, lettered(channels), signs)


def lettered(channels: str) -> str:
    """Names of channels with commas between them, as one letter each. The letters are given here, since
    the database takes three times as long for it."""
    found = f",{channels}"
    for name in sorted(
        LETTERS, key=len, reverse=True
    ):  # none is taken for the beginning of another
        found = found.replace(f",{name}", LETTERS[name])
    return found
