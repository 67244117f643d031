"""Numbers, dates and months as people read them: Indonesian forms first, by Babel.

The only place where a number becomes text for a page or a document. Rounding is half up.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from babel.dates import format_date, get_month_names
from babel.numbers import format_decimal
from django.utils.translation import get_language

from tuntas.law.months import Month, Span
from tuntas.law.rounding import half_up

ROMAN = ("", "I", "II", "III", "IV")


def locale() -> str:
    return "en_GB" if (get_language() or "id").startswith("en") else "id"


def number(value: Fraction | Decimal | int | None, places: int = 2) -> str:
    """`88,81`: exactly `places` decimals, half up; an en dash for None."""
    if value is None:
        return "–"
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(half_up(value, places), format=pattern, locale=locale()))


def score(value: Fraction) -> str:
    """A respondent's score of an element: `4`, or `3,5` when it is a mean of questions."""
    return number(value, 0) if value.denominator == 1 else number(value, 2).rstrip("0")


def percent(value: Fraction | None, places: int = 2) -> str:
    """`71,43%`; without decimals when it is whole; an en dash for None."""
    if value is None:
        return "–"
    return number(value, 0 if value.denominator == 1 else places) + "%"


def digest(value: str) -> str:
    """Hexadecimal digits in groups of eight, which can be compared by eye and broken over lines."""
    return " ".join(value[at : at + 8] for at in range(0, len(value), 8))


def day(value: date | None) -> str:
    """`21 Agustus 2023`; an en dash for None."""
    return str(format_date(value, "d MMMM yyyy", locale=locale())) if value else "–"


def month_name(month: Month) -> str:
    """`Januari`."""
    return str(get_month_names("wide", locale=locale())[month.month])


def month(value: Month) -> str:
    """`Januari 2023`."""
    return f"{month_name(value)} {value.year}"


def months(first: Month, last: Month) -> str:
    """`Januari–Juni 2023`, `November 2023–Februari 2024`, or one month."""
    if first == last:
        return month(first)
    if first.year == last.year:
        return f"{month_name(first)}–{month(last)}"
    return f"{month(first)}–{month(last)}"


def span(value: Span) -> str:
    return months(value.first, value.last)


def span_title(value: Span) -> str:
    """`SMT I 2023`, `TW II 2023`, `Tahun 2023`, `Januari 2023`: as covers name the period."""
    match value.kind:
        case "half_year":
            return f"SMT {ROMAN[value.ordinal]} {value.first.year}"
        case "quarter":
            return f"TW {ROMAN[value.ordinal]} {value.first.year}"
        case "year":
            return f"Tahun {value.first.year}"
    return span(value)


def days(first: date, last: date | None) -> str:
    """`27–28 Juli 2023`, `30 Juni–2 Juli 2023`, or one day."""
    if last is None or last == first:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    start = format_date(
        first, "d MMMM" if first.year == last.year else "d MMMM yyyy", locale=locale()
    )
    return f"{start}–{day(last)}"


def listing(words: list[str]) -> str:
    """`Januari, Februari, dan Maret`."""
    if len(words) <= 1:
        return "".join(words)
    if len(words) == 2:
        return " dan ".join(words)
    return ", ".join(words[:-1]) + f", dan {words[-1]}"


def signed(value: Fraction | None, places: int = 2) -> str:
    """`+0,120`, `−0,045`, `0,000`; an en dash for None."""
    if value is None:
        return "–"
    shown = number(abs(value), places)
    rounded = half_up(value, places)
    return f"+{shown}" if rounded > 0 else f"−{shown}" if rounded < 0 else shown


def shortened(text: str, most: int) -> str:
    """The beginning of a text, cut between words, with an ellipsis when something was cut."""
    words = " ".join(text.split())
    if len(words) <= most:
        return words
    return words[:most].rsplit(" ", 1)[0].rstrip(" ,;.") + "…"
