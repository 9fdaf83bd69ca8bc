"""Celery: beat says *look now* every second; the database says what is due (docs/architecture.md, law three)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# The whole schedule. `expires` keeps ticks from piling up while no worker runs: the next tick finds the row.
app.conf.beat_schedule = {
    "deliveries": {"task": "deliveries.send_due", "schedule": 1.0, "options": {"expires": 5, "queue": "mail"}},
    "pages": {"task": "oncall.sweep", "schedule": 1.0, "options": {"expires": 5, "queue": "page"}},
    "urgent": {"task": "deliveries.send_urgent", "schedule": 1.0, "options": {"expires": 5, "queue": "page"}},
    "clocks": {"task": "sla.sweep", "schedule": 1.0, "options": {"expires": 5, "queue": "page"}},
    "intake": {"task": "integrations.interpret_pending", "schedule": 1.0, "options": {"expires": 5, "queue": "page"}},
    "mailboxes": {"task": "integrations.fetch_mail", "schedule": 1.0, "options": {"expires": 5, "queue": "mail"}},
    "ticket-times": {"task": "tickets.sweep_times", "schedule": 1.0, "options": {"expires": 5, "queue": "default"}},
    "tidy": {"task": "accounts.tidy", "schedule": 3600.0, "options": {"expires": 600, "queue": "bulk"}},
}
