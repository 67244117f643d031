"""Seals of days and proofs of closures, append-only, and the notice that a month was closed."""

import django.db.models.deletion
from django.db import migrations, models


APPEND_ONLY = ("tuntas_dayseal", "tuntas_closureproof")


def install_triggers(apps, schema_editor):
    for table in APPEND_ONLY:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION tuntas_refuse()"
            )
            continue
        for act in ("update", "delete"):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
                params=None,
            )


class Migration(migrations.Migration):

    dependencies = [
        ('tuntas', '0011_uniques'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='closure',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tuntas.closure'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('feedback-soon', 'Tenggat jawaban masukan sudah dekat'), ('feedback-today', 'Masukan harus dijawab hari ini'), ('feedback-late', 'Masukan melewati tenggat jawaban'), ('feedback-escalated', 'Masukan belum juga dijawab'), ('plan-soon', 'Tenggat rencana aksi sudah dekat'), ('plan-late', 'Rencana aksi melewati tenggat'), ('month-open', 'Bulan survei belum ditutup'), ('month-closed', 'Bulan survei ditutup'), ('work-silent', 'Pekerja latar belakang sempat berhenti'), ('mail-dead', 'Ada surel yang tidak dapat dikirim'), ('digest', 'Ringkasan harian')], max_length=20),
        ),
        migrations.CreateModel(
            name='ClosureProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', models.BinaryField(max_length=32)),
                ('texts', models.BinaryField()),
                ('editions', models.TextField()),
                ('closure', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='proof', to='tuntas.closure')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DaySeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('number', models.PositiveIntegerField()),
                ('day', models.DateField()),
                ('n', models.PositiveIntegerField()),
                ('root', models.CharField(max_length=64)),
                ('secret', models.BinaryField(max_length=32)),
                ('leaves', models.BinaryField()),
                ('at', models.DateTimeField()),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='day_seals', to='tuntas.office')),
            ],
            options={
                'ordering': ['office', 'month', 'number'],
                'constraints': [models.UniqueConstraint(fields=('office', 'month', 'number'), name='day_seal_number')],
            },
        ),
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
