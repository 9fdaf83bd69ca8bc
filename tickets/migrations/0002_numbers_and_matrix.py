"""Ticket numbers start at 1001, and the impact × urgency matrix has its usual values."""

from django.db import migrations

MATRIX = {
    ("high", "high"): 1, ("high", "medium"): 2, ("high", "low"): 3,
    ("medium", "high"): 2, ("medium", "medium"): 3, ("medium", "low"): 4,
    ("low", "high"): 3, ("low", "medium"): 4, ("low", "low"): 4,
}


def fill_matrix(apps, schema_editor):
    cell = apps.get_model("tickets", "SeverityCell")
    cell.objects.bulk_create(
        [cell(impact=impact, urgency=urgency, severity=severity) for (impact, urgency), severity in MATRIX.items()]
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]
    operations = [
        migrations.RunSQL("ALTER TABLE tickets_ticket ALTER COLUMN id RESTART WITH 1001", migrations.RunSQL.noop),
        migrations.RunPython(fill_matrix, migrations.RunPython.noop),
    ]
