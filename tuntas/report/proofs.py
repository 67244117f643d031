"""What a document says of the closures behind its figures, so that a reader can check them."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse

from tuntas.models.closures import Closure
from tuntas.models.results import MonthResult
from tuntas.report import numbers
from tuntas.report.content import Block

NO_ROOT = "dibuat sebelum ada akar bukti"


def blocks(months: Sequence[MonthResult]) -> tuple[Block, ...]:
    """A row for each closed month: counts, root and fingerprint; empty when no month is closed."""
    closures = [row.closure for row in months if row.closure]
    if not closures:
        return ()
    head = ("Bulan", "Dihitung", "Dikecualikan", "Akar bukti, lalu sidik penutupan (SHA-256)")
    rows = (head, *(cells(closure) for closure in closures))
    return (
        Block(
            "p",
            (
                f"Siapa pun dapat memeriksa angka di atas: ketik sidik penutupan di {address()}, atau "
                "jatuhkan arsip bukti bulan itu di halaman yang sama. Pemeriksaan tidak memerlukan akun.",
            ),
        ),
        Block("table", rows=rows, widths=(2.4, 1.8, 2.4, 9.4)),
    )


def cells(closure: Closure) -> tuple[str, str, str, str]:
    month = numbers.month(closure.period.as_month)
    counts = (numbers.number(closure.n, 0), numbers.number(closure.left_out, 0))
    root = numbers.digest(closure.root) if closure.root else NO_ROOT
    return (month, *counts, f"{root}; {numbers.digest(closure.sha256)}")


def lines(months: Sequence[MonthResult]) -> tuple[str, ...]:
    """The same as sentences, for the processing form."""
    found = []
    for closure in (row.closure for row in months if row.closure):
        month, n, left_out, digests = cells(closure)
        found.append(
            f"Bukti penutupan {month}: {n} jawaban dihitung, {left_out} dikecualikan; akar bukti, "
            f"lalu sidik: {digests}. Periksa di {address()}"
        )
    return tuple(found)


def address() -> str:
    return f"{settings.PUBLIC_URL}{reverse('verify-find')}"
