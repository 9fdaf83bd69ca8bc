from django.db import migrations, models


class Migration(migrations.Migration):
    """Database defaults: an older version that still serves inserts files without these columns."""

    dependencies = [
        ("files", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="file",
            name="warning",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="why to be careful with it", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="file",
            name="quarantine",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="what a scanner found in it; while set, nobody gets the bytes",
                max_length=200,
            ),
        ),
    ]
