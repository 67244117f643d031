"""A row that somebody with the database's password changed is found and named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from tests.conftest import Cast, answer, moment, triggers_aside
from tests.proof.test_pack import tuntas
from tuntas import chores
from tuntas.law.months import Month
from tuntas.models import DaySeal, Feedback, Period, Response
from tuntas.models.closures import Closure

JANUARY = Month(2026, 1)
AFTER = moment("2026-02-02 03:00")


@contextmanager
def without_triggers(table: str) -> Iterator[None]:
    """What the administrator of the database can do."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Rows that wait for a deferred check would forbid the change of the table.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    with connection.cursor() as cursor, triggers_aside(cursor, table):
        yield


def execute(table: str, sql: str) -> None:
    with without_triggers(table), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def closure(cast: Cast) -> Closure:
    for day in (3, 14, 20):
        for _each in range(3):
            answer(cast.service, at=moment(f"2026-01-{day:02} 03:00"), suggestion="Tambah kursi.")
    return Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)


def told() -> list[str]:
    done = tuntas("verify", "--database", "kanreg", "2026-01", "--json")
    data = json.loads(done.stdout)
    assert done.exit_code == (0 if data["holds"] else 1)
    return [f"{row['file']}, {row['place']}: {row['what']}" for row in data["findings"]]


def hexadecimal(response: Response) -> str:
    return str(response.id) if connection.vendor == "postgresql" else response.id.hex


@pytest.mark.parametrize(
    "change",
    [
        "answers = '444444444'",
        "channel = 'qr'",
        "profile = 'L1--'",
        "seconds = 7",
        "signs = 1",
        "answered_on = '2026-01-02'",
        "received_at = '2026-01-20 03:00:00.000001'",
        "month = '2026-02-01'",
    ],
)
def test_a_changed_response_is_named(closure: Closure, change: str) -> None:
    assert told() == []
    row = Response.objects.order_by("received_at")[4]
    execute(
        "tuntas_response", f"UPDATE tuntas_response SET {change} WHERE id = '{hexadecimal(row)}'"
    )
    day = "segel hari ke-2 (2026-01-14)"
    assert f"isian {row.id}, {day}: isinya berubah sesudah disegel" in told()
    assert not [line for line in told() if line.startswith("isian") and str(row.id) not in line]


def test_a_removed_and_an_added_response_are_named(closure: Closure, cast: Cast) -> None:
    row = Response.objects.order_by("received_at")[0]
    execute("tuntas_response", f"DELETE FROM tuntas_response WHERE id = '{hexadecimal(row)}'")
    assert f"isian {row.id}, segel hari ke-1 (2026-01-03): sudah tidak ada" in told()
    february = answer(cast.service, at=AFTER)
    key = hexadecimal(Response.objects.get(id=february.response_id))
    execute(
        "tuntas_response", f"UPDATE tuntas_response SET month = '2026-01-01' WHERE id = '{key}'"
    )
    late = f"isian {february.response_id}, : ditambahkan sesudah bulan ditutup"
    assert late in told()


def test_a_changed_closure_is_named(closure: Closure) -> None:
    content = json.dumps({**closure.content, "n": 8})
    execute("tuntas_closure", f"UPDATE tuntas_closure SET content = '{content}'")
    assert "penutupan ke-1, content: isinya tidak lagi memberi sidiknya" in told()
    assert "penutupan ke-1, n: penutupan 8, dihitung ulang 9" in told()


def test_a_changed_seal_is_named(closure: Closure) -> None:
    execute("tuntas_dayseal", f"UPDATE tuntas_dayseal SET root = '{'0' * 64}' WHERE number = 2")
    lines = told()
    assert any("segel hari ke-2" in line and "akarnya" in line for line in lines)
    assert any("proof.root" in line for line in lines)


def test_a_changed_suggestion_is_named_and_an_erased_one_breaks_nothing(closure: Closure) -> None:
    rows = list(Feedback.objects.order_by("pk"))
    Feedback.objects.filter(pk=rows[0].pk).update(text="")
    assert told() == []
    Feedback.objects.filter(pk=rows[1].pk).update(text="Semua baik.")
    assert told() == [f"masukan #{rows[1].pk}, penutupan ke-1: teksnya berubah sesudah ditutup"]


def test_a_change_in_an_open_month_is_named_once_its_day_is_sealed(cast: Cast) -> None:
    answer(cast.service, at=moment("2026-01-14 03:00"))
    chores.seal_days(moment("2026-01-15 03:00"), None)
    assert told() == []
    execute("tuntas_response", "UPDATE tuntas_response SET answers = '111111111'")
    assert len(told()) == 1
    assert DaySeal.objects.count() == 1
    everything = tuntas("verify", "--database", "kanreg")
    assert everything.exit_code == 1
    assert "SALAH 2026-01 isian" in everything.output


def test_changed_slices_of_a_closure_are_named(closure: Closure) -> None:
    content = closure.slices.content
    content[0]["channels"]["web"]["elements"]["fees"][1] = "9"
    change = f"content = '{json.dumps(content)}'"
    execute("tuntas_closureslices", f"UPDATE tuntas_closureslices SET {change}")
    assert told() == [
        "penutupan ke-1, slices: rincian kanal dan tanda tidak sama dengan yang dihitung ulang"
    ]
