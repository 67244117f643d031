"""The doctor: everything about an installation that can be looked at, and what to do about it.

A finding is (level, what was found, what to do); levels are `baik`, `info`, `awas`, `galat`.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet
from django.utils import timezone

from tuntas import replica, work
from tuntas.models import Event, Notice, search

Finding = tuple[str, str, str]

LEVELS = {checks.ERROR: "galat", checks.WARNING: "awas", checks.INFO: "info"}
# A mail that may go out and is still here after this long stands still; night is not counted.
LATE_MAIL = timedelta(hours=14)
TRIGGERED = {
    "tuntas_response",
    "tuntas_closure",
    "tuntas_reopening",
    "tuntas_dayseal",
    "tuntas_closureproof",
    "tuntas_event",
    "tuntas_planstage",
    "tuntas_planrevision",
    "tuntas_closurecount",
    "tuntas_closureslices",
    "tuntas_officeidentity",
    "tuntas_outsideoffice",
    "tuntas_outsidekey",
    "tuntas_outsideclosure",
    "tuntas_reportnumber",
    "tuntas_signedfile",
}
LEAST_SPACE = 100 * 1024 * 1024  # bytes free below which a disk counts as full
CLOCK_SLACK = 120.0  # seconds that two machines' clocks may differ
OLD_BACKUP = 7  # days


def findings() -> list[Finding]:
    """Of everything that can be looked at from here without sending anything."""
    found_all = [
        (LEVELS.get(found.level, "galat"), found.msg, found.hint or "")
        for found in checks.run_checks(include_deployment_checks=False, databases=["default"])
    ]
    plan = MigrationExecutor(connection)
    waiting = plan.migration_plan(plan.loader.graph.leaf_nodes())
    if waiting:
        hint = "Jalankan: tuntas manage migrate"
        return [*found_all, ("galat", f"{len(waiting)} migrasi belum dijalankan.", hint)]
    found_all.append(("baik", f"Basis data {connection.vendor}, semua migrasi terpasang.", ""))
    missing = TRIGGERED - guarded_tables()
    if missing:
        found_all.append(
            (
                "galat",
                f"Pemicu pelindung hilang pada {', '.join(sorted(missing))}.",
                "Pulihkan basis data dari cadangan; pemicu itu mencegah data lama diubah.",
            )
        )
    else:
        found_all.append(("baik", "Jawaban, penutupan, dan jejak audit dilindungi pemicu.", ""))
    found_all.append(search_index())
    found_all.append(write_probe())
    found_all.append(durability())
    found_all.append(clock())
    found_all.append(background_work())
    found_all.append(mail_queue())
    found_all += [disk_space(), last_backup(), signing_key()]
    if replica.is_configured():
        found_all.append(replica_state())
    return found_all


def durability() -> Finding:
    """Whether what is acknowledged has reached the disk."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            journal = cursor.fetchone()[0]
            cursor.execute("PRAGMA synchronous")
            safe = journal == "wal" and cursor.fetchone()[0] >= 2  # FULL
            told = f"SQLite {sqlite3.sqlite_version}, {journal}"
        else:
            cursor.execute("SHOW synchronous_commit")
            commit = cursor.fetchone()[0]
            cursor.execute("SHOW fsync")
            safe = commit != "off" and cursor.fetchone()[0] == "on"
            told = f"PostgreSQL, synchronous_commit={commit}"
    if safe:
        return ("baik", f"Jawaban diakui setelah tersimpan di disk ({told}).", "")
    hint = "Nyalakan fsync dan synchronous_commit di server basis data."
    return ("galat", f"Jawaban dapat hilang bila listrik padam ({told}).", hint)


def clock() -> Finding:
    """A clock that went back would date answers before those that are there."""
    newest = Event.objects.order_by("-id").values_list("at", flat=True).first()
    ahead = (newest - timezone.now()).total_seconds() if newest else 0
    if ahead > CLOCK_SLACK:
        told = f"Jam server tertinggal {ahead / 60:.0f} menit dari catatan terakhir."
        return ("galat", told, "Betulkan jam server (NTP) sebelum menerima jawaban.")
    return ("baik", f"Jam server {timezone.localtime():%d.%m.%Y %H.%M}.", "")


def replica_state() -> Finding:
    """Whether the replica follows, and near enough to be read."""
    hint = "Periksa TUNTAS_REPLICA_URL; sementara itu semua halaman dibaca dari server utama."
    try:
        lag = replica.measured_lag()
    except replica.NotAStandby:
        return ("galat", "Server di TUNTAS_REPLICA_URL tidak mengikuti server utama.", hint)
    except (DatabaseError, InterfaceError) as error:
        return ("galat", f"Replika tidak dapat dihubungi: {str(error).strip()}", hint)
    told = f"Replika tertinggal {lag:.1f} detik."
    return ("awas", told, hint) if lag > settings.REPLICA_SECONDS else ("baik", told, "")


def disk_space() -> Finding:
    free = shutil.disk_usage(settings.DATA).free
    told = f"Ruang kosong untuk folder data: {free / 2**30:.1f} GiB."
    if free < LEAST_SPACE:
        return (
            "galat",
            told,
            "Kosongkan atau perbesar disk; jawaban baru akan ditolak bila penuh.",
        )
    return ("awas" if free < 10 * LEAST_SPACE else "baik", told, "")


def backup_made_at() -> float | None:
    """When this installation last finished a backup, in seconds since 1970; None before the first."""
    mark = settings.BACKUP_MARK
    return float(mark.stat().st_mtime) if mark.exists() else None


def last_backup() -> Finding:
    hint = "Jalankan: tuntas backup BERKAS (docs/operate.md)"
    made = backup_made_at()
    if made is None:
        return ("info", "Belum pernah ada cadangan.", hint)
    days = (time.time() - made) / 86400
    told = f"Cadangan terakhir {days:.0f} hari lalu."
    return ("awas", told, hint) if days > OLD_BACKUP else ("baik", told, "")


def signing_key() -> Finding:
    """Whether others on this machine could read the key that signs sessions."""
    path = settings.DATA / "secret-key"
    if not path.exists():
        return ("info", "Kunci tanda tangan datang dari TUNTAS_SECRET_KEY.", "")
    if path.stat().st_mode & 0o077:
        return ("awas", f"{path.name} dapat dibaca pengguna lain.", f"Jalankan: chmod 600 {path}")
    return ("baik", "Kunci tanda tangan hanya terbaca oleh pengguna ini.", "")


def mail_server() -> Finding:
    """Whether the mail server takes us in; nothing is sent."""
    if not settings.EMAIL_HOST:
        return ("info", "Server surel belum diatur.", "Isi TUNTAS_SMTP_HOST.")
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with get_connection():
            return ("baik", f"Server surel {where} menjawab.", "")
    except (OSError, SMTPException) as error:
        told = f"Server surel {where} tidak menerima ({type(error).__name__})."
        return ("galat", told, "Periksa TUNTAS_SMTP_HOST, _PORT, _USER, _PASSWORD, _STARTTLS.")


def waiting_mail(now: datetime) -> QuerySet[Notice]:
    """Mails that may go out and are still here, the oldest first."""
    return Notice.objects.to_send(now).filter(given_up_at=None).order_by("made_at")


def mail_queue() -> Finding:
    """What waits to be mailed since when, and what could not be."""
    now = timezone.now()
    waiting = waiting_mail(now)
    dead, n = Notice.objects.dead().count(), waiting.count()
    oldest = waiting.values_list("made_at", flat=True).first()
    since = f", tertua {timezone.localtime(oldest):%d.%m.%Y %H.%M}" if oldest else ""
    told = f"Surel: {n} menunggu{since}, {dead} tidak dapat dikirim."
    if dead:
        return (
            "awas",
            told,
            "Buka Pengingat saya → Surel tertahan: perbaiki sebabnya, kirim lagi.",
        )
    if oldest and now - oldest > LATE_MAIL:
        return ("awas", told, "Periksa TUNTAS_SMTP_HOST dan apakah pekerja latar berjalan.")
    return ("baik", told, "")


def background_work() -> Finding:
    """Whether the loop lives, what waits for it and what it gave up."""
    found = work.health()
    waiting, failed = sum(found.waiting.values()), sum(found.failed.values())
    told = f"{waiting} menunggu, {failed} gagal"
    if failed:
        names = ", ".join(name for name, n in found.failed.items() if n)
        return ("awas", f"Pekerjaan latar: {told} ({names}).", "Lihat log, lalu ulangi impornya.")
    if found.silence is None or found.silence > work.SILENT:
        level = "awas" if waiting else "info"
        return (level, f"Pekerjaan latar tidak berjalan; {told}.", "Jalankan: tuntas serve")
    return (
        "baik",
        f"Pekerjaan latar berjalan, terakhir {found.silence:.0f} detik lalu; {told}.",
        "",
    )


def guarded_tables() -> set[str]:
    """Tables that have a trigger."""
    return set(triggers().values())


def triggers() -> dict[str, str]:
    """The table of each trigger."""
    if connection.vendor == "sqlite":
        sql = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        sql = "SELECT trigger_name, event_object_table FROM information_schema.triggers"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())


def search_index() -> Finding:
    """Whether the index of the search is kept: its triggers are there, and each row has its words."""
    missing = set(kept_by()) - set(triggers())
    apart = [
        index
        for table, index in search.INDEXES.items()
        if number_of_rows(table) != number_of_rows(index)
    ]
    if missing or apart:
        told = f"Indeks pencarian tidak utuh ({', '.join(sorted([*missing, *apart]))})."
        return (
            "galat",
            told,
            "Cadangkan, lalu pulihkan cadangan itu: indeks dibuat ulang darinya.",
        )
    return ("baik", "Indeks pencarian utuh.", "")


def kept_by() -> list[str]:
    """Names of the triggers that keep the index of the search."""
    tables = ("tuntas_feedback", "tuntas_reply", "tuntas_actionplan")
    acts = ("_insert", "_update", "_delete") if connection.vendor == "sqlite" else ("",)
    return [f"{table}_words{act}" for table in tables for act in acts]


def number_of_rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  # our own tables
        return int(cursor.fetchone()[0])


def write_probe() -> Finding:
    """Whether a transaction can really be written; nothing of it stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE tuntas_probe (n integer)")
        cursor.execute("INSERT INTO tuntas_probe VALUES (1)")
        cursor.execute("DROP TABLE tuntas_probe")
    return ("baik", "Basis data dapat ditulisi.", "")
