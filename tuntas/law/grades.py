"""Grades: Tabel II of the regulation, read without its holes.

The printed intervals leave gaps (88,30 to 88,31). They vanish when the converted value is rounded
half up to the table's own two decimals first and compared afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tuntas.law.citation import p14
from tuntas.law.rounding import half_up

SOURCE = p14("Lampiran I, Tabel II, hlm. 19")
CONVERSION_BASE = 25  # "nilai dasar 25", p. 19


@dataclass(frozen=True)
class Grade:
    """One row of Tabel II. `least` is the lowest converted value, two decimals, that gets it."""

    letter: str
    performance: str
    perception: int
    least: Decimal
    interval: str  # Nilai Interval as printed
    converted_interval: str  # Nilai Interval Konversi as printed


A = Grade("A", "Sangat baik", 4, Decimal("88.31"), "3,5324–4,00", "88,31–100,00")
B = Grade("B", "Baik", 3, Decimal("76.61"), "3,0644–3,532", "76,61–88,30")
C = Grade("C", "Kurang baik", 2, Decimal("65.00"), "2,60–3,064", "65,00–76,60")
D = Grade("D", "Tidak baik", 1, Decimal("25.00"), "1,00–2,5996", "25,00–64,99")
BANDS = (A, B, C, D)


def grade_of(converted: Fraction | Decimal) -> Grade:
    """Grade of a converted value (25–100): half up to 2 decimals, then compared."""
    shown = half_up(converted, 2)
    return next((grade for grade in BANDS if shown >= grade.least), D)
