"""Weights of the elements. The regulation contradicts itself: 1/x, 0,11 and 0,111 are all in it.

1/x = N        Lampiran I, BAB V huruf A, p. 18 (the definition)
0,11           pp. 18, 20, 21 (the worked text; a perfect survey then scores 99,00)
0,111          Lampiran III, p. 29 (the processing form; 99,90)
own weights    p. 19 letter b, "dengan catatan jumlah bobot seluruh unsur tetap 1"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tuntas.law.citation import p14
from tuntas.law.elements import MAX_ELEMENTS

EXACT, THREE, TWO, OWN = "exact", "0.111", "0.11", "own"
CONVENTIONS = (EXACT, THREE, TWO)
SOURCES = {
    EXACT: p14("Lampiran I, BAB V huruf A, hlm. 18"),
    THREE: p14("Lampiran III, formulir pengolahan, hlm. 29"),
    TWO: p14("Lampiran I, BAB V huruf A–C, hlm. 18, 20, 21"),
    OWN: p14("Lampiran I, BAB V huruf A, hlm. 19 huruf b"),
}


class WeightsDoNotSumToOne(ValueError):
    """Own weights whose sum is not exactly 1, or that name other elements; `total` is the sum."""

    def __init__(self, total: Fraction) -> None:
        self.total = total
        super().__init__(f"jumlah bobot seluruh unsur harus tepat 1, bukan {total}")


def resolve(
    convention: str, elements: Sequence[str], own: Mapping[str, Fraction] | None = None
) -> dict[str, Fraction]:
    """Weight of each element.

    With 9 elements 0.111 and 0.11 are those constants; with another number they are 1/x cut off
    after 3 or 2 decimals (our reading; cut, not rounded, so that no index can exceed 100).
    Raises WeightsDoNotSumToOne, or ValueError for an unknown convention or number of elements.
    """
    if not 1 <= len(elements) <= MAX_ELEMENTS:
        raise ValueError(f"jumlah unsur harus 1–{MAX_ELEMENTS}, bukan {len(elements)}")
    if own is not None:
        return check_own(elements, own)
    equal = Fraction(1, len(elements))
    if convention == EXACT:
        return dict.fromkeys(elements, equal)
    if convention not in CONVENTIONS:
        raise ValueError(f"bobot {convention!r} tidak dikenal; pilih exact, 0.111, atau 0.11")
    scale = 1000 if convention == THREE else 100
    return dict.fromkeys(elements, Fraction(scale // len(elements), scale))


def check_own(elements: Sequence[str], own: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Own weights for exactly these elements, positive, summing to exactly 1."""
    total = sum((own[code] for code in elements if code in own), Fraction(0))
    if set(own) != set(elements) or total != 1 or min(own.values()) <= 0:
        raise WeightsDoNotSumToOne(total)
    return {code: Fraction(own[code]) for code in elements}
