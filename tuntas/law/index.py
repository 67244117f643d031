"""The index of a tally: element means, weights, converted value, grade and interval.

mean of an element  = sum of its scores / respondents with a score for it       (p. 20, p. 29)
index value         = sum over the elements of mean x weight                    (p. 20–21)
converted value     = index value x 25                                          (p. 19, p. 21)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tuntas.law.elements import REGULATION_ORDER, element, in_regulation_order
from tuntas.law.grades import CONVERSION_BASE, Grade, grade_of
from tuntas.law.sums import Sums
from tuntas.law.tally import Moments, Tally
from tuntas.law.weights import CONVENTIONS, EXACT, OWN, resolve

# Fewer answers than this and the index is only indicative: our rule, not the regulation's.
INDICATIVE_BELOW = 30
# 97.5 % point of the normal distribution.
Z95 = Fraction(1_959_964, 1_000_000)


class NoResponses(ValueError):
    """There is nothing to compute: no index, which is not the same as zero."""


@dataclass(frozen=True)
class ElementResult:
    """One element. Means lie in 1–4; all are None when nobody answered it."""

    code: str
    name: str
    n: int
    total: Fraction
    mean: Fraction | None
    weight: Fraction
    weighted: Fraction | None

    @property
    def grade(self) -> Grade | None:
        return grade_of(self.mean * CONVERSION_BASE) if self.mean is not None else None


@dataclass(frozen=True)
class IndexResult:
    """The index of a set of responses; exact fractions, nothing rounded."""

    n: int
    elements: tuple[ElementResult, ...]
    index_value: Fraction  # 1–4
    converted: Fraction  # 25–100
    grade: Grade
    weights: str  # the convention used, or "own"
    interval95: tuple[Fraction, Fraction] | None  # of the converted value
    flags: tuple[str, ...]

    def lowest(self, k: int = 3) -> list[ElementResult]:
        """The k weakest elements; of equal means the one earlier in the regulation comes first."""
        answered = [row for row in self.elements if row.mean is not None]
        return sorted(answered, key=lambda row: (row.mean, element(row.code).number))[:k]

    def highest(self, k: int = 3) -> list[ElementResult]:
        """The k strongest elements; ties as in `lowest`."""
        answered = [row for row in self.elements if row.mean is not None]
        return sorted(answered, key=lambda row: (-(row.mean or 0), element(row.code).number))[:k]


def compute(
    tally: Tally | Sums,
    convention: str = EXACT,
    own_weights: Mapping[str, Fraction] | None = None,
    elements: Sequence[str] | None = None,
    population: int | None = None,
) -> IndexResult:
    """Index of a tally, or of the sums of many: the same counts give the same fractions.

    `elements` are those the questionnaire asked; without it, those that were answered. An element
    nobody answered gets no weight: the others share it (flag "element-unanswered").
    Raises NoResponses when nothing was answered, and what `weights.resolve` raises.
    """
    asked = in_regulation_order(list(elements if elements is not None else tally.elements))
    answered = [code for code in asked if tally.answered(code)]
    if not answered:
        raise NoResponses
    own = rescaled(own_weights, answered) if own_weights else None
    weights = resolve(convention, answered, own)
    rows = tuple(element_result(tally, code, weights.get(code, Fraction(0))) for code in asked)
    value = sum((row.weighted for row in rows if row.weighted is not None), Fraction(0))
    converted = value * CONVERSION_BASE
    interval = interval95(tally.moments, converted, population)
    return IndexResult(
        n=tally.n,
        elements=rows,
        index_value=value,
        converted=converted,
        grade=grade_of(converted),
        weights=OWN if own else convention,
        interval95=interval,
        flags=flags_of(tally, asked, answered, convention if not own else OWN, interval),
    )


def rescaled(own: Mapping[str, Fraction], answered: Sequence[str]) -> dict[str, Fraction]:
    """Own weights of the answered elements, stretched so that they sum to 1 again."""
    total = sum((own.get(code, Fraction(0)) for code in answered), Fraction(0))
    return {code: own[code] / total for code in answered}


def element_result(tally: Tally | Sums, code: str, weight: Fraction) -> ElementResult:
    n, total = tally.answered(code), tally.total(code)
    mean = total / n if n else None
    return ElementResult(
        code=code,
        name=element(code).name,
        n=n,
        total=total,
        mean=mean,
        weight=weight,
        weighted=mean * weight if mean is not None else None,
    )


def flags_of(
    tally: Tally | Sums,
    asked: Sequence[str],
    answered: Sequence[str],
    weights: str,
    interval: tuple[Fraction, Fraction] | None,
) -> tuple[str, ...]:
    """What a reader of the number must know; each code has its sentence where it is shown."""
    facts = {
        "indicative": tally.n < INDICATIVE_BELOW,
        "element-unanswered": len(answered) < len(asked),
        "fees-omitted": "fees" not in asked and bool(set(asked) & set(REGULATION_ORDER)),
        "weights-extended": weights in CONVENTIONS and weights != EXACT and len(answered) != 9,
        "interval-undefined": interval is None,
    }
    return tuple(flag for flag, holds in facts.items() if holds)


def interval95(
    moments: Moments, converted: Fraction, population: int | None = None
) -> tuple[Fraction, Fraction] | None:
    """95 % interval around `converted`, clipped to 25–100; None below two respondents.

    The sampling error of the respondents' own means: z x s / sqrt(n) x 25, s with n - 1, and the
    finite population correction (N - n)/(N - 1) when the population is known. It says nothing on
    who chose not to answer. The square root is taken on whole numbers, 12 digits deep, so that the
    same counts give the same interval on every machine.
    """
    variance = moments.variance
    if variance is None:
        return None
    if population is not None and population > 1:
        variance *= Fraction(max(population - moments.n, 0), population - 1)
    half_width = Z95 * root(variance) * CONVERSION_BASE
    return max(converted - half_width, Fraction(25)), min(converted + half_width, Fraction(100))


def root(value: Fraction) -> Fraction:
    """Square root, cut off after 12 decimals."""
    scale = 10**12
    return Fraction(math.isqrt(value.numerator * scale**2 // value.denominator), scale)
