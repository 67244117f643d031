"""Outlines of the result report: which section stands where, under which number.

Five chapters is what most offices use; the newer outline has four, with the follow-up of the last
survey as a chapter of its own. A section is made of pieces, which `monthly` writes once for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from tuntas.report.content import Block, Chapter, Figure, Grid, Part, Section

FIVE, FOUR = "five", "four"
CHOICES = ((FIVE, _("Lima bab (lazim dipakai)")), (FOUR, _("Empat bab (baru)")))

Outline = tuple[tuple[str, str, tuple[tuple[str, str, tuple[str, ...]], ...]], ...]

OUTLINES: dict[str, Outline] = {
    FIVE: (
        (
            "BAB I",
            "PENDAHULUAN",
            (
                ("1.1", "Latar Belakang", ("latar_belakang",)),
                ("1.2", "Dasar Pelaksanaan SKM", ("dasar_hukum",)),
                ("1.3", "Maksud dan Tujuan", ("tujuan",)),
            ),
        ),
        (
            "BAB II",
            "PENGUMPULAN DATA SKM",
            (
                ("2.1", "Pelaksana SKM", ("pelaksana",)),
                ("2.2", "Metode Pengumpulan Data", ("metode",)),
                ("2.3", "Lokasi Pengumpulan Data", ("lokasi",)),
                ("2.4", "Waktu Pelaksanaan SKM", ("waktu",)),
                ("2.5", "Penentuan Jumlah Responden", ("sampel",)),
            ),
        ),
        (
            "BAB III",
            "HASIL PENGOLAHAN DATA SKM",
            (
                ("3.1", "Jumlah Responden SKM", ("responden",)),
                ("3.2", "Indeks Kepuasan Masyarakat", ("indeks",)),
            ),
        ),
        (
            "BAB IV",
            "ANALISIS HASIL SKM",
            (
                ("4.1", "Permasalahan, Kelemahan, dan Kelebihan", ("analisis", "saran")),
                ("4.2", "Rencana Tindak Lanjut", ("rencana",)),
                ("4.3", "Tren Nilai SKM", ("tren",)),
            ),
        ),
        ("BAB V", "KESIMPULAN", (("", "", ("kesimpulan",)),)),
    ),
    FOUR: (
        (
            "BAB I",
            "PENDAHULUAN",
            (
                ("1.1", "Latar Belakang", ("latar_belakang", "dasar_hukum")),
                ("1.2", "Tujuan dan Manfaat", ("tujuan",)),
                ("1.3", "Metode Pengumpulan Data", ("pelaksana", "metode", "lokasi")),
                ("1.4", "Waktu Pelaksanaan", ("waktu",)),
                ("1.5", "Penentuan Jumlah Responden", ("sampel",)),
            ),
        ),
        (
            "BAB II",
            "ANALISIS DATA SKM",
            (
                ("2.1", "Analisis Responden", ("responden",)),
                ("2.2", "Indeks Kepuasan Masyarakat per Unsur", ("indeks",)),
                ("2.3", "Analisis Masalah dan Rencana Tindak Lanjut",
                 ("analisis", "saran", "rencana")),
                ("2.4", "Tren Nilai SKM", ("tren",)),
            ),
        ),
        ("BAB III", "HASIL TINDAK LANJUT SKM PERIODE SEBELUMNYA", (("", "", ("sebelumnya",)),)),
        ("BAB IV", "KESIMPULAN", (("", "", ("kesimpulan",)),)),
    ),
}  # fmt: skip


def arrange(outline: str, pieces: Mapping[str, Sequence[Block]]) -> tuple[Chapter, ...]:
    """The pieces in the order of an outline."""
    return tuple(
        Chapter(
            number,
            title,
            tuple(
                Section(letter, name, tuple(block for piece in wanted for block in pieces[piece]))
                for letter, name, wanted in sections
            ),
        )
        for number, title, sections in OUTLINES[outline]
    )


class Numbering:
    """Numbers tables and figures in the order in which they stand, once for all formats."""

    def __init__(self) -> None:
        self.tables, self.figures = 0, 0

    def of_chapters(self, chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
        return tuple(
            Chapter(
                chapter.number,
                chapter.title,
                tuple(
                    Section(section.letter, section.title, self.of_blocks(section.blocks))
                    for section in chapter.sections
                ),
            )
            for chapter in chapters
        )

    def of_parts(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        return tuple(Part(part.number, part.title, self.of_blocks(part.blocks)) for part in parts)

    def of_blocks(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        return tuple(self.of_block(block) for block in blocks)

    def of_block(self, block: Block) -> Block:
        if isinstance(block, Grid):
            self.tables += 1
            return replace(block, caption=f"Tabel {self.tables}. {block.caption}")
        if isinstance(block, Figure):
            self.figures += 1
            return replace(block, caption=f"Gambar {self.figures}. {block.caption}")
        return block
