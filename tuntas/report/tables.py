"""A table of results, the same for pages, documents and spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass

from tuntas.report import numbers
from tuntas.report.content import Block

Cell = str | int


@dataclass(frozen=True)
class Table:
    """A table with its head; whole numbers stay numbers, everything else is text.

    `code` names it in addresses of downloads; `note` stands below it.
    """

    code: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    @property
    def labelled(self) -> list[list[tuple[str, Cell, bool]]]:
        """Rows of (head, cell, whether it is a number), as pages print them on narrow screens."""
        return [
            [
                (head, cell, isinstance(cell, int))
                for head, cell in zip(self.heads, row, strict=True)
            ]
            for row in self.rows
        ]

    @property
    def block(self) -> Block:
        """The table as documents print it."""
        lines = (
            self.heads,
            *(
                tuple(numbers.number(c, 0) if isinstance(c, int) else c for c in row)
                for row in self.rows
            ),
        )
        return Block("table", rows=lines, note=self.note)
