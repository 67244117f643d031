"""Whether a tally that came from elsewhere can be one: every count in its place, every sum right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from tuntas.law.elements import MAX_ELEMENTS
from tuntas.law.instruments import INSTRUMENTS, MOST_STARS
from tuntas.law.tally import LEAST_SCORE, MOST_SCORE, Tally
from tuntas.law.weights import WeightsDoNotSumToOne, check_own

SCORE = re.compile(r"[1-9]\d{0,9}(/[1-9]\d{0,9})?")
CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
MOST_ANSWERS = 10**12


class BadTally(ValueError):
    """What is wrong, as half a sentence."""


def check_service(row: object) -> None:
    """A service of a closure in an aggregate file. Raises BadTally."""
    keys = {"unit", "code", "name", "questionnaire", "elements", "tally"}
    if not isinstance(row, dict) or set(row) - {"own_weights"} != keys:
        raise BadTally(", ".join(sorted(keys)))
    for key in ("unit", "code", "name", "questionnaire"):
        if not isinstance(row[key], str) or len(row[key]) > 200:
            raise BadTally(key)
    elements = row["elements"]
    if not isinstance(elements, list) or not 1 <= len(elements) <= MAX_ELEMENTS:
        raise BadTally(_("daftar unsur salah"))
    if not all(isinstance(code, str) and CODE.fullmatch(code) for code in elements) or len(
        set(elements)
    ) != len(elements):
        raise BadTally(_("daftar unsur salah"))
    tally = checked(row["tally"], elements)
    if "own_weights" in row:
        check_weights(row["own_weights"], elements)
    elif all(tally.answered(code) == tally.n for code in elements):
        check_complete(tally, elements)


def checked(data: object, elements: list[str]) -> Tally:
    keys = {"n", "elements", "respondents"}
    if not isinstance(data, dict) or set(data) - {"instruments"} != keys:
        raise BadTally("tally: n, elements, respondents")
    n = whole(data["n"], "n", least=0)
    if not isinstance(data["elements"], dict) or not set(data["elements"]) <= set(elements):
        raise BadTally(_("ada unsur yang tidak ditanyakan"))
    for code, scores in data["elements"].items():
        if counted(scores, code) > n:
            raise BadTally(_("unsur %(code)s dijawab lebih banyak dari n") % {"code": code})
    if counted(data["respondents"], "respondents") > n:
        raise BadTally(_("jumlah responden lebih banyak dari n"))
    for code, part in data.get("instruments", {}).items():
        check_instrument(code, part, n)
    return Tally.from_json(data)


def whole(value: object, where: str, *, least: int = 1) -> int:
    if type(value) is not int or not least <= value <= MOST_ANSWERS:
        raise BadTally(_("%(where)s bukan bilangan yang masuk akal") % {"where": where})
    return value


def counted(scores: object, where: str) -> int:
    """How many answers a distribution holds; each score must lie in 1–4 and be written shortly."""
    if not isinstance(scores, dict):
        raise BadTally(where)
    n = 0
    for text, times in scores.items():
        score = Fraction(text) if SCORE.fullmatch(text) else Fraction(0)
        if str(score) != text or not LEAST_SCORE <= score <= MOST_SCORE:
            raise BadTally(_("%(where)s: nilai %(score)s di luar 1–4") % {
                "where": where, "score": text[:20],
            })  # fmt: skip
        n += whole(times, where)
    return n


def check_complete(tally: Tally, elements: list[str]) -> None:
    """Where everybody answered everything, the respondents' means are the elements' scores anew."""
    total = sum((tally.total(code) for code in elements), Fraction(0))
    moments = tally.moments
    if moments.n != tally.n or moments.total * len(elements) != total:
        raise BadTally(_("rata-rata responden tidak cocok dengan nilai unsur"))


def check_weights(weights: object, elements: list[str]) -> None:
    try:
        if not isinstance(weights, dict):
            raise BadTally(_("bobot sendiri salah"))
        check_own(elements, {code: Fraction(text) for code, text in weights.items()})
    except (ValueError, TypeError, ZeroDivisionError, WeightsDoNotSumToOne) as error:
        raise BadTally(_("bobot sendiri salah")) from error


def check_instrument(code: str, part: Any, n: int) -> None:
    if code not in INSTRUMENTS or not isinstance(part, dict) or set(part) != {"n", "statements"}:
        raise BadTally(f"instruments: {code[:20]}")
    asked = whole(part["n"], code, least=0)
    known = {row.code for row in INSTRUMENTS[code].statements}
    statements: Mapping[str, Any] = part["statements"]
    if asked > n or not isinstance(statements, dict) or not set(statements) <= known:
        raise BadTally(f"instruments: {code}")
    allowed = {str(star) for star in range(1, MOST_STARS + 1)}
    for stars in statements.values():
        if not isinstance(stars, dict) or not set(stars) <= allowed:
            raise BadTally(f"instruments: {code}")
        if sum(whole(times, code) for times in stars.values()) > asked:
            raise BadTally(f"instruments: {code}")
