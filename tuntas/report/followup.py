"""Content of the semester follow-up report, from months, suggestions and action plans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tuntas.law.followup import FollowUpShare
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Channel, NarrativeTemplate, Office
from tuntas.models.responses import Response
from tuntas.models.results import EMPTY, HISTORICAL, OPEN, MonthResult, month_results
from tuntas.models.shares import AnsweredShare
from tuntas.report import narrative, numbers, proofs
from tuntas.report.content import Block, Chapter, FollowUpReport, Section, Signature, blocks
from tuntas.report.monitoring import (
    annex,
    carried_plans,
    end_of,
    known_plans,
    plan_rows,
    plan_share,
    plan_table,
    plans_sentence,
)
from tuntas.report.suggestions import answered_share, suggestions_sentence

CHANNEL_WORDS = {
    Channel.WEB: "tautan di situs web",
    Channel.WHATSAPP: "WhatsApp",
    Channel.HELPDESK: "helpdesk virtual",
    Channel.QR: "kode QR di pusat pelayanan",
    Channel.KIOSK: "kios di ruang pelayanan",
    Channel.ASSISTED: "bantuan petugas",
    Channel.PAPER: "kuesioner kertas",
}
USUAL_CHANNELS = (Channel.WEB, Channel.WHATSAPP, Channel.HELPDESK, Channel.QR)
# A semester this long past is dated by its last follow-up record, a recent one by today.
RECENT = timedelta(days=183)


def default_cut_off(office: Office, span: Span, today: date) -> date:
    """Date up to which follow-up is told, and which the report bears.

    Today while the span is recent; for an old span the day of the last record of its plans (but
    not before the span's end), so that making the report again gives the same report.
    """
    end = span.last.last_day
    if today <= end + RECENT:
        return today
    days = [end]
    for plan in ActionPlan.objects.filter(office=office).surveyed_in(span.months):
        for rows in (plan.progress, plan.obstacles, plan.evidence):
            days += [row.at.astimezone(office.zone).date() for row in rows.all()]
    return max(days)


def build(office: Office, span: Span, cut_off: date) -> FollowUpReport:
    """The report of `span`, telling what was known by the end of `cut_off`."""
    until = end_of(cut_off, office)
    months = month_results(office, span.months)
    plans, carried = known_plans(office, span, until), carried_plans(office, span, until)
    suggestions = answered_share(office, span, until)
    share = plan_share(plans, until)
    words = words_of(office, span, cut_off)
    texts = narrative.DEFAULTS | NarrativeTemplate.current(office, "follow-up")
    written = {name: blocks(narrative.fill(text, words)) for name, text in texts.items()}
    if plans:
        written["rencana"] += (plan_table(plan_rows(office, span, plans)),)
    signature = signature_of(office, cut_off)
    return FollowUpReport(
        office=office.name,
        title_lines=("LAPORAN TINDAK LANJUT", "SURVEI KEPUASAN MASYARAKAT"),
        period=numbers.span_title(span).upper(),
        city=office.city,
        year=str(cut_off.year),
        chapters=chapters(written, monthly_table(months), proofs.blocks(months)),
        signature=signature,
        annex=annex(span, plans + carried, until),
        facts=facts(months, suggestions, share),
    )


def words_of(office: Office, span: Span, cut_off: date) -> dict[str, str]:
    """What the places of the wording stand for."""
    until = end_of(cut_off, office)
    plans, carried = known_plans(office, span, until), carried_plans(office, span, until)
    return {
        "kantor": office.name,
        "periode": numbers.span(span),
        "semester": numbers.span_title(span),
        "tahun": str(span.last.year),
        "kanal": channels(office, span),
        "kalimat_mutu": quality_sentence(office, month_results(office, span.months)),
        "kalimat_saran": suggestions_sentence(answered_share(office, span, until)),
        "kalimat_rencana": plans_sentence(span, plans, plan_share(plans, until), until, carried),
    }


def chapters(
    written: dict[str, tuple[Block, ...]], table: Block, proof: tuple[Block, ...]
) -> tuple[Chapter, ...]:
    proven = (Section("D", "Bukti Penutupan", proof),) if proof else ()
    return (
        Chapter(
            "BAB I",
            "PENDAHULUAN",
            (
                Section("A", "Latar Belakang", written["latar_belakang"]),
                Section("B", "Dasar Hukum", written["dasar_hukum"]),
                Section("C", "Tujuan", written["tujuan"]),
                Section("D", "Manfaat", written["manfaat"]),
            ),
        ),
        Chapter(
            "BAB II",
            "PELAKSANAAN DAN HASIL SURVEI",
            (
                Section("A", "Pelaksanaan Survei", written["pelaksanaan"]),
                Section("B", "Hasil Survei", (*written["hasil"], table)),
                Section("C", "Rencana Tindak Lanjut Hasil Survei", written["rencana"]),
                *proven,
            ),
        ),
        Chapter("BAB III", "PENUTUP", (Section("", "", written["penutup"]),)),
    )


def signature_of(office: Office, on: date) -> Signature:
    place = f"{office.city}, " if office.city else ""
    return Signature(
        place_and_date=f"{place}{numbers.day(on)}",
        title_lines=tuple(office.signatory_title.splitlines()),
        anchor=office.signature_anchor,
        name=office.signatory_name,
        employee_id=office.signatory_employee_id,
    )


# -- months --------------------------------------------------------------------------------------


def monthly_table(months: Sequence[MonthResult]) -> Block:
    """`No. | Bulan | Nilai Survei`, with marks for what a reader must know of a value."""
    marks: dict[str, str] = {}
    rows = [("No.", "Bulan", "Nilai Survei", "Mutu", "Jumlah Responden")]
    for place, row in enumerate(months, start=1):
        remark = {
            HISTORICAL: f"Nilai yang telah diterbitkan sebelum memakai sistem ini ({row.source}); "
            "jawaban aslinya tidak tersimpan.",
            OPEN: "Bulan belum ditutup; nilai masih dapat berubah.",
        }.get(row.state, "")
        mark = "*" * (list(marks).index(remark) + 1 if remark in marks else len(marks) + 1)
        if remark:
            marks.setdefault(remark, mark)
        rows.append(
            (
                f"{place}.",
                numbers.month_name(row.month),
                (numbers.number(row.converted) if row.state != EMPTY and row.converted else "–")
                + (f" {mark})" if remark else ""),
                row.grade.letter if row.grade else "–",
                "–" if row.n is None else numbers.number(row.n, 0),
            )
        )
    note = "\n".join(f"{mark}) {remark}" for remark, mark in marks.items())
    return Block("table", rows=tuple(rows), note=note)


def quality_sentence(office: Office, months: Sequence[MonthResult]) -> str:
    """What the grades were. "Always Good/Very Good" only when every month has one of the two."""
    graded = [row for row in months if row.grade]
    missing = [numbers.month_name(row.month) for row in months if not row.grade]
    if not graded:
        return f"Belum ada nilai survei {office.name} pada periode ini."
    names = {row.grade.performance for row in graded if row.grade}
    if not missing and names <= {"Baik", "Sangat baik"}:
        words = "/".join(word.title() for word in ("Baik", "Sangat baik") if word in names)
        return (
            f"Berdasarkan hasil survei yang dilakukan, {office.name} selalu memperoleh nilai "
            f"{words} pada periode ini."
        )
    parts = [
        f"{name} pada " + numbers.listing([numbers.month_name(month) for month in rows])
        for name, rows in months_by_grade(graded).items()
    ]
    sentence = f"{office.name} memperoleh nilai {numbers.listing(parts)}."
    if missing:
        sentence += f" Tidak ada nilai untuk {numbers.listing(missing)}."
    return sentence


def months_by_grade(rows: Sequence[MonthResult]) -> dict[str, list[Month]]:
    found: dict[str, list[Month]] = {}
    for row in rows:
        if row.grade:
            found.setdefault(row.grade.performance, []).append(row.month)
    return found


def channels(office: Office, span: Span) -> str:
    """Channels actually used in the span; the usual four when no answer is stored for it."""
    used = set(
        Response.objects.filter(office=office, month__in=[month.first_day for month in span.months])
        .values_list("channel", flat=True)
        .distinct()
    )
    chosen = [channel for channel in CHANNEL_WORDS if channel in used] or list(USUAL_CHANNELS)
    return numbers.listing([CHANNEL_WORDS[channel] for channel in chosen])


def facts(
    months: Sequence[MonthResult], suggestions: AnsweredShare, share: FollowUpShare
) -> dict[str, str]:
    """The figures a verification page shows beside the code."""
    found = {
        f"nilai {numbers.month(row.month)}": numbers.number(row.converted)
        for row in months
        if row.converted is not None
    }
    return found | {
        "saran diterima": str(suggestions.received),
        "saran dijawab": f"{suggestions.answered} dari {suggestions.needing_reply}",
        "rencana aksi ditindaklanjuti": f"{share.followed_up} dari {share.total}",
        "rencana aksi selesai": f"{share.finished} dari {share.total}",
    }
