"""Content of two documents on action plans: monitoring and evaluation, and the RTL table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime

import segno
from django.conf import settings

from tuntas.law.effect import DOWN, UP
from tuntas.law.elements import element
from tuntas.law.months import Span
from tuntas.models import ActionPlan, LinkState, Office
from tuntas.models.effects import Effect, effect_of
from tuntas.report import numbers
from tuntas.report.content import EffectRow, EvidenceItem, MonevReport, PlanReport
from tuntas.report.followup import signature_of
from tuntas.report.monitoring import (
    annex,
    carried_plans,
    end_of,
    known_plans,
    plan_rows,
    plan_share,
    plans_sentence,
    ticked_year,
)

VERDICTS = {UP: "naik", DOWN: "turun"}
UNDECIDED = "belum dapat disimpulkan"
EFFECTS_NOTE = (
    "Perbandingan nilai rata-rata unsur di unit itu sebelum dan sesudah rencana aksi, dari bulan "
    "yang sudah ditutup. “Naik” atau “turun” hanya bila selang 95% selisihnya tidak memuat nol dan "
    "kedua sisi berisi paling sedikit 30 jawaban. Perubahan tidak membuktikan bahwa rencana aksi "
    "adalah penyebabnya."
)
PLAN_COLUMNS = ("NO", "PRIORITAS UNSUR", "PROGRAM/KEGIATAN", "WAKTU", "PENANGGUNG JAWAB")


def build_monev(office: Office, span: Span, cut_off: date) -> MonevReport:
    """The nine-column table of a span with its evidence, telling what was known by `cut_off`."""
    until = end_of(cut_off, office)
    plans, carried = known_plans(office, span, until), carried_plans(office, span, until)
    share = plan_share(plans, until)
    told = sorted(plans + carried, key=lambda plan: (plan.unit.position, plan.unit_id))
    return MonevReport(
        office=office.name,
        period=numbers.span_title(span),
        annex=annex(span, plans + carried, until),
        sentence=plans_sentence(span, plans, share, until, carried),
        evidence=evidence_items(told, until),
        effects=tuple(row for plan in told for row in effect_rows(plan)),
        effects_note=EFFECTS_NOTE,
        signature=signature_of(office, cut_off),
        facts={
            "rencana aksi ditindaklanjuti": f"{share.followed_up} dari {share.total}",
            "rencana aksi selesai": f"{share.finished} dari {share.total}",
            "rencana aksi lanjutan": str(len(carried)),
        },
    )


def evidence_items(plans: Sequence[ActionPlan], until: datetime) -> tuple[EvidenceItem, ...]:
    rows = [(plan, row) for plan in plans for row in plan.evidence.all() if row.at < until]
    return tuple(
        EvidenceItem(
            number=f"{place}.",
            unit=plan.unit.label,
            plan=numbers.shortened(plan.action, 90),
            name=row.url or row.file_name,
            sha256=row.sha256,
            date=numbers.day(row.at.astimezone(plan.office.zone).date()),
            address=evidence_address(plan.pk, row.pk),
            state=str(LinkState(row.check_state).label) if row.url else "berkas tersimpan",
            qr=qr_of(evidence_address(plan.pk, row.pk)),
        )
        for place, (plan, row) in enumerate(rows, start=1)
    )


def evidence_address(plan: int, row: int) -> str:
    """Where the item stands in the system; only people of the office get in."""
    return f"{settings.PUBLIC_URL}/plans/{plan}/#bukti-{row}"


def qr_of(address: str) -> str:
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()


def effect_rows(plan: ActionPlan) -> list[EffectRow]:
    found = effect_of(plan)
    if found is None or not (found.before or found.after):
        return []
    return [effect_words(plan, found)]


def effect_words(plan: ActionPlan, effect: Effect) -> EffectRow:
    """The comparison in words; the page and the documents say the same."""
    moved = effect.compared
    months = [numbers.month(month) for month in (*effect.before, *effect.after)]
    return EffectRow(
        unit=plan.unit.label,
        action=numbers.shortened(plan.action, 90),
        element=element(plan.element).name,
        before=level_words(moved.before.mean, moved.before.interval95, moved.before.n),
        after=level_words(moved.after.mean, moved.after.interval95, moved.after.n),
        difference=numbers.signed(moved.difference, 3)
        + interval_words(moved.interval95, signed=True),
        verdict=VERDICTS.get(moved.verdict, UNDECIDED),
        months=", ".join(months) or "belum ada bulan yang ditutup",
    )


def level_words(mean: object, interval: object, n: int) -> str:
    if mean is None:
        return "tidak ada jawaban"
    return f"{numbers.number(mean, 3)}{interval_words(interval)}, n = {n}"  # type: ignore[arg-type]


def interval_words(interval: object, *, signed: bool = False) -> str:
    if not isinstance(interval, tuple):
        return ""
    shown = numbers.signed if signed else numbers.number
    return f" ({shown(interval[0], 3)} s.d. {shown(interval[1], 3)})"


def build_plan(office: Office, span: Span, cut_off: date) -> PlanReport:
    """The regulation's RTL table of a span, worst element first (P14 p. 24)."""
    until = end_of(cut_off, office)
    plans = known_plans(office, span, until)
    year = str(ticked_year(plans, span))
    return PlanReport(
        office=office.name,
        title_lines=(
            "RENCANA TINDAK LANJUT PERBAIKAN",
            "SURVEI KEPUASAN MASYARAKAT",
            numbers.span_title(span).upper(),
        ),
        columns=PLAN_COLUMNS,
        year=year,
        rows=plan_rows(office, span, plans),
        notes=(
            "Unsur dengan nilai rata-rata terendah didahulukan; nilai yang sama dan unsur tanpa "
            "hitungan diurutkan menurut urutan unsur dalam PermenPANRB 14/2017.",
            "Jangka pendek kurang dari 12 bulan, menengah 12–24 bulan, panjang lebih dari 24 bulan. "
            f"TW I–IV: triwulan tahun {year}.",
        ),
        empty="Tidak ada rencana aksi yang tercatat untuk periode ini.",
        signature=signature_of(office, cut_off),
        facts={"rencana aksi": str(len(plans))},
    )
