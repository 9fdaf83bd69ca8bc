"""Who comes through the door of the desk's pages, and to which ticket."""

from django.http import Http404

from accounts.doors import DeskRequest, desk
from tickets.asking import ticket_by_number
from tickets.models import Ticket

__all__ = ["DeskRequest", "desk", "find"]


def find(request: DeskRequest, pk: int) -> Ticket:
    """The ticket with its team, site, organisation and `rating`: one statement. Invisible looks like not found."""
    found = ticket_by_number.ask(request.user.role, pk=pk, me=request.user.pk) if pk < 2**63 else []
    if not found:
        raise Http404
    return found[0]
