"""Words of the ticket page that templates alone cannot say."""

from datetime import datetime

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lib.foreign import with_files_at
from tickets.models import Event, Ticket

register = template.Library()


@register.filter
def bubble(event: Event) -> str:
    """The class of a message: from the requester, to them, or internal."""
    message = event.message
    if message is None or message.is_internal:
        return "msg--internal"
    return "msg--out" if message.from_desk else "msg--in"


@register.filter
def elsewhere(event: Event, ticket: Ticket) -> bool:
    """Whether a line came from another ticket, merged into this one."""
    return event.ticket_id != ticket.pk


@register.filter
def placed_by(event: Event) -> str:
    """What placed a ticket, in a few words."""
    if event.data.get("chosen"):
        return "By hand"
    return f"Rule “{event.data['rule_name']}”" if event.data.get("rule_name") else "Fallback: no rule matched"


@register.filter
def link_to(other: Ticket, ticket: Ticket) -> str:
    """How another ticket hangs together with this one."""
    if other.merged_into_id == ticket.pk:
        return "Merged into this"
    if other.pk == ticket.merged_into_id:
        return "Merged into"
    return "Follow-up" if other.follows_id == ticket.pk else "Follows"


@register.filter
def pictures_by(html: str, token: str) -> str:
    """A message's HTML whose pictures are asked for by the page's signed link: its reader need not be signed in."""
    return with_files_at(html, reverse("requester-file", args=[token, 0]).removesuffix("0"))


@register.simple_tag
def moment(instant: datetime | None) -> SafeString | str:
    """A date that matters as a date: "3 Mar, 14:00" in the reader's zone, in full as the title."""
    if instant is None:
        return ""
    local = timezone.localtime(instant)
    full = date_format(local, "D j M Y, H:i T")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), full, date_format(local, "j M, H:i")
    )
