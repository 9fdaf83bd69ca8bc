from django.db import migrations, models


class Migration(migrations.Migration):
    """Database defaults: an older version that still serves inserts messages without these columns."""

    dependencies = [
        ("tickets", "0007_keys_within_other_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="markup",
            field=models.CharField(
                choices=[("markdown", "Markdown"), ("plain", "Plain text"), ("html", "HTML")],
                db_default="markdown",
                default="markdown",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="quoted",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="what a mail repeats of earlier ones, as plain text: shown folded",
            ),
        ),
    ]
