"""Handovers over HTTP: what went up a tier with which packet, and the same three verbs as the browser's."""

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from accounts.models import Team
from lib.api import StrictSerializer, only
from tickets.actions import handover as actions
from tickets.actions.handover import MAX_PART
from tickets.api import KEY, MATCH, TicketView, Verb
from tickets.models import Handover, Part, Ticket
from tickets.serializers import AuthorOut, TeamOut

SHOWN = ("from_team", "to_team", "sent_by", "answered_by")


class HandoverOut(serializers.ModelSerializer):
    """`packet` holds a text for each part that was filled in."""

    ticket = serializers.IntegerField(source="ticket_id")
    from_team = TeamOut()
    to_team = TeamOut()
    sent_by = AuthorOut()
    answered_by = AuthorOut(allow_null=True)

    class Meta:
        model = Handover
        fields = [
            "id", "ticket", "state", "from_team", "from_tier", "to_team", "to_tier", "packet", "sent_at", "sent_by",
            "answered_at", "answered_by", "reason",
        ]  # fmt: skip
        read_only_fields = fields


class PacketIn(StrictSerializer):
    """Which parts must be there depends on the ticket's category, or else its kind."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            part.value: serializers.CharField(max_length=MAX_PART, required=False, allow_blank=True, label=part.label)
            for part in Part
        }


class HandoverIn(StrictSerializer):
    """A team of a higher tier by slug, and the packet."""

    team = serializers.SlugRelatedField("slug", queryset=Team.objects.all())
    packet = PacketIn()


class BounceIn(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class Handovers(TicketView):
    @extend_schema(operation_id="handovers_list", responses=HandoverOut(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Every handover of the ticket, oldest first."""
        only(request.query_params)
        ticket = self.find(pk)
        if not self.user.is_desk:
            raise PermissionDenied("Only the desk reads this.")
        return Response(HandoverOut(ticket.handovers.select_related(*SHOWN), many=True).data)

    @extend_schema(
        operation_id="handovers_send", request=HandoverIn, responses={201: HandoverOut}, parameters=[KEY, MATCH]
    )
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """Hand it to a team of a higher tier."""
        with self.changing(pk) as ticket:
            data = self.read(HandoverIn)
            row = actions.hand_over(ticket=ticket, to=data["team"], packet=data["packet"], **self.by())
        return Response(HandoverOut(row).data, status=201)


class Acceptance(Verb):
    """The receiving team takes it on."""

    def do(self, ticket: Ticket, data: dict[str, Any]) -> None:
        actions.accept_handover(ticket=ticket, **self.by())


class Bounce(Verb):
    """The receiving team sends it back, and says why."""

    takes = BounceIn

    def do(self, ticket: Ticket, data: dict[str, Any]) -> None:
        actions.bounce_handover(ticket=ticket, reason=data["reason"], **self.by())


urlpatterns: list[URLPattern] = [
    path("tickets/<int:pk>/handovers", Handovers.as_view(), name="api-handovers"),
    path("tickets/<int:pk>/handovers/acceptance", Acceptance.as_view(), name="api-handover-acceptance"),
    path("tickets/<int:pk>/handovers/bounce", Bounce.as_view(), name="api-handover-bounce"),
]
