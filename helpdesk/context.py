"""What every page of the desk needs: the rail with its counts, the settings' navigation."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from integrations.mail.waiting import held_for
from oncall.unreached import unreached_for
from tickets import queues

# (title, [(label, path, admins only)]) – the settings' navigation; each page is its app's own.
SETTINGS_NAV: list[tuple[str, list[tuple[str, str, bool]]]] = [
    ("People", [("People", "/settings/people/", False), ("Teams", "/settings/teams/", False),
                ("Organisations", "/settings/organisations/", False)]),
    ("Intake", [("Sites", "/settings/sites/", False), ("Forms", "/settings/forms/", False),
                ("Routing rules", "/settings/rules/", False), ("Severity matrix", "/settings/severity/", False),
                ("Handover", "/settings/handover/", False),
                ("Mailboxes", "/settings/mailboxes/", False), ("Alert sources", "/settings/sources/", False),
                ("Silences", "/settings/silences/", False),
                ("Mail", "/mail/", False), ("Intake log", "/intake/", False)]),
    ("Letters", [("Letters to requesters", "/settings/letters/", False)]),
    ("SLA", [("Policies", "/settings/policies/", False), ("Contracts", "/settings/contracts/", False),
             ("Calendars", "/settings/calendars/", False), ("Health", "/settings/deadlines/", False),
             ("Tier budgets", "/settings/tiers/", False)]),
    ("On call", [("Rotas", "/settings/rotas/", False), ("Ladders", "/settings/ladders/", False),
                 ("Channels", "/settings/channels/", True)]),
    ("System", [("API tokens", "/settings/tokens/", True), ("Deliveries", "/mailbox/", False),
                ("Audit log", "/settings/audit/", True)]),
]  # fmt: skip
DESK_PAGES = ("/settings/silences/",)  # the settings' pages that agents have too
NAV_ON = ("/settings/", "/intake/", "/mailbox/", "/mail/")


def rail_of(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """The queue's views with their counts: one statement, and only for pages that print the rail."""
    counts = queues.counts_for(request, user)
    here = request.path if request.path.startswith("/queue/") else f"/queue/{request.GET.get('view', '')}"
    views = [
        {
            "key": view.key, "name": view.name, "icon": view.icon, "hint": view.hint, "stroke": view.stroke,
            "url": view.url, "count": queues.shown(counts[view.key]), "current": here == view.url,
        }
        for view in queues.VIEWS.values()
    ]  # fmt: skip
    return [*unreached(request, user), *views, *held_mail(request, user)]


def unreached(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """An entry of the rail, above all others, while a call reached nobody."""
    waiting = unreached_for(user)
    if not waiting:
        return []
    return [
        {
            "key": "unreached", "name": "Nobody reached", "icon": "siren", "stroke": "g p", "url": "/oncall/#pages",
            "hint": "People were called, and nobody acknowledged", "count": queues.shown(waiting), "current": False,
        }
    ]  # fmt: skip


def held_mail(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """An entry of the rail for mail that waits for a decision; none while none does."""
    waiting = held_for(request, user)
    if not waiting:
        return []
    return [
        {
            "key": "held", "name": "Possible follow-ups", "icon": "mail-warning", "stroke": "g h", "url": "/mail/held",
            "hint": "Mail that may belong to a ticket: somebody has to decide", "count": queues.shown(waiting),
            "current": request.path == "/mail/held",
        }
    ]  # fmt: skip


def settings_nav(path: str, user: User) -> list[dict[str, Any]]:
    """The settings' pages that this person may open, the current one marked."""
    groups = [
        {
            "title": title,
            "links": [
                {"label": label, "url": url, "current": path.startswith(url)}
                for label, url, admins in links
                if user.is_admin or (user.is_manager and not admins) or url in DESK_PAGES
            ],
        }
        for title, links in SETTINGS_NAV
    ]
    return [group for group in groups if group["links"]]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template variables of the desk's frame, for people of the desk only.

    `rail` (lazy: asked when printed), `settings_nav`, `live_url`, `palette_url`, and `demo`, true while mail ends in
    the local mailbox.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.is_desk:
        return {}
    return {
        "rail": SimpleLazyObject(lambda: rail_of(request, user)),
        "live_url": "/live",
        "palette_url": "/palette",
        "demo": not settings.EMAIL_HOST,
        "settings_nav": settings_nav(request.path, user) if request.path.startswith(NAV_ON) else [],
    }
