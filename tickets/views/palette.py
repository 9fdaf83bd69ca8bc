"""The command palette: tickets, people and commands, ranked and checked here; the page only walks the answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.models import User
from tickets import search
from tickets.models import Ticket
from tickets.queues import VIEWS
from tickets.views.access import DeskRequest, desk

MANY, FEW = 6, 4
ON_A_TICKET = re.compile(r"/tickets/\d+")


@dataclass(frozen=True)
class Option:
    """One line. `url` is where it leads; `press` is the key of the page's own button instead."""

    icon: str
    name: str
    detail: str = ""
    url: str = ""
    press: str = ""


# Buttons of the ticket's page, by their key: offered while one is open, pressed in the page.
ON_TICKET = (
    Option("reply", "Reply", "R", press="r"),
    Option("lock", "Write an internal note", "N", press="n"),
    Option("user-check", "Assign to me", "A", press="a"),
    Option("circle-check", "Resolve", "E", press="e"),
    Option("circle-pause", "Put on hold", "H", press="h"),
    Option("siren", "Page people", "P", press="p"),
    Option("git-merge", "Merge a duplicate", "M", press="m"),
)


def commands(request: DeskRequest) -> Iterator[Option]:
    """Everything this person can go to or do from here, in the order of use."""
    if ON_A_TICKET.fullmatch(urlsplit(request.headers.get("Referer", "")).path):
        yield from ON_TICKET
    yield from (Option(view.icon, f"Go to {view.name}", view.stroke.upper(), view.url) for view in VIEWS.values())
    yield Option("plus", "New ticket", "C", "/tickets/new")
    yield Option("chart-line", "Dashboard", "G D", "/dashboard")
    yield Option("book-open", "Knowledge", "G K", "/knowledge/")
    if request.user.is_manager:
        yield Option("settings", "Settings", "G S", "/settings/")
        yield Option("inbox", "Intake log", "", "/intake/")
    yield Option("life-buoy", "Help centre, as customers see it", "", "/help/")


def score(name: str, query: str) -> int:
    """How well a command fits what is typed: its beginning, a word's beginning, somewhere, not at all."""
    low = name.lower()
    if low.startswith(query):
        return 3
    return 2 if f" {query}" in low else int(query in low)


def tickets_for(request: DeskRequest, query: str) -> list[Option]:
    """The ticket of that number, then those that hold the words, newest first."""
    visible, found = Ticket.objects.visible_to(request.user), []
    number = search.number_in(query)
    if number is not None:
        found = list(visible.filter(pk=number))
    elif len(query) >= 2:
        numbers = search.find(request.user, query, size=MANY)
        found = sorted(visible.filter(pk__in=numbers), key=lambda ticket: -ticket.pk)
    return [Option("ticket", f"#{t.pk} {t.subject}", t.status_label, f"/tickets/{t.pk}?view=all") for t in found]


def people_for(query: str) -> list[Option]:
    """People by name or address; leads to what they asked, or for the desk to what they have."""
    if len(query) < 2:
        return []
    fits = Q(name__icontains=query) | Q(email__istartswith=query)
    return [
        Option(
            "headset" if person.is_desk else "user", str(person), person.email,
            f"/queue/all?{urlencode({'assignee' if person.is_desk else 'requester': person.pk})}",
        )
        for person in User.objects.filter(fits, is_active=True)[:FEW]
    ]  # fmt: skip


@require_GET
@desk
def palette(request: DeskRequest) -> HttpResponse:
    """GET /palette?q=: the options, as a fragment; without JavaScript the search page answers."""
    query = request.GET.get("q", "")[: search.MAX_QUERY].replace("\0", "").strip()
    if not request.htmx:
        return redirect(f"/search?{urlencode({'q': query})}")
    low = query.lower()
    fitting = sorted((c for c in commands(request) if score(c.name, low)), key=lambda c: -score(c.name, low))
    groups = [
        ("Tickets", tickets_for(request, query)),
        ("Commands", fitting[: FEW if query else 20]),
        ("People", people_for(query)),
    ]
    if query and search.number_in(query) is None:
        everywhere = Option("search", f"Search all tickets for “{query}”", "", f"/search?{urlencode({'q': query})}")
        groups.append(("Search", [everywhere]))
    context = {"groups": [(name, options) for name, options in groups if options], "query": query}
    return render(request, "tickets/palette/results.html", context)
