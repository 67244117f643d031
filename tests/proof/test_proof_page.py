"""docs/proof.md: its example is run with the shell's own tools, and is what the code computes."""

from __future__ import annotations

import hashlib
import re
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from tuntas.proof import archive, contents, records, tree

PAGE = (Path(__file__).parents[2] / "docs" / "proof.md").read_text(encoding="utf-8")


def example() -> str:
    found = re.search(r"```bash\n(.*?)```", PAGE, re.S)
    assert found
    return found[1]


def test_the_example_gives_what_it_says_by_hand() -> None:
    said = re.findall(r"^echo .* # ([0-9a-f]{64})$", example(), re.M)
    done = subprocess.run(["bash", "-c", example()], capture_output=True, text=True, check=True)
    assert done.stdout.split() == said
    assert len(said) == 4


def test_the_example_is_what_the_code_computes() -> None:
    key = UUID("00000000-0000-7000-8000-000000000001")
    row = records.ResponseRow(
        key,
        date(2026, 1, 1),
        datetime(2026, 1, 15, 3, 4, 5, 6, tzinfo=UTC),
        None,
        7,
        3,
        "web",
        "343444333",
        "P3--",
        48,
        0,
        False,
    )
    first, second = bytes(range(32)), bytes(range(32, 64))
    commitment, leaf = records.commitment_of(first, row), records.receipt_leaf(first, row).hex()
    salt = records.salt_of(second, key, 32)
    answers = records.answer_leaf(records.AnswerRow(salt, "7", "3", "counted", "343444333")).hex()
    parts = records.MonthParts(
        "kanreg10",
        "2026-01",
        1,
        hashlib.sha256(b"[]").hexdigest(),
        (1, answers),
        (0, tree.EMPTY.hex()),
        (records.DayRoot("2026-01-15", 1, leaf),),
    )
    root = tree.root_of(map(tree.leaf_hash, records.month_records(parts))).hex()
    assert f"salt={records.salt_of(first, key)}\nsalt2={salt}\n" in example()
    assert re.findall(r"# ([0-9a-f]{64})$", example(), re.M) == [commitment, leaf, answers, root]


def test_the_page_names_every_file_and_column_of_the_archive() -> None:
    for name in archive.NAMES:
        assert f"| `{name}` |" in PAGE
    for head in (contents.DAYS_HEAD, contents.RECEIPTS_HEAD, contents.ANSWERS_HEAD):
        assert f"`{head.decode()}`" in PAGE
