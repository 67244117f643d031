import django.db.models.deletion
from django.db import migrations, models


# A closure never changes, nor what it keeps: the database itself refuses it (as in 0002).
def guard(apps, schema_editor):
    table = "tuntas_closureslices"
    if schema_editor.connection.vendor == "postgresql":
        statements = [
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION tuntas_refuse()"
        ]
    else:
        statements = [
            f"CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for act in ("update", "delete")
        ]
    for statement in statements:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("tuntas", "0022_lists")]
    operations = [
        migrations.CreateModel(
            name="ClosureSlices",
            fields=[
                (
                    "closure",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="slices",
                        serialize=False,
                        to="tuntas.closure",
                    ),
                ),
                ("content", models.JSONField()),
            ],
            options={"abstract": False},
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
