"""Keeping the record straight: severity, tags, details, promise."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from tickets.actions import filing as actions
from tickets.forms import DetailsForm, PromiseForm, SeverityForm, TagsForm
from tickets.views.access import DeskRequest, desk
from tickets.views.answers import Editor

ask_severity = Editor(
    form=SeverityForm,
    act=lambda ticket, data, who: actions.change_severity(
        ticket=ticket, to=data["severity"], reason=data["reason"], **who
    ),
    title="Change the severity",
    submit="Change",
    said="Severity changed.",
)
ask_tags = Editor(
    form=TagsForm,
    act=lambda ticket, data, who: actions.set_tags(ticket=ticket, tags=data["tags"], **who),
    title="Tags",
    submit="Save",
    said="Tags saved.",
)
ask_details = Editor(
    form=DetailsForm,
    act=lambda ticket, data, who: actions.change_details(
        ticket=ticket, **{name: data[name] for name in ("subject", "kind", "site", "component")}, **who
    ),
    title="Edit the details",
    submit="Save",
    said="Details saved.",
)
ask_promise = Editor(
    form=PromiseForm,
    act=lambda ticket, data, who: actions.promise(ticket=ticket, expected_by=data["expected_by"], **who),
    title="Expected by",
    submit="Promise",
    said="Promise saved.",
    intro="The requester sees this time, in their own zone. Leave it empty to take a promise back.",
)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def severity(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/severity: severity 1 to 4, reason."""
    return ask_severity(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def tags(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/tags: tags, separated by commas."""
    return ask_tags(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def details(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/details: subject, kind, site, component."""
    return ask_details(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@desk
def promise(request: DeskRequest, pk: int) -> HttpResponse:
    """/tickets/42/promise: expected_by, in the reader's zone."""
    return ask_promise(request, pk)
