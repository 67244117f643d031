"""Sums: all that an index needs of many tallies, in a dozen numbers instead of a table of counts.

A closure keeps how often each score was given; to pool thousands of closures it is enough to add up
answers, scores and squares. Nothing is lost for the index: mean, weight and interval come out as the
same fractions as from the tallies themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tuntas.law.tally import Moments, Tally


@dataclass(frozen=True)
class Sums:
    """n: responses. elements: for each, respondents with a score and the sum of their scores.
    moments: of the respondents' own means, for the interval."""

    n: int = 0
    elements: Mapping[str, tuple[int, Fraction]] = field(default_factory=dict)
    moments: Moments = field(default_factory=Moments)

    @classmethod
    def of(cls, tally: Tally) -> Sums:
        rows = {code: (tally.answered(code), tally.total(code)) for code in tally.elements}
        return cls(tally.n, rows, tally.moments)

    @classmethod
    def sum(cls, parts: Iterable[Sums]) -> Sums:
        """All of them together: pooling, never averaging."""
        rows = list(parts)
        elements: dict[str, tuple[int, Fraction]] = {}
        for part in rows:
            for code, (answered, total) in part.elements.items():
                known = elements.get(code)
                elements[code] = (
                    (known[0] + answered, known[1] + total) if known else (answered, total)
                )
        return cls(
            sum(part.n for part in rows), elements, Moments.sum(part.moments for part in rows)
        )

    def without(self, part: Sums) -> Sums:
        """The sums of all others when `part` holds some of these responses."""
        elements = {
            code: (left, total - part.total(code))
            for code, (answered, total) in self.elements.items()
            if (left := answered - part.answered(code))
        }
        mine, theirs = self.moments, part.moments
        moments = Moments(
            mine.n - theirs.n, mine.total - theirs.total, mine.squares - theirs.squares
        )
        return Sums(self.n - part.n, elements, moments)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; sums are exact, as "7/2"."""
        rows = {code: [answered, str(total)] for code, (answered, total) in self.elements.items()}
        means = [self.moments.n, str(self.moments.total), str(self.moments.squares)]
        return {"n": self.n, "elements": rows, "means": means}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sums:
        rows = {
            code: (int(answered), Fraction(total))
            for code, (answered, total) in data["elements"].items()
        }
        n, total, squares = data["means"]
        return cls(int(data["n"]), rows, Moments(int(n), Fraction(total), Fraction(squares)))

    def answered(self, element: str) -> int:
        """Respondents with a score for the element."""
        return self.elements.get(element, (0, Fraction(0)))[0]

    def total(self, element: str) -> Fraction:
        """Sum of the scores given to the element."""
        return self.elements.get(element, (0, Fraction(0)))[1]
