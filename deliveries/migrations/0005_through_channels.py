from django.db import migrations, models
from django.db.models.fields.json import KeyTransform


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0004_urgent")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                KeyTransform("channel", "data"),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("channel", "email"), _negated=True),
                name="deliveries_by_channel",
            ),
        ),
    ]
