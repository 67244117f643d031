"""The index that tells the share of answered feedback knows the month too: home asks for half a year."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tuntas", "0023_slices")]
    operations = [
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                fields=["office", "kind", "answered_as", "due_on", "unit", "month"],
                name="feedback_share",
            ),
        ),
        migrations.RemoveIndex(model_name="feedback", name="feedback_office_share"),
    ]
