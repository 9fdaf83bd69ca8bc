"""What a bounce changes: the delivery that it is of, and whether its reader is written to again."""

from datetime import datetime

from accounts.models import User
from deliveries.actions import bounced
from deliveries.models import Delivery
from integrations.mail.charsets import clean
from integrations.mail.letter import Letter


def came_back(letter: Letter, delivery: Delivery | None, *, at: datetime) -> None:
    """Tell the delivery; a person whose address is gone for good is not written to any more."""
    report = letter.bounce
    if report is None or delivery is None:
        return
    bounced(
        delivery=delivery, status=report.status, diagnostic=clean(report.diagnostic), permanent=report.permanent, at=at
    )
    recipients = {one.lower() for one in report.recipients}
    if report.permanent and delivery.user_id and (not recipients or delivery.address.lower() in recipients):
        gone = User.objects.filter(pk=delivery.user_id, email=delivery.address.lower(), undeliverable_at=None)
        gone.update(undeliverable_at=at)
