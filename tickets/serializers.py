"""What the API says of tickets and what it takes: every field by name, for the desk and for requesters apart."""

from typing import Any

from rest_framework import serializers

from accounts.models import Team, User
from catalog.models import Component, Site
from lib.api import KeyField, StrictSerializer
from lib.rows import ByKey
from tickets.links import desk_url, requester_url
from tickets.models import Audience, Event, Level, Message, Resolution, Severity, Ticket, TicketKind, Verification
from tickets.states import LABELS, OPEN, Status

MAX_BODY = 100_000
STATUSES = [(status.value, LABELS[status]) for status in Status]
OPEN_MOVES = [(s.value, LABELS[s]) for s in OPEN if s != Status.NEW]
AFTER_REPLY = [(s.value, LABELS[s]) for s in (Status.WAITING, Status.DIAGNOSING)]
ASKED_KINDS = [(kind.value, kind.label) for kind in (TicketKind.INCIDENT, TicketKind.REQUEST)]


class PersonOut(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()


class TeamOut(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class TicketForRequester(serializers.ModelSerializer):
    """What a requester reads: nothing of how the desk works on it."""

    number = serializers.IntegerField(source="pk")
    status_label = serializers.CharField(source="customer_label")
    site: Any = serializers.SlugRelatedField("slug", read_only=True)
    component: Any = serializers.SlugRelatedField("slug", read_only=True)
    requester = PersonOut(allow_null=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = Ticket
        fields = [
            "number", "subject", "kind", "severity", "status", "status_label", "site", "component", "requester",
            "opened_at", "resolved_at", "closed_at", "expected_by", "resolution", "resolution_text", "url",
        ]  # fmt: skip
        read_only_fields = fields

    def get_url(self, ticket: Ticket) -> str:
        return requester_url(ticket, self.context["request"].user)


class TicketForDesk(TicketForRequester):
    """Everything. `version` is what `ETag` carries and `If-Match` compares."""

    status_label = serializers.CharField()
    organisation: Any = serializers.SlugRelatedField("name", read_only=True)
    team = TeamOut()
    assignee = PersonOut(allow_null=True)
    merged_into = serializers.IntegerField(source="merged_into_id", allow_null=True)
    follows = serializers.IntegerField(source="follows_id", allow_null=True)
    version = serializers.IntegerField(source="last_event")

    class Meta(TicketForRequester.Meta):
        fields = [
            *TicketForRequester.Meta.fields, "impact", "urgency", "organisation", "team", "assignee", "tier", "channel",
            "category", "tags", "merged_into", "follows", "placed_by_fallback", "hold_reason", "wakes_at",
            "acknowledged_at", "first_responded_at", "next_due_at", "last_event_at", "verification", "verified_at",
            "evidence", "version",
        ]  # fmt: skip
        read_only_fields = fields

    def get_url(self, ticket: Ticket) -> str:
        return desk_url(ticket)


class AuthorOut(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(source="__str__")


class MessageOut(serializers.ModelSerializer):
    """`body` is Markdown as written; `html` is sanitised."""

    ticket = serializers.IntegerField(source="ticket_id")
    author = AuthorOut(allow_null=True)
    html = serializers.CharField(source="safe_html")

    class Meta:
        model = Message
        fields = ["id", "ticket", "author", "from_desk", "automatic", "audience", "channel", "body", "html", "at"]
        read_only_fields = fields


class EventForRequester(serializers.ModelSerializer):
    message = serializers.IntegerField(source="message_id", allow_null=True)

    class Meta:
        model = Event
        fields = ["id", "kind", "at", "message"]
        read_only_fields = fields


class EventForDesk(EventForRequester):
    actor = AuthorOut(allow_null=True)

    class Meta(EventForRequester.Meta):
        fields = [*EventForRequester.Meta.fields, "ticket", "actor", "via", "data", "recorded_at"]
        read_only_fields = fields


SITES = ByKey(lambda: Site.objects.filter(is_active=True).select_related("fallback_team"), "slug", "a-site")


def site_field(**kwargs: Any) -> KeyField:
    return KeyField(SITES, **kwargs)


def part_of(site: Site | None, slug: str) -> Component:
    """The component of that site. Raises ValidationError naming the field."""
    found = Component.objects.filter(site=site, slug=slug).first() if site else None
    if found is None:
        raise serializers.ValidationError({"component": ["No such component of this site."]})
    return found


class PersonIn(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=200, required=False, default="")


class RequestIn(StrictSerializer):
    """A new ticket as a requester may open one."""

    subject = serializers.CharField(max_length=300)
    body = serializers.CharField(
        max_length=MAX_BODY, required=False, default="", trim_whitespace=False, allow_blank=True
    )
    kind = serializers.ChoiceField(choices=ASKED_KINDS, default=TicketKind.INCIDENT.value)
    site = site_field(required=False, allow_null=True)
    component = serializers.CharField(required=False, max_length=60)
    impact = serializers.ChoiceField(choices=Level.choices, required=False)
    urgency = serializers.ChoiceField(choices=Level.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "component" in attrs:
            attrs["component"] = part_of(attrs.get("site"), attrs["component"])
        return attrs


class TicketIn(RequestIn):
    """A new ticket as the desk may open one: for somebody, with a severity, tags or a team of its choice."""

    kind = serializers.ChoiceField(choices=TicketKind.choices, default=TicketKind.INCIDENT.value)
    requester = PersonIn(required=False)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    category = serializers.CharField(max_length=60, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, required=False)
    team = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False)


class TicketPatch(StrictSerializer):
    """What changes; everything that is left out stays. `reason` goes with severity and with on_hold."""

    subject = serializers.CharField(max_length=300, required=False)
    kind = serializers.ChoiceField(choices=TicketKind.choices, required=False)
    site = site_field(required=False)
    component = serializers.CharField(required=False, max_length=60)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    status = serializers.ChoiceField(choices=OPEN_MOVES, required=False)
    reason = serializers.CharField(max_length=300, required=False, default="")
    wakes_at = serializers.DateTimeField(required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, required=False)
    expected_by = serializers.DateTimeField(required=False, allow_null=True)


class RequesterMessageIn(StrictSerializer):
    body = serializers.CharField(max_length=MAX_BODY, trim_whitespace=False)


class MessageIn(RequesterMessageIn):
    """A public reply (then the ticket waits for the requester, or is worked on), or an internal note."""

    audience = serializers.ChoiceField(choices=Audience.choices, default=Audience.PUBLIC.value)
    then = serializers.ChoiceField(choices=AFTER_REPLY, required=False)


class Nothing(StrictSerializer):
    """No fields."""


class AssignmentIn(StrictSerializer):
    """A person by address (null: nobody), a team by slug, or both."""

    assignee = serializers.SlugRelatedField(
        "email", queryset=User.objects.desk().select_related("organisation"), required=False, allow_null=True
    )
    team = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False)
    reason = serializers.CharField(max_length=300, required=False, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"assignee", "team"} & set(attrs):
            raise serializers.ValidationError({"assignee": ["Name a person or a team."]})
        return attrs


class ResolutionIn(StrictSerializer):
    code = serializers.ChoiceField(choices=[c for c in Resolution.choices if c[0] != Resolution.RECOVERED])
    text = serializers.CharField(max_length=MAX_BODY)


class ClosureIn(StrictSerializer):
    """`how` records the verification: the desk's check by another agent. A requester's closure is their own word."""

    how = serializers.ChoiceField(choices=[(Verification.QA.value, Verification.QA.label)], required=False)
    evidence = serializers.CharField(max_length=2000, required=False, default="")


class ReopeningIn(StrictSerializer):
    reason = serializers.CharField(max_length=2000)
