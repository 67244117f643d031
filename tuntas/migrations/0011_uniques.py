"""What may be there once, held by the database on SQLite too, which knows no NULLS NOT DISTINCT."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tuntas', '0010_watch'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='historicalresult',
            name='historical_once',
        ),
        migrations.RemoveConstraint(
            model_name='membership',
            name='membership_once',
        ),
        migrations.RemoveConstraint(
            model_name='office',
            name='office_code',
        ),
        migrations.RemoveConstraint(
            model_name='questionnaire',
            name='questionnaire_code',
        ),
        migrations.AddConstraint(
            model_name='historicalresult',
            constraint=models.UniqueConstraint(models.F('office'), django.db.models.functions.comparison.Coalesce('unit', 0, output_field=models.BigIntegerField()), django.db.models.functions.comparison.Coalesce('service', 0, output_field=models.BigIntegerField()), models.F('month'), name='historical_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(models.F('user'), models.F('office'), models.F('role'), django.db.models.functions.comparison.Coalesce('unit', 0, output_field=models.BigIntegerField()), name='membership_once'),
        ),
        migrations.AddConstraint(
            model_name='office',
            constraint=models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('parent', 0, output_field=models.BigIntegerField()), models.F('code'), name='office_code', violation_error_message='Kode ini sudah ada. Pilih kode lain.'),
        ),
        migrations.AddConstraint(
            model_name='questionnaire',
            constraint=models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('office', 0, output_field=models.BigIntegerField()), models.F('code'), name='questionnaire_code'),
        ),
    ]
