"""PEKPPP indicators 6 to 9: what an evaluation of the office scores about its survey.

Read from three copies of the instrument of 2022; the text of PermenPANRB 29/2022 itself was not at
hand. Hence data with a date and that remark, to be corrected in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from tuntas.law.citation import Citation, in_force_on

INSTRUMENT_2022 = Citation(
    "PermenPANRB Nomor 29 Tahun 2022",
    "Instrumen PEKPPP, aspek Kebijakan Pelayanan, indikator 6–9 (menurut salinan instrumen)",
    date(2022, 1, 1),
)
# Indicator 9: months after publication within which *all* recommendations were followed up.
SPEED_BANDS = ((INSTRUMENT_2022, ((1, 5), (3, 4), (6, 3), (9, 2), (12, 1))),)
# Indicator 8: below 30 %, 30–80 %, above 80 %, exactly 100 %.
FINISHED_BANDS = ((INSTRUMENT_2022, (Fraction(30), Fraction(80))),)

MOST = 5
# Indicator 7: this many kinds of media and more give the full score.
FIRST_YEAR = INSTRUMENT_2022.in_force.year  # before it nobody scored by an instrument we hold
FULL_MEDIA = ((INSTRUMENT_2022, 5),)
TITLES = {
    6: "Pelaksanaan SKM sesuai peraturan",
    7: "Jumlah media publikasi hasil SKM",
    8: "Persentase rencana tindak lanjut yang telah selesai",
    9: "Kecepatan tindak lanjut hasil SKM",
}


def score_6(
    *, by_regulation: bool, printed: bool, electronic: bool, followed_up: bool, exists: bool = True
) -> int:
    """SKM by the regulation: 0–5, each step needs the ones before it."""
    steps = (exists, by_regulation, printed, electronic, followed_up)
    return next((score for score, held in enumerate(steps) if not held), len(steps))


def score_7(media: int) -> int:
    """Number of media the result was published in: more than four give 5."""
    return min(max(media, 0), 5)


def score_8(total: int, finished: int, on: date, *, started: bool = True) -> int:
    """Share of follow-up plans that are finished. No plan gives 0."""
    if total == 0:
        return 0
    if not started:
        return 1
    percent = Fraction(100 * finished, total)
    low, high = in_force_on(FINISHED_BANDS, on)
    if percent == 100:
        return 5
    if percent > high:
        return 4
    return 3 if percent >= low else 2


def score_9(lead_times: Sequence[int | None], on: date) -> int:
    """Speed of follow-up in months; the slowest decides, and one not begun gives 0."""
    if not lead_times or any(months is None for months in lead_times):
        return 0
    slowest = max(months for months in lead_times if months is not None)
    bands = in_force_on(SPEED_BANDS, on)
    return next((score for most, score in bands if slowest <= most), 0)
