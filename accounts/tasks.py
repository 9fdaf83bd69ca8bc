from celery import shared_task
from django.utils import timezone

from accounts.tidy import tidy


@shared_task(name="accounts.tidy")
def tidy_up() -> int:
    """Every hour: clear away what is of no use any more."""
    return tidy(timezone.now())
