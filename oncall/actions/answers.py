"""How people answer calls from elsewhere: by the link, by SMS and phone, in a chat. Each gives words to say back."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from accounts.models import User
from integrations.models import Channel
from oncall.actions import paging
from oncall.messages import HOLDS, read_token
from oncall.models import ContactMethod, Page, PageState, Ring, Via
from tickets.errors import Refused
from tickets.models import Ticket

UNKNOWN = "This is not a call of ours, or it is more than a day old."
NOT_LINKED = "We do not know who you are here. Add this account to your contact methods on the desk, then try again."


def acknowledge_by_token(token: str, *, at: datetime, via: str, actor: User | None = None) -> str:
    """Whoever was called says that they take it. Of a room's call it must be said who (`actor`)."""
    ring = read_token(token, now=at)
    who = (ring.user or actor) if ring else None
    if ring is None or who is None:
        raise Refused(UNKNOWN)
    return acknowledge_ring(ring, who, at=at, via=via)


def acknowledge_by_code(*, channel: Channel, address: str, code: str, at: datetime, via: str) -> str:
    """The four digits of a call, from the number that was called (`via`: "sms" or "voice"). An empty code means the
    last call."""
    users = owners(
        ContactMethod.objects.filter(via__in=[Via.SMS, Via.VOICE], address=address, channel__kind=channel.kind)
    )
    rings = Ring.objects.select_related("user").filter(user__in=users, at__gt=at - HOLDS).order_by("-at")
    ring = (rings.filter(code=code) if code else rings).first()
    if ring is None or ring.user is None:
        raise Refused(UNKNOWN)
    return acknowledge_ring(ring, ring.user, at=at, via=via)


def acknowledge_by_handle(*, channel: Channel, address: str, page: int, at: datetime, via: str) -> str:
    """A button in a chat: the member is known by a verified contact method of theirs. It stands for all that its
    message was about."""
    row, who = of_handle(channel, address, page)
    rings = Ring.objects.filter(Q(user=who) | Q(room=channel), calls__page=row).order_by("-at")
    if ring := rings.first():
        return acknowledge_ring(ring, who, at=at, via=via)
    paging.acknowledge(page=row, at=at, actor=who, via=via)
    return said([row.pk], who)


def resolve_by_handle(*, channel: Channel, address: str, page: int, at: datetime, via: str) -> str:
    """The same, and done."""
    row, who = of_handle(channel, address, page)
    paging.resolve(page=row, at=at, actor=who, via=via)
    return f"#{row.ticket_id} is resolved."


def of_handle(channel: Channel, address: str, page: int) -> tuple[Page, User]:
    """The page and the person. Refused unless both are known and the person may see the ticket, or was called."""
    who = User.objects.filter(pk__in=owners(ContactMethod.objects.filter(channel=channel, address=address))).first()
    if who is None:
        raise Refused(NOT_LINKED)
    row = Page.objects.select_related("ticket").filter(pk=page).first()
    if row is None or not may_answer(who, row):
        raise Refused(UNKNOWN)
    return row, who


def may_answer(user: User, page: Page) -> bool:
    """Somebody who was called about it, or who sees its ticket."""
    called = page.calls.filter(user=user).exists()
    return user.is_desk and (called or type(page.ticket).objects.visible_to(user).filter(pk=page.ticket_id).exists())


def owners(methods: Iterable[ContactMethod]) -> list[int]:
    """Whose these are, as far as they are verified."""
    return [method.user_id for method in methods if method.verified_at is not None]


def acknowledge_ring(ring: Ring, who: User, *, at: datetime, via: str) -> str:
    """All that this call was about and is not over."""
    if not who.is_desk:
        raise Refused(UNKNOWN)
    still_open = [page for page in answerable(ring, who) if page.state != PageState.ENDED]
    for page in still_open:
        paging.acknowledge(page=page, at=at, actor=who, via=via)
    if not still_open:
        return "It is over: nothing is left to acknowledge."
    return said([page.pk for page in still_open], who)


def answerable(ring: Ring, who: User) -> list[Page]:
    """What a call was about; of one to a room, as not everybody there may see it all, what this person sees."""
    pages = Page.objects.filter(calls__ring=ring).distinct().order_by("ticket")
    return list(pages if ring.user_id == who.pk else pages.filter(ticket__in=Ticket.objects.visible_to(who)))


def said(pages: list[int], who: User) -> str:
    """ "#1042 is yours." or who was faster."""
    words = []
    for page in Page.objects.select_related("acknowledged_by").filter(pk__in=pages).order_by("ticket")[:5]:
        by = page.acknowledged_by
        words.append(f"#{page.ticket_id} " + ("is yours." if by == who else f"was acknowledged by {by} already."))
    more = len(pages) - len(words)
    return " ".join(words) + (f" And {more} more." if more else "")
