"""/settings/calendars/<id>/: holidays of a country and calendar files, as proposals of which somebody approves some."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from lib import ics
from sla.actions import setup
from sla.forms import CalendarForm, HolidaysForm
from sla.forms.holidays import FileForm
from sla.models import Calendar
from sla.proposals import CLOSED, Proposal, applied, propose, read
from sla.views.calendars import HOME, editor

AHEAD = timedelta(days=2 * 366)  # of a file: what is further ahead will be published again


@managers
@require_POST
def holidays(request: SettingsRequest, pk: int) -> HttpResponse:
    """Add a country's public holidays of one year to the closed dates; the button "look" proposes them instead."""
    row = get_object_or_404(Calendar, pk=pk)
    form = HolidaysForm(request.POST)
    if not form.is_valid():
        return editor(request, row, CalendarForm(calendar=row), holidays=form)
    closed = {*row.holidays, *row.yearly}
    new = [Proposal(CLOSED, day, name) for day, name in form.found().items() if not {day, day[5:]} & closed]
    if "look" in request.POST:
        return shown(request, row, new, [])
    return save(request, row, new)


@managers
@require_POST
def file(request: SettingsRequest, pk: int) -> HttpResponse:
    """What a calendar file proposes for the next two years. Nothing is saved."""
    row = get_object_or_404(Calendar, pk=pk)
    form = FileForm(request.POST, request.FILES)
    zone = ZoneInfo(row.zone)
    today = timezone.now().astimezone(zone).date()
    found = ics.Reading()
    if form.is_valid():
        try:
            found = ics.read(form.cleaned_data["file"], first=today, last=today + AHEAD, zone=zone)
        except ics.UnreadableCalendar as problem:
            form.add_error("file", str(problem))
    if form.errors:
        return editor(request, row, CalendarForm(calendar=row), file=form)
    return shown(request, row, propose(row.definition(), found.occurrences), found.left_out)


@managers
@require_POST
def approval(request: SettingsRequest, pk: int) -> HttpResponse:
    """Save the proposals that are ticked."""
    row = get_object_or_404(Calendar, pk=pk)
    approved = read(request.POST.getlist("proposal"))
    if not approved:
        messages.info(request, "Nothing was ticked, so nothing is changed.")
        return redirect("calendar", row.pk)
    return save(request, row, approved)


def shown(request: SettingsRequest, row: Calendar, proposals: list[Proposal], left_out: list[str]) -> HttpResponse:
    """The proposals with their tick boxes."""
    context = {
        "calendar": row, "left_out": left_out[:20], "more_left_out": max(len(left_out) - 20, 0),
        "back": f"{HOME}{row.pk}/",
        "proposals": [(one, date.fromisoformat(one.day) if len(one.day) == 10 else None) for one in proposals],
    }  # fmt: skip
    return render(request, "sla/calendar_proposals.html", context)


def save(request: SettingsRequest, row: Calendar, approved: list[Proposal]) -> HttpResponse:
    """Change the calendar, or say why it cannot be."""
    definition, names = applied(row.definition(), row.holiday_names, approved)
    try:
        setup.save_calendar(
            calendar=row, name=row.name, definition=definition, holiday_names=names, at=timezone.now(),
            actor=request.user,
        )  # fmt: skip
        messages.success(request, f"{len(approved)} date{'' if len(approved) == 1 else 's'} added. Deadlines follow.")
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("calendar", row.pk)
