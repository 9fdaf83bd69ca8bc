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
from sla.forms.holidays import FileForm
from sla.models import Calendar
from sla.preview import Day, compared, days, week

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
    """One calendar, or a new one. The button "preview" shows what an edit would make of the next days, and saves
    nothing."""
    row = get_object_or_404(Calendar, pk=pk) if pk else None
    form = CalendarForm(request.POST or None, calendar=row)

    def save() -> Calendar:
        saved, _ = setup.save_calendar(
            calendar=row, name=form.cleaned_data["name"], definition=form.definition(),
            holiday_names=form.holiday_names(), at=timezone.now(), actor=request.user,
        )  # fmt: skip
        return saved

    if "preview" in request.POST:
        form.is_valid()
    elif request.method == "POST" and (saved := attempt(form, save, Refused)):
        messages.success(request, f"{saved} is saved. Deadlines follow it.")
        return redirect("calendar", saved.pk)
    return editor(request, row, form)


def editor(
    request: SettingsRequest,
    row: Calendar | None,
    form: CalendarForm,
    holidays: HolidaysForm | None = None,
    file: FileForm | None = None,
) -> HttpResponse:
    """The editor with the days to come: as saved, or as what stands in the form would have them."""
    now = timezone.now()
    context: dict[str, Any] = {
        "form": form, "holidays_form": holidays or HolidaysForm(initial={"year": now.year}),
        "file_form": file or FileForm(), "calendar": row, "title": str(row) if row else "New calendar",
        "back": HOME, "back_label": "Calendars", "is_draft": form.is_bound and not form.errors,
        "days": coming(row, form, now), "week": zip(form.week, week(form.windows()), strict=True),
    }  # fmt: skip
    if row:
        context |= {
            "subtitle": f"Version {row.version}", "form_action": f"{HOME}{row.pk}/",
            "delete_url": f"{HOME}{row.pk}/deletion",
            "delete_title": "Delete the calendar", "delete_ask": f"Delete {row}?",
            "delete_text": "Only a calendar that no policy and no deadline uses can be deleted.",
        }  # fmt: skip
    wrong = form.errors or (holidays and holidays.errors) or (file and file.errors)
    return render(request, "sla/calendar.html", context, status=422 if wrong else 200)


def coming(row: Calendar | None, form: CalendarForm, now: datetime) -> list[Day]:
    """The next days of what is saved; of a form that could be saved, compared with that."""
    draft = form.definition() if form.is_bound and not form.errors else None
    definition = draft or (row.definition() if row else None)
    if definition is None:
        return []
    first = now.astimezone(ZoneInfo(definition["tz"])).date()
    saved = list(days(row.definition(), row.holiday_names, first)) if row else []
    if draft is None:
        return saved
    drafted = list(days(draft, form.holiday_names(), first))
    return compared(drafted, saved) if saved else drafted


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
