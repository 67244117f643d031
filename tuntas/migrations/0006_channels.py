
import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tuntas', '0005_editions'),
    ]

    operations = [
        migrations.CreateModel(
            name='PaperBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='nama tumpukan')),
                ('size', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(2000)], verbose_name='jumlah lembar')),
                ('made_at', models.DateTimeField()),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tuntas.edition')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='paper_batches', to='tuntas.office')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='paper_batches', to='tuntas.service', verbose_name='layanan')),
            ],
            options={
                'ordering': ['-made_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='PaperSheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
                ('month', models.DateField(blank=True, null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sheets', to='tuntas.paperbatch')),
                ('verified_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['batch', 'number'],
            },
        ),
        migrations.CreateModel(
            name='PaperTyping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('answers', models.CharField(max_length=60)),
                ('profile', models.CharField(max_length=8)),
                ('day', models.DateField()),
                ('suggestion', models.TextField(blank=True, max_length=2000)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sheet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='typings', to='tuntas.papersheet')),
            ],
            options={
                'ordering': ['sheet', 'place'],
            },
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='paper_sheet_once'),
        ),
        migrations.AddConstraint(
            model_name='papertyping',
            constraint=models.UniqueConstraint(fields=('sheet', 'place'), name='paper_typing_once'),
        ),
        migrations.AddConstraint(
            model_name='papertyping',
            constraint=models.CheckConstraint(condition=models.Q(('place__in', (1, 2))), name='paper_typing_place'),
        ),
    ]
