"""Annexes of the result report: what stands behind its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tuntas.law.elements import element
from tuntas.models import ActionPlan, Edition
from tuntas.models.exclusions import told
from tuntas.report import numbers, processing
from tuntas.report.analysis import AnalysisChapter
from tuntas.report.content import Block, Grid, Part
from tuntas.report.findings import Findings, before, of_unit
from tuntas.report.monitoring import done, follow_up_period, known_plans, progress_blocks
from tuntas.report.suggestions import MOST_UNIT
from tuntas.report.survey_tables import frequency_blocks, grid, services_of

# More respondents than this are not printed one by one: the processing form of a service does.
MOST_RESPONDENTS = 1200


def parts(found: Findings, chapter: AnalysisChapter) -> tuple[Part, ...]:
    wanted: list[tuple[str, list[Block]]] = [
        ("Kuesioner", questionnaire_blocks(found)),
        ("Pengolahan Data per Responden dan per Unsur", processing_blocks(found)),
        ("Frekuensi Jawaban Setiap Pertanyaan", frequency_blocks(chapter)),
        ("Tindak Lanjut SKM Periode Sebelumnya", previous_blocks(found)),
        ("Jawaban yang Dikeluarkan dari Indeks", exclusion_blocks(found)),
        ("Bukti Penutupan Bulan", closure_blocks(found)),
    ]
    return tuple(
        Part(f"Lampiran {place}", title, tuple(blocks))
        for place, (title, blocks) in enumerate((row for row in wanted if row[1]), start=1)
    )


def editions_of(found: Findings) -> list[Edition]:
    """The editions that were answered; without answers, those the services ask now."""
    keys = {row.edition_id for row in found.counted}
    keys = keys or {service.edition_id for service in services_of(found)}
    rows = Edition.objects.filter(pk__in=keys).select_related("questionnaire")
    return list(rows.prefetch_related("questions").order_by("pk"))


def questionnaire_blocks(found: Findings) -> list[Block]:
    made: list[Block] = []
    for edition in editions_of(found):
        rows = [("No.", "Pertanyaan", "Unsur", "Pilihan jawaban (nilai 1 dan seterusnya)")]
        rows += [
            (
                f"{question.position}.",
                question.text,
                element(question.element).short_name if question.element else "–",
                " / ".join(question.options),
            )
            for question in edition.question_list
        ]
        name = f"Kuesioner {edition.name}, edisi {edition.number}"
        made.append(grid(name, rows, (1.1, 6.3, 2.8, 4.8), "llll"))
    return made or [Block("p", ("Belum ada kuesioner yang dipakai.",))]


def processing_blocks(found: Findings) -> list[Block]:
    """The regulation's processing form of the whole span (Lampiran III, p. 29)."""
    result = found.result
    if result is None:
        return [Block("p", ("Tidak ada jawaban untuk diolah pada periode ini.",))]
    codes = [row.code for row in result.elements]
    head = ("No.", *(f"U{place}" for place in range(1, len(codes) + 1)))
    rows: list[tuple[str, ...]] = [head]
    made: list[Block] = []
    if result.n <= MOST_RESPONDENTS:
        rows += processing.respondents(found.office, found.span, codes, found.services)
    else:
        made.append(
            Block("p", (
                f"Responden berjumlah {numbers.number(result.n, 0)}, lebih banyak dari yang dapat "
                "dicetak satu per satu di sini. Rinciannya tersedia sebagai dokumen Pengolahan "
                "Data SKM per layanan.",
            ))
        )  # fmt: skip
    answers = len(rows)
    for label, values, total in processing.totals(result):
        last = total.lstrip("*) ")
        rows.append((label, *(values or ("",) * (len(codes) - 1) + (last,))))
    strong = tuple(range(answers, len(rows)))
    width = 12 / len(codes)
    caption = "Pengolahan data per responden dan per unsur pelayanan"
    form = grid(
        caption, rows, (3, *((width,) * len(codes))), "l" + "c" * len(codes), strong=strong,
        note=f"Jumlah NRR tertimbang: {numbers.number(result.index_value, 3)}; dikalikan 25 = IKM "
        f"{numbers.number(result.converted)}.",
    )  # fmt: skip
    return [*made, form, Block("ul", processing.explanations(result))]


def previous_blocks(found: Findings) -> list[Block]:
    """Plans of the span before and those still carried, with what became of them."""
    earlier = before(found.span)
    rows = of_unit(known_plans(found.office, earlier, found.until), found.unit)
    known = {plan.pk for plan in rows}
    rows += [plan for plan in found.carried if plan.pk not in known]
    if not rows:
        return [
            Block("p", (f"Tidak ada rencana tindak lanjut dari survei sebelum {numbers.span(found.span)} "
                        "yang tercatat.",))
        ]  # fmt: skip
    return [follow_up_table(rows, found.until)]


def follow_up_table(plans: Sequence[ActionPlan], until: datetime) -> Grid:
    """Status of each plan: finished, under way, or not begun."""
    rows = [("No.", "Unit", "Rencana tindak lanjut", "Status", "Deskripsi tindak lanjut", "Waktu")]
    for place, plan in enumerate(plans, start=1):
        entries = done(plan, until)
        began = any(entry.was_done(until) for entry in entries)
        state = "Sudah" if plan.finished_by(until) else "Proses" if began else "Belum"
        told_so_far = [item for block in progress_blocks(entries, until) for item in block.items]
        rows.append(
            (
                f"{place}.",
                numbers.shortened(plan.unit.label, MOST_UNIT),
                plan.action,
                state,
                "\n".join(told_so_far) or "Belum ada.",
                follow_up_period(plan),
            )
        )
    return grid("Tindak lanjut rencana aksi", rows, (1, 1.9, 4, 1.5, 4.3, 2.3), "llllll")


def exclusion_blocks(found: Findings) -> list[Block]:
    """What two people took out of the index, of the whole office, with the reason."""
    rows = [("Bulan", "Jawaban", "Alasan", "Diusulkan", "Disetujui")]
    for month in found.months:
        kept = (
            month.closure.content["exclusions"]
            if month.closure
            else told(found.office, month.month)
        )
        rows += [
            (
                numbers.month(month.month),
                numbers.number(row["n"], 0),
                row["reason"],
                row["proposed_by"],
                row["accepted_by"],
            )
            for row in kept
        ]
    if len(rows) == 1:
        return [Block("p", ("Tidak ada jawaban yang dikeluarkan dari indeks.",))]
    return [
        grid("Jawaban yang dikeluarkan dari indeks", rows, (2.6, 1.7, 5.5, 2.6, 2.6), "lrlll")
    ]  # fmt: skip


def closure_blocks(found: Findings) -> list[Block]:
    """Fingerprints by which anyone can check that the closed months are still the same."""
    rows = [("Bulan", "Penutupan", "Ditutup", "Jawaban", "SHA-256 isi penutupan")]
    roots = []
    for month in found.months:
        closure = month.closure
        if closure is None:
            continue
        at = closure.at.astimezone(found.office.zone).date()
        rows.append(
            (
                numbers.month(month.month),
                f"ke-{closure.number}",
                numbers.day(at),
                numbers.number(closure.n, 0),
                closure.sha256,
            )
        )
        if closure.root:
            roots.append((numbers.month(month.month), closure.root))
    if len(rows) == 1:
        return [Block("p", ("Belum ada bulan yang ditutup pada periode ini.",))]
    made: list[Block] = [grid("Sidik penutupan bulan", rows, (2.6, 1.8, 2.9, 1.8, 5.9), "lllrl")]
    if roots:
        lines = [("Bulan", "Akar bukti"), *roots]
        made.append(grid("Akar bukti setiap bulan", lines, (3, 12), "ll"))
    return made
