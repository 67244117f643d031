"""What an import did, for the one who started it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tuntas.imports.rows import BadRow


@dataclass
class Outcome:
    """What an import did, or would do."""

    rows: int = 0
    stored: int = 0
    known: int = 0
    bad: list[BadRow] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    identity: list[str] = field(default_factory=list)
    months: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    dry_run: bool = False

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "rows": self.rows,
            "stored": self.stored,
            "already_stored": self.known,
            "bad": [vars(row) for row in self.bad],
            "months": dict(self.months),
            "moved_to_next_open_month": self.moved,
            "identity_columns_not_stored": self.identity,
            "ignored_columns": self.ignored,
            "dry_run": self.dry_run,
        }

    def bad_lines(self) -> Iterator[str]:
        """One sentence for each bad row."""
        for row in self.bad:
            where = f", kolom {row.column}" if row.column else ""
            yield f"Baris {row.line}{where}: {row.value!r} – {row.reason}"

    def lines(self) -> Iterator[str]:
        """What was done, in words; nothing was stored when it was a dry run."""
        if self.dry_run:
            yield f"{self.rows - len(self.bad)} baris baik; tidak ada yang disimpan (--dry-run)."
            return
        yield f"{self.stored} tersimpan, {self.known} sudah ada, {len(self.bad)} dilewati."
        yield from (f"  {month}: {n}" for month, n in sorted(self.months.items()))
        if self.moved:
            yield (f"{self.moved} baris dihitung pada bulan terbuka berikutnya (bulannya ditutup).")
