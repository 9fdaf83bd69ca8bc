"""Looked at every second (helpdesk/celery.py): the database says what is due."""

from celery import shared_task
from django.utils import timezone

from deliveries import urgent
from oncall import drilling, engine, rings


@shared_task(name="oncall.sweep")
def sweep() -> int:
    """Take the steps that are due, call whose time has come, hand their messages over at once, and send drills."""
    moved = engine.climb_due(timezone.now())
    called = rings.ring_due(timezone.now())
    if called:
        urgent.send_due(timezone.now())
    return moved + called + drilling.drill_due(timezone.now())
