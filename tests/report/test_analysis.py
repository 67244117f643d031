"""The analysis of a period: the same numbers as the index, small groups protected, words that are true."""

from __future__ import annotations

import random
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Cast, answer, moment
from tuntas.demo import add_history
from tuntas.law.months import Month, Span
from tuntas.models import Audience, Channel, Closure, Period, Response
from tuntas.models.analyses import analysis_of
from tuntas.models.breakdowns import BY_CHANNEL, BY_SERVICE
from tuntas.models.results import counts, index_of, span_result
from tuntas.models.surveys import Edition
from tuntas.report import analysis

JANUARY = Span.parse("2026-01")


def fill(cast: Cast, n: int, month: int = 1, seed: int = 1, **fixed: Any) -> None:
    """`n` answers of a month to both services, some with gaps, over the profile and the channels."""
    chance = random.Random(seed)
    for place in range(n):
        service = cast.service if place % 3 else cast.service16
        width = len(service.edition.question_list)
        answers = "".join(chance.choices("01234", (1, 1, 4, 20, 15), k=width))
        profile = chance.choice("LP-") + chance.choice("345") + chance.choice("356") + "a"
        fields = {
            "profile": profile,
            "channel": chance.choice([Channel.WEB, Channel.QR, Channel.PAPER]),
            **fixed,
        }
        answer(service, answers, at=moment(f"2026-{month:02d}-15 03:00"), **fields)


def close(cast: Cast, month: int) -> None:
    at = moment(f"2026-{month + 1:02d}-02 03:00")
    Closure.seal(Period.of(cast.office, Month(2026, month)), by=None, at=at)


def test_one_scan_gives_the_tallies_of_the_index(cast: Cast) -> None:
    fill(cast, 90)
    fill(cast, 40, month=2, seed=2)
    span = Span.parse("2026-Q1")
    found = analysis_of(cast.office, span)
    by_key = {(r.month, r.service_id): r.tally for r in counts(cast.office, span.months)}
    assert {(r.month, r.service_id): r.tally for r in found.counted()} == by_key
    assert found.result == span_result(cast.office, span.months)
    assert found.n == 130
    only = analysis_of(cast.office, span, service=cast.service)
    assert only.result == span_result(cast.office, span.months, service=cast.service)


def test_two_editions_in_one_month_are_read_apart(cast: Cast) -> None:
    fill(cast, 30)
    late = Edition.builtin("skm16")
    Response.objects.bulk_create(
        Response(
            office=cast.office, id=uuid4(), service=cast.service, edition=late, month=date(2026, 1, 1),
            received_at=moment("2026-01-20 03:00"), channel="web", answers="34" * 8, profile="",
        )
        for _each in range(4)
    )  # fmt: skip
    found = analysis_of(cast.office, JANUARY)
    assert found.n == 34
    assert found.result == span_result(cast.office, JANUARY.months)
    assert found.sizes("sex")["-"] >= 4


def test_groups_are_the_same_people_as_a_count_by_hand(cast: Cast) -> None:
    fill(cast, 120)
    close(cast, 1)
    found = analysis_of(cast.office, JANUARY)
    rows = list(cast.office.responses.all())
    for group in found.groups("sex"):
        own = [row for row in rows if row.profile[0] == group.code]
        assert group.n == len(own)
        assert group.is_shown is (len(own) >= 10)
    for by in ("sex", "age", "education", "occupation", BY_CHANNEL, BY_SERVICE):
        assert sum(found.sizes(by).values()) == found.n
    web = next(group for group in found.groups(BY_CHANNEL) if group.code == Channel.WEB)
    others = [group for group in found.groups(BY_CHANNEL) if group.code != Channel.WEB]
    assert web.result
    assert web.n + sum(group.n for group in others) == found.n
    assert web.difference95 is not None
    assert web.difference95[0] <= web.difference <= web.difference95[1]  # type: ignore[operator]


def test_frequencies_and_cross_tables_count_everybody_once(cast: Cast) -> None:
    fill(cast, 100)
    close(cast, 1)
    found = analysis_of(cast.office, JANUARY)
    for row in found.frequencies():
        asked = [r for r in cast.office.responses.all() if r.edition_id == row.question.edition_id]
        place = row.question.position - 1
        assert row.n + row.missing == len(asked)
        assert row.times == tuple(
            sum(r.answers[place] == str(score) for r in asked)
            for score in range(1, len(row.question.options) + 1)
        )
    crossed = found.cross("sex", "staff_conduct")
    assert crossed.rows == ("L", "P", "-")
    answered = sum(r.tally.answered("staff_conduct") for r in found.counted())
    assert sum(map(sum, crossed.times)) == answered


@pytest.mark.parametrize("unit", [True, False])
def test_groups_are_hidden_where_a_difference_would_give_them_away(cast: Cast, unit: bool) -> None:
    fill(cast, 100)
    running = analysis.build(cast.office, JANUARY)
    assert running.groups[0].rows == running.respondents[0].rows == ()
    assert "ditutup" in running.groups[0].note
    assert "ditutup" in running.respondents[0].note
    close(cast, 1)
    settled = analysis.build(cast.office, JANUARY)
    assert "*" not in {row[2] for row in settled.groups[0].rows}
    scope = {"unit": cast.pensiun} if unit else {"service": cast.service}
    part = analysis.build(cast.office, JANUARY, **scope)  # type: ignore[arg-type]
    assert part.groups[0].rows == ()
    assert {row[2] for row in part.channels.rows} == {"*"}
    free = analysis.build(cast.office, Span.parse("2025-12..2026-01"))
    assert free.groups[0].rows == ()
    assert "rentang bebas" in free.groups[0].note


def test_a_small_group_takes_the_next_smallest_with_it(cast: Cast) -> None:
    for sex, n in (("L", 5), ("P", 30), ("-", 20)):
        fill(cast, n, profile=f"{sex}3--")
    close(cast, 1)
    table = analysis.build(cast.office, JANUARY).groups[0]
    shown = {row[0]: row[2] for row in table.rows}
    assert (shown["Laki-laki"], shown["Tidak diisi"]) == ("*", "*")
    assert shown["Perempuan"] != "*"
    assert "jawaban kelompok kecil" in table.note


def test_the_correction_says_whether_it_was_applied(cast: Cast) -> None:
    fill(cast, 60)
    words = analysis.build(cast.office, JANUARY).facts
    assert words
    assert "belum diisi semua" in words.population
    for service in (cast.service, cast.service16):
        Audience.record(service, 2026, 50, source="Register", by=None)
    found = analysis_of(cast.office, JANUARY)
    assert found.result
    assert found.finite_result
    wide, narrow = found.result.interval95, found.finite_result.interval95
    assert wide
    assert narrow
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    expected = index_of(found.counted(), cast.office.weights, 100)
    assert found.finite_result == expected
    facts = analysis.build(cast.office, JANUARY).facts
    assert facts
    assert "N = 100" in facts.population
    assert facts.adequacy.startswith("Baru 60 dari 80")
    Audience.record(cast.service, 2026, 5, source="Register", by=None)
    Audience.record(cast.service16, 2026, 5, source="Register", by=None)
    facts = analysis.build(cast.office, JANUARY).facts
    assert facts
    assert "lebih banyak daripada populasi" in facts.population


def test_signed_answers_are_compared_and_never_dropped(cast: Cast) -> None:
    fill(cast, 30)
    answer(cast.service, "1" * 9, at=moment("2026-01-15 03:00"), seconds=2)
    found = analysis_of(cast.office, JANUARY)
    assert (found.n, found.signed) == (31, 1)
    facts = analysis.build(cast.office, JANUARY).facts
    assert facts
    assert "tetap dihitung" in facts.signs
    assert found.unsigned_result
    assert found.unsigned_result.n == 30


def test_the_published_months_of_the_demo_are_noise(cast: Cast) -> None:
    values = {
        "2023-01": "88.81", "2023-02": "89.15", "2023-03": "86.48",
        "2023-04": "87.63", "2023-05": "90.83", "2023-06": "87.97",
    }  # fmt: skip
    add_history(cast.office, {"values": values, "source": "Laporan"})
    chapter = analysis.build(cast.office, Span.parse("2023-S1"))
    limits = chapter.months.chart.limits
    assert limits
    assert [f"{float(end):.2f}" for end in limits] == ["83.04", "93.92"]
    assert not any(row.signals for row in chapter.months.months)
    assert "83,04–93,92" in chapter.months.sentence
    assert "derau" in chapter.months.sentence


def test_an_office_without_answers_has_an_empty_analysis(cast: Cast) -> None:
    chapter = analysis.build(cast.office, JANUARY)
    assert (chapter.n, chapter.facts, chapter.frequency) == (0, None, ())
    assert chapter.months.months == ()
    assert all(table.block.rows for table in chapter.tables)


def test_tables_print_in_documents(cast: Cast) -> None:
    fill(cast, 40)
    close(cast, 1)
    chapter = analysis.build(cast.office, JANUARY)
    assert len({table.code for table in chapter.tables}) == len(chapter.tables)
    for table in chapter.tables:
        assert {len(row) for row in table.block.rows} == {len(table.heads)}
    profile = chapter.respondents[0]
    assert profile.rows[-1] == ("Jumlah", 40, "100%")
    assert len(chapter.frequency) == sum(
        len(Edition.builtin(code).question_list) for code in ("skm9", "skm16")
    )
