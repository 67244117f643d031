
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tuntas', '0012_proof'),
    ]

    operations = [
        migrations.AddField(
            model_name='office',
            name='licence',
            field=models.CharField(choices=[('CC-BY-4.0', 'Creative Commons Attribution 4.0 (CC BY 4.0)'), ('CC-BY-SA-4.0', 'Creative Commons Attribution-ShareAlike 4.0 (CC BY-SA 4.0)'), ('CC0-1.0', 'Creative Commons Zero 1.0 (CC0)')], default='CC-BY-4.0', max_length=20, verbose_name='lisensi data terbuka'),
        ),
        migrations.AlterField(
            model_name='narrativetemplate',
            name='kind',
            field=models.CharField(choices=[('follow-up', 'Laporan tindak lanjut'), ('processing', 'Pengolahan data SKM'), ('monev', 'Monitoring dan evaluasi rencana aksi'), ('plan', 'Rencana tindak lanjut (RTL)'), ('recap', 'Rekapitulasi hasil SKM'), ('integrity', 'Laporan SPKP dan SPAK')], max_length=12),
        ),
        migrations.AlterField(
            model_name='report',
            name='kind',
            field=models.CharField(choices=[('follow-up', 'Laporan tindak lanjut'), ('processing', 'Pengolahan data SKM'), ('monev', 'Monitoring dan evaluasi rencana aksi'), ('plan', 'Rencana tindak lanjut (RTL)'), ('recap', 'Rekapitulasi hasil SKM'), ('integrity', 'Laporan SPKP dan SPAK')], max_length=12),
        ),
    ]
