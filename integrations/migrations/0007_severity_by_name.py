from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_channels")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="severities",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="What alerts of a name count as, whatever their sender says, one a line: DiskFull = warning. The name is the label alertname or the title; * stands for anything; the first line that fits counts.",
                max_length=20000,
                verbose_name="severity by name",
            ),
        ),
    ]
