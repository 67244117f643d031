"""ClosureSlices: a closed month by service, channel and sign of doubt, so that it is never read again.

What stands beside an index (how sure it is, what the signed answers change, how the channels differ)
needs answers, scores and squares of these parts, nothing of a single row. A closure keeps them as it
keeps its counts; they follow from the sealed rows, and `proofs.findings` computes them again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models

from tuntas.law.months import Month
from tuntas.law.profile import PROFILE
from tuntas.law.sums import Sums
from tuntas.law.tabulation import Tabulation, tabulate
from tuntas.models.audit import AppendOnly
from tuntas.models.offices import Office
from tuntas.models.surveys import Edition
from tuntas.models.tabulations import LETTERS, Record, records

# Places of the traits: first the questions of the profile, then these.
CHANNEL, SIGNED = len(PROFILE), len(PROFILE) + 1


@dataclass(frozen=True)
class Slice:
    """The counted answers of one service to one edition in one month, summed up.

    channels: of each channel that brought some. unsigned: of those without any sign of doubt.
    """

    month: Month
    service_id: int
    edition_id: int
    channels: Mapping[str, Sums]
    unsigned: Sums

    @classmethod
    def of(cls, row: Record, table: Tabulation) -> Slice:
        return cls(
            row.month,
            row.service,
            row.edition,
            {name: table.sums(mask) for name, mask in channel_masks(table).items()},
            table.sums(table.traits[SIGNED].get("0", 0)),
        )

    @cached_property
    def whole(self) -> Sums:
        """All of them: each came through one channel."""
        return Sums.sum(self.channels.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "service": self.service_id,
            "edition": self.edition_id,
            "channels": {name: sums.to_json() for name, sums in self.channels.items()},
            "unsigned": self.unsigned.to_json(),
        }

    @classmethod
    def from_json(cls, month: Month, data: Mapping[str, Any]) -> Slice:
        channels = {name: Sums.from_json(sums) for name, sums in data["channels"].items()}
        unsigned = Sums.from_json(data["unsigned"])
        return cls(month, int(data["service"]), int(data["edition"]), channels, unsigned)


class ClosureSlices(AppendOnly):
    """The slices of a closure, written with it. One from before there were any has no such row."""

    closure = models.OneToOneField(
        "tuntas.Closure", models.PROTECT, primary_key=True, related_name="slices"
    )
    content = models.JSONField()

    def __str__(self) -> str:
        return str(self.closure)

    @classmethod
    def keep(cls, closure: Any, slices: Iterable[Slice]) -> None:
        cls.objects.create(closure=closure, content=[each.to_json() for each in slices])

    @classmethod
    def standing(cls, office: Office, month: Month) -> list[Slice] | None:
        """Those of the month's closure; None where no closure stands, or one without slices."""
        row = cls.objects.filter(
            closure__period__office=office,
            closure__period__month=month.first_day,
            closure__reopening__isnull=True,
        ).first()
        return None if row is None else [Slice.from_json(month, each) for each in row.content]


def slices_of(office: Office, month: Month, services: Collection[int] | None = None) -> list[Slice]:
    """The slices of a month, from one scan of its rows, in the order of service and edition.
    `services`: only these."""
    rows = list(records(office, [month], services))
    editions = Edition.objects.prefetch_related("questions").in_bulk({row.edition for row in rows})
    return [Slice.of(row, tabulated(row, editions[row.edition])) for row in rows]


def tabulated(row: Record, edition: Edition) -> Tabulation:
    """The answers of a record with their traits: profile, channel, sign."""
    traits = ((row.profiles, len(PROFILE)), (row.channels, 1), (row.signs, 1))
    return tabulate(row.answers, edition.layout, edition.weights, traits)


def channel_masks(table: Tabulation) -> dict[str, int]:
    """The responses of each channel, by its name."""
    names = {letter: channel for channel, letter in LETTERS.items()}
    return {names.get(letter, letter): mask for letter, mask in table.traits[CHANNEL].items()}
