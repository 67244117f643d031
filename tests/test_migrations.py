"""A new database gets its tables the short way, an older one the long way; both are the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.slow

SQUASHED = "0001_squashed_0018"


@pytest.fixture
def unguarded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Databases of our own making, which the guard round the test database would refuse."""
    with django_db_blocker.unblock():
        yield


@contextmanager
def empty_database(name: str, tmp_path: Any) -> Iterator[Any]:
    """A connection of its own to a database with nothing in it."""
    base = connections["default"]
    options = {**settings.DATABASES["default"], "TEST": {**base.settings_dict["TEST"]}}
    options = {**base.settings_dict, **options}
    if base.vendor == "sqlite":
        options["NAME"] = str(tmp_path / f"{name}.sqlite3")
    else:
        options["NAME"] = f"tuntas_{name}"
        with base.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{options["NAME"]}"')
            cursor.execute(f'CREATE DATABASE "{options["NAME"]}"')
    connections.settings[name] = options
    try:
        yield connections[name]
    finally:
        connections[name].close()
        del connections[name]
        del connections.settings[name]
        if base.vendor == "postgresql":
            with base.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{options["NAME"]}"')


def the_long_way(connection: Any) -> None:
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate([leaf for leaf in leaves if leaf != ("tuntas", SQUASHED)])


def shape(connection: Any) -> dict[str, list[str]]:
    """What holds for each table, and the triggers, told without the order things were made in."""
    told = of_sqlite if connection.vendor == "sqlite" else of_postgres
    with connection.cursor() as cursor:
        return {name: sorted(parts) for name, parts in told(cursor).items()}


def of_sqlite(cursor: Any) -> dict[str, set[str]]:
    cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    rows = cursor.fetchall()
    found: dict[str, set[str]] = {"triggers": set()}
    for kind, name, table, sql in rows:
        if kind == "trigger":
            found["triggers"].add(sql)
        if kind != "table" or not table.startswith("tuntas_"):
            continue
        parts = found.setdefault(table, set())
        cursor.execute(f'PRAGMA table_info("{name}")')
        parts |= {same(f"column {row[1:]}".lower()) for row in cursor.fetchall()}
        cursor.execute(f'PRAGMA foreign_key_list("{name}")')
        parts |= {f"key {row[2:]}" for row in cursor.fetchall()}
        cursor.execute(f'PRAGMA index_list("{name}")')
        for _number, index, unique, origin, partial in cursor.fetchall():
            cursor.execute(f'PRAGMA index_xinfo("{index}")')
            columns = [row[2:5] for row in cursor.fetchall()]
            parts.add(f"index {columns} unique {unique} {origin} partial {partial}")
        checks = " ".join(sql.split()).replace("((", "(").split("CHECK (")[1:]
        parts |= {f"check {check.split(')')[0]}" for check in checks}
    return found


def same(column: str) -> str:
    """Two columns were added by hand in another spelling of the same."""
    return column.replace("boolean", "bool").replace("'false'", "'0'")


def of_postgres(cursor: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    questions = {
        "column": "SELECT table_name, (column_name, data_type, character_maximum_length, "
        "is_nullable, column_default, is_identity)::text FROM information_schema.columns",
        "constraint": "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) "
        "FROM pg_constraint WHERE conrelid <> 0",
        # Django names an index by a digest of its columns, which may have had another name once.
        "index": "SELECT tablename, substring(indexdef from ' ON .*') FROM pg_indexes",
    }
    for kind, question in questions.items():
        cursor.execute(question)
        for table, what in cursor.fetchall():
            if table.startswith("tuntas_"):
                found.setdefault(table, set()).add(f"{kind} {what}")
    cursor.execute(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
        "UNION SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'tuntas%'"
    )
    found["triggers"] = {row[0] for row in cursor.fetchall()}
    return found


@pytest.mark.usefixtures("unguarded")
def test_both_ways_end_in_the_same_tables(tmp_path: Any) -> None:
    with empty_database("short", tmp_path) as short, empty_database("long", tmp_path) as long:
        call_command("migrate", database="short", verbosity=0)
        the_long_way(long)
        quick, slow = shape(short), shape(long)
        assert ("tuntas", SQUASHED) in MigrationRecorder(short).applied_migrations()
        assert ("tuntas", "0007_sheets") in MigrationRecorder(short).applied_migrations()
    assert len(quick["triggers"]) > 20
    differences = {
        name: set(quick.get(name, ())) ^ set(slow.get(name, ()))
        for name in quick | slow
        if quick.get(name) != slow.get(name)
    }
    assert differences == {}


@pytest.mark.usefixtures("unguarded")
def test_a_database_half_way_goes_on_the_long_way(tmp_path: Any) -> None:
    with empty_database("half", tmp_path) as half:
        executor = MigrationExecutor(half)
        executor.loader = MigrationLoader(half, replace_migrations=False)
        executor.migrate([("tuntas", "0009_plans")])
        call_command("migrate", database="half", verbosity=0)
        applied = MigrationRecorder(half).applied_migrations()
    assert ("tuntas", "0018_privacy") in applied


# -- upgrading without a pause: the version before runs on the new tables for a while ----------------


def endangers(operation: Any) -> bool:
    """Whether the version before could stumble over it (docs/operate.md has the rules)."""
    if isinstance(operation, migrations.AddField):
        field = operation.field
        return not (field.many_to_many or field.null or field.has_db_default())
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        return any(endangers(inner) for inner in operation.database_operations)
    return isinstance(
        operation,
        migrations.DeleteModel
        | migrations.RenameModel
        | migrations.AlterModelTable
        | migrations.RemoveField
        | migrations.RenameField
        | migrations.AlterField
        | migrations.AddConstraint,
    )


def test_the_version_before_can_run_on_the_new_tables() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (app, name), migration in loader.disk_migrations.items():
        if app != "tuntas" or name[:4] <= "0018":
            continue
        if not getattr(migration, "unsafe", ""):
            found = [str(step) for step in migration.operations if endangers(step)]
            assert not found, f"{name}: {found}; see docs/operate.md, Upgrading without a pause"


@pytest.mark.parametrize(
    ("operation", "is_refused"),
    [
        (migrations.AddField("office", "motto", models.CharField(max_length=9)), True),
        (migrations.AddField("office", "motto", models.CharField(max_length=9, default="")), True),
        (migrations.AddField("office", "motto", models.CharField(db_default="")), False),
        (migrations.AddField("office", "motto", models.CharField(null=True)), False),
        (migrations.RemoveField("office", "name"), True),
        (migrations.RenameField("office", "name", "title"), True),
        (migrations.DeleteModel("office"), True),
        (migrations.CreateModel("shelf", [("id", models.BigAutoField(primary_key=True))]), False),
        (
            migrations.SeparateDatabaseAndState([migrations.RemoveField("office", "name")], []),
            True,
        ),
        (migrations.AlterField("office", "name", models.CharField(max_length=3)), True),
        (migrations.AddIndex("office", models.Index(fields=["name"], name="by_name")), False),
    ],
)
def test_what_the_rules_refuse(operation: Any, is_refused: bool) -> None:
    assert endangers(operation) is is_refused
