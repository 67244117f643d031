"""An office's own editions, and from which month on a service asks which."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def person():
    return models.ForeignKey(
        blank=True,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


EDITION = {
    "published_by": person(),
    "made_by": person(),
    "made_at": models.DateTimeField(blank=True, null=True),
    "changed_by": person(),
    "changed_at": models.DateTimeField(blank=True, null=True),
    "before": models.JSONField(blank=True, null=True),
}
QUESTION = {
    "instrument": models.CharField(db_default="skm", default="skm", max_length=4),
    "statement": models.CharField(blank=True, db_default="", default="", max_length=20),
}


def columns(postgres):
    """Not Django's own way: on SQLite it would make the tables anew and lose their triggers."""
    key = "bigint REFERENCES tuntas_user (id) DEFERRABLE INITIALLY DEFERRED"
    moment = "timestamp with time zone" if postgres else "datetime"
    before = "jsonb" if postgres else 'text CHECK (JSON_VALID("before") OR "before" IS NULL)'
    types = {
        "published_by_id": key,
        "made_by_id": key,
        "made_at": moment,
        "changed_by_id": key,
        "changed_at": moment,
        "before": before,
    }
    for name, kind in types.items():
        yield f'ALTER TABLE tuntas_edition ADD COLUMN "{name}" {kind}'
    yield "ALTER TABLE tuntas_question ADD COLUMN instrument varchar(4) DEFAULT 'skm' NOT NULL"
    yield "ALTER TABLE tuntas_question ADD COLUMN statement varchar(20) DEFAULT '' NOT NULL"


def add_columns(apps, schema_editor):
    for statement in columns(schema_editor.connection.vendor == "postgresql"):
        schema_editor.execute(statement, params=None)


SQLITE_TRIGGERS = (
    # 0002 looks at the edition a question leaves; this one at the edition it would enter.
    "CREATE TRIGGER tuntas_question_no_move BEFORE UPDATE OF edition_id ON tuntas_question "
    "WHEN (SELECT published_at FROM tuntas_edition WHERE id = NEW.edition_id) IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'a published edition never changes'); END",
    "CREATE TRIGGER tuntas_editionstart_no_delete BEFORE DELETE ON tuntas_editionstart "
    "BEGIN SELECT RAISE(ABORT, 'a start is withdrawn, never removed'); END",
)
POSTGRES_TRIGGERS = (
    "CREATE FUNCTION tuntas_refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF (SELECT published_at FROM tuntas_edition WHERE id = NEW.edition_id) IS NOT NULL THEN "
    "RAISE EXCEPTION 'a published edition never changes'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER tuntas_question_no_move BEFORE UPDATE OF edition_id ON tuntas_question "
    "FOR EACH ROW EXECUTE FUNCTION tuntas_refuse_move()",
    "CREATE TRIGGER tuntas_editionstart_no_delete BEFORE DELETE ON tuntas_editionstart "
    "FOR EACH ROW EXECUTE FUNCTION tuntas_refuse()",
)


def install(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRES_TRIGGERS if postgres else SQLITE_TRIGGERS:
        schema_editor.execute(statement, params=None)


def reference(**more):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tuntas.edition", **more
    )


class Migration(migrations.Migration):
    dependencies = [("tuntas", "0004_codes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_columns)],
            state_operations=[
                *(migrations.AddField("edition", name, field) for name, field in EDITION.items()),
                *(migrations.AddField("question", name, field) for name, field in QUESTION.items()),
            ],
        ),
        # The column stays what it is; only its name in the code says now what it means.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("service", "edition", "standing_edition"),
                migrations.AlterField(
                    "service",
                    "standing_edition",
                    reference(db_column="edition_id", verbose_name="kuesioner"),
                ),
            ],
        ),
        migrations.AddField(
            "service", "standing_from", models.DateField(blank=True, null=True)
        ),
        migrations.AddField("service", "coming_edition", reference(blank=True, null=True)),
        migrations.AddField("service", "coming_from", models.DateField(blank=True, null=True)),
        migrations.CreateModel(
            name="EditionStart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField()),
                ("made_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="starts",
                        to="tuntas.edition",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="edition_starts",
                        to="tuntas.office",
                    ),
                ),
                ("replaces", reference()),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="edition_starts",
                        to="tuntas.service",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["service", "-month", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(withdrawn_at__isnull=True),
                        fields=("service", "month"),
                        name="edition_start_month",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(month__day=1), name="edition_start_first_day"
                    ),
                ],
            },
        ),
        migrations.RunPython(install),
    ]
