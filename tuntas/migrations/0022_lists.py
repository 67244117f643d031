"""Indexes in which each list of staff stands in the order it is shown in."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tuntas', '0021_search'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='actionplan',
            index=models.Index(fields=['unit', '-survey_month', 'id'], name='plan_unit_month'),
        ),
        migrations.AddIndex(
            model_name='actionplan',
            index=models.Index(fields=['office', 'due_on', 'id'], name='plan_office_due'),
        ),
        migrations.AddIndex(
            model_name='actionplan',
            index=models.Index(fields=['office', '-survey_month', '-id'], name='plan_office_month'),
        ),
        migrations.AddIndex(
            model_name='actionplan',
            index=models.Index(fields=['office', '-created_at', '-id'], name='plan_office_made'),
        ),
        migrations.AddIndex(
            model_name='actionplan',
            index=models.Index(condition=models.Q(('completion__isnull', True)), fields=['unit', '-survey_month', 'id'], name='plan_unit_open'),
        ),
        migrations.AddIndex(
            model_name='actionplan',
            index=models.Index(condition=models.Q(('completion__isnull', True)), fields=['office', 'due_on', 'id'], name='plan_office_open'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['office', 'received_at', 'id'], name='feedback_office_order'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['office', 'due_on', 'id'], name='feedback_office_day'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(condition=models.Q(('waits', True)), fields=['office', 'due_on', 'id'], name='feedback_waiting'),
        ),
        migrations.RemoveIndex(
            model_name='feedback',
            name='feedback_office_at',
        ),
        migrations.RemoveIndex(
            model_name='feedback',
            name='feedback_office_due',
        ),
    ]
