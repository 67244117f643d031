"""Roll-up: pooled from closures, the same number as all the answers in one heap, and soon enough."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from fractions import Fraction
from random import Random

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Cast, answer, moment
from tests.nation import NINE, close, close_many, service_row, tally_of
from tuntas.law.index import compute
from tuntas.law.months import Month, Span
from tuntas.law.tally import Tally, count
from tuntas.models import Closure, ClosureCount, Edition, HistoricalResult, Office, Period, Response
from tuntas.models.counts import numbers_of
from tuntas.models.rollups import by_month, roll_up

SPAN = Span.parse("2023-S1")
JANUARY, FEBRUARY = Month(2023, 1), Month(2023, 2)


def answers(random: Random, n: int, questions: int = 9, scores: str = "1234") -> list[str]:
    return ["".join(random.choices(scores, k=questions)) for _each in range(n)]


def same(office: Office, tallies: Sequence[Tally], asked: Sequence[str] = NINE) -> None:
    """The roll-up says what the index of all tallies together says, to the last digit."""
    expected = compute(Tally.sum(tallies), office.weights, elements=asked)
    assert roll_up(office, SPAN).result == expected


@pytest.mark.parametrize("seed", range(12))
def test_any_partition_into_offices_gives_the_index_of_all_answers_together(
    cast: Cast, seed: int
) -> None:
    random = Random(seed)
    rows = answers(random, random.randint(2, 60), scores="01234" if seed % 2 else "1234")
    rows.append("4" * 9)
    region = Office.add("wilayah", "Wilayah", parent=cast.ministry, by=None)
    offices = [cast.ministry, cast.office, cast.other, region]
    offices.append(Office.add("cabang", "Cabang", parent=region, by=None))
    heaps: dict[tuple[int, Month], list[str]] = {}
    for row in rows:
        at = random.randrange(len(offices)), random.choice([JANUARY, FEBRUARY])
        heaps.setdefault(at, []).append(row)
    for (place, month), heap in heaps.items():
        close(offices[place], month, [service_row(tally_of(heap))], counted=random.random() > 0.3)
    same(cast.ministry, [tally_of(rows)])


@pytest.mark.parametrize("counted", [True, False])
def test_nine_and_sixteen_questions_are_pooled_by_element(cast: Cast, counted: bool) -> None:
    layout = Edition.builtin("skm16").layout
    random = Random(16)
    nine = tally_of(answers(random, 40))
    sixteen = count("".join(answers(random, 31, 16, "01234")), layout)
    close(cast.office, JANUARY, [service_row(nine)], counted=counted)
    close(cast.other, FEBRUARY, [service_row(sixteen, list(layout.by_element))], counted=counted)
    same(cast.ministry, [nine, sixteen])


def test_real_answers_closed_month_by_month_give_what_the_rows_give(cast: Cast) -> None:
    random = Random(3)
    for month in ("01", "02"):
        for text in answers(random, 8):
            answer(cast.service, text, at=moment(f"2023-{month}-10 03:00"))
        for text in answers(random, 5, 16):
            answer(cast.service16, text, at=moment(f"2023-{month}-11 03:00"))
        for text in answers(random, 4):
            answer(cast.other_service, text, at=moment(f"2023-{month}-12 03:00"))
    for office in (cast.office, cast.other):
        for month_ in (JANUARY, FEBRUARY):
            Closure.seal(Period.of(office, month_), by=None, at=moment("2023-03-02 03:00"))
    tallies = [
        row.tally
        for office in (cast.office, cast.other)
        for row in Response.objects.count_by_service(office, [JANUARY, FEBRUARY])
    ]
    same(cast.ministry, tallies)
    found = roll_up(cast.ministry, SPAN)
    assert {line.place.code: line.n for line in found.lines} == {
        "pusat": 34,
        "kanreg": 26,
        "lain": 8,
    }
    assert found.result is not None
    assert found.result.n == 34


def test_a_reopened_month_counts_no_more_and_its_next_closure_does(cast: Cast) -> None:
    first = close(cast.office, JANUARY, [service_row(tally_of(["1" * 9] * 3))])
    first.reopen(by=cast.people["team"], reason="Isian tertinggal di loket")
    assert roll_up(cast.ministry, SPAN).result is None
    tally = tally_of(["4" * 9] * 4)
    close(cast.office, JANUARY, [service_row(tally)])
    same(cast.ministry, [tally])


def test_own_weights_hold_only_where_all_closures_share_them(cast: Cast) -> None:
    half = {code: "1/16" for code in NINE} | {"fees": "1/2"}
    exact = {code: Fraction(share) for code, share in half.items()}
    one, two = tally_of(["444144444", "333233333"]), tally_of(["222422222"])
    for counted, month in ((True, JANUARY), (False, FEBRUARY)):
        close(cast.office, month, [service_row(one, own_weights=half)], counted=counted)
    found = roll_up(cast.ministry, SPAN).result
    assert found == compute(Tally.sum([one, one]), own_weights=exact, elements=NINE)
    assert found is not None
    assert found.weights == "own"
    close(cast.other, JANUARY, [service_row(two)])
    same(cast.ministry, [one, one, two])


def test_an_element_of_the_office_s_own_is_pooled_too(cast: Cast) -> None:
    more = (*NINE, "access")
    tally = tally_of(["3434343434", "1111111114"], more)
    close(cast.office, JANUARY, [service_row(tally, more)])
    close(cast.other, JANUARY, [service_row(tally_of(["4" * 9]))])
    same(cast.ministry, [tally, tally_of(["4" * 9])], more)


def test_the_convention_of_the_office_above_holds_for_all_lines(cast: Cast) -> None:
    cast.ministry.change(by=None, weights="0.11")
    close(cast.office, JANUARY, [service_row(tally_of(["4" * 9]))])
    found = roll_up(cast.ministry, SPAN)
    assert [line.converted for line in found.lines if line.n] == [Fraction(99), Fraction(99)]
    exact = roll_up(cast.ministry, SPAN, weights="exact").result
    assert exact is not None
    assert exact.converted == 100


def test_who_has_not_closed_is_named_with_the_months(cast: Cast) -> None:
    close(cast.office, JANUARY, [service_row(tally_of(["4" * 9]))])
    close(cast.office, FEBRUARY, [])  # closed without an answer is closed
    found = roll_up(cast.ministry, Span(JANUARY, FEBRUARY))
    assert [(line.place.code, line.missing) for line in found.missing] == [
        ("lain", (JANUARY, FEBRUARY))
    ]
    assert (found.whole.closed, found.whole.due) == (2, 4)
    assert [line.is_complete for line in found.lines] == [False, False, True]
    cast.other_service.change(by=None, closed_at=moment("2023-01-20 03:00"))
    again = roll_up(cast.ministry, Span(JANUARY, FEBRUARY))
    assert [line.missing for line in again.missing] == [(JANUARY,)]


def test_months_that_are_not_over_are_not_missing(cast: Cast) -> None:
    this = Month.of(cast.office.today)
    found = roll_up(cast.ministry, Span(this, this + 1))
    assert (found.missing, found.whole.due) == ([], 0)


def test_published_values_of_before_stand_apart(cast: Cast) -> None:
    close(cast.office, JANUARY, [service_row(tally_of(["2" * 9]))])
    HistoricalResult.record(cast.other, JANUARY, 90, source="Laporan 2023", by=None, n=400)  # type: ignore[arg-type]
    found = roll_up(cast.ministry, SPAN)
    assert found.result is not None
    assert found.result.converted == 50
    assert [(row.place.code, row.converted, row.n) for row in found.historical] == [
        ("lain", Fraction(90), 400)
    ]


def test_ranks_are_ranges_and_small_offices_get_none(cast: Cast) -> None:
    third = Office.add("tiga", "Kantor Tiga", parent=cast.ministry, by=None)
    small = Office.add("kecil", "Kantor Kecil", parent=cast.ministry, by=None)
    random = Random(1)
    for office, scores, n in (
        (cast.office, "34", 200),
        (cast.other, "34", 200),
        (third, "12", 200),
        (small, "4", 29),
    ):
        close(office, JANUARY, [service_row(tally_of(answers(random, n, scores=scores)))])
    lines = {line.place.code: line for line in roll_up(cast.ministry, SPAN).with_ranks().lines}
    assert lines["kanreg"].rank == lines["lain"].rank == (1, 2)
    assert lines["tiga"].rank == (3, 3)
    assert lines["kecil"].rank is None
    assert lines["kecil"].is_indicative
    assert lines["pusat"].rank is None


def test_each_month_by_itself_for_trend_and_office(cast: Cast) -> None:
    one, two = tally_of(["4" * 9]), tally_of(["2" * 9])
    close(cast.office, JANUARY, [service_row(one)])
    close(cast.other, JANUARY, [service_row(two)], counted=False)
    together = by_month(cast.ministry, SPAN, "exact")[""]
    assert together == {JANUARY: compute(Tally.sum([one, two]), elements=NINE)}
    alone = by_month(cast.ministry, SPAN, "exact", [str(cast.office.pk)])
    assert alone == {str(cast.office.pk): {JANUARY: compute(one, elements=NINE)}}


def test_closures_of_before_get_the_counters_they_would_get_today(cast: Cast) -> None:
    migration = importlib.import_module("tuntas.migrations.0014_rollup")
    random = Random(9)
    layout = Edition.builtin("skm16").layout
    sixteen = count("".join(answers(random, 31, 16, "01234")), layout)
    half = {code: "1/16" for code in NINE} | {"fees": "1/2"}
    for number, services in enumerate(
        (
            [
                service_row(tally_of(answers(random, 20))),
                service_row(sixteen, [*layout.by_element]),
            ],
            [service_row(tally_of(answers(random, 3)), own_weights=half)],
            [service_row(tally_of(["3434343434"], (*NINE, "access")), (*NINE, "access"))],
            [],
        ),
        start=1,
    ):
        close(cast.office, Month(2023, number), services, counted=False)
        assert migration.numbers_of(services) == numbers_of(services)
    before = roll_up(cast.ministry, SPAN).result
    migration.count_older(apps, connection.SchemaEditorClass(connection))
    assert ClosureCount.objects.count() == 3
    assert roll_up(cast.ministry, SPAN).result == before


def test_the_database_refuses_to_change_a_counter(cast: Cast) -> None:
    from django.db import DatabaseError, transaction

    close(cast.office, JANUARY, [service_row(tally_of(["4" * 9]))])
    for statement in ("UPDATE tuntas_closurecount SET n = 9", "DELETE FROM tuntas_closurecount"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.slow
def test_a_nation_of_a_thousand_offices_and_a_year(cast: Cast) -> None:
    """docs/decisions/0012 has the figure; processor time with a loose bound, because machines differ."""
    random = Random(7)
    tallies = [tally_of(answers(random, 60)) for _each in range(12)]
    offices = []
    for number in range(1000):
        offices.append(Office(code=f"k{number}", name=f"Kantor {number:04d}", parent=cast.ministry))
    Office.objects.bulk_create(offices)
    for office in offices:
        office.path = f"{cast.ministry.path}{office.pk}/"
    Office.objects.bulk_update(offices, ["path"], batch_size=200)
    year = Span.parse("2023")
    n = close_many(offices, year.months, tallies)
    roll_up(cast.ministry, year)
    with CaptureQueriesContext(connection) as queries:
        roll_up(cast.ministry, year)
    assert len(queries) <= 11
    begun = time.process_time()
    result = roll_up(cast.ministry, year).result
    took = time.process_time() - begun
    assert result is not None
    assert result.n == n
    assert took < 1
