from celery import shared_task
from django.utils import timezone

from deliveries import send, urgent


@shared_task(name="deliveries.send_due")
def send_due() -> int:
    """Every second: send what is due."""
    return send.send_due(timezone.now())


@shared_task(name="deliveries.send_urgent")
def send_urgent() -> int:
    """Every second: hand over what wakes somebody."""
    return urgent.send_due(timezone.now())
