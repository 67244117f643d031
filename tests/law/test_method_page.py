"""The worked example of docs/method.md is computed from its own table."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from tuntas.law.cells import LEAST_GROUP, Cells, shown
from tuntas.law.control import LIMIT_FACTOR, RANGE_FACTOR, control_chart
from tuntas.law.elements import REGULATION_ORDER
from tuntas.law.index import compute
from tuntas.law.ranks import MEDIUM_FROM, STRONG_FROM, spearman
from tuntas.law.rounding import half_up
from tuntas.law.tally import Layout, count

PAGE = Path(__file__).parents[2] / "docs" / "method.md"


def test_the_worked_example_is_right() -> None:
    text = PAGE.read_text(encoding="utf-8").split("## Worked example")[1]
    rows = re.findall(r"^\| \d \|((?: \d \|){9})", text, re.M)
    answers = "".join(re.sub(r"\D", "", row) for row in rows)
    assert len(answers) == 27
    tally = count(answers, Layout(REGULATION_ORDER))
    sums = re.search(r"Sums: ([\d, ]+);", text)
    assert sums
    assert [int(n) for n in sums[1].split(", ")] == [int(tally.total(c)) for c in REGULATION_ORDER]
    printed = re.findall(r"\*\*(\d\d,\d\d)\*\*", text)
    computed = [half_up(compute(tally, name).converted, 2) for name in ("exact", "0.111", "0.11")]
    assert printed == [str(value).replace(".", ",") for value in computed]


def section(title: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def comma(value: Fraction, places: int = 2) -> str:
    return str(half_up(value, places)).replace(".", ",")


def test_the_control_chart_of_the_page_is_right() -> None:
    text = section("Control chart")
    example = text.split("Worked example")[1]
    values = [
        Fraction(word.replace(",", "."))
        for word in re.findall(r"\d\d,\d\d", example.split("Moving")[0])
    ]
    assert len(values) == 6
    chart = control_chart(values)
    assert chart.limits
    assert chart.centre
    assert chart.moving_range
    low, high = chart.limits
    assert f"**{comma(low)}–{comma(high)}**" in example
    assert f"Centre {comma(chart.centre)}" in example
    assert f"mean {comma(chart.moving_range, 3)}" in example
    ranges = "; ".join(comma(row.moved) for row in chart.points if row.moved is not None)
    assert f"Moving ranges {ranges}" in example.replace("\n", " ")
    assert chart.is_stable
    assert comma(LIMIT_FACTOR) in text
    assert comma(RANGE_FACTOR, 3) in text


def test_the_small_groups_of_the_page_are_right() -> None:
    text = section("Small groups")
    assert shown(Cells({"L": 9, "P": 50, "-": 4})) == {"P"}
    assert shown(Cells({"L": 3, "P": 50, "-": 4})) == set()
    assert "9 men, 50 women and 4" in text
    assert "3 men, 50\nwomen, 4" in text
    assert f"fewer than {LEAST_GROUP} answered" in text


def test_the_correlation_of_the_page_is_right() -> None:
    text = section("Frequencies, cross tables, correlation")
    table = [
        [int(n) for n in row] for row in re.findall(r"^\| \w+ \| (\d+) \| (\d+) \|", text, re.M)
    ]
    rho = spearman(table)
    assert rho
    assert f"**{comma(rho, 3)}**" in text
    assert f"from {comma(STRONG_FROM, 1)}" in text
    assert f"from {comma(MEDIUM_FROM, 1)}" in text
