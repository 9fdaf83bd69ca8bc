from celery import shared_task
from django.utils import timezone

from deliveries import send


@shared_task(name="deliveries.send_due")
def send_due() -> int:
    """Every second: send what is due."""
    return send.send_due(timezone.now())
