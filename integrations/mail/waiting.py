"""How much mail waits for a person's decision: every page of the desk asks, so it must cost next to nothing."""

from django.db import connection
from django.http import HttpRequest

from accounts.models import User
from integrations.models import Mail
from tickets.queues import COUNT_CAP

_HELD = "FROM integrations_mail WHERE outcome = 'held' AND decided_at IS NULL"
_ANY = f"SELECT EXISTS (SELECT {_HELD})"
_OF_TICKET = f"SELECT count(*) {_HELD} AND candidate_id = %s"  # noqa: S608 - only a constant is formatted in


def any_held(request: HttpRequest) -> bool:
    """Whether any mail waits at all: one statement a request, however many regions ask."""
    if not hasattr(request, "any_held_mail"):
        with connection.cursor() as cursor:
            cursor.execute(_ANY)
            request.any_held_mail = cursor.fetchone()[0]  # type: ignore[attr-defined]
    return request.any_held_mail  # type: ignore[attr-defined]


def held_for(request: HttpRequest, user: User) -> int:
    """How many this person may decide about, up to COUNT_CAP."""
    return Mail.objects.visible_to(user).held().order_by()[:COUNT_CAP].count() if any_held(request) else 0


def held_of(request: HttpRequest, ticket: int) -> int:
    """How many may belong to this ticket, for somebody who sees it."""
    if not any_held(request):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_OF_TICKET, [ticket])
        return int(cursor.fetchone()[0])
