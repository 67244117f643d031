"""Rank correlation of two questions: Spearman's coefficient with ties, from their cross table.

    ρ = Σ n_ij (r_i − r̄)(s_j − s̄) / √(Σ n_i (r_i − r̄)² · Σ n_j (s_j − s̄)²)

r_i is the mean rank of all who gave answer i (Spearman, The proof and measurement of association
between two things, 1904; mean ranks for ties as usual). Sums are exact; the one square root is taken
12 decimals deep. Answers are ordered words, not measured quantities, hence ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tuntas.law.index import root

# How strong a coefficient is called (its absolute value); conventions differ, these are ours.
STRONG_FROM, MEDIUM_FROM = Fraction("0.6"), Fraction("0.3")
STRONG, MEDIUM, WEAK, NONE = "strong", "medium", "weak", "none"
# Fewer pairs than this are not judged.
LEAST_PAIRS = 30


def spearman(table: Sequence[Sequence[int]]) -> Fraction | None:
    """ρ of a table of counts, rows and columns in rising order of their answers; -1 to 1.

    None when there is nobody, or when everybody gave the same answer to one of the questions.
    """
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    n = sum(rows)
    if n == 0:
        return None
    middle = Fraction(n + 1, 2)
    across = [rank - middle for rank in mean_ranks(rows)]
    along = [rank - middle for rank in mean_ranks(columns)]
    spread = sum((n_i * rank**2 for n_i, rank in zip(rows, across, strict=True)), Fraction(0))
    breadth = sum((n_j * rank**2 for n_j, rank in zip(columns, along, strict=True)), Fraction(0))
    if not spread or not breadth:
        return None
    together = sum(
        (
            times * across[i] * along[j]
            for i, row in enumerate(table)
            for j, times in enumerate(row)
            if times
        ),
        Fraction(0),
    )
    size = root(together**2 / (spread * breadth))
    return size if together >= 0 else -size


def mean_ranks(counts: Sequence[int]) -> list[Fraction]:
    """The mean rank of each group of equal answers, the lowest first; ranks begin with 1."""
    ranks, before = [], 0
    for times in counts:
        ranks.append(before + Fraction(times + 1, 2))
        before += times
    return ranks


def strength(rho: Fraction | None, pairs: int) -> str:
    """strong, medium or weak by the size of ρ; none where it is unknown or has too few pairs."""
    if rho is None or pairs < LEAST_PAIRS:
        return NONE
    if abs(rho) >= STRONG_FROM:
        return STRONG
    return MEDIUM if abs(rho) >= MEDIUM_FROM else WEAK
