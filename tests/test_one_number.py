"""One month, every door: documents, spreadsheets, pages and the command line print the API's numbers.

The exact values of the API are the measure. Wherever a row names an element, each decimal number in
it must be one of that element's values rounded half up at the places shown; wherever the index is
printed it is the same.
"""

from __future__ import annotations

import html
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse
from docx import Document
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.conftest import Cast, answer, moment
from tuntas import report
from tuntas.cli import main
from tuntas.law.months import Month, Span
from tuntas.models import Closure, Period, Report

JANUARY = Month(2026, 1)
# A number alone in its cell, perhaps with its grade.
DECIMAL = re.compile(r"(\d{1,3},\d+)(?: [A-D])?")


@dataclass(frozen=True)
class Truth:
    """What the API tells of the month."""

    converted: Fraction
    n: int
    elements: dict[str, tuple[Fraction, ...]]  # name: mean, weighted, converted to 25-100

    def holds(self, name: str, shown: str) -> bool:
        """Whether a printed number is a rounding of one of this element's values."""
        places = len(shown.partition(",")[2])
        return any(rounded(value, places) == shown for value in self.elements[name])


def rounded(value: Fraction, places: int) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)).replace(".", ",")


@pytest.fixture
def closed(cast: Cast) -> Cast:
    """A month of two services with scores that round badly, closed."""
    chance = random.Random(20260101)
    for _each in range(97):
        scores = "".join(chance.choice("2334444") for _question in range(9))
        answer(cast.service, scores, at=moment("2026-01-15 03:00"))
    Closure.seal(Period.of(cast.office, JANUARY), by=None, at=moment("2026-02-03 03:00"))
    return cast


@pytest.fixture
def truth(closed: Cast) -> Truth:
    told = Client().get("/api/v1/offices/pusat.kanreg/results/2026-01").json()
    return Truth(
        Fraction(told["converted"]),
        told["n"],
        {
            row["name"]: (
                Fraction(row["mean"]),
                Fraction(row["weighted"]),
                Fraction(row["mean"]) * 25,
            )
            for row in told["elements"]
        },
    )


def made(cast: Cast, kind: str) -> Report:
    return report.make(cast.office, kind, Span.parse("2026-01"), cut_off=date(2026, 2, 10))


def docx_rows(content: bytes) -> Iterator[list[str]]:
    for table in Document(io.BytesIO(content)).tables:
        for row in table.rows:
            yield [cell.text for cell in row.cells]


def xlsx_rows(content: bytes) -> Iterator[list[str]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).to_python():
            yield [str(cell) for cell in row]


def html_rows(page: str) -> Iterator[list[str]]:
    for row in re.findall(r"<tr.*?</tr>", page, re.S):
        cells = re.findall(r"<t[hd].*?</t[hd]>", row, re.S)
        yield [html.unescape(re.sub(r"<[^>]+>", " ", cell)).strip() for cell in cells]


def pdf_lines(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def elements_told(truth: Truth, rows: Iterator[list[str]]) -> set[str]:
    """The elements whose rows hold numbers; every one of these numbers is checked."""
    told = set()
    for row in rows:
        names = [name for name in truth.elements for cell in row if name in cell]
        if len(names) != 1:
            continue
        for found in filter(None, (DECIMAL.fullmatch(cell.strip()) for cell in row)):
            assert truth.holds(names[0], found[1]), (row, found[1])
            told.add(names[0])
    return told


@pytest.mark.parametrize("kind", ["monthly", "processing", "follow-up"])
def test_documents_print_the_numbers_of_the_api(closed: Cast, truth: Truth, kind: str) -> None:
    document = made(closed, kind)
    index = rounded(truth.converted, 2)
    pdf, docx = report.render(document, "pdf"), report.render(document, "docx")
    text = pdf_lines(pdf)
    assert index in text
    assert re.search(rf"\b{truth.n}\b", text)
    in_word = list(docx_rows(docx))
    assert any(index in cell for row in in_word for cell in row)
    told = elements_told(truth, iter(in_word))
    if kind == "monthly":
        assert told == set(truth.elements)
        # In the PDF a row is a name and its numbers one after the other.
        for name, values in truth.elements.items():
            after = re.search(re.escape(name) + r"\s+(?:\d+\s+)?((?:\d{1,3},\d+\s+)+)", text)
            assert after, name
            for shown in after[1].split():
                assert truth.holds(name, shown), (name, shown, values)


def test_spreadsheets_hold_the_same_numbers(closed: Cast, truth: Truth) -> None:
    document = made(closed, "monthly")
    rows = list(xlsx_rows(report.render(document, "xlsx")))
    seen = set()
    for row in rows:
        names = [name for name in truth.elements if name in row]
        if len(names) != 1:
            continue
        for cell in row:
            if re.fullmatch(r"\d+\.\d*[1-9]", cell):
                known = [
                    Fraction(rounded(value, places).replace(",", "."))
                    for value in truth.elements[names[0]]
                    for places in (2, 3, 4, 6)
                ]
                assert Fraction(cell) in known, (row, cell)
                seen.add(names[0])
    assert seen == set(truth.elements)


PAGES: list[tuple[str, Callable[[Cast], Client]]] = [
    ("/o/kanreg/", lambda _cast: Client()),
    ("/o/kanreg/2026-01/", lambda _cast: Client()),
    ("/periods/2026-01/", lambda cast: cast.client("team")),
    ("/analysis/?span=2026-01", lambda cast: cast.client("head")),
]


@pytest.mark.parametrize("number", range(len(PAGES)), ids=[path for path, _who in PAGES])
def test_pages_show_the_numbers_of_the_api(closed: Cast, truth: Truth, number: int) -> None:
    path, who = PAGES[number]
    page = who(closed).get(path, follow=True).content.decode()
    assert rounded(truth.converted, 2) in page
    told = elements_told(truth, html_rows(page))
    if "2026-01" in path and path.startswith("/o/"):
        assert told == set(truth.elements)


def test_files_and_the_command_line_say_the_same(closed: Cast, truth: Truth) -> None:
    data = Client().get("/o/kanreg/data/results.json", follow=True).json()
    (row,) = [each for each in data["results"] if each["unit"] in (None, "")]
    assert Fraction(row["converted"]) == truth.converted
    words = ["index", "--office", "kanreg", "--from", "2026-01", "--to", "2026-01", "--json"]
    printed: dict[str, Any] = json.loads(CliRunner().invoke(main, words).output)
    assert Fraction(printed["converted"]) == truth.converted
    assert printed["n"] == truth.n
    assert [Fraction(each["mean"]) for each in printed["elements"]] == [
        values[0] for values in truth.elements.values()
    ]
    rolled = json.loads(CliRunner().invoke(main, ["rollup", *words[2:]]).output)
    assert Fraction(rolled["converted"]) == truth.converted
    badge = Client().get("/o/kanreg/badge.svg", follow=True).content.decode()
    assert rounded(truth.converted, 2) in badge
    wanted = reverse("period", args=["2026-01"])
    assert str(truth.n) in closed.client("team").get(wanted).content.decode()
