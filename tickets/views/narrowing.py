"""How a list was narrowed: the filters asked for, as chips that can be taken off, and as the list's address."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from tickets.filters import FILTERS, TicketFilter

KEPT = (*FILTERS, "sort", "cursor")


@dataclass(frozen=True)
class Chip:
    """One filter in force; `url` is the list without it."""

    label: str
    text: str
    url: str


def asked_for(data: QueryDict) -> list[str]:
    """Names of the filters that hold something."""
    return [name for name in FILTERS if any(data.getlist(name))]


def kept(data: QueryDict, *, without: tuple[str, ...] = (), **changed: str) -> QueryDict:
    """Only what a list understands of an address, so that links never carry what a stranger added."""
    clean = QueryDict(mutable=True)
    for name in KEPT:
        values = [value for value in data.getlist(name) if value]
        if values and name not in without:
            clean.setlist(name, values)
    for name, value in changed.items():
        clean[name] = value
    return clean


def address(base: str, query: QueryDict) -> str:
    return f"{base}?{query.urlencode()}" if query else base


def without_value(data: QueryDict, name: str, raw: str) -> QueryDict:
    """The same list without one value of one filter, from its first page."""
    fewer = kept(data, without=("cursor",))
    left = [value for value in fewer.getlist(name) if value != raw]
    if left:
        fewer.setlist(name, left)
    else:
        fewer.pop(name, None)
    return fewer


def chips_of(found: TicketFilter, data: QueryDict, base: str) -> list[Chip]:
    """A chip for each value of each filter asked for. The form is valid."""
    chips = []
    for name in asked_for(data):
        field = found.form.fields[name]
        for raw, text in said(name, field, found.form.cleaned_data[name], data):
            chips.append(Chip(str(field.label), text, address(base, without_value(data, name, raw))))
    return chips


def said(name: str, field: Any, value: Any, data: QueryDict) -> Iterator[tuple[str, str]]:
    """(raw value, words) of what one filter was given."""
    listed = () if hasattr(field, "queryset") else getattr(field, "choices", ())
    choices = {str(key): str(label) for key, label in listed}
    if isinstance(value, Model):
        yield str(value.pk), str(value)
    elif isinstance(value, datetime):
        yield str(data[name]), date_format(timezone.localtime(value), "j M Y")
    elif name == "assignee":
        person = User.objects.filter(pk=value).first() if value.isdigit() else None
        yield value, str(person or {"me": "Me", "none": "Nobody"}.get(value, "Unknown"))
    elif name == "number":
        yield str(data[name]), f"{len(value)} chosen"
    elif isinstance(value, list | QuerySet):
        for one in value:
            yield (str(one.pk), str(one)) if isinstance(one, Model) else (str(one), choices.get(str(one), str(one)))
    else:
        yield str(data[name]), choices.get(str(value), str(value))
