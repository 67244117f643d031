"""Rounding half up, the one way numbers are rounded before they are shown or classified."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction


def half_up(value: Fraction | Decimal | int, places: int) -> Decimal:
    """`value` with exactly `places` decimals; a half goes away from zero.

    Exact for fractions: the decision is made on integers, never on a binary approximation.
    The regulation states no rule of rounding; half up is what its readers expect.
    """
    fraction = Fraction(value)
    scaled = abs(fraction) * 10**places
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    with localcontext() as context:
        context.prec = len(str(whole)) + places + 5
        rounded = Decimal(whole if fraction >= 0 else -whole).scaleb(-places)
        return rounded.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def exact_decimal(value: Fraction, least_places: int = 6) -> str:
    """`value` as text: its exact decimal when that ends, else 12 places half up.

    At least `least_places` decimals are written, with a decimal point.
    """
    places = least_places
    while places < 30 and (value * 10**places).denominator != 1:
        places += 1
    return str(half_up(value, places if (value * 10**places).denominator == 1 else 12))
