"""Every component on three pages, with invented content. Served at /styleguide/ under DEBUG only; tests render it."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

STATUSES = ("new", "acknowledged", "diagnosing", "waiting", "on_hold", "resolved", "closed", "cancelled")
# who, subject, severity, the clock's state and words, status
ROWS: tuple[tuple[str, str, int, str, str, str], ...] = (
    ("Priya Nair", "Checkout returns an error for some carts", 2, "breached", "34m overdue", "diagnosing"),
    ("Tomás Rivera", "Sign-in loops back to the start page", 1, "risk", "9m left", "new"),
    ("Chloé Martin", "Export drops the accented characters", 3, "risk", "38m left", "acknowledged"),
    ("Henrik Dahl", "Can we move our data to another region?", 4, "ok", "2h 21m left", "new"),
    ("Wei Zhang", "API answers 429 during the nightly sync", 2, "paused", "Paused · 3h left", "waiting"),
    ("Amara Okafor", "How do I add a second mailbox?", 4, "ok", "6h 51m left", "on_hold"),
    ("Lucas Weber", "Webhook signature does not match the docs", 3, "met", "Met", "resolved"),
    ("Sofia Rossi", "TLS certificate of shop.example ends in six days", 1, "ok", "1d 7h left", "new"),
)


class SampleForm(forms.Form):
    """One field of each kind; bound with bad values so that errors show."""

    name = forms.CharField(help_text="As your team says it.")
    email = forms.EmailField(label="E-mail")
    kind = forms.ChoiceField(choices=[("a", "Incident"), ("b", "Service request")], required=False)
    body = forms.CharField(widget=forms.Textarea, label="Description")
    tier = forms.ChoiceField(choices=[("1", "L1"), ("2", "L2")], widget=forms.RadioSelect)
    tags = forms.MultipleChoiceField(
        choices=[("1", "billing"), ("2", "login")], widget=forms.CheckboxSelectMultiple, required=False
    )
    restricted = forms.BooleanField(required=False, help_text="Only members see its tickets.")
    logo = forms.FileField(required=False)


def sample() -> dict[str, Any]:
    """The invented content of the three pages."""
    now = timezone.now()
    names = ("who", "subject", "severity", "state", "text", "status")
    return {
        "now": now - timedelta(minutes=42),
        "soon": now + timedelta(hours=2, minutes=21),
        "names": [row[0] for row in ROWS],
        "statuses": [(status, "") for status in STATUSES],
        "form": SampleForm({"name": "", "email": "x"}),
        "rows": [
            dict(zip(names, row, strict=True))
            | {"id": 1042 + place, "site": "shop.example", "at": now - timedelta(minutes=5 + 13 * place**2)}
            for place, row in enumerate(ROWS)
        ],
    }


def components(request: HttpRequest) -> HttpResponse:
    """The parts, one by one."""
    return render(request, "styleguide.html", sample())


def ticket(request: HttpRequest) -> HttpResponse:
    """The three panes of an agent."""
    return render(request, "styleguide/ticket.html", sample())


def public(request: HttpRequest) -> HttpResponse:
    """A customer's page."""
    return render(request, "styleguide/public.html", sample())


urlpatterns: list[URLPattern] = [
    path("", components),
    path("ticket", ticket),
    path("public", public),
]
