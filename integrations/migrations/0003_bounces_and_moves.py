import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("deliveries", "0002_fewer_indexes"),
        ("tickets", "0008_messages_by_mail"),
        ("integrations", "0002_mail"),
    ]

    operations = [
        migrations.AddField(
            model_name="mail",
            name="delivery",
            field=models.ForeignKey(
                help_text="what a bounce is of",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="bounces",
                to="deliveries.delivery",
            ),
        ),
        migrations.AddField(
            model_name="mail",
            name="moved_from",
            field=models.ForeignKey(
                db_index=False,
                help_text="a move can be undone",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="tickets.ticket",
            ),
        ),
    ]
