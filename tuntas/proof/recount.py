"""Counting an archive's answers again, by the law's own arithmetic. PURE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tuntas.law import index, instruments
from tuntas.law.elements import in_regulation_order
from tuntas.law.rounding import half_up
from tuntas.law.tally import BadAnswers, Layout, Tally, count
from tuntas.proof.records import COUNTED, AnswerRow, left_out_status


@dataclass(frozen=True)
class Difference:
    """A figure of the closure that its answers do not give."""

    where: str
    closed: str
    recounted: str


@dataclass
class Recount:
    """The answers of an archive by service and edition, and those left out by exclusion."""

    answers: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    left_out: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, row: AnswerRow) -> None:
        if row.status == COUNTED:
            self.answers[row.service, row.edition].append(row.answers)
        else:
            self.left_out[row.status] += 1


def layout_of(edition: Mapping[str, Any]) -> Layout:
    """What each character of the answers to an edition of editions.json says."""
    elements = tuple(question["element"] or None for question in edition["questions"])
    places = tuple(
        (question["instrument"], question["statement"]) if question["statement"] else None
        for question in edition["questions"]
    )
    return Layout(elements, places if any(places) else ())


def weights_of(edition: Mapping[str, Any]) -> dict[str, Fraction] | None:
    own = edition["own_weights"]
    return {code: Fraction(text) for code, text in own.items()} or None


def differences(
    found: Recount, closure: Mapping[str, Any], editions: list[dict[str, Any]]
) -> Iterator[Difference]:
    """Where the closure says something else than its answers. Raises what bad JSON raises."""
    by_key = {str(edition["key"]): edition for edition in editions}
    closed = {(str(row["service"]), str(row["edition"])): row for row in closure["services"]}
    tallies: dict[tuple[str, str], Tally] = {}
    for key in sorted(found.answers.keys() | closed.keys()):
        try:
            edition = by_key[key[1]]
            tallies[key] = count(
                "".join(found.answers.get(key, ())), layout_of(edition), weights_of(edition)
            )
        except KeyError:
            yield Difference(f"edisi {key[1]}", "ada", "tidak ada dalam editions.json")
            continue
        except BadAnswers as error:
            yield Difference(f"layanan {key[0]}, edisi {key[1]}", "terhitung", str(error))
            continue
        row = closed.get(key)
        yield from compare(f"layanan {key[0]}, edisi {key[1]}", row, tallies[key])
    total = Tally.sum(tallies.values())
    if total.n != closure["n"]:
        yield Difference("n", str(closure["n"]), str(total.n))
    used = [by_key[edition] for _service, edition in tallies]
    yield from compare_results(closure, total, used)
    for place, kept in enumerate(closure["proof"]["left_out"], start=1):
        n = found.left_out.pop(left_out_status(place), 0)
        if n != kept:
            yield Difference(f"pengecualian ke-{place}", str(kept), str(n))
    for status, n in sorted(found.left_out.items()):
        yield Difference(status, "0", str(n))


def compare(where: str, row: Mapping[str, Any] | None, tally: Tally) -> Iterator[Difference]:
    """The closure's tally of one service, element by element, beside the recounted one."""
    closed = Tally.from_json(row["tally"]) if row else Tally.empty()
    if closed.n != tally.n:
        yield Difference(f"{where}, jumlah jawaban", str(closed.n), str(tally.n))
    for code in sorted(closed.elements.keys() | tally.elements.keys()):
        pair = [
            Tally(elements=each.elements).to_json()["elements"].get(code, {})
            for each in (closed, tally)
        ]
        if pair[0] != pair[1]:
            yield Difference(f"{where}, unsur {code}", *(str(scores) for scores in pair))
    parts = (("rata-rata responden", "respondents"), ("SPKP/SPAK", "instruments"))
    for name, key in parts:
        pair = [each.to_json().get(key, {}) for each in (closed, tally)]
        if pair[0] != pair[1]:
            yield Difference(f"{where}, {name}", *(shortened(part) for part in pair))


def shortened(data: object) -> str:
    text = str(data)
    return text if len(text) <= 80 else f"{text[:80]}…"


def compare_results(
    closure: Mapping[str, Any], total: Tally, editions: list[dict[str, Any]]
) -> Iterator[Difference]:
    """The published figures beside those that follow from the recounted answers."""
    computed = result_of(total, closure["weights"], editions)
    closed = closure["result"] or {}
    for name in sorted(computed.keys() | closed.keys()):
        if computed.get(name) != closed.get(name):
            yield Difference(f"result.{name}", str(closed.get(name)), str(computed.get(name)))
    others = instruments_of(total)
    if others != closure.get("instruments", {}):
        yield Difference("instruments", str(closure.get("instruments", {})), str(others))


def result_of(total: Tally, convention: str, editions: list[dict[str, Any]]) -> dict[str, Any]:
    """What a closure publishes of a tally; empty when there is no index."""
    if not total.n:
        return {}
    own = [weights_of(edition) for edition in editions]
    shared = own[0] if all(weights == own[0] for weights in own) else None
    asked = in_regulation_order(
        {place for edition in editions for place in layout_of(edition).by_element}
    )
    try:
        result = index.compute(total, convention, shared, asked)
    except index.NoResponses:
        return {}
    return told(result)


def told(result: index.IndexResult) -> dict[str, Any]:
    """The published figures: exact fractions as text, and the rounded value people quote."""
    return {
        "index_value": str(result.index_value),
        "converted": str(result.converted),
        "converted_2": str(half_up(result.converted, 2)),
        "grade": result.grade.letter,
        "weights": result.weights,
        "flags": list(result.flags),
    }


def instruments_of(total: Tally) -> dict[str, Any]:
    """IPKP and IPAK of the month, exact; empty when they were not asked."""
    return {
        row.code: {
            "n": row.n,
            "mean": str(row.mean),
            "index_value": str(row.index_value),
            "index_value_2": str(half_up(row.index_value, 2)),
        }
        for row in instruments.results_of(total.instruments)
    }
