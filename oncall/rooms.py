"""What rooms and webhooks are told of a page that they were called about: acknowledged, unanswered, over."""

from datetime import datetime

from deliveries.models import Delivery
from integrations.models import Channel
from lib import rows
from oncall.messages import facts
from oncall.models import Call, CallState, Page, PageState


def tell(page: Page, *, at: datetime) -> None:
    """A delivery to each room that was called, once for each change of state."""
    called = Call.objects.filter(page=page, room__isnull=False, state=CallState.RUNG).values("room")
    letters = [update(page, room, at) for room in Channel.objects.filter(pk__in=called, is_active=True)]
    rows.insert(letters, new_only=True)


def update(page: Page, room: Channel, at: datetime) -> Delivery:
    words = said(page)
    return Delivery(
        channel=room.kind, key=f"page.{page.pk}.{page.attempt}.{page.state}.{room.pk}", ticket_id=page.ticket_id,
        subject=f"#{page.ticket_id}: {words}"[:400], body_text=words, automatic=True, urgent=True,
        created_at=at, next_try_at=at,
        data={
            "kind": "update", "channel": room.pk, "page": page.pk, "state": page.state,
            "tickets": [facts(page.ticket)], "by": str(page.acknowledged_by or ""),
        },
    )  # fmt: skip


def said(page: Page) -> str:
    """What became of it, in a few words."""
    match page.state:
        case PageState.ACKNOWLEDGED:
            return f"{page.acknowledged_by or 'Somebody'} acknowledged."
        case PageState.UNANSWERED:
            return "Nobody was reached."
        case PageState.ENDED:
            return f"It is {page.ticket.status_label.lower()}."
    return "People are being called."
