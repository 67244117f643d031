"""Synthetic answers, suggestions and plans of recent months. Invented, and labelled so."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from uuid import UUID

from tuntas.demo import conversations
from tuntas.law.months import Month
from tuntas.law.profile import PROFILE
from tuntas.models import (
    ActionPlan,
    Channel,
    Feedback,
    FeedbackKind,
    Office,
    Period,
    ProgressKind,
    ReplyTemplate,
    Response,
    Service,
    Submission,
    Unit,
    User,
)
from tuntas.models.closures import Closure
from tuntas.models.people import first_moment

MONTHS_BACK = 8
# Mean score by element: what people rate lower is plausible, not measured.
LEVELS = {
    "requirements": 3.45,
    "procedures": 3.35,
    "completion_time": 3.2,
    "fees": 3.85,
    "product_specification": 3.4,
    "staff_competence": 3.5,
    "staff_conduct": 3.6,
    "complaint_handling": 3.25,
    "facilities": 3.3,
}
CHANNELS = (
    [Channel.WEB] * 4
    + [Channel.WHATSAPP] * 5
    + [Channel.QR] * 6
    + [Channel.HELPDESK] * 3
    + [Channel.ASSISTED]
)
WISHES = (
    "Mohon status usulan kenaikan pangkat dapat dilihat sendiri tanpa menghubungi petugas.",
    "Antrean helpdesk pada pagi hari terlalu lama, sebaiknya ditambah petugas.",
    "Penjelasan persyaratan pensiun janda/duda masih membingungkan, mohon dibuatkan contoh.",
    "Aplikasi sering keluar sendiri saat mengunggah berkas besar.",
    "Ruang tunggu sebaiknya dilengkapi stopkontak dan air minum.",
    "Mohon jadwal bimbingan teknis diumumkan lebih awal, paling lambat dua minggu sebelumnya.",
    "Balasan tiket helpdesk kadang lebih dari tiga hari.",
    "Sebaiknya ada layanan jemput bola untuk instansi di Sumba dan Rote.",
    "Nomor WhatsApp layanan sulit ditemukan di situs.",
    "Data keluarga di SIASN tidak sama dengan berkas yang sudah kami kirim.",
    "Papan petunjuk loket kurang jelas bagi pengunjung pertama kali.",
)
SUGGESTIONS = (
    *WISHES,
    "Petugas sangat membantu dan sabar menjelaskan. Terima kasih.",
    "baik",
    "Sudah bagus, terima kasih.",
    "-",
    "Pelayanan sudah sangat baik, pertahankan.",
)
NEW_WISHES = 7  # came in the last days, so that the inbox has work on any day
REPLIES = (
    "Terima kasih atas masukan Saudara. Hal ini sudah kami teruskan kepada petugas terkait dan "
    "akan kami kabari melalui halaman ini.",
    "Terima kasih. Mulai minggu depan kami menambah satu petugas pada jam 08.00–11.00.",
    "Mohon maaf atas ketidaknyamanannya. Gangguan pada pengunggahan berkas sudah diperbaiki; "
    "silakan dicoba kembali.",
    "Terima kasih. Daftar persyaratan dengan contoh sudah kami pasang di situs dan loket.",
)


def add(office: Office, units: dict[str, Unit], people: dict[str, User], now: datetime) -> None:
    """Answers of the current month and the eight before it; all but the last two are closed."""
    chance = random.Random(20230821)  # noqa: S311  # invented data, the same on every machine
    today = now.astimezone(office.zone).date()
    this_month = Month.of(today)
    services = list(Service.objects.filter(office=office).with_editions())
    for month in (this_month + step for step in range(-MONTHS_BACK, 1)):
        passed = part_passed(month, now, office)
        for service in services:
            for _each in range(max(2, int(chance.randint(9, 22) * passed))):
                at = moment(month.first_day, month.last_day, chance, now, office)
                text = chance.choice(SUGGESTIONS) if chance.random() < 0.1 else ""
                answer(service, at, text, chance)
        if this_month - month >= 2:
            closing = at_noon((month + 1).first_day + timedelta(days=2), office)
            Closure.seal(Period.of(office, month), by=people["tim"], at=closing)
    for text in chance.sample(WISHES, NEW_WISHES):
        at = moment(today - timedelta(days=2), today, chance, now, office)
        answer(chance.choice(services), at, text, chance)
    templates = conversations.add_templates(office, people)
    reply_to_most(office, people, now, chance, templates)
    conversations.add(office, people, now)
    add_plans(units, people, this_month, now)


def part_passed(month: Month, now: datetime, office: Office) -> float:
    """How much of the month lies behind `now`, above 0 and at most 1."""
    begin, end = (first_moment(office, row.first_day) for row in (month, month + 1))
    return min((now - begin) / (end - begin), 1)


def moment(
    first_day: date, last_day: date, chance: random.Random, now: datetime, office: Office
) -> datetime:
    """A moment of these days within office hours; on the running day, any that is over."""
    last_day = min(last_day, now.astimezone(office.zone).date())
    day = first_day + timedelta(days=chance.randint(0, (last_day - first_day).days))
    at = datetime.combine(day, time(8 + chance.randint(0, 7), chance.randint(0, 59)), office.zone)
    if at <= now:
        return at
    begin = first_moment(office, last_day)
    return begin + (now - begin) * chance.random()


def answer(service: Service, at: datetime, suggestion: str, chance: random.Random) -> None:
    mood = chance.gauss(0, 0.45)
    scores = "".join(
        str(min(4, max(1, round(chance.gauss(LEVELS[question.element] + mood, 0.5)))))
        for question in service.edition.question_list
    )
    Response.receive(
        service,
        Submission(
            id=UUID(int=chance.getrandbits(128), version=4),
            edition_id=service.edition_id,
            answers=scores,
            channel=chance.choice(CHANNELS),
            profile="".join(chance.choice(question.choices)[0] for question in PROFILE),
            suggestion=suggestion,
        ),
        at=at,
    )


def reply_to_most(
    office: Office,
    people: dict[str, User],
    now: datetime,
    chance: random.Random,
    templates: list[ReplyTemplate],
) -> None:
    """Older suggestions are answered, a few are late, those of the last days wait."""
    rows = Feedback.objects.filter(office=office).select_related("office", "unit", "service")
    for row in rows.order_by("received_at", "id"):
        if row.text.startswith("Petugas sangat membantu") or "pertahankan" in row.text:
            row.classify(FeedbackKind.PRAISE, by=people["tim"])
        at = row.received_at + timedelta(days=chance.randint(1, 6), hours=2)
        if not row.needs_reply or at > now - timedelta(days=4) or chance.random() < 0.06:
            continue
        text = chance.choice(REPLIES)
        if chance.random() < 0.2:
            text = chance.choice(templates).fill(row.words)
        row.reply(text, by=people["petugas"], at=at)


def add_plans(
    units: dict[str, Unit], people: dict[str, User], this_month: Month, now: datetime
) -> None:
    """Three recent plans: finished, under way with an obstacle, and overdue without progress."""
    survey = this_month + -3
    add_finished_plan(units["inka"], people, survey)
    add_running_plan(units["pensiun"], people, this_month, now)
    ActionPlan.add(
        units["mutasi"],
        by=people["tim"],
        at=at_noon((survey + 1).first_day, units["mutasi"].office),
        survey_month=survey.first_day,
        element="complaint_handling",
        action="Menampilkan status usulan kenaikan pangkat kepada pengusul (contoh).",
        person_in_charge="Kepala Bidang Mutasi",
        due_on=(this_month + -1).last_day,
    )


def add_finished_plan(unit: Unit, people: dict[str, User], survey: Month) -> None:
    plan = ActionPlan.add(
        unit,
        by=people["petugas"],
        at=at_noon((survey + 1).first_day, unit.office),
        survey_month=survey.first_day,
        element="completion_time",
        cause="Petugas helpdesk pada jam sibuk hanya dua orang.",
        action="Menambah satu petugas helpdesk pada pukul 08.00–11.00 (contoh).",
        person_in_charge="Kepala Bidang Informasi Kepegawaian",
        start_month=(survey + 1).first_day,
        end_month=(survey + 2).first_day,
        due_on=(survey + 2).last_day,
    )
    told = at_noon((survey + 2).first_day, unit.office)
    plan.add_progress(
        by=people["petugas"],
        at=told,
        kind=ProgressKind.DONE,
        text="Jadwal piket baru berlaku",
        on=(survey + 2).first_day,
    )
    plan.add_link("https://contoh.go.id/jadwal-piket", by=people["petugas"], at=told)
    plan.finish(by=people["tim"], at=told, note="Jadwal piket sudah berjalan.")


def add_running_plan(unit: Unit, people: dict[str, User], this_month: Month, now: datetime) -> None:
    survey = this_month + -2
    plan = ActionPlan.add(
        unit,
        by=people["pensiun"],
        at=at_noon((survey + 1).first_day, unit.office),
        survey_month=survey.first_day,
        element="requirements",
        cause="Persyaratan pensiun janda/duda tersebar di tiga dokumen.",
        action="Menyusun satu lembar persyaratan dengan contoh berkas (contoh).",
        person_in_charge="Komang Suryani",
        start_month=(survey + 1).first_day,
        due_on=(this_month + 1).last_day,
    )
    plan.add_progress(
        by=people["pensiun"], at=now, kind=ProgressKind.NOTE, text="Rancangan lembar sudah dibahas."
    )
    plan.add_obstacle(
        by=people["pensiun"],
        at=now,
        text="Menunggu penetapan format berkas.",
        depends_on="BKN Pusat",
    )


def at_noon(day: date, office: Office) -> datetime:
    return datetime.combine(day, time(12), tzinfo=office.zone)
