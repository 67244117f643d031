"""Closing seals: roots over what was received, kept for ever, found when something was changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cast, answer, at_once, make_cast, moment
from tests.test_periods import refused
from tuntas import chores
from tuntas.law.months import Month
from tuntas.models import ClosureProof, DaySeal, Exclusion, Feedback, Period
from tuntas.models.closures import Closure, fingerprint
from tuntas.models.seals import parts_of, seals_of
from tuntas.proof.records import month_records
from tuntas.proof.tree import leaf_hash, root_of

JANUARY = Month(2026, 1)
DURING, AFTER = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")


def seal_january(cast: Cast) -> None:
    DaySeal.seal_all(cast.office, JANUARY)


def close(cast: Cast) -> Closure:
    return Closure.seal(Period.of(cast.office, JANUARY), by=cast.people["head"], at=AFTER)


def test_a_closure_keeps_a_root_over_every_response_of_the_month(cast: Cast) -> None:
    for day in ("2026-01-03 03:00", "2026-01-03 18:00", "2026-01-20 03:00"):
        answer(cast.service, at=moment(day), suggestion="Tambah kursi.")
    answer(cast.other_service, at=DURING)
    closure = close(cast)
    seals = seals_of(cast.office, JANUARY)
    # 18:00 UTC is the next day in western Indonesia.
    assert [(str(seal.day), seal.n) for seal in seals] == [
        ("2026-01-03", 1),
        ("2026-01-04", 1),
        ("2026-01-20", 1),
    ]
    proof = closure.content["proof"]
    assert (proof["answers"]["n"], proof["texts"]["n"], proof["days"]) == (3, 3, 3)
    parts = parts_of("kanreg", "2026-01", proof, tuple(seal.as_root for seal in seals))
    assert closure.root == root_of(map(leaf_hash, month_records(parts))).hex()
    assert closure.sha256 == fingerprint(closure.content)


def test_days_are_sealed_once_they_are_over_and_only_once(cast: Cast) -> None:
    answer(cast.service, at=moment("2026-01-14 03:00"))
    answer(cast.service, at=moment("2026-01-15 03:00"))
    for _again in range(2):
        chores.seal_days(moment("2026-01-15 10:00"), None)
        assert [str(seal.day) for seal in DaySeal.objects.all()] == ["2026-01-14"]
    # What is found later for a day that was sealed gets a seal of its own; the first one stays.
    answer(cast.service, at=moment("2026-01-14 04:00"))
    chores.seal_days(moment("2026-01-16 10:00"), None)
    rows = [(seal.number, str(seal.day), seal.n) for seal in DaySeal.objects.all()]
    assert rows == [(1, "2026-01-14", 1), (2, "2026-01-14", 1), (3, "2026-01-15", 1)]
    assert close(cast).content["proof"]["days"] == 3


def test_exclusions_stay_as_leaves_and_are_counted_in_the_proof(cast: Cast) -> None:
    keys = [answer(cast.service, at=DURING).response_id for _each in range(4)]
    exclusion = Exclusion.propose(
        cast.office, JANUARY, keys[:1], "Uji coba petugas hari itu", by=cast.people["team"]
    )
    exclusion.decide(accept=True, by=cast.people["head"])
    closure = close(cast)
    assert closure.n == 3
    assert closure.content["proof"]["answers"]["n"] == 4
    assert closure.content["proof"]["left_out"] == [1]
    assert closure.left_out == 1


def test_the_answer_that_comes_while_closing_is_prepared_is_in_the_root(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(cast.service, at=DURING)
    from tuntas.models import closures

    original, late = closures.count_month, []

    def count_and_answer(*words: Any) -> Any:
        counted = original(*words)
        if not late:
            late.append(answer(cast.service, at=AFTER, answered_on=DURING.date()))
        return counted

    monkeypatch.setattr(closures, "count_month", count_and_answer)
    closure = close(cast)
    assert (closure.n, closure.content["proof"]["answers"]["n"]) == (2, 2)
    assert sum(seal.n for seal in seals_of(cast.office, JANUARY)) == 2


def test_closing_again_covers_what_came_since_and_leaves_the_old_root(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    first = close(cast)
    first.reopen(by=None, reason="Berkas kertas terlambat masuk.")
    answer(cast.service, at=AFTER, answered_on=DURING.date())
    second = close(cast)
    assert [each.content["proof"]["days"] for each in (first, second)] == [1, 2]
    assert first.root != second.root


@pytest.mark.django_db(transaction=True)
def test_several_sealers_at_once_seal_every_response_once() -> None:
    cast = make_cast()
    for day in (3, 14, 20):
        for _each in range(5):
            answer(cast.service, at=moment(f"2026-01-{day:02} 03:00"))
    at_once(lambda: seal_january(cast), threads=4)
    seals = seals_of(cast.office, JANUARY)
    ids = [key for seal in seals for key in seal.ids]
    assert len(ids) == len(set(ids)) == 15
    assert [seal.number for seal in seals] == list(range(1, len(seals) + 1))


def test_an_empty_month_has_a_root_too(cast: Cast) -> None:
    closure = close(cast)
    assert len(closure.root) == 64
    assert closure.content["proof"]["answers"]["n"] == 0


def test_the_database_itself_refuses_to_change_seals(cast: Cast) -> None:
    answer(cast.service, at=DURING)
    close(cast)
    for model in (DaySeal, ClosureProof):
        assert refused(lambda model=model: model.objects.update(secret=b"x"))  # type: ignore[misc]
        assert refused(lambda model=model: model.objects.all()._raw_delete("default"))  # type: ignore[misc]


def test_a_score_can_neither_be_joined_to_a_text_nor_a_text_to_a_score(cast: Cast) -> None:
    receipt = answer(cast.service, at=DURING, suggestion="Tambah kursi.")
    close(cast)
    proof = ClosureProof.objects.get()
    ((key, _leaf),) = proof.text_leaves
    assert key == Feedback.objects.get().pk
    assert receipt.response_id.bytes not in bytes(proof.texts)
    assert "kursi" not in proof.editions
