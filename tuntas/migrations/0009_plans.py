"""Stages of a plan as rows, entries that can be corrected, publications, links that are checked."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


APPEND_ONLY = ("tuntas_planstage", "tuntas_planrevision")


def keep_completions(apps, schema_editor):
    """Every plan gets its draft, running and accepted stages from what is known of it."""
    alias = schema_editor.connection.alias
    plans, stages, old = (
        apps.get_model("tuntas", name).objects.using(alias)
        for name in ("ActionPlan", "PlanStage", "Completion")
    )
    completions = {row.plan_id: row for row in old.all()}
    for plan in plans.order_by("id"):
        stages.create(plan=plan, stage="draft", at=plan.created_at, by_id=plan.created_by_id)
        first = plan.progress.exclude(kind="planned").order_by("at", "id").first()
        if first is not None:
            stages.create(plan=plan, stage="running", at=first.at, by_id=first.by_id)
        done = completions.get(plan.pk)
        if done is not None:
            plan.completion = stages.create(
                plan=plan, stage="accepted", at=done.at, by_id=done.by_id, note=done.note
            )
            plan.save(update_fields=["completion"])
    if schema_editor.connection.vendor == "postgresql":
        # Deferred checks that still wait would forbid dropping the old table.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


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
        ('tuntas', '0008_inbox'),
    ]

    operations = [
        # The name is needed for the plan's own pointer to the stage that stands.
        migrations.AlterField(
            model_name='completion',
            name='plan',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tuntas.actionplan'),
        ),
        migrations.CreateModel(
            name='PlanRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('before', models.JSONField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='PlanStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('stage', models.CharField(choices=[('draft', 'Rancangan'), ('agreed', 'Disepakati'), ('running', 'Berjalan'), ('proposed', 'Diusulkan selesai'), ('sent_back', 'Dikembalikan'), ('accepted', 'Selesai'), ('reopened', 'Dibuka kembali')], max_length=9)),
                ('note', models.TextField(blank=True, max_length=1000, verbose_name='catatan')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(blank=True, max_length=200)),
                ('content_type', models.CharField(blank=True, max_length=60)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('file_bytes', models.PositiveIntegerField(blank=True, null=True)),
                ('span', models.CharField(max_length=20, verbose_name='periode')),
                ('kind', models.CharField(choices=[('printed', 'Cetak/nonelektronik di ruang pelayanan'), ('electronic', 'Elektronik (televisi, layar, kios)'), ('social', 'Media sosial'), ('website', 'Situs web'), ('app', 'Aplikasi'), ('billboard', 'Papan reklame')], max_length=10, verbose_name='jenis media')),
                ('name', models.CharField(max_length=200, verbose_name='nama media')),
                ('on', models.DateField(verbose_name='tanggal terbit')),
                ('url', models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(['http', 'https'])], verbose_name='tautan bukti')),
                ('at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-on', '-id'],
            },
        ),
        migrations.AlterModelOptions(
            name='progress',
            options={'ordering': [django.db.models.functions.comparison.Coalesce('place', 'id'), 'id']},
        ),
        migrations.AddField(
            model_name='evidence',
            name='check_state',
            field=models.CharField(blank=True, choices=[('', 'belum diperiksa'), ('ok', 'dapat dibuka'), ('dead', 'tidak ditemukan'), ('unreachable', 'tidak terjangkau'), ('refused', 'tidak diperiksa karena alamatnya tidak diizinkan')], max_length=11),
        ),
        migrations.AddField(
            model_name='evidence',
            name='checked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='evidence',
            name='http_status',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='resolution',
            field=models.CharField(blank=True, max_length=500, verbose_name='cara mengatasi'),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='resolved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='resolved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='obstacle',
            name='resolved_on',
            field=models.DateField(blank=True, null=True, verbose_name='teratasi tanggal'),
        ),
        migrations.AddField(
            model_name='progress',
            name='corrects',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='tuntas.progress'),
        ),
        migrations.AddField(
            model_name='progress',
            name='done_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='progress',
            name='done_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='progress',
            name='done_on',
            field=models.DateField(blank=True, null=True, verbose_name='terlaksana tanggal'),
        ),
        migrations.AddField(
            model_name='progress',
            name='place',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='progress',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='progress',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='narrativetemplate',
            name='kind',
            field=models.CharField(choices=[('follow-up', 'Laporan tindak lanjut'), ('processing', 'Pengolahan data SKM'), ('monev', 'Monitoring dan evaluasi rencana aksi'), ('plan', 'Rencana tindak lanjut (RTL)')], max_length=12),
        ),
        migrations.AlterField(
            model_name='report',
            name='kind',
            field=models.CharField(choices=[('follow-up', 'Laporan tindak lanjut'), ('processing', 'Pengolahan data SKM'), ('monev', 'Monitoring dan evaluasi rencana aksi'), ('plan', 'Rencana tindak lanjut (RTL)')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='obstacle',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', True), ('resolved_on__isnull', True)), models.Q(('resolved_at__isnull', False), ('resolved_on__isnull', False)), _connector='OR'), name='obstacle_resolved_whole'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', True), ('done_on__isnull', True)), models.Q(('done_at__isnull', False), ('done_on__isnull', False), ('kind', 'planned')), _connector='OR'), name='progress_done_was_planned'),
        ),
        migrations.AddField(
            model_name='planrevision',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='planrevision',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='tuntas.actionplan'),
        ),
        migrations.AddField(
            model_name='planstage',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='planstage',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stages', to='tuntas.actionplan'),
        ),
        migrations.AddField(
            model_name='actionplan',
            name='completion',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tuntas.planstage'),
        ),
        migrations.AddField(
            model_name='publication',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='publication',
            name='office',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='tuntas.office'),
        ),
        migrations.AddField(
            model_name='publication',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='planstage',
            index=models.Index(fields=['plan', 'id'], name='planstage_plan'),
        ),
        migrations.AddIndex(
            model_name='publication',
            index=models.Index(fields=['office', '-on'], name='publication_office_on'),
        ),
        migrations.AddConstraint(
            model_name='publication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('url', ''), _negated=True), models.Q(('sha256', ''), _negated=True), _connector='OR'), name='publication_has_proof'),
        ),
        migrations.RunPython(keep_completions, migrations.RunPython.noop),
        migrations.DeleteModel(name='Completion'),
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
