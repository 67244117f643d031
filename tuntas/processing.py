"""The record of processing activities: what personal data is processed for, on which basis, how long.

Which columns an activity processes is read from the data dictionary, and how long they are kept from
the office's own rules of retention: the record cannot say anything else than the system does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from tuntas.dictionary import PERSONAL, Column, tables
from tuntas.models import Office
from tuntas.models.retention import StandingRule, rule_of

PUBLIC_DUTY = _("Pelaksanaan tugas pelayanan publik: UU 27/2022 Pasal 20 ayat (2) huruf e")
LEGAL_DUTY = _("Kewajiban hukum: UU 27/2022 Pasal 20 ayat (2) huruf c; PermenPANRB 14/2017")
CONSENT = _("Persetujuan: UU 27/2022 Pasal 20 ayat (2) huruf a")


@dataclass(frozen=True)
class Activity:
    """One activity. `kinds` are the rules of retention that hold for it."""

    code: str
    name: Any
    purpose: Any
    basis: Any
    subjects: Any
    recipients: Any
    kinds: tuple[str, ...]
    tables: tuple[str, ...]  # without the prefix `tuntas_`


CITIZENS, STAFF = _("Penerima layanan"), _("Petugas kantor")
OWN_OFFICE = _("Petugas kantor menurut perannya")
ACTIVITIES = (
    Activity(
        "survey",
        _("Survei Kepuasan Masyarakat"),
        _("Mengukur kepuasan penerima layanan, per kelompok responden"),
        LEGAL_DUTY,
        CITIZENS,
        _("Publik, hanya sebagai angka gabungan"),
        ("response",),
        ("response", "papertyping", "papersheet", "paperbatch", "exclusion", "tablet", "audience"),
    ),
    Activity(
        "feedback",
        _("Saran dan tanggapan"),
        _("Menjawab dan menindaklanjuti saran, kritik, dan pengaduan"),
        PUBLIC_DUTY,
        CITIZENS,
        _("Petugas unit yang menjawab, tim survei, dan kepala kantor"),
        ("text",),
        (
            "feedback", "feedback_words", "reply", "vote", "referral", "spammark", "merge", "batch",
            "publishedanswer", "texterasure", "replytemplate",
        ),
    ),
    Activity(
        "contact",
        _("Kabar lewat surel"),
        _("Memberi tahu bahwa ada jawaban"),
        CONSENT,
        CITIZENS,
        _("Server surel kantor"),
        ("contact",),
        ("contact", "privacynotice"),
    ),
    Activity(
        "import",
        _("Impor lembar kerja"),
        _("Memindahkan jawaban yang dikumpulkan di tempat lain"),
        LEGAL_DUTY,
        CITIZENS,
        OWN_OFFICE,
        ("upload",),
        ("import", "upload", "refusedrow", "historicalresult"),
    ),
    Activity(
        "accounts",
        _("Akun dan hak masuk petugas"),
        _("Mengenali petugas dan membatasi haknya"),
        PUBLIC_DUTY,
        STAFF,
        _("Tim survei kantor"),
        ("session",),
        (
            "user", "membership", "mailpreference", "calendarfeed", "django_session",
            "account_emailaddress", "cache", "mfa_authenticator", "signin", "staffinvitation",
            "deactivation", "deputy", "socialaccount_socialaccount",
        ),
    ),
    Activity(
        "reminders",
        _("Pengingat"),
        _("Mengingatkan tenggat jawaban, rencana, dan penutupan"),
        PUBLIC_DUTY,
        STAFF,
        _("Server surel kantor"),
        ("notice",),
        ("notice",),
    ),
    Activity(
        "follow-up",
        _("Tindak lanjut dan data dukung"),
        _("Merencanakan dan membuktikan perbaikan layanan"),
        LEGAL_DUTY,
        STAFF,
        OWN_OFFICE,
        ("evidence",),
        ("actionplan", "actionplan_words", "planstage", "planrevision", "progress", "obstacle", "evidence"),
    ),
    Activity(
        "reporting",
        _("Hasil, laporan, dan publikasi"),
        _("Menutup bulan, melaporkan, dan menerbitkan hasil"),
        LEGAL_DUTY,
        _("Petugas dan penanda tangan"),
        _("Penerima laporan; publik untuk yang diterbitkan"),
        ("audit",),
        (
            "closure", "reopening", "report", "reportorder", "reportnumber", "signedfile",
            "narrativetemplate", "stationery", "office", "publication", "aggregateimport",
            "outsideclosure", "outsidekey",
        ),
    ),
    Activity(
        "administration",
        _("Pengaturan dan jejak audit"),
        _("Mencatat siapa mengubah apa, supaya dapat dipertanggungjawabkan"),
        PUBLIC_DUTY,
        STAFF,
        _("Tim survei, kepala kantor, auditor, dan kementerian"),
        ("audit",),
        (
            "event", "holiday", "edition", "editionstart", "apitoken", "invitationbatch",
            "wallscreen", "retentionchoice", "webhook",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class RecordRow:
    """An activity of one office, with the data it processes and how long that is kept."""

    activity: Activity
    personal: tuple[str, ...]  # table.column
    perhaps: tuple[str, ...]
    rules: tuple[StandingRule, ...]


def full_name(name: str) -> str:
    others = ("django_", "account_", "mfa_", "socialaccount_")
    return name if name.startswith(others) else f"tuntas_{name}"


def record_of(office: Office) -> list[RecordRow]:
    """The record of an office, in the order of `ACTIVITIES`."""
    known = {table.name: table for table in tables()}
    found = []
    for activity in ACTIVITIES:
        columns = [
            (name, column) for name in activity.tables for column in known[full_name(name)].marked
        ]
        found.append(
            RecordRow(
                activity,
                named(columns, personal=True),
                named(columns, personal=False),
                tuple(rule_of(office, kind) for kind in activity.kinds),
            )
        )
    return found


def named(columns: list[tuple[str, Column]], *, personal: bool) -> tuple[str, ...]:
    return tuple(
        f"{name}.{column.name}" for name, column in columns if (column.mark == PERSONAL) == personal
    )
