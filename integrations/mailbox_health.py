"""How mailboxes are: what came in, and whether fetching keeps up."""

from datetime import timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from integrations.models import Inbound, Mailbox, Protocol, State

BEHIND = timedelta(minutes=5)  # without a look that went well


def listed() -> QuerySet[Mailbox]:
    """Mailboxes with how much came in the last day, and what of it could not be read."""
    recent = Inbound.objects.filter(mailbox=OuterRef("pk"), received_at__gt=timezone.now() - timedelta(days=1))
    counted = recent.order_by().values("mailbox")
    failed = recent.filter(state=State.FAILED).order_by().values("mailbox")
    return Mailbox.objects.select_related("team", "site").annotate(
        came=Subquery(counted.annotate(n=Count("pk")).values("n")),
        failed=Subquery(failed.annotate(n=Count("pk")).values("n")),
    )


def health(mailbox: Mailbox) -> str:
    """paused, failing, stopped, behind, waiting (for its first look), or well."""
    if not mailbox.is_active:
        return "paused"
    if mailbox.protocol == Protocol.PUSH:
        return "well"
    if mailbox.failing_since:
        return "failing"
    if mailbox.next_fetch_at is None:
        return "stopped"
    if mailbox.fetched_at is None:
        return "waiting"
    return "behind" if timezone.now() - mailbox.fetched_at > BEHIND else "well"
