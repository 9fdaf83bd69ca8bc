"""What rooms and webhooks are told of a page that they were called about: acknowledged, unanswered, over. The message
that a person has in Slack is rewritten too, so that its buttons never promise what is over."""

from collections.abc import Iterable
from datetime import datetime

from deliveries.models import Delivery
from integrations.models import Channel
from lib import rows
from oncall.messages import facts
from oncall.models import Call, CallState, ContactMethod, Page, PageState, Via


def tell(page: Page, *, at: datetime) -> None:
    """A delivery to each room that was called, once for each change of state."""
    called = Call.objects.filter(page=page, room__isnull=False, state=CallState.RUNG).values("room")
    letters = [update(page, room, at) for room in Channel.objects.filter(pk__in=called, is_active=True)]
    letters += [update(page, method.channel, at, method=method) for method in in_slack(page) if method.channel]
    rows.insert(letters, new_only=True)


def in_slack(page: Page) -> Iterable[ContactMethod]:
    """The members who were called about it there."""
    called = Call.objects.filter(page=page, state=CallState.RUNG).values("method")
    return ContactMethod.objects.filter(pk__in=called, via=Via.SLACK, channel__is_active=True).select_related("channel")


def update(page: Page, room: Channel, at: datetime, *, method: ContactMethod | None = None) -> Delivery:
    """For a room; with `method`, for a person."""
    words, whom = said(page), method.way if method else str(room.pk)
    return Delivery(
        channel=room.kind, key=f"page.{page.pk}.{page.attempt}.{page.state}.{whom}", ticket_id=page.ticket_id,
        address=method.address if method else "", user_id=method.user_id if method else None,
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
