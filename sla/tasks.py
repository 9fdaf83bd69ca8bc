"""Looked at every second (helpdesk/celery.py): the database says what is due."""

from celery import shared_task
from django.utils import timezone

from sla.actions.replan import work_off
from sla.sweep import sweep


@shared_task(name="sla.sweep")
def sweep_clocks() -> int:
    """Warnings and breaches that have fallen due; then some of what an edit left to plan anew."""
    now = timezone.now()
    done = sweep(now)
    work_off(now)
    return done
