"""Invented conversations of the demo: templates, merged and referred feedback, one opened again."""

from __future__ import annotations

from datetime import datetime, timedelta

from tuntas.models import (
    Feedback,
    Merge,
    Office,
    PublishedAnswer,
    Referral,
    Reopened,
    ReplyTemplate,
    User,
)
from tuntas.models.conversations import may_reopen

TEMPLATES = (
    (
        "Terima kasih dan diteruskan",
        "Terima kasih atas masukan Saudara tentang {layanan} pada {bulan}. Masukan ini sudah kami "
        "teruskan kepada petugas {unit}.",
    ),
    (
        "Sudah diperbaiki",
        "Terima kasih. Gangguan pada {layanan} yang Saudara laporkan sudah diperbaiki oleh {unit}; "
        "silakan dicoba kembali.",
    ),
)
PUBLISHED = (
    (
        "Antrean helpdesk pada pagi hari terlalu lama (contoh).",
        "Satu petugas ditambah pada pukul 08.00–11.00.",
    ),
    (
        "Persyaratan pensiun janda/duda membingungkan (contoh).",
        "Daftar persyaratan dengan contoh berkas dipasang di situs dan di loket.",
    ),
)


def add_templates(office: Office, people: dict[str, User]) -> list[ReplyTemplate]:
    return [ReplyTemplate.add(office, name, text, by=people["tim"]) for name, text in TEMPLATES]


def add(office: Office, people: dict[str, User], now: datetime) -> None:
    """On top of the answered and waiting feedback of `synthetic`."""
    rows = Feedback.objects.filter(office=office).select_related("office", "unit", "service")
    merge_and_refer(list(rows.unanswered().order_by("due_on", "id")), people, now)
    reopen_one(list(rows.answered().order_by("-answered_at")), now)
    answered = list(rows.answered().needing_reply().order_by("id"))
    for (said, did), row in zip(PUBLISHED, answered, strict=False):
        entry = PublishedAnswer.write(row, said, did, by=people["tim"])
        entry.publish(by=people["tim"])


def merge_and_refer(waiting: list[Feedback], people: dict[str, User], now: datetime) -> None:
    if len(waiting) >= 2:
        Merge.make(waiting[0], [waiting[1]], by=people["tim"])
    if len(waiting) >= 4:
        Referral.make(
            waiting[2],
            "Data keluarga pada SIASN dikelola BKN Pusat. Laporan Saudara kami teruskan (contoh).",
            by=people["tim"],
            destination="lapor",
            addressee="Badan Kepegawaian Negara",
            number="CONTOH-000123",
            on=now.astimezone(waiting[2].office.zone).date(),
        )
        waiting[3].decline(
            "Jadwal layanan di luar kota ditetapkan sekali setahun dan tahun ini sudah penuh (contoh).",
            by=people["tim"],
        )


def reopen_one(answered: list[Feedback], now: datetime) -> None:
    for row in answered:
        at = (row.answered_at or now) + timedelta(hours=4)
        if at < now and may_reopen(row, now):
            Reopened.make(row, "Terima kasih, tetapi keadaannya masih sama (contoh).", at=at)
            return
