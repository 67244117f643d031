"""Tabulation: many responses at once as sets of bits, so that any part of them is counted at C speed.

One bit per response in each set: "answered 3 to question 5", "is a woman", "came by WhatsApp". The
number of responses in two sets is the number of ones in `a & b`. A hundred thousand responses make
sets of 12 KB, so that every frequency, cross table and index of a group together cost less than
reading the rows once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tuntas.law.sums import Sums
from tuntas.law.tally import (
    BYTE,
    MOST_SCORE,
    Layout,
    Moments,
    Tally,
    byte_totals,
    check,
    frequencies,
    gap_rows,
    respondent_factors,
    sum_of,
)

Masks = Mapping[Fraction, int]


@dataclass(frozen=True)
class Tabulation:
    """Responses to one layout. Every mask has one bit per response, the first one the highest.

    everyone: all of them. questions: of each stored character, the responses with each value ("0":
    not answered). traits: of each further character (profile, channel, …) the same. elements and
    respondents: of each score, or mean, the responses that have it, as in a Tally.
    """

    n: int
    everyone: int
    questions: tuple[Mapping[str, int], ...]
    traits: tuple[Mapping[str, int], ...]
    elements: Mapping[str, Masks]
    respondents: Masks

    def tally(self, members: int | None = None) -> Tally:
        """The tally of some of the responses; of all without `members`. Other instruments are not
        counted here."""
        chosen = self.everyone if members is None else members
        elements = {code: counted(masks, chosen) for code, masks in self.elements.items()}
        return Tally(
            n=chosen.bit_count(),
            elements={code: scores for code, scores in elements.items() if scores},
            respondents=counted(self.respondents, chosen),
        )

    def sums(self, members: int | None = None) -> Sums:
        """The same, added up: as `Sums.of` the tally, without the table of counts."""
        chosen = self.everyone if members is None else members
        elements = {}
        for code, masks in self.elements.items():
            scores = times_of(masks, chosen)
            answered = sum(times for _score, times in scores)
            if answered:
                elements[code] = (answered, sum_of(scores))
        respondents = times_of(self.respondents, chosen)
        return Sums(chosen.bit_count(), elements, Moments.of(respondents))


def times_of(masks: Masks, members: int) -> list[tuple[Fraction, int]]:
    """How many of the members each value has; values that none of them has stand with 0."""
    return [(value, (mask & members).bit_count()) for value, mask in masks.items()]


def counted(masks: Masks, members: int) -> Counter[Fraction]:
    return Counter({value: times for value, times in times_of(masks, members) if times})


def crossed(rows: Iterable[int], columns: Iterable[int]) -> list[list[int]]:
    """How many responses are in each of `rows` and each of `columns`."""
    across = list(columns)
    return [[(row & column).bit_count() for column in across] for row in rows]


def tabulate(
    answers: str,
    layout: Layout,
    weights: Mapping[str, Fraction] | None = None,
    traits: Sequence[tuple[str, int]] = (),
) -> Tabulation:
    """Tabulation of answers as `law.tally.count` takes them, one response after the other.

    `traits` are further texts in the same order, each with its ASCII characters per response.
    Raises BadAnswers, and ValueError for a text of another length.
    """
    if answers:
        check(answers, layout)
    raw, asked = answers.encode("ascii"), len(layout.elements)
    n = len(raw) // asked
    columns = [raw[place::asked] for place in range(asked)]
    questions = tuple(values(column) for column in columns)
    elements = {
        code: element_scores(questions, columns, places)
        for code, places in layout.by_element.items()
    }
    return Tabulation(
        n=n,
        everyone=(1 << n) - 1,
        questions=questions,
        traits=tuple(
            values(column) for text, width in traits for column in trait_columns(text, width, n)
        ),
        elements=elements,
        respondents=respondent_means(columns, layout, weights),
    )


def element_scores(
    questions: tuple[dict[str, int], ...], columns: list[bytes], places: tuple[int, ...]
) -> dict[Fraction, int]:
    """Of each score of an element, the responses that have it; one question's masks are its own."""
    if len(places) > 1:
        return means([columns[place] for place in places], [1] * len(places), len(places))
    known = questions[places[0]].items()
    return {Fraction(int(value)): mask for value, mask in known if value != "0"}


def trait_columns(text: str, width: int, n: int) -> list[bytes]:
    raw = text.encode("ascii")
    if len(raw) != width * n:
        raise ValueError(f"{len(raw)} characters for {n} responses of {width}")
    return [raw[place::width] for place in range(width)]


def values(column: bytes) -> dict[str, int]:
    """Of each character in a column, the responses that have it."""
    return {chr(code): mask_of(column, code) for code in frequencies(column)}


def mask_of(column: bytes, code: int) -> int:
    """The responses whose character is `code`. Reading base 2 takes time linear in their number."""
    table = bytearray(b"0" * BYTE)
    table[code] = ord("1")
    return int(column.translate(bytes(table)), 2)


def means(columns: list[bytes], factors: list[int], divisor: int) -> dict[Fraction, int]:
    """Of each mean over the answered ones of some questions, the responses that have it; each
    question weighs its factor. Whoever answered none of them is in no mask."""
    gaps = gap_rows(columns)
    if sum(factors) * MOST_SCORE < BYTE:
        totals = byte_totals(columns, factors)
        found = {Fraction(ord(key), divisor): mask for key, mask in values(totals).items()}
    else:
        found = wide_totals(columns, factors, divisor)
    if gaps:
        whole = (1 << len(columns[0])) - 1
        missing = bits(gaps, len(columns[0]))
        found = {value: mask & (whole ^ missing) for value, mask in found.items()}
        for value, mask in partial_means(columns, factors, gaps).items():
            found[value] = found.get(value, 0) | mask
    return {value: found[value] for value in sorted(found) if found[value]}


def wide_totals(columns: list[bytes], factors: list[int], divisor: int) -> dict[Fraction, int]:
    """The same for factors too large for a byte, one response after the other."""
    places: dict[int, list[int]] = {}
    for place, row in enumerate(zip(*columns, strict=True)):
        total = sum((code - 48) * factor for code, factor in zip(row, factors, strict=True))
        places.setdefault(total, []).append(place)
    size = len(columns[0])
    return {Fraction(total, divisor): bits(rows, size) for total, rows in places.items()}


def partial_means(columns: list[bytes], factors: list[int], gaps: list[int]) -> dict[Fraction, int]:
    """Means of the responses with gaps: over what they did answer."""
    known: dict[bytes, Fraction | None] = {}
    places: dict[Fraction, list[int]] = {}
    for place in gaps:
        row = bytes(column[place] for column in columns)
        if row not in known:
            given = [(c - 48, f) for c, f in zip(row, factors, strict=True) if c != 48]
            weight = sum(factor for _score, factor in given)
            total = sum(score * factor for score, factor in given)
            known[row] = Fraction(total, weight) if given else None
        value = known[row]
        if value is not None:
            places.setdefault(value, []).append(place)
    return {value: bits(rows, len(columns[0])) for value, rows in places.items()}


def bits(places: Iterable[int], size: int) -> int:
    """The mask of these places among `size` responses."""
    text = bytearray(b"0" * size)
    for place in places:
        text[place] = ord("1")
    return int(bytes(text), 2) if size else 0


def respondent_means(
    columns: list[bytes], layout: Layout, weights: Mapping[str, Fraction] | None
) -> dict[Fraction, int]:
    """Of each mean over a respondent's elements, the responses that have it (as `Tally.respondents`).

    With one question per element this is a weighted mean of the questions. With several, an element
    weighs the same however many of its questions were answered, so rows with gaps go element by
    element.
    """
    factors, divisor = respondent_factors(layout, weights)
    places = list(factors)
    if not places:
        return {}
    chosen = [columns[place] for place in places]
    found = means(chosen, [factors[place] for place in places], divisor)
    if all(len(group) == 1 for group in layout.by_element.values()):
        return found
    gaps = gap_rows(chosen)
    if not gaps:
        return found
    size = len(chosen[0])
    keep = ((1 << size) - 1) ^ bits(gaps, size)
    rebuilt = {value: mask & keep for value, mask in found.items() if mask & keep}
    rows: dict[Fraction, list[int]] = {}
    for place in gaps:
        value = element_mean(columns, layout, weights, place)
        if value is not None:
            rows.setdefault(value, []).append(place)
    for value, members in rows.items():
        rebuilt[value] = rebuilt.get(value, 0) | bits(members, size)
    return {value: rebuilt[value] for value in sorted(rebuilt)}


def element_mean(
    columns: list[bytes], layout: Layout, weights: Mapping[str, Fraction] | None, place: int
) -> Fraction | None:
    """One respondent's mean over the elements answered; None when there is none."""
    scores: dict[str, Fraction] = {}
    for code, group in layout.by_element.items():
        given = [columns[at][place] - 48 for at in group if columns[at][place] != 48]
        if given:
            scores[code] = Fraction(sum(given), len(given))
    if not scores:
        return None
    shares = weights or dict.fromkeys(scores, Fraction(1))
    total = sum((shares[code] for code in scores), Fraction(0))
    return sum((scores[code] * shares[code] for code in scores), Fraction(0)) / total
