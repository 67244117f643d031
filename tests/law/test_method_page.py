"""The worked example of docs/method.md is computed from its own table."""

from __future__ import annotations

import re
from pathlib import Path

from tuntas.law.elements import REGULATION_ORDER
from tuntas.law.index import compute
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
