"""The queue: the list of a view, narrowed and paged, and the form that narrows it."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.models import User
from tickets import queues
from tickets.asking import teams_to_name, top_of_view
from tickets.filters import TicketFilter, only_open
from tickets.models import Ticket
from tickets.paging import SORTS, Page, cut, page_of
from tickets.queues import VIEWS, View
from tickets.rows import Row, placed, rows_of
from tickets.views.access import DeskRequest, desk
from tickets.views.narrowing import KEPT, Chip, address, asked_for, chips_of, kept


def queue_context(request: DeskRequest, key: str = "", *, current: int | None = None) -> dict[str, Any]:
    """What `tickets/queue/_list.html` reads; any page of the desk may show the list beside itself.

    The view is `key`, else ?view=, else "needs-me"; `current` is the ticket open beside it. Keys: view, rows,
    next_cursor, prev (addresses of the neighbouring pages), filters (chips), filter_errors.
    """
    view = VIEWS.get(key or request.GET.get("view", ""), VIEWS["needs-me"])
    data, user = request.GET, request.user
    page, chips, errors = narrowed(request, view) if any(map(data.get, KEPT)) else (top(view, user), [], [])
    if view.key == "all" and not asked_for(data):
        # Nothing asked: what is open. Saying so as a chip lets anybody take it off.
        chips = [Chip("Status", "Open", address(view.url, kept(data, without=("cursor",), status="any")))]
    return {
        "view": view,
        "rows": placed(page.rows, kept(data, view=view.key).urlencode(), current=current),
        "next_cursor": address(view.url, kept(data, cursor=page.next)) if page.next else "",
        "prev": address(view.url, kept(data, cursor=page.prev)) if page.prev else "",
        "filters": chips,
        "filter_errors": errors,
        "narrowed": bool(asked_for(data)),
        "count": queues.shown(queues.counts_for(request, user)[view.key]),
        "filter_query": kept(data, without=("cursor",)).urlencode(),
        "live_query": kept(data).urlencode(),
        "bulk_teams": teams_to_name.ask(user.role, me=user.pk),
    }


def top(view: View, user: User) -> Page:
    """The first page of a view as it is."""
    if view.by_time:
        return page_of(queues.tickets_of(view, user, timezone.now()), sort=queues.ORDER, fetch=rows_of)
    rows = top_of_view.ask(view.key, queues.ORDER, user.role, me=user.pk)
    return cut([Row(*values) for values in rows], sort=queues.ORDER)


def narrowed(request: DeskRequest, view: View) -> tuple[Page, list[Chip], list[str]]:
    """The page of a view that was asked for by filters, an order, a cursor: (page, chips, what cannot be answered)."""
    data = request.GET
    tickets = queues.tickets_of(view, request.user, timezone.now())
    asked, sort = asked_for(data), data.get("sort", "")
    open_only = view.key != "all" or not asked
    if view.key == "all" and not asked:
        tickets = tickets.open()
    found = TicketFilter(data, queryset=tickets, request=request, only=(*asked, "sort"))
    errors = [f"{found.form.fields[name].label}: {e}" for name, es in found.form.errors.items() for e in es]
    if errors:
        return Page(), [], errors
    open_only = open_only or only_open(found.form.cleaned_data.get("status", []))
    order = sort if sort in SORTS else (queues.ORDER if open_only else "activity")
    page = page_of(found.qs, sort=order, cursor=data.get("cursor", ""), fetch=rows_of)
    return page, chips_of(found, data, view.url), []


def view_or_404(key: str) -> View:
    if key not in VIEWS:
        raise Http404
    return VIEWS[key]


@require_GET
@desk
def queue(request: DeskRequest, key: str) -> HttpResponse:
    """A view of the queue beside an empty ticket pane; for htmx only the regions that live updates refresh."""
    context = queue_context(request, view_or_404(key).key)
    live = request.htmx and not request.htmx.history_restore_request
    template = "tickets/queue/live.html" if live else "tickets/queue/page.html"
    answer = render(request, template, context, status=400 if context["filter_errors"] else 200)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_GET
@desk
def queue_filters(request: DeskRequest, key: str) -> HttpResponse:
    """The form that narrows a view: a panel of the list, or a page of its own without JavaScript."""
    view = view_or_404(key)
    data = request.GET.copy()
    if view.key == "all" and not asked_for(data):
        data["status"] = "open"
    form = TicketFilter(data, queryset=Ticket.objects.none(), request=request).form
    agents = User.objects.desk().order_by("name").values_list("pk", "name", "email")
    people = [(str(pk), name or email) for pk, name, email in agents]
    form.fields["assignee"].widget = forms.Select(choices=[("", "Anybody"), ("me", "Me"), ("none", "Nobody"), *people])
    hidden = [(n, v) for n in ("number", "requester", "organisation", "rating", "view") for v in data.getlist(n) if v]
    boxes = [form[name] for name in ("status", "severity", "team", "site", "kind", "channel")]
    template = "tickets/queue/_filters.html" if request.htmx else "tickets/queue/filters.html"
    answer = render(request, template, {"view": view, "form": form, "hidden": hidden, "boxes": boxes})
    patch_vary_headers(answer, ["HX-Request"])
    return answer
