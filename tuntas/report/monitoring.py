"""Action plans as documents tell them: the nine-column table and the regulation's RTL table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from tuntas.law.elements import element
from tuntas.law.followup import FollowUpShare
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Office, Progress, ProgressKind, Unit
from tuntas.models.results import span_result
from tuntas.report import numbers
from tuntas.report.content import (
    Annex,
    Block,
    MonitoringGroup,
    MonitoringRow,
    PlanFigures,
    PlanRow,
    append_item,
    blocks,
)

COLUMNS = (
    "No.",
    "Unit Kerja",
    "Waktu Survei",
    "Rencana Aksi Tindak Lanjut",
    "Progres Tindak Lanjut",
    "Waktu Tindak Lanjut",
    "Kecepatan Tindak Lanjut",
    "Kendala",
    "Data Dukung",
)
TITLE = (
    "LAPORAN MONITORING, EVALUASI, DAN TINDAK LANJUT RENCANA AKSI",
    "ATAS HASIL SURVEI INDEKS KEPUASAN MASYARAKAT",
)
HORIZON_WORDS = {"short": "jangka pendek", "medium": "jangka menengah", "long": "jangka panjang"}


def end_of(day: date, office: Office) -> datetime:
    """The first moment after `day` in the office's time zone."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=office.zone)


def annex_of(office: Office, span: Span, cut_off: date, *, units: Collection[Unit]) -> Annex:
    """The monitoring table alone, for some units of the office."""
    until, wanted = end_of(cut_off, office), {unit.pk for unit in units}
    plans = known_plans(office, span, until) + carried_plans(office, span, until)
    return annex(span, [plan for plan in plans if plan.unit_id in wanted], until)


def known_plans(office: Office, span: Span, until: datetime) -> list[ActionPlan]:
    """Plans that answer the surveys of the span, as known by `until`."""
    return fetched(
        ActionPlan.objects.filter(office=office, created_at__lt=until).surveyed_in(span.months)
    )


def carried_plans(office: Office, span: Span, until: datetime) -> list[ActionPlan]:
    """Plans of earlier surveys that were not finished when the span began."""
    start = datetime.combine(span.first.first_day, time.min, tzinfo=office.zone)
    rows = ActionPlan.objects.filter(office=office, created_at__lt=until)
    return [
        plan
        for plan in fetched(rows.surveyed_before(span.first))
        if not plan.finished_by(min(start, until))
    ]


def fetched(rows: Iterable[ActionPlan]) -> list[ActionPlan]:
    return list(
        rows.select_related("unit", "office", "completion")  # type: ignore[attr-defined]
        .prefetch_related("progress__corrects", "obstacles", "evidence", "stages")
        .order_by("unit__position", "unit_id", "survey_month", "id")
    )


def done(plan: ActionPlan, until: datetime) -> list[Progress]:
    """Entries that stood at `until`, corrections in the place of what they correct."""
    return [row for row in plan.progress.all() if row.stood(until)]


def plan_share(plans: Sequence[ActionPlan], until: datetime) -> FollowUpShare:
    return FollowUpShare(
        total=len(plans),
        followed_up=sum(any(row.was_done(until) for row in done(plan, until)) for plan in plans),
        finished=sum(plan.finished_by(until) for plan in plans),
    )


def plans_sentence(
    span: Span,
    plans: Sequence[ActionPlan],
    share: FollowUpShare,
    until: datetime,
    carried: Sequence[ActionPlan] = (),
) -> str:
    """What was followed up and finished; carried plans are told apart, never mixed in."""
    sentence = own_plans_sentence(span, plans, share, until)
    if not carried:
        return sentence
    finished = sum(plan.finished_by(until) for plan in carried)
    return (
        f"{sentence} Selain itu {len(carried)} rencana aksi dari periode sebelumnya dilanjutkan; "
        f"{finished} di antaranya telah selesai."
    )


def own_plans_sentence(
    span: Span, plans: Sequence[ActionPlan], share: FollowUpShare, until: datetime
) -> str:
    if not plans:
        return f"Untuk {numbers.span_title(span)} tidak ada rencana aksi yang tercatat."
    followed = f"Untuk {numbers.span_title(span)}, " + (
        f"semua rencana aksi yang disusun ({share.total}) telah ditindaklanjuti (100%)"
        if share.followed_up == share.total
        else f"{share.followed_up} dari {share.total} rencana aksi telah ditindaklanjuti "
        f"({numbers.percent(share.followed_up_percent)})"
    )
    if share.finished == share.total:
        return followed + " dan seluruhnya telah selesai (100%)."
    open_plans = [
        f"{plan.unit.label} ({numbers.month(Month.of(plan.survey_month))})"
        for plan in plans
        if not plan.finished_by(until)
    ]
    return (
        f"{followed}; {share.finished} di antaranya telah selesai "
        f"({numbers.percent(share.finished_percent)}). Yang belum selesai: rencana aksi "
        f"{numbers.listing(open_plans)}."
    )


# -- the nine columns ----------------------------------------------------------------------------


def annex(span: Span, plans: Sequence[ActionPlan], until: datetime) -> Annex:
    groups = []
    ordered = sorted(plans, key=lambda plan: (plan.unit.position, plan.unit_id))
    for place, (unit, rows) in enumerate(groupby(ordered, key=lambda plan: plan.unit), start=1):
        groups.append(
            MonitoringGroup(
                f"{place}.",
                unit.label,
                tuple(monitoring_row(plan, span, until) for plan in rows),
            )
        )
    return Annex(
        title_lines=(*TITLE, f"PER {numbers.span_title(span).upper()}"),
        columns=COLUMNS,
        groups=tuple(groups),
        empty="Tidak ada rencana aksi yang tercatat untuk periode ini.",
    )


def monitoring_row(plan: ActionPlan, span: Span, until: datetime) -> MonitoringRow:
    lead_time, began = plan.lead_time_months, plan.carried_from(span)
    return MonitoringRow(
        survey=numbers.month(Month.of(plan.survey_month)),
        action=blocks(plan.action),
        status="Selesai" if plan.finished_by(until) else "Belum selesai",
        progress=progress_blocks(done(plan, until), until) or (Block("p", ("Belum ada.",)),),
        period=follow_up_period(plan),
        lead_time=f"{lead_time} bulan" if lead_time is not None else "–",
        obstacles=tuple(obstacle_blocks(plan, until)) or (Block("p", ("–",)),),
        evidence=tuple(
            row.url or f"{row.file_name} (SHA-256 {row.sha256[:12]}…)"
            for row in plan.evidence.all()
            if row.at < until
        ),
        note=f"Lanjutan dari {numbers.span_title(began)}" if began else "",
        figures=figures(plan),
    )


def figures(plan: ActionPlan) -> PlanFigures:
    """The row's values as values, for a spreadsheet."""
    return PlanFigures(
        survey=plan.survey_month.isoformat(),
        start=iso(plan.start_month),
        end=iso(plan.end_month),
        due=iso(plan.due_on),
        lead_months=plan.lead_time_months,
    )


def iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def follow_up_period(plan: ActionPlan) -> str:
    """`Februari–Juni 2023`, `Agustus 2023`, `Februari 2023 s.d. sekarang`."""
    if plan.start_month is None:
        return "–"
    start = Month.of(plan.start_month)
    if plan.end_month is None:
        return f"{numbers.month(start)} s.d. sekarang"
    return numbers.months(start, Month.of(plan.end_month))


def progress_blocks(rows: Sequence[Progress], until: datetime) -> tuple[Block, ...]:
    """Notes as paragraphs; activities as one numbering that runs on across the notes."""
    found: list[Block] = []
    activities = 0
    for row in rows:
        if row.kind == ProgressKind.NOTE:
            found += blocks(row.text + corrected(row))
            continue
        activities += 1
        append_item(found, "ol", activity(row, until) + corrected(row), start=activities)
    return tuple(found)


def corrected(row: Progress) -> str:
    """A correction made after the day on which an entry may simply be taken back says so."""
    if not row.is_late_correction or row.corrects is None:
        return ""
    return f" (koreksi {numbers.day(row.at.date())} atas catatan {numbers.day(row.corrects.at.date())})"


def activity(row: Progress, until: datetime) -> str:
    if row.on is None:
        return row.text
    when = (
        f"bulan {numbers.month(Month.of(row.on))}"
        if row.month_only
        else f"tanggal {numbers.days(row.on, row.until)}"
    )
    if row.kind != ProgressKind.PLANNED:
        return f"{row.text} {when}"
    if row.was_done(until):
        return f"{row.text} {when}, terlaksana {numbers.day(row.done_on)}"
    return f"{row.text} {when} (direncanakan)"


def obstacle_blocks(plan: ActionPlan, until: datetime) -> list[Block]:
    texts = [
        row.text + (f" (teratasi {numbers.day(row.resolved_on)})" if row.is_resolved(until) else "")
        for row in plan.obstacles.all()
        if row.at < until
    ]
    if len(texts) == 1:
        return [Block("p", (texts[0],))]
    return [Block("ul", tuple(texts))] if texts else []


# -- the regulation's table ----------------------------------------------------------------------


def plan_rows(office: Office, span: Span, plans: Sequence[ActionPlan]) -> tuple[PlanRow, ...]:
    """RTL rows, worst element first (P14 p. 21 and 24); elements without a counted value follow in
    the regulation's order, plans of no element stand last."""
    result = span_result(office, span.months)
    means = {row.code: row.mean for row in result.elements if row.mean} if result else {}
    codes = sorted(
        {plan.element for plan in plans},
        key=lambda code: (not code, code not in means, means.get(code, 0), element(code).number),
    )
    year = ticked_year(plans, span)
    rows = []
    for place, code in enumerate(codes, start=1):
        for at, plan in enumerate([plan for plan in plans if plan.element == code]):
            name = element(code).name if code else "Tidak terkait satu unsur"
            mean = f" (nilai {numbers.number(means[code], 3)})" if code in means else ""
            rows.append(
                PlanRow(
                    number=f"{place}." if at == 0 else "",
                    element=name + mean if at == 0 else "",
                    action=blocks(plan.action),
                    unit=plan.unit.label,
                    time=follow_up_period(plan) if plan.start_month else due_words(plan),
                    horizon=HORIZON_WORDS[plan.horizon],
                    quarters=quarters(plan, year),
                    person=plan.person_in_charge or f"Kepala {plan.unit.name}",
                    figures=figures(plan),
                )
            )
    return tuple(rows)


def due_words(plan: ActionPlan) -> str:
    return f"s.d. {numbers.day(plan.due_on)}" if plan.due_on else "–"


def ticked_year(plans: Sequence[ActionPlan], span: Span) -> int:
    """The year whose quarters are ticked: the first in which a plan of the span begins."""
    starts = [plan.start_month or plan.due_on for plan in plans]
    return min((day.year for day in starts if day), default=span.last.year)


def quarters(plan: ActionPlan, year: int) -> tuple[bool, ...]:
    """TW I–IV of the year: those the plan's time touches, to its due date while it has no end."""
    start = plan.start_month or plan.due_on
    if start is None:
        return (False,) * 4
    end = max(plan.end_month or plan.due_on or date(start.year, 12, 1), start)
    return tuple(
        Month.of(start) <= Month(year, 3 * place) and Month.of(end) >= Month(year, 3 * place - 2)
        for place in range(1, 5)
    )


def plan_table(rows: Sequence[PlanRow]) -> Block:
    """The RTL rows as the regulation prints them, for the text of the follow-up report."""
    head = ("No.", "Prioritas Unsur", "Program/Kegiatan", "Waktu", "Penanggung Jawab")
    lines = [
        (
            row.number,
            row.element,
            " ".join(item for block in row.action for item in block.items),
            f"{row.time} ({row.horizon})",
            row.person,
        )
        for row in rows
    ]
    return Block("table", rows=(head, *lines), widths=(0.9, 2.8, 6.2, 3.0, 2.6))
