"""Composition root: settings, URLs, the beat schedule, the embedded servers."""

from helpdesk.celery import app as celery_app

__all__ = ["celery_app"]
