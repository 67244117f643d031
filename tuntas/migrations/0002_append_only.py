"""Triggers that let the database itself refuse a change to what must never change.

Answers, closures, reopenings and the audit log are append-only; a published edition and its
questions are fixed. Nothing at run time takes the triggers away.
"""

from django.db import migrations

APPEND_ONLY = ("tuntas_event", "tuntas_closure", "tuntas_reopening", "tuntas_response")


def sqlite_statements() -> list[str]:
    statements = [
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in APPEND_ONLY
        for act in ("update", "delete")
    ]
    for act, row in (("insert", "NEW"), ("update", "OLD"), ("delete", "OLD")):
        statements.append(
            f"CREATE TRIGGER tuntas_question_no_{act} BEFORE {act} ON tuntas_question "
            f"WHEN (SELECT published_at FROM tuntas_edition WHERE id = {row}.edition_id) "
            "IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a published edition never changes'); END"
        )
    for act in ("update", "delete"):
        statements.append(
            f"CREATE TRIGGER tuntas_edition_no_{act} BEFORE {act} ON tuntas_edition "
            "WHEN OLD.published_at IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'a published edition never changes'); END"
        )
    return statements


def postgres_statements() -> list[str]:
    statements = [
        "CREATE FUNCTION tuntas_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
        "CREATE FUNCTION tuntas_refuse_published() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE edition bigint; BEGIN "
        "IF TG_TABLE_NAME = 'tuntas_edition' THEN edition := OLD.id; "
        "ELSIF TG_OP = 'INSERT' THEN edition := NEW.edition_id; "
        "ELSE edition := OLD.edition_id; END IF; "
        "IF (SELECT published_at FROM tuntas_edition WHERE id = edition) IS NOT NULL THEN "
        "RAISE EXCEPTION 'a published edition never changes'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
    ]
    statements += [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION tuntas_refuse()"
        for table in APPEND_ONLY
    ]
    statements += [
        "CREATE TRIGGER tuntas_question_published BEFORE INSERT OR UPDATE OR DELETE "
        "ON tuntas_question FOR EACH ROW EXECUTE FUNCTION tuntas_refuse_published()",
        "CREATE TRIGGER tuntas_edition_published BEFORE UPDATE OR DELETE "
        "ON tuntas_edition FOR EACH ROW EXECUTE FUNCTION tuntas_refuse_published()",
    ]
    return statements


def install(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    for statement in postgres_statements() if postgres else sqlite_statements():
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("tuntas", "0001_initial")]
    operations = [migrations.RunPython(install)]
