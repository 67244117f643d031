"""Tallies: how often each score was given, and the one way to count answers into them.

A month is counted from one string per service, all its answers one after the other. Columns are
taken out of it by stride and counted at C speed, so a hundred thousand responses take about a
tenth of a second and the result is exact.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from tuntas.law.instruments import InstrumentTally, Place, count_instruments, pooled

LEAST_SCORE, MOST_SCORE = 1, 4
# Sums of small numbers are added in one byte per response; from here on they would overflow.
BYTE = 256
ANSWERED = bytes(
    code != 48 for code in range(BYTE)
)  # of each stored character, whether it is no gap
Scores = Mapping[Fraction, int]


@dataclass(frozen=True)
class Moments:
    """Sums over the respondents with a mean of their own: how many, their means, the squares."""

    n: int = 0
    total: Fraction = Fraction(0)
    squares: Fraction = Fraction(0)

    @classmethod
    def of(cls, respondents: Collection[tuple[Fraction, int]]) -> Moments:
        """Of means and how many have them."""
        n = sum(times for _mean, times in respondents)
        return cls(n, sum_of(respondents), sum_of(respondents, power=2))

    @classmethod
    def sum(cls, parts: Iterable[Moments]) -> Moments:
        rows = list(parts)
        return cls(
            sum(part.n for part in rows),
            sum((part.total for part in rows), Fraction(0)),
            sum((part.squares for part in rows), Fraction(0)),
        )

    @property
    def variance(self) -> Fraction | None:
        """Variance of their mean, s²/n with n - 1 in s²; None below two respondents."""
        if self.n < 2:
            return None
        return (self.squares - self.total**2 / self.n) / (self.n - 1) / self.n


def sum_of(scores: Collection[tuple[Fraction, int]], power: int = 1) -> Fraction:
    """Exact sum of the scores to this power, each as often as it was given: in whole numbers over one
    denominator, since adding fractions one by one costs ten times as much."""
    divisor = math.lcm(*(score.denominator for score, _times in scores))
    total = sum(
        (score.numerator * (divisor // score.denominator)) ** power * times
        for score, times in scores
    )
    return Fraction(total, divisor**power)


class BadAnswers(ValueError):
    """An answer string that does not fit the layout; the message names the place."""


@dataclass(frozen=True)
class Layout:
    """Element of each stored character, in question order; None for a question outside the index.

    `instruments`, when there are any, says for each character which statement of another instrument
    it rates (`law.instruments`); such a character has no element.
    """

    elements: tuple[str | None, ...]
    instruments: tuple[Place, ...] = ()

    @cached_property
    def by_element(self) -> dict[str, tuple[int, ...]]:
        """Positions of each element's questions, elements in order of first appearance."""
        found: dict[str, list[int]] = {}
        for position, code in enumerate(self.elements):
            if code is not None:
                found.setdefault(code, []).append(position)
        return {code: tuple(positions) for code, positions in found.items()}


@dataclass(frozen=True)
class Tally:
    """Counts of a set of responses.

    n: responses. elements: for each element, how many respondents gave which score; a
    respondent's score of an element is the mean of the questions of it that were answered, so it
    may be a fraction between 1 and 4. respondents: how many respondents have which mean over
    their answered elements (by the own weights where there are some), for the interval.
    instruments: the counts of SPKP and SPAK, where they were asked; they never touch the rest.
    """

    n: int = 0
    elements: Mapping[str, Scores] = field(default_factory=dict)
    respondents: Scores = field(default_factory=dict)
    instruments: Mapping[str, InstrumentTally] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Tally:
        return cls()

    def merge(self, other: Tally) -> Tally:
        """The tally of both sets together: pooling, never averaging."""
        return Tally.sum((self, other))

    @classmethod
    def sum(cls, tallies: Iterable[Tally]) -> Tally:
        rows = list(tallies)
        if len(rows) == 1:
            return rows[0]
        elements: dict[str, Counter[Fraction]] = {}
        respondents: Counter[Fraction] = Counter()
        for tally in rows:
            respondents.update(tally.respondents)
            for code, scores in tally.elements.items():
                elements.setdefault(code, Counter()).update(scores)
        instruments = pooled(tally.instruments for tally in rows)
        return cls(sum(tally.n for tally in rows), elements, respondents, instruments)

    def answered(self, element: str) -> int:
        """Respondents with a score for the element."""
        return sum(self.elements.get(element, {}).values())

    def total(self, element: str) -> Fraction:
        """Sum of the scores given to the element."""
        return sum_of(self.elements.get(element, {}).items())

    @property
    def moments(self) -> Moments:
        return Moments.of(self.respondents.items())

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; scores are keys such as "3" and "7/2", in rising order.

        "instruments" is there only where other instruments were asked, so that the tallies (and
        fingerprints) of all other questionnaires stay what they always were.
        """
        data: dict[str, Any] = {
            "n": self.n,
            "elements": {code: scores_to_json(row) for code, row in self.elements.items()},
            "respondents": scores_to_json(self.respondents),
        }
        if self.instruments:
            parts = self.instruments.items()
            data["instruments"] = {code: part.to_json() for code, part in parts}
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        return cls(
            n=int(data["n"]),
            elements={code: scores_from_json(row) for code, row in data["elements"].items()},
            respondents=scores_from_json(data["respondents"]),
            instruments={
                code: InstrumentTally.from_json(part)
                for code, part in data.get("instruments", {}).items()
            },
        )


def scores_to_json(scores: Scores) -> dict[str, int]:
    return {str(score): scores[score] for score in sorted(scores) if scores[score]}


def scores_from_json(data: Mapping[str, int]) -> Counter[Fraction]:
    return Counter({Fraction(score): int(times) for score, times in data.items()})


def count(answers: str, layout: Layout, weights: Mapping[str, Fraction] | None = None) -> Tally:
    """Tally of all the answer strings in `answers`, one after the other without separators.

    Each holds one character per question of `layout`: "0" for not answered, else the score.
    `weights`, when given, weigh the elements inside each respondent's own mean.
    Raises BadAnswers for a wrong length or a score outside 1–4 (statements of another instrument:
    1–6; local questions: 0–9).
    """
    width = len(layout.elements)
    if not answers:
        return Tally.empty()
    check(answers, layout)
    blob = answers.encode("ascii")
    counted = [place for places in layout.by_element.values() for place in places]
    gaps = gap_rows([blob[place::width] for place in counted])
    if gaps:
        tally = count_with_gaps(blob, gaps, layout, weights)
    else:
        tally = count_complete(blob, layout, weights)
    if layout.instruments:
        tally = replace(tally, instruments=count_instruments(blob, layout.instruments))
    return tally


def check(answers: str, layout: Layout) -> None:
    """Raise BadAnswers, naming response and question, unless every character is allowed."""
    width = len(layout.elements)
    if len(answers) % width:
        raise BadAnswers(f"panjang {len(answers)} bukan kelipatan {width} pertanyaan")
    if not answers.isascii():
        raise BadAnswers("jawaban hanya boleh berisi angka")
    blob = answers.encode("ascii")
    instruments = layout.instruments or (None,) * width
    for place, (element, statement) in enumerate(zip(layout.elements, instruments, strict=True)):
        allowed = b"01234" if element else b"0123456" if statement else b"0123456789"
        wrong = blob[place::width].translate(None, allowed)
        if wrong and not wrong.isdigit():
            raise BadAnswers("jawaban hanya boleh berisi angka")
        if wrong:
            row = blob[place::width].index(wrong[:1]) + 1
            raise BadAnswers(
                f"isian ke-{row}, pertanyaan {place + 1}: nilai {chr(wrong[0])} di luar "
                f"1–{len(allowed) - 1}"
            )


def count_complete(blob: bytes, layout: Layout, weights: Mapping[str, Fraction] | None) -> Tally:
    """Count responses in which every question of the index was answered."""
    width, n = len(layout.elements), len(blob) // len(layout.elements)
    if n == 0:
        return Tally.empty()
    if not layout.by_element:  # responses to nothing that counts
        return Tally(n)
    elements = {}
    for code, places in layout.by_element.items():
        columns = [blob[place::width] for place in places]
        elements[code] = element_scores(columns)
    factors, divisor = respondent_factors(layout, weights)
    totals = weighted_totals([blob[place::width] for place in factors], list(factors.values()))
    respondents = Counter({Fraction(total, divisor): times for total, times in totals.items()})
    return Tally(n, elements, respondents)


def element_scores(columns: list[bytes]) -> Counter[Fraction]:
    """Distribution of the respondents' mean over the questions of one element."""
    asked = len(columns)
    if asked == 1:
        counts = frequencies(columns[0])
        return Counter({Fraction(code - 48): times for code, times in counts.items()})
    totals = weighted_totals(columns, [1] * asked)
    return Counter({Fraction(total, asked): times for total, times in totals.items()})


def weighted_totals(columns: list[bytes], factors: list[int]) -> Counter[int]:
    """How many responses have which sum of their scores, each times the factor of its question."""
    if sum(factors) * MOST_SCORE < BYTE:
        return Counter(frequencies(byte_totals(columns, factors)))
    weighted = [
        [(digit - 48) * factor for digit in column]
        for column, factor in zip(columns, factors, strict=True)
    ]
    return Counter(map(sum, zip(*weighted, strict=True)))


def frequencies(column: bytes) -> dict[int, int]:
    """How often each value stands in a column, values rising. Striking out one value after the other is
    several times faster than counting each, or a set, where there are few."""
    found, rest = {}, column
    while rest:
        left = rest.translate(None, rest[:1])
        found[rest[0]] = len(rest) - len(left)
        rest = left
    return dict(sorted(found.items()))


def byte_totals(columns: list[bytes], factors: list[int]) -> bytes:
    """Weighted sum of each response, one byte each: the columns are added as one long number,
    which never carries because no sum reaches 256."""
    digits = bytes(max(code - 48, 0) if code < 58 else 0 for code in range(BYTE))
    size = len(columns[0])
    total = sum(
        int.from_bytes(column.translate(digits), "big") * factor
        for column, factor in zip(columns, factors, strict=True)
    )
    return total.to_bytes(size, "big")


def respondent_factors(
    layout: Layout, weights: Mapping[str, Fraction] | None
) -> tuple[dict[int, int], int]:
    """Whole factor of each question in a respondent's mean, and what to divide the sum by."""
    elements = layout.by_element
    shares = weights or dict.fromkeys(elements, Fraction(1, len(elements)))
    exact = {
        place: shares[code] / len(places) for code, places in elements.items() for place in places
    }
    divisor = math.lcm(*(share.denominator for share in exact.values()))
    return {place: int(share * divisor) for place, share in exact.items()}, divisor


def gap_rows(columns: list[bytes]) -> list[int]:
    """Places of the responses with an unanswered question among these, in order."""
    places: set[int] = set()
    for column in columns:
        at = column.find(b"0")
        while at >= 0:
            places.add(at)
            at = column.find(b"0", at + 1)
    return sorted(places)


def count_with_gaps(
    blob: bytes, gaps: list[int], layout: Layout, weights: Mapping[str, Fraction] | None
) -> Tally:
    """Count when some answers are missing: all that lack the same questions at once, by a layout without
    them. Own weights are then shared among the elements that were answered."""
    width, start = len(layout.elements), 0
    complete: list[bytes] = []
    lacking: dict[bytes, list[bytes]] = {}
    for place in gaps:
        complete.append(blob[start : place * width])
        start = (place + 1) * width
        row = blob[place * width : start]
        lacking.setdefault(row.translate(ANSWERED), []).append(row)
    complete.append(blob[start:])
    tallies = [count_complete(b"".join(complete), layout, weights)]
    for answered, rows in lacking.items():
        kept = zip(layout.elements, answered, strict=True)
        rest = Layout(tuple(code if given else None for code, given in kept))
        shares = None
        if weights:
            whole = sum((weights[code] for code in rest.by_element), Fraction(0))
            shares = {code: weights[code] / whole for code in rest.by_element}
        tallies.append(count_complete(b"".join(rows), rest, shares))
    return Tally.sum(tallies)
