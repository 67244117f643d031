"""Content of the semester follow-up report, from months, suggestions and action plans."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from tuntas.law.followup import FollowUpShare
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    Channel,
    NarrativeTemplate,
    Office,
    Progress,
    ProgressKind,
    Unit,
)
from tuntas.models.feedback import AnsweredShare, Reply, feedback_of
from tuntas.models.responses import Response
from tuntas.models.results import EMPTY, HISTORICAL, OPEN, MonthResult, month_results
from tuntas.report import narrative, numbers
from tuntas.report.content import (
    Annex,
    Block,
    Chapter,
    FollowUpReport,
    MonitoringGroup,
    MonitoringRow,
    Section,
    Signature,
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
    plans = known_plans(office, span, until)
    suggestions = answered_share(office, span, until)
    share = plan_share(plans, until)
    words = {
        "kantor": office.name,
        "periode": numbers.span(span),
        "semester": numbers.span_title(span),
        "tahun": str(span.last.year),
        "kanal": channels(office, span),
        "kalimat_mutu": quality_sentence(office, months),
        "kalimat_saran": suggestions_sentence(suggestions),
        "kalimat_rencana": plans_sentence(span, plans, share, until),
    }
    texts = narrative.DEFAULTS | NarrativeTemplate.current(office, "follow-up")
    written = {name: blocks(narrative.fill(text, words)) for name, text in texts.items()}
    signature = signature_of(office, cut_off)
    return FollowUpReport(
        office=office.name,
        title_lines=("LAPORAN TINDAK LANJUT", "SURVEI KEPUASAN MASYARAKAT"),
        period=numbers.span_title(span).upper(),
        city=office.city,
        year=str(cut_off.year),
        chapters=chapters(written, monthly_table(months)),
        signature=signature,
        annex=annex(span, plans, until),
        facts=facts(months, suggestions, share),
    )


def end_of(day: date, office: Office) -> datetime:
    """The first moment after `day` in the office's time zone."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=office.zone)


def annex_of(office: Office, span: Span, cut_off: date, *, units: Collection[Unit]) -> Annex:
    """The monitoring table alone, for some units of the office."""
    until, wanted = end_of(cut_off, office), {unit.pk for unit in units}
    plans = [plan for plan in known_plans(office, span, until) if plan.unit_id in wanted]
    return annex(span, plans, until)


def chapters(written: dict[str, tuple[Block, ...]], table: Block) -> tuple[Chapter, ...]:
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


# -- suggestions ---------------------------------------------------------------------------------


def answered_share(office: Office, span: Span, until: datetime) -> AnsweredShare:
    """Suggestions of the span and how many had an answer by `until`."""
    received = feedback_of(office, span.months).filter(received_at__lt=until)
    share = AnsweredShare.of(received)
    answered = received.needing_reply().filter(
        pk__in=Reply.objects.filter(by__isnull=False, at__lt=until).values("feedback")
    )
    return AnsweredShare(share.received, share.courtesy, share.spam, answered.count())


def suggestions_sentence(share: AnsweredShare) -> str:
    if share.received == 0:
        return (
            "Tidak ada saran dan masukan periode ini yang tercatat dalam sistem, sehingga "
            "persentase jawaban tidak dihitung."
        )
    if share.needing_reply == 0:
        return (
            f"Diterima {share.received} saran dan masukan; semuanya berupa ungkapan singkat yang "
            "tidak memerlukan jawaban."
        )
    apart = (
        f" ({share.courtesy} ungkapan singkat dan {share.spam} spam dicatat tersendiri)"
        if share.courtesy or share.spam
        else ""
    )
    head = (
        f"Diterima {share.received} saran dan masukan; {share.needing_reply} memerlukan "
        f"jawaban{apart}. "
    )
    if share.answered == share.needing_reply:
        return head + (
            "Seluruhnya telah dijawab (100%) dan dapat dibaca oleh pengirimnya melalui kode "
            "pelacakan."
        )
    return head + (
        f"Sebanyak {share.answered} telah dijawab ({numbers.percent(share.percent)}), "
        f"{share.needing_reply - share.answered} belum."
    )


# -- plans ---------------------------------------------------------------------------------------


def known_plans(office: Office, span: Span, until: datetime) -> list[ActionPlan]:
    return list(
        ActionPlan.objects.filter(office=office, created_at__lt=until)
        .surveyed_in(span.months)
        .select_related("unit", "completion")
        .prefetch_related("progress", "obstacles", "evidence")
        .order_by("unit__position", "unit_id", "survey_month", "id")
    )


def is_finished(plan: ActionPlan, until: datetime) -> bool:
    return plan.is_finished and plan.completion.at < until


def done(plan: ActionPlan, until: datetime) -> list[Progress]:
    return [row for row in plan.progress.all() if row.at < until]


def plan_share(plans: Sequence[ActionPlan], until: datetime) -> FollowUpShare:
    return FollowUpShare(
        total=len(plans),
        followed_up=sum(
            any(row.kind != ProgressKind.PLANNED for row in done(plan, until)) for plan in plans
        ),
        finished=sum(is_finished(plan, until) for plan in plans),
    )


def plans_sentence(
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
        if not is_finished(plan, until)
    ]
    return (
        f"{followed}; {share.finished} di antaranya telah selesai "
        f"({numbers.percent(share.finished_percent)}). Yang belum selesai: rencana aksi "
        f"{numbers.listing(open_plans)}."
    )


def annex(span: Span, plans: Sequence[ActionPlan], until: datetime) -> Annex:
    groups = []
    for place, (unit, rows) in enumerate(groupby(plans, key=lambda plan: plan.unit), start=1):
        groups.append(
            MonitoringGroup(
                f"{place}.", unit.label, tuple(monitoring_row(plan, until) for plan in rows)
            )
        )
    return Annex(
        title_lines=(
            "LAPORAN MONITORING, EVALUASI, DAN TINDAK LANJUT RENCANA AKSI",
            "ATAS HASIL SURVEI INDEKS KEPUASAN MASYARAKAT",
            f"PER {numbers.span_title(span).upper()}",
        ),
        columns=COLUMNS,
        groups=tuple(groups),
        empty="Tidak ada rencana aksi yang tercatat untuk periode ini.",
    )


def monitoring_row(plan: ActionPlan, until: datetime) -> MonitoringRow:
    lead_time = plan.lead_time_months
    return MonitoringRow(
        survey=numbers.month(Month.of(plan.survey_month)),
        action=blocks(plan.action),
        status="Selesai" if is_finished(plan, until) else "Belum selesai",
        progress=progress_blocks(done(plan, until)) or (Block("p", ("Belum ada.",)),),
        period=follow_up_period(plan),
        lead_time=f"{lead_time} bulan" if lead_time is not None else "–",
        obstacles=tuple(obstacle_blocks(plan, until)) or (Block("p", ("–",)),),
        evidence=tuple(
            row.url or f"{row.file_name} (SHA-256 {row.sha256[:12]}…)"
            for row in plan.evidence.all()
            if row.at < until
        ),
    )


def follow_up_period(plan: ActionPlan) -> str:
    """`Februari–Juni 2023`, `Agustus 2023`, `Februari 2023 s.d. sekarang`."""
    if plan.start_month is None:
        return "–"
    start = Month.of(plan.start_month)
    if plan.end_month is None:
        return f"{numbers.month(start)} s.d. sekarang"
    return numbers.months(start, Month.of(plan.end_month))


def progress_blocks(rows: Sequence[Progress]) -> tuple[Block, ...]:
    """Notes as paragraphs; activities as one numbering that runs on across the notes."""
    found: list[Block] = []
    activities = 0
    for row in rows:
        if row.kind == ProgressKind.NOTE:
            found += blocks(row.text)
            continue
        activities += 1
        append_item(found, "ol", activity(row), start=activities)
    return tuple(found)


def activity(row: Progress) -> str:
    if row.on is None:
        return row.text
    when = (
        f"bulan {numbers.month(Month.of(row.on))}"
        if row.month_only
        else f"tanggal {numbers.days(row.on, row.until)}"
    )
    planned = " (direncanakan)" if row.kind == ProgressKind.PLANNED else ""
    return f"{row.text} {when}{planned}"


def obstacle_blocks(plan: ActionPlan, until: datetime) -> list[Block]:
    texts = [row.text for row in plan.obstacles.all() if row.at < until]
    if len(texts) == 1:
        return [Block("p", (texts[0],))]
    return [Block("ul", tuple(texts))] if texts else []


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
