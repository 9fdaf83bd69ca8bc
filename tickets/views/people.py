"""Who has it: acknowledgement, assignment, team."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from tickets.actions import assignment as actions
from tickets.forms import AssignmentForm, TeamForm
from tickets.models import Ticket
from tickets.views.access import DeskRequest, desk
from tickets.views.answers import Editor, act_now


@require_POST
@desk
def acknowledgement(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /tickets/42/acknowledgement: I have taken note."""
    return act_now(request, pk, lambda ticket, _, who: actions.acknowledge(ticket=ticket, **who), "Acknowledged.")


def give(ticket: Ticket, data: dict[str, Any], who: dict[str, Any]) -> None:
    to = User.objects.desk().filter(pk=data["assignee"]).first() if data["assignee"] else None
    actions.assign(ticket=ticket, to=to, **who)


def move(ticket: Ticket, data: dict[str, Any], who: dict[str, Any]) -> None:
    actions.change_team(ticket=ticket, to=data["team"], reason=data["reason"], **who)


ask_assignee = Editor(form=AssignmentForm, act=give, title="Assign", submit="Assign", said="Assigned.")
ask_team = Editor(form=TeamForm, act=move, title="Move to another team", submit="Move", said="Moved.")


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def assignment(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/assignment: assignee (empty for nobody, "me" for oneself)."""
    if request.method == "POST" and request.POST.get("assignee") == "me":
        take = lambda ticket, _, who: actions.assign(ticket=ticket, to=request.user, **who)  # noqa: E731
        return act_now(request, pk, take, "It is yours.")
    return ask_assignee(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def team(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/team: team, reason."""
    return ask_team(request, pk)
