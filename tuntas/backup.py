"""A backup of everything in one file, taken while the site runs, that any engine can read back.

The file is a zip: `manifest.json`, one `tables/NAME.jsonl` per table and what lies in the data
folder under `data/`. Every member has its SHA-256 in the manifest. Rows are written by field, not
by what an engine stores, so that a backup of SQLite restores on PostgreSQL and the other way
round; reading the restored tables again must give the same bytes, which is how a restore is proved.

The file holds the signing key and citizens' addresses: it is written for its owner alone (0600).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import IO, Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tuntas import __version__

FORMAT = 1
BATCH = 1000
# What the framework makes by itself, and what ends with the machine.
LEFT_OUT = {"contenttypes", "sessions"}
LEFT_OUT_MODELS = {"auth.permission", "auth.group_permissions", "tuntas.user_user_permissions"}
NOT_DATA = {"static", "compiled"}

Progress = Callable[[str, int, int], None]


class BadBackup(Exception):
    """The file cannot be restored; the message says why and what to do. Nothing was changed."""


class NotEmpty(Exception):
    """There is data already where the backup should go."""


@dataclass(frozen=True)
class Told:
    """What a backup holds: rows by table, the number of files, and the SHA-256 of the whole file."""

    tables: dict[str, int]
    files: int
    size: int
    sha256: str

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


# -- writing ---------------------------------------------------------------------------------------


def write(path: Path, progress: Progress) -> Told:
    """Write a backup of this moment. Whoever sends an answer meanwhile does not wait for it.

    Raises FileExistsError when there is such a file; a file that stands under this name is whole.
    """
    if path.exists():
        raise FileExistsError(path)
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
                manifest = fill(archive, progress)
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    settings.BACKUP_MARK.touch()
    tables = {name: row["rows"] for name, row in manifest["tables"].items()}
    return Told(tables, len(manifest["files"]), path.stat().st_size, digest_of(path))


def fill(archive: zipfile.ZipFile, progress: Progress) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": __version__,
        "engine": connection.vendor,
        "key": key_mark(),
        "tables": {},
        "files": {},
    }
    with snapshot() as alias:
        manifest["migrations"] = sorted(
            map(list, MigrationRecorder(connections[alias]).applied_migrations())
        )
        found = kept_models(apps)
        for done, model in enumerate(found):
            name = model._meta.label_lower
            progress(name, done, len(found))
            with archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as member:
                n, sha256 = copy_rows(model, alias, member.write)
            manifest["tables"][name] = {"rows": n, "sha256": sha256}
        progress("", len(found), len(found))
    # Files are never changed, only added: those of the rows above are all there.
    for file in data_files():
        name = file.relative_to(settings.DATA).as_posix()
        archive.write(file, f"data/{name}")
        manifest["files"][name] = digest_of(file)
    archive.writestr("manifest.json", json.dumps(manifest, indent=1, sort_keys=True))
    return manifest


@contextmanager
def snapshot() -> Iterator[str]:
    """A connection that sees the database as it is now, whatever is written meanwhile.

    Yields its alias. On SQLite the default connection would hold the one lock for writing.
    """
    known = dict(connections["default"].settings_dict)
    options = dict(known["OPTIONS"])
    if connection.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"
    else:
        from psycopg import IsolationLevel

        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
    connections.databases["snapshot"] = known | {"OPTIONS": options, "CONN_MAX_AGE": 0}
    try:
        with transaction.atomic(using="snapshot"):
            yield "snapshot"
    finally:
        connections["snapshot"].close()
        del connections["snapshot"], connections.databases["snapshot"]


def kept_models(registry: Any) -> list[Any]:
    """The models whose rows are kept, the tables between two of them included."""
    found = [
        model
        for model in registry.get_models(include_auto_created=True)
        if model._meta.app_label not in LEFT_OUT
        and model._meta.label_lower not in LEFT_OUT_MODELS
        and model._meta.managed
        and not model._meta.proxy
    ]
    return sorted(found, key=lambda model: str(model._meta.label_lower))


def copy_rows(model: Any, alias: str, put: Callable[[bytes], Any]) -> tuple[int, str]:
    """Hand every row of a table to `put` as a line of JSON, in the order of the key; number and
    SHA-256 of all lines."""
    names = [field.attname for field in columns(model)]
    rows = model._base_manager.using(alias).order_by(*key_of(model)).values_list(*names)
    n, digest = 0, hashlib.sha256()
    for row in rows.iterator(chunk_size=BATCH):
        line = json.dumps(
            [plain(value) for value in row],
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        ).encode()
        for part in (line, b"\n"):
            put(part)
            digest.update(part)
        n += 1
    return n, digest.hexdigest()


def columns(model: Any) -> list[Any]:
    """The fields of a table in a fixed order, without those that are no column of their own."""
    found = [field for field in model._meta.local_concrete_fields if field.column]
    return sorted(found, key=lambda field: str(field.attname))


def key_of(model: Any) -> list[str]:
    key = model._meta.pk
    fields = getattr(key, "fields", None)
    return [field.attname for field in fields] if fields else [key.attname]


def plain(value: Any) -> Any:
    """A value as JSON, exact: nothing is rounded, time keeps its microseconds."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def data_files() -> Iterator[Path]:
    """What lies in the data folder beside the database and what can be made again."""
    folder = Path(settings.DATA)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        is_database = ".sqlite3" in inside.parts[0]
        if path.is_file() and inside.parts[0] not in NOT_DATA and not is_database:
            yield path


def key_mark() -> str:
    """Tells whether two installations have the same signing key, and nothing else about it."""
    return hashlib.sha256(f"tuntas:backup:{settings.SECRET_KEY}".encode()).hexdigest()[:16]


def digest_in(member: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while part := member.read(1 << 20):
        digest.update(part)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- reading ---------------------------------------------------------------------------------------


def check(path: Path) -> dict[str, Any]:
    """The manifest of a backup that is whole. Raises BadBackup."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
            if manifest["format"] != FORMAT:
                raise BadBackup(
                    f"Cadangan ini berformat {manifest['format']}; versi ini membaca format {FORMAT}."
                )
            marks = {f"tables/{n}.jsonl": r["sha256"] for n, r in manifest["tables"].items()}
            marks |= {f"data/{name}": mark for name, mark in manifest["files"].items()}
            for name in marks:
                inside = PurePosixPath(name)
                if inside.is_absolute() or ".." in inside.parts:
                    raise BadBackup(f"Nama {name!r} dalam cadangan tidak diizinkan.")
            if set(archive.namelist()) != {"manifest.json", *marks}:
                raise BadBackup("Isi cadangan tidak sesuai daftarnya. Pakai cadangan lain.")
            for name, mark in marks.items():
                with archive.open(name) as member:
                    if digest_in(member) != mark:
                        raise BadBackup(f"{name} dalam cadangan rusak. Pakai cadangan lain.")
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise BadBackup(f"Berkas ini bukan cadangan yang utuh ({error}).") from error
    except Exception as error:  # zlib and its like have errors of their own
        if isinstance(error, BadBackup):
            raise
        raise BadBackup(f"Berkas ini bukan cadangan yang utuh ({error}).") from error
    return manifest


def restore(path: Path, progress: Progress) -> dict[str, int]:
    """Put everything back into an empty installation: all of it, proved, or nothing.

    The rows are stored under the schema of the backup, read again and compared, and then brought
    to the schema of this version. Raises BadBackup and NotEmpty.
    """
    manifest = check(path)
    loader, targets = known_targets(manifest)
    refuse_data()
    executor = MigrationExecutor(connection)
    executor.loader = loader
    executor.migrate(targets)
    registry = loader.project_state(targets).apps
    with zipfile.ZipFile(path) as archive:
        found = {model._meta.label_lower: model for model in kept_models(registry)}
        missing = set(manifest["tables"]) - set(found)
        if missing:
            raise BadBackup(f"Tabel {', '.join(sorted(missing))} tidak dikenal versi ini.")
        with transaction.atomic(), guards_lifted():
            for model in found.values():
                empty(model)
            for done, (name, row) in enumerate(manifest["tables"].items()):
                progress(name, done, len(manifest["tables"]))
                load(found[name], archive, f"tables/{name}.jsonl")
                if copy_rows(found[name], "default", len) != (row["rows"], row["sha256"]):
                    raise BadBackup(f"Tabel {name} tidak kembali sama; tidak ada yang dipulihkan.")
            for statement in connection.ops.sequence_reset_sql(no_style(), list(found.values())):
                with connection.cursor() as cursor:
                    cursor.execute(statement)
            for name in manifest["files"]:
                put_file(archive, name)
    progress("", 1, 1)
    call_command("migrate", verbosity=0)
    return {name: row["rows"] for name, row in manifest["tables"].items()}


def known_targets(
    manifest: dict[str, Any],
) -> tuple[MigrationLoader, list[tuple[str, str]]]:
    """The last migration of each app at the time of the backup, and a loader that knows it.

    Raises BadBackup for a backup of a newer version.
    """
    applied = {(app, name) for app, name in manifest["migrations"]}
    loader = MigrationLoader(connection)
    strange = sorted(f"{app}.{name}" for app, name in applied - set(loader.disk_migrations))
    if strange:
        raise BadBackup(
            f"Cadangan ini dari versi {manifest['version']} yang lebih baru ({strange[0]}). "
            "Pasang versi itu dahulu."
        )
    # A squashed migration leads past all that it replaces; who wants to stop among these takes
    # the long way.
    short = {key: set(row.replaces) for key, row in loader.disk_migrations.items() if row.replaces}
    whole = all(replaced <= applied for replaced in short.values())
    loader = MigrationLoader(connection, replace_migrations=whole)
    applied = (applied | set(short) if whole else applied - set(short)) & set(loader.graph.nodes)
    return loader, [
        node
        for node in sorted(applied)
        if not any(
            child.key in applied and child.key[0] == node[0]
            for child in loader.graph.node_map[node].children
        )
    ]


def refuse_data() -> None:
    """Raises NotEmpty when there is an office or a person already."""
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table in ("tuntas_office", "tuntas_user"):
            if table in tables:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608  # our own tables
                if cursor.fetchone():
                    raise NotEmpty


@contextmanager
def guards_lifted() -> Iterator[None]:
    """Without the triggers that keep rows as they are, which would refuse to take rows over from
    the built-in ones of a new database. Only while there is no office yet. Those of the search stay: they
    make its index of what comes in."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE '%_words_%'"
            )
            triggers = dict(cursor.fetchall())
            for name in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            yield
            for sql in triggers.values():
                cursor.execute(sql)
        else:
            cursor.execute(
                "SELECT DISTINCT event_object_table, trigger_name FROM information_schema.triggers "
                "WHERE trigger_schema = current_schema() AND trigger_name NOT LIKE '%_words'"
            )
            guards = cursor.fetchall()
            for table, name in guards:
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"')
            yield
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table, name in guards:
                cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER "{name}"')


def empty(model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def load(model: Any, archive: zipfile.ZipFile, name: str) -> None:
    """Insert every row as it was written. `model` is one of the migrations, changed freely here."""
    fields, rows = columns(model), []
    for field in fields:  # times that are otherwise set by saving
        field.auto_now = field.auto_now_add = False
    with archive.open(name) as lines:
        for line in lines:
            values = zip(fields, json.loads(line), strict=True)
            rows.append(model(**{field.attname: value_of(field, value) for field, value in values}))
            if len(rows) == BATCH:
                model._base_manager.bulk_create(rows)
                rows = []
    model._base_manager.bulk_create(rows)


def value_of(field: Any, value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if isinstance(field, models.BinaryField):
        return base64.b64decode(value)
    return field.to_python(value)


def put_file(archive: zipfile.ZipFile, name: str) -> None:
    target = Path(settings.DATA) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(f"data/{name}") as member:
        content = member.read()
    with os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
