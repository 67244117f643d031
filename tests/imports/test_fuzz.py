"""Random cells: nothing but BadFile comes out, and nothing is stored that was not announced.

`TUNTAS_EXAMPLES` raises the number of examples of each test (60).
"""

from __future__ import annotations

import csv
import io
import os
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
import xlsxwriter
from django.core.files.base import ContentFile
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Cast
from tuntas import work
from tuntas.imports.excerpts import excerpt_of
from tuntas.imports.table import BadFile, open_table
from tuntas.models import Feedback, Import, ImportState, Response

HEADER = ["Stempel waktu", *(f"u{n}" for n in range(1, 10)), "Usia", "Jenis Kelamin", "Saran", "x"]
FUZZ = settings(
    max_examples=int(os.environ.get("TUNTAS_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
score = st.sampled_from(
    ["1", "2", "3", "4", "", "-", "5", "Sesuai", "4 - Gratis", "d", "4.0", "\x00"]
)
cell = st.one_of(
    score,
    st.text(max_size=12),
    st.sampled_from(
        [
            "=1+1",
            "31/05/2023 9:05:12",
            "2023/05/31 9:05:12 AM GMT+8",
            "99999999999999999999",
            "nan",
            "\ud7ff",
            "١٢",
            "2" * 4500,
        ]
    ),
)
day = st.one_of(cell, st.dates().map(str), st.just("2026-01-05 10:00"))
row = st.tuples(
    day, *([score] * 9), st.one_of(cell, st.integers(0, 200).map(str)), cell, cell, cell
).map(list)


@pytest.mark.slow
@FUZZ
@given(rows=st.lists(row, max_size=12))
def test_random_cells_store_exactly_what_was_announced(cast: Cast, rows: list[list[str]]) -> None:
    # Each example begins with an empty table: what fails must fail alone, and the thousandth must
    # not be slower than the first.
    with transaction.atomic():
        check_stored(cast, rows)
        transaction.set_rollback(True)


def check_stored(cast: Cast, rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    team = cast.people["team"]
    found = Import.add(cast.service, ContentFile(out.getvalue().encode()), "f.csv", by=team)
    try:
        excerpt = excerpt_of(found.path, "f.csv", cast.service.edition)
    except BadFile:
        found.refuse()
        return
    header = excerpt.header(cast.service.edition)
    found.accept(excerpt.data(), by=team)
    found.map(
        {
            "sheet": "", "line": header.line, "names": list(header.names),
            "columns": list(header.meanings), "order": "regulation", "zone": "Asia/Jakarta",
            "dates": "dmy", "month": "", "batch": "",
        },
        "x",
    )  # fmt: skip
    before = set(Response.objects.values_list("id", flat=True))
    suggestions = Feedback.objects.count()
    work.run_until_empty()
    found = Import.objects.get(pk=found.pk)
    if found.state != ImportState.CHECKED:
        assert found.state == ImportState.UNREADABLE, found.state
        return
    summary = found.summary
    assert summary["rows"] == summary["good"] + found.refused.count()
    assert set(Response.objects.values_list("id", flat=True)) == before
    if not summary["good"]:
        return
    found.confirm(found.digest, by=team)
    work.run_until_empty()
    found = Import.objects.get(pk=found.pk)
    assert found.state == ImportState.FINISHED, (found.state, found.problem)
    assert (found.stored + found.known, found.known) == (summary["good"], summary["known"])
    assert Response.objects.count() == len(before) + found.stored
    assert Feedback.objects.count() - suggestions <= found.stored


@FUZZ
@given(
    raw=st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda b: b"PK\x03\x04" + b))
)
def test_random_bytes_are_read_or_refused(cast: Cast, tmp_path: Any, raw: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(raw)
    with suppress(BadFile):
        excerpt_of(path, "x.csv", cast.service.edition)
        list(open_table(path).rows())


@cache
def small_workbook() -> bytes:
    """Made once: it holds the moment of its making, and an example must be repeatable."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet().write_row(0, 0, ["u1", 2, True])
    return out.getvalue()


@FUZZ
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused(cast: Cast, tmp_path: Any, data: Any) -> None:
    raw = bytearray(small_workbook())
    for _each in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "x.xlsx"
    path.write_bytes(raw)
    with suppress(BadFile):
        list(open_table(path).rows())


pytestmark = pytest.mark.django_db
