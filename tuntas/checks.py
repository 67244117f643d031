"""System checks: what an administrator must know before the first citizen comes.

`tuntas doctor` prints them in words; `serve` refuses to start on an error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import connection
from django.db.utils import OperationalError

from tuntas.law import translations

# RETURNING-free upserts and window functions need 3.35; Debian 12 has 3.40.
SQLITE_LEAST = (3, 35, 0)
POSTGRES_LEAST = 150000


@register(Tags.security)
def public_address(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Links in mails, QR codes and documents use TUNTAS_PUBLIC_URL: it must be reachable."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    local = host in {"127.0.0.1", "localhost", "::1"}
    if local:
        yield Info(
            "Alamat publik masih alamat komputer ini; kode QR tidak dapat dibuka dari ponsel.",
            hint="Isi TUNTAS_PUBLIC_URL dengan alamat kantor, misalnya https://skm.kantor.go.id",
            id="tuntas.I001",
        )
    elif not settings.HTTPS:
        yield Warning(
            "Situs dibuka tanpa HTTPS: sandi petugas dapat disadap.",
            hint="Pasang sertifikat di depan Tuntas, lalu isi TUNTAS_HTTPS=1.",
            id="tuntas.W001",
        )
    if host and not local and host not in settings.ALLOWED_HOSTS:
        yield Error(
            f"Host {host} tidak ada dalam TUNTAS_HOSTS; setiap kunjungan akan ditolak.",
            hint=f"Isi TUNTAS_HOSTS={host}",
            id="tuntas.E001",
        )


@register()
def mail_server(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Without a mail server nobody can get a forgotten password back."""
    if not settings.EMAIL_HOST:
        yield Info(
            "Server surel belum diatur: tautan sandi baru hanya tampil di konsol server.",
            hint="Isi TUNTAS_SMTP_HOST, TUNTAS_SMTP_PORT, dan TUNTAS_MAIL_FROM.",
            id="tuntas.I002",
        )


@register()
def data_folder(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Evidence files and the signing key live in the data folder."""
    probe = Path(settings.DATA) / ".write-test"
    try:
        probe.write_text("", encoding="ascii")
        probe.unlink()
    except OSError as error:
        yield Error(
            f"Folder data {settings.DATA} tidak dapat ditulisi: {error.strerror}.",
            hint="Perbaiki hak akses folder itu, atau isi TUNTAS_DATA dengan folder lain.",
            id="tuntas.E002",
        )


@register(Tags.database)
def database_version(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """The database answers, and is new enough."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        yield Error(
            f"Basis data tidak dapat dihubungi: {str(error).strip()}",
            hint="Periksa TUNTAS_DATABASE_URL dan apakah server basis data berjalan.",
            id="tuntas.E003",
        )
        return
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info < SQLITE_LEAST:
        yield Error(
            f"SQLite {sqlite3.sqlite_version} terlalu lama.",
            hint="Gunakan SQLite 3.35 atau lebih baru.",
            id="tuntas.E004",
        )
    if connection.vendor == "sqlite" and not has_word_index():
        yield Error(
            "SQLite ini dibuat tanpa FTS5, yang dipakai untuk pencarian.",
            hint="Gunakan Python dengan SQLite yang memuat FTS5, seperti dari Debian atau python.org.",
            id="tuntas.E007",
        )
    if connection.vendor == "postgresql":
        found = connection.pg_version  # type: ignore[attr-defined]  # PostgreSQL's wrapper only
        if found < POSTGRES_LEAST:
            yield Error(
                f"PostgreSQL {found // 10000} terlalu lama.",
                hint="Gunakan PostgreSQL 15 atau lebih baru.",
                id="tuntas.E005",
            )


def has_word_index() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')")
        return bool(cursor.fetchone()[0])


@register()
def languages(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Each language of the public form has its texts, and its questions can be read."""
    for code in settings.PUBLIC_LANGUAGES:
        places = [Path(folder) / code / "LC_MESSAGES" for folder in settings.LOCALE_PATHS]
        if code != "id" and not any((place / "django.po").is_file() for place in places):
            yield Error(
                f"Bahasa {code} dalam TUNTAS_LANGUAGES tidak punya berkas teks.",
                hint=f"Buat {places[0] / 'django.po'}; caranya di docs/form.md.",
                id="tuntas.E020",
            )
        try:
            translations.read(code, (translations.FOLDER, settings.LANGUAGES_FOLDER))
        except translations.BadWording as error:
            yield Error(str(error), hint="Contohnya di docs/form.md.", id="tuntas.E021")


@register()
def fonts(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """The documents bring their own fonts; without them no PDF can be made."""
    folder = Path(__file__).parent / "report" / "fonts"
    if not list(folder.glob("*.ttf")):
        yield Error(
            f"Berkas huruf tidak ada di {folder}; dokumen PDF tidak dapat dibuat.",
            hint="Pasang ulang Tuntas: berkas huruf adalah bagian dari paketnya.",
            id="tuntas.E006",
        )
