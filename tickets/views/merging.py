"""Duplicates: the search for the ticket that stays, the merge, and its undoing."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST

from tickets.actions import merging as actions
from tickets.errors import Refused
from tickets.forms import MergeForm
from tickets.models import Ticket
from tickets.search import search
from tickets.states import Status
from tickets.views.access import DeskRequest, desk, find
from tickets.views.answers import act_now, by, done, fragment_wanted

FOUND = 8


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def merge(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/merge: GET ?q= looks for the ticket that stays, POST target merges into it."""
    source = find(request, pk)
    form = MergeForm(request.POST or None, ticket=source)
    if request.method == "POST" and form.is_valid():
        target = Ticket.objects.visible_to(request.user).filter(pk=form.cleaned_data["target"]).first()
        try:
            if target is None:
                raise Refused("There is no such ticket.", field="target")
            actions.merge(source=source, target=target, **by(request))
            return done(request, pk, f"Merged into #{target.pk}.", composer=True)
        except Refused as refused:
            form.add_error("target" if refused.field else None, refused.message)
    query = (request.POST.get("target") or request.GET.get("q", "")).strip()
    context = {"ticket": source, "form": form, "query": query, "found": candidates(request, source, query)}
    context |= {"editor": {"title": "Merge a duplicate"}, "template": "tickets/ticket/_merge.html"}
    template = context["template"] if fragment_wanted(request) else "tickets/ticket/editor.html"
    response = render(request, str(template), context, status=422 if form.errors else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def candidates(request: DeskRequest, source: Ticket, query: str) -> QuerySet[Ticket]:
    """By number or by words; without a query the requester's other tickets, newest first."""
    tickets = (
        Ticket.objects.visible_to(request.user)
        .filter(merged_into=None)
        .exclude(pk=source.pk)
        .exclude(status=Status.CANCELLED)
        .select_related("requester")
        .order_by("-last_event_at")
    )
    number = query.lstrip("#")
    if number.isdecimal() and len(number) < 18:
        return tickets.filter(pk=int(number))
    if query:
        return search(tickets, query, internal=True)[:FOUND]
    return tickets.filter(requester=source.requester_id)[:FOUND] if source.requester_id else tickets.none()


@require_POST
@desk
def unmerge(request: DeskRequest, pk: int) -> HttpResponse:
    """POST /tickets/42/unmerge: it stands on its own again."""
    return act_now(
        request, pk, lambda ticket, _, who: actions.unmerge(ticket=ticket, **who), "The merge is undone.", composer=True
    )
