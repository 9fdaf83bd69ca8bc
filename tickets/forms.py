"""What the ticket page asks: one small form for each verb. The actions decide; a form only reads."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Membership, Role, Team, User
from catalog.models import Component, Site
from files.fields import FilesField
from tickets.errors import Refused
from tickets.models import Audience, Resolution, Severity, Ticket, TicketKind
from tickets.states import Status

MAX_BODY = 100_000
RESOLVED = "resolved:"
# What a person may say of a resolution; "recovered by itself" is the alert's word.
HUMAN_RESOLUTIONS = [choice for choice in Resolution.choices if choice[0] != Resolution.RECOVERED]
THENS = [
    (Status.WAITING.value, "wait"),
    (Status.DIAGNOSING.value, "keep open"),
    *((RESOLVED + code, label) for code, label in HUMAN_RESOLUTIONS),
]


class LocalDateTime(forms.DateTimeField):
    """A `datetime-local` input, read and shown in the current time zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        self.help_text = f"Time zone: {timezone.get_current_timezone_name()}"
        return super().get_bound_field(form, field_name)


def uploads_of(request: HttpRequest) -> list[UploadedFile]:
    """The files sent as `files`; raises Refused with what FilesField says."""
    try:
        return FilesField().clean(request.FILES.getlist("files"))
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="files")


class ReplyForm(forms.Form):
    """The composer. `then` is a status, or "resolved:<code>"; `seen` the newest line of history the author had seen."""

    body = forms.CharField(required=False, max_length=MAX_BODY, widget=forms.Textarea, strip=True)
    audience = forms.ChoiceField(choices=Audience.choices)
    then = forms.ChoiceField(required=False, choices=THENS)
    seen = forms.IntegerField(required=False, min_value=0)


class TicketForm(forms.Form):
    """A form about one ticket."""

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        self.ticket = ticket
        super().__init__(*args, **kwargs)


def people_for(ticket: Ticket) -> list[tuple[str, list[tuple[int, str]]]]:
    """Who can be given a ticket, as grouped choices: its team's members first, then whoever else sees it."""
    member = Exists(Membership.objects.filter(team=ticket.team_id, user=OuterRef("pk")))
    people = User.objects.desk().annotate(member=member)
    if ticket.team.restricted:
        people = people.filter(Q(member=True) | Q(role=Role.ADMIN))
    members: list[tuple[int, str]] = []
    others: list[tuple[int, str]] = []
    for person in people:
        (members if person.member else others).append((person.pk, str(person)))
    return [group for group in ((ticket.team.name, members), ("Others", others)) if group[1]]


class AssignmentForm(TicketForm):
    assignee = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Nobody"), *people_for(self.ticket)]
        self.initial.setdefault("assignee", self.ticket.assignee_id)


class TeamForm(TicketForm):
    team = forms.ModelChoiceField(
        Team.objects.all(), empty_label=None, help_text="A team of a higher tier gets it by “Hand over…”."
    )
    reason = forms.CharField(
        required=False, max_length=300, help_text="What the next team should know. Kept in the history."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("team", self.ticket.team_id)


class SeverityForm(TicketForm):
    severity = forms.TypedChoiceField(choices=Severity.choices, coerce=int)
    reason = forms.CharField(
        max_length=300, help_text="The deadlines are planned anew; the reason stays in the history."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("severity", self.ticket.severity)


class TagsForm(TicketForm):
    tags = forms.CharField(required=False, max_length=900, help_text="Separate them by commas.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("tags", ", ".join(self.ticket.tags))

    def clean_tags(self) -> list[str]:
        return str(self.cleaned_data["tags"]).split(",")


class DetailsForm(TicketForm):
    subject = forms.CharField(max_length=300)
    kind = forms.ChoiceField(choices=TicketKind.choices)
    site = forms.ModelChoiceField(Site.objects.all(), required=False, empty_label="None")
    component = forms.ModelChoiceField(Component.objects.none(), required=False, empty_label="None")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("subject", "kind"):
            self.initial.setdefault(name, getattr(self.ticket, name))
        self.initial.update(site=self.ticket.site_id, component=self.ticket.component_id)
        field = self.fields["component"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Component.objects.select_related("site").order_by("site__name", "name")
        by_site: dict[str, list[tuple[int, str]]] = {}
        for component in field.queryset:
            by_site.setdefault(component.site.name, []).append((component.pk, component.name))
        field.choices = [("", "None"), *by_site.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        site, component = data.get("site"), data.get("component")
        # Another site with the component left as it was means: the component goes.
        if component and site and component.site_id != site.pk and component.pk == self.ticket.component_id:
            data["component"] = None
        return data


class PromiseForm(TicketForm):
    expected_by = LocalDateTime(required=False, label="Expected by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("expected_by", self.ticket.expected_by)


class HoldForm(TicketForm):
    reason = forms.CharField(max_length=300, help_text="What it waits for: a supplier, a date, a release.")
    wakes_at = LocalDateTime(label="Until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("wakes_at", tomorrow_morning(timezone.localtime()))


def tomorrow_morning(now: datetime) -> datetime:
    """Nine o'clock of the next day, in the zone of `now`."""
    return (now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)


class ResolutionForm(TicketForm):
    resolution = forms.ChoiceField(choices=HUMAN_RESOLUTIONS, label="How it was resolved")
    text = forms.CharField(
        max_length=MAX_BODY,
        widget=forms.Textarea,
        label="What was done",
        help_text="The requester reads this and is asked whether it is fixed.",
    )


class VerificationForm(TicketForm):
    evidence = forms.CharField(
        max_length=2000, widget=forms.Textarea, help_text="What you tried and saw: steps, address, measurement."
    )


class ReasonForm(TicketForm):
    """Reopening and cancelling."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea)


class MergeForm(TicketForm):
    """The number of the ticket that stays, as "1042" or "#1042"."""

    target = forms.CharField(max_length=20)

    def clean_target(self) -> int:
        number = str(self.cleaned_data["target"]).strip().lstrip("#")
        if not number.isdecimal() or len(number) > 18:
            raise ValidationError("Give the number of a ticket.")
        return int(number)
