"""/settings/calendars/"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from lib.attempts import attempt
from sla.actions import setup
from sla.forms import CalendarForm, HolidaysForm
from sla.models import Calendar
from sla.preview import days

HOME = "/settings/calendars/"


@managers
@require_GET
def calendars(request: SettingsRequest) -> HttpResponse:
    """All calendars."""
    rows = Calendar.objects.annotate(used=Count("targets__policy", distinct=True))
    return render(request, "sla/calendars.html", {"calendars": rows})


@managers
@require_http_methods(["GET", "POST"])
def calendar(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One calendar, or a new one."""
    row = get_object_or_404(Calendar, pk=pk) if pk else None
    form = CalendarForm(request.POST or None, calendar=row)

    def save() -> Calendar:
        saved, _ = setup.save_calendar(
            calendar=row, name=form.cleaned_data["name"], definition=form.definition(),
            holiday_names=form.holiday_names(), at=timezone.now(), actor=request.user,
        )  # fmt: skip
        return saved

    if request.method == "POST" and (saved := attempt(form, save, Refused)):
        messages.success(request, f"{saved} is saved. Deadlines follow it.")
        return redirect("calendar", saved.pk)
    return page(request, row, form, HolidaysForm(initial={"year": timezone.now().year}))


def page(request: SettingsRequest, row: Calendar | None, form: CalendarForm, extra: HolidaysForm) -> HttpResponse:
    """The editor with the next fourteen days of what is saved."""
    context: dict[str, Any] = {
        "form": form, "holidays_form": extra, "calendar": row, "title": row.name if row else "New calendar",
        "back": HOME, "back_label": "Calendars",
    }  # fmt: skip
    if row:
        today = datetime.now(ZoneInfo(row.zone)).date()
        context |= {
            "days": list(days(row, today)), "delete_url": f"{HOME}{row.pk}/deletion",
            "delete_title": "Delete the calendar", "delete_ask": f"Delete {row}?",
            "delete_text": "Only a calendar that no policy and no deadline uses can be deleted.",
        }  # fmt: skip
    return render(request, "sla/calendar.html", context, status=422 if form.errors or extra.errors else 200)


@managers
@require_POST
def calendar_holidays(request: SettingsRequest, pk: int) -> HttpResponse:
    """Add a country's public holidays of one year to the closed dates."""
    row = get_object_or_404(Calendar, pk=pk)
    form = HolidaysForm(request.POST)
    if not form.is_valid():
        return page(request, row, CalendarForm(calendar=row), form)
    found = form.found()
    new = set(found) - set(row.holidays)
    definition = row.definition() | {"holidays": sorted({*row.holidays, *found})}
    try:
        setup.save_calendar(
            calendar=row, name=row.name, definition=definition, holiday_names={**found, **row.holiday_names},
            at=timezone.now(), actor=request.user,
        )  # fmt: skip
        messages.success(request, f"{len(new)} closed date{'' if len(new) == 1 else 's'} added.")
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("calendar", row.pk)


@managers
@require_POST
def calendar_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The calendar is gone, or a sentence says what needs it."""
    row = get_object_or_404(Calendar, pk=pk)
    try:
        setup.delete(row=row, at=timezone.now(), actor=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("calendar", pk)
    messages.success(request, f"{row.name} is deleted.")
    return redirect(HOME)
