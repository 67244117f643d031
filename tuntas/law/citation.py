"""Where a rule comes from and since when it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Citation:
    """A place in a legal text; `in_force` is the first day on which it holds."""

    instrument: str
    place: str
    in_force: date


P14 = "PermenPANRB Nomor 14 Tahun 2017"
# Promulgated 16 May 2017 (Berita Negara 2017/708); it holds from that day.
P14_IN_FORCE = date(2017, 5, 16)


def p14(place: str) -> Citation:
    return Citation(P14, place, P14_IN_FORCE)


def in_force_on(table: Sequence[tuple[Citation, T]], day: date) -> T:
    """The entry that holds on `day`: the newest whose citation is in force. Raises LookupError."""
    holding = [(citation.in_force, value) for citation, value in table if citation.in_force <= day]
    if not holding:
        raise LookupError(f"tidak ada aturan yang berlaku pada {day}")
    return max(holding, key=lambda pair: pair[0])[1]
