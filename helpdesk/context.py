"""What every page of the desk needs: the rail with its counts, the settings' navigation."""

from typing import Any

from django.http import HttpRequest

# (title, [(label, path, admins only)]) – the settings' navigation; each page is its app's own.
SETTINGS_NAV: list[tuple[str, list[tuple[str, str, bool]]]] = [
    ("People", [("People", "/settings/people/", False), ("Teams", "/settings/teams/", False),
                ("Organisations", "/settings/organisations/", False)]),
    ("Intake", [("Sites", "/settings/sites/", False), ("Forms", "/settings/forms/", False),
                ("Routing rules", "/settings/rules/", False), ("Severity matrix", "/settings/severity/", False),
                ("Alert sources", "/settings/sources/", False), ("Intake log", "/intake/", False)]),
    ("SLA", [("Policies", "/settings/policies/", False), ("Calendars", "/settings/calendars/", False)]),
    ("System", [("API tokens", "/settings/tokens/", True), ("Deliveries", "/mailbox/", False),
                ("Audit log", "/settings/audit/", True)]),
]  # fmt: skip


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template variables of the frame, for people of the desk only: `settings_nav` (and the rail, by tickets)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.is_desk:
        return {}
    nav = [
        {
            "title": title,
            "links": [
                {"label": label, "url": url, "current": request.path.startswith(url)}
                for label, url, admins in links
                if user.is_admin or not admins
            ],
        }
        for title, links in SETTINGS_NAV
    ]
    return {"settings_nav": nav if request.path.startswith(("/settings/", "/intake/", "/mailbox/")) else []}
