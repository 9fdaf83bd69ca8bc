"""How many calls reached nobody: every page of the desk asks, so it must cost next to nothing."""

from django.db import connection

from accounts.models import User
from oncall.models import Page, PageState
from tickets.models import Ticket
from tickets.queues import COUNT_CAP

_ANY = "SELECT EXISTS (SELECT FROM oncall_page WHERE state = 'unanswered')"


def unreached_for(user: User) -> int:
    """Of tickets that this person sees, up to COUNT_CAP. One statement while there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY)
        if not cursor.fetchone()[0]:
            return 0
    seen = Ticket.objects.visible_to(user)
    return Page.objects.filter(state=PageState.UNANSWERED, ticket__in=seen)[:COUNT_CAP].count()
