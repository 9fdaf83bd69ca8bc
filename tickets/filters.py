"""What a list of tickets can be narrowed and sorted by: one allow-list for the queue, the API and the dashboards."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django_filters.fields import IsoDateTimeField

from accounts.models import Organisation, Team, User
from catalog.models import Component, Site
from lib.numbers import read_number
from tickets.models import Channel, Event, Kind, Severity, Ticket, TicketKind
from tickets.paging import SORTS
from tickets.queues import teams_of_desk
from tickets.search import search
from tickets.states import ACTIVE, DONE, LABELS, OPEN, Status

Tickets = QuerySet[Ticket]
Boxes = forms.CheckboxSelectMultiple

# Words that stand for several statuses.
GROUPS: dict[str, tuple[str, tuple[Status, ...]]] = {
    "open": ("Open", OPEN),
    "active": ("Our move", ACTIVE),
    "done": ("Done", DONE),
    "any": ("Any status", tuple(Status)),
}
STATUS_CHOICES = [(key, label) for key, (label, _) in GROUPS.items()] + [(s.value, LABELS[s]) for s in Status]
MAX_NUMBERS = 500


def asks_as_desk(request: HttpRequest | None) -> bool:
    user = getattr(request, "user", None)
    return isinstance(user, User) and user.is_desk


def teams(request: HttpRequest | None) -> QuerySet[Team]:
    """Teams whose tickets this person may see, for choosing."""
    user = getattr(request, "user", None)
    if isinstance(user, User) and user.is_desk:
        return teams_of_desk(user)
    return Team.objects.filter(restricted=False)


def people(request: HttpRequest | None) -> QuerySet[User]:
    """Requesters that may be named: anybody by the desk, oneself by a requester."""
    if asks_as_desk(request):
        return User.objects.all()
    return User.objects.filter(pk=getattr(getattr(request, "user", None), "pk", None))


def organisations(request: HttpRequest | None) -> QuerySet[Organisation]:
    if asks_as_desk(request):
        return Organisation.objects.all()
    return Organisation.objects.filter(people=getattr(getattr(request, "user", None), "pk", None))


def numbers_of(text: str) -> list[int]:
    """Ticket numbers in "1042, #1043". Raises ValidationError naming what is none."""
    found = []
    for word in text.replace(",", " ").split()[:MAX_NUMBERS]:
        if (known := read_number(word.lstrip("#"))) is None:
            raise ValidationError(f"“{word[:40]}” is no ticket number.")
        found.append(known)
    return found


class NumbersField(forms.CharField):
    def clean(self, value: Any) -> list[int]:
        return numbers_of(super().clean(value) or "")


class NumbersFilter(filters.Filter):
    field_class = NumbersField


class AssigneeField(forms.CharField):
    """ "me", "none" or the id of a person."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "")
        if text and text not in {"me", "none"} and read_number(text) is None:
            raise ValidationError("Choose me, none or a person.")
        return text


class AssigneeFilter(filters.Filter):
    field_class = AssigneeField


class InstantField(IsoDateTimeField):
    def clean(self, value: Any) -> datetime | None:
        instant = super().clean(value)
        if instant is not None and not 1970 <= instant.year < 2200:
            raise ValidationError("Choose a date of this century.")
        return instant


class InstantFilter(filters.IsoDateTimeFilter):
    field_class = InstantField


class TicketFilter(filters.FilterSet):
    """Times are ISO 8601 instants or dates: from `…_after` (included) to `…_before` (excluded)."""

    q = filters.CharFilter(method="by_words", label="Words", max_length=200)
    number = NumbersFilter(method="by_number", label="Numbers")
    status = filters.MultipleChoiceFilter(
        distinct=False, choices=STATUS_CHOICES, method="by_status", label="Status", widget=Boxes
    )
    severity = filters.MultipleChoiceFilter(distinct=False, choices=Severity.choices, label="Severity", widget=Boxes)
    team = filters.ModelMultipleChoiceFilter(distinct=False, queryset=teams, label="Team", widget=Boxes)
    assignee = AssigneeFilter(method="by_assignee", label="Assignee")
    site = filters.ModelMultipleChoiceFilter(distinct=False, queryset=Site.objects.all(), label="Site", widget=Boxes)
    component = filters.ModelChoiceFilter(
        queryset=Component.objects.select_related("site").order_by("site__name", "name"),
        label="Component",
        empty_label="Any",
    )
    kind = filters.MultipleChoiceFilter(distinct=False, choices=TicketKind.choices, label="Kind", widget=Boxes)
    channel = filters.MultipleChoiceFilter(distinct=False, choices=Channel.choices, label="Came by", widget=Boxes)
    tag = filters.CharFilter(method="by_tag", label="Tag", max_length=200)
    requester = filters.ModelChoiceFilter(queryset=people, label="Requester")
    organisation = filters.ModelChoiceFilter(queryset=organisations, label="Organisation")
    opened_after = InstantFilter(field_name="opened_at", lookup_expr="gte", label="Opened from")
    opened_before = InstantFilter(field_name="opened_at", lookup_expr="lt", label="Opened before")
    resolved_after = InstantFilter(field_name="resolved_at", lookup_expr="gte", label="Resolved from")
    resolved_before = InstantFilter(field_name="resolved_at", lookup_expr="lt", label="Resolved before")
    closed_after = InstantFilter(field_name="closed_at", lookup_expr="gte", label="Closed from")
    closed_before = InstantFilter(field_name="closed_at", lookup_expr="lt", label="Closed before")
    due_before = InstantFilter(field_name="next_due_at", lookup_expr="lt", label="Due before")
    breached = filters.ChoiceFilter(
        choices=[("yes", "A deadline was missed"), ("no", "No deadline was missed")],
        method="by_breach",
        label="SLA",
        empty_label="Kept or missed",
    )
    rating = filters.MultipleChoiceFilter(
        distinct=False, field_name="csat__score", choices=[(n, f"{n} of 5") for n in range(1, 6)], label="Rating"
    )
    sort = filters.ChoiceFilter(
        choices=[(key, sort.name) for key, sort in SORTS.items()],
        method="as_it_is",
        label="Sorted by",
        empty_label="As the view has it",
    )

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(self, *args: Any, only: Collection[str] | None = None, **kwargs: Any) -> None:
        """`only`: the filters to be had. A list asks for one or two, and making twenty fields takes longer than it."""
        if only is not None:
            chosen = {name: part for name, part in type(self).base_filters.items() if name in only}
            self.__dict__["base_filters"] = chosen  # before they are copied, which is what takes the time
        super().__init__(*args, **kwargs)

    def by_words(self, tickets: Tickets, name: str, value: str) -> Tickets:
        return search(tickets, value, internal=asks_as_desk(self.request))

    def by_number(self, tickets: Tickets, name: str, value: list[int]) -> Tickets:
        return tickets.filter(pk__in=value)

    def by_status(self, tickets: Tickets, name: str, value: list[str]) -> Tickets:
        return tickets.filter(status__in=statuses_of(value)) if value and "any" not in value else tickets

    def by_assignee(self, tickets: Tickets, name: str, value: str) -> Tickets:
        if value == "none":
            return tickets.filter(assignee=None)
        return tickets.filter(assignee=self.request.user.pk if value == "me" else int(value))

    def by_tag(self, tickets: Tickets, name: str, value: str) -> Tickets:
        return tickets.filter(tags__contains=[tag.strip().lower() for tag in value.split(",") if tag.strip()])

    def by_breach(self, tickets: Tickets, name: str, value: str) -> Tickets:
        missed = Exists(Event.objects.filter(ticket=OuterRef("pk"), kind=Kind.BREACHED))
        return tickets.filter(missed if value == "yes" else ~missed)

    def as_it_is(self, tickets: Tickets, name: str, value: str) -> Tickets:
        """The sort is the pager's (tickets/paging.py): a cursor belongs to one order."""
        return tickets


FILTERS = tuple(name for name in TicketFilter.base_filters if name != "sort")


def statuses_of(values: list[str]) -> set[str]:
    """Single statuses out of statuses and words for several."""
    return {s.value for value in values for s in (GROUPS[value][1] if value in GROUPS else (Status(value),))}


def only_open(values: list[str]) -> bool:
    """Whether these statuses leave nothing but open tickets."""
    return bool(values) and statuses_of(values) <= {s.value for s in OPEN}
