"""Pages over HTTP: who is called about a ticket, and the same verbs as the browser's. Docs: /api/v1/docs."""

from typing import Any, ClassVar

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from accounts.models import User
from lib.api import ApiView, StrictSerializer, only
from oncall.actions import paging
from oncall.forms.pages import callable_for
from oncall.models import Ladder, Page
from tickets.errors import Refused
from tickets.models import Ticket

SHOWN = 50
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again, the same key gets the same answer."
)


class WhoOut(serializers.Serializer[User]):
    id = serializers.IntegerField()
    name = serializers.CharField(source="__str__")


class CallOut(serializers.Serializer[Any]):
    """`step` 0 was called by hand; `way` is by what; `at` when, null while it is not yet."""

    user = WhoOut(allow_null=True)
    room = serializers.CharField(allow_null=True)
    way = serializers.SerializerMethodField()
    step = serializers.IntegerField()
    attempt = serializers.IntegerField()
    state = serializers.CharField()
    at = serializers.DateTimeField(source="ring.at", default=None, allow_null=True)

    def get_way(self, call: Any) -> str:
        return call.method.via if call.method else "room" if call.room_id else "email"


class PageOut(serializers.ModelSerializer[Page]):
    """`state`: climbing, acknowledged, unanswered (nobody was reached), ended. `next_at`: when the next step is taken;
    of an acknowledged one, when it begins anew unless there is progress."""

    ticket = serializers.IntegerField(source="ticket_id")
    ladder = serializers.SlugRelatedField[Ladder](slug_field="name", read_only=True)
    started_by = WhoOut(allow_null=True)
    acknowledged_by = WhoOut(allow_null=True)
    calls = CallOut(many=True)

    class Meta:
        model = Page
        fields: ClassVar[list[str]] = [
            "id", "ticket", "state", "ladder", "reason", "step", "attempt", "started_at", "started_by", "next_at",
            "acknowledged_at", "acknowledged_by", "ended_at", "calls",
        ]  # fmt: skip
        read_only_fields = fields


class PageIn(StrictSerializer):
    """A ladder by its name, or people by their addresses."""

    ladder = serializers.SlugRelatedField[Ladder]("name", queryset=Ladder.objects.all(), required=False)
    users = serializers.ListField(child=serializers.EmailField(), required=False, max_length=20)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class PageView(ApiView):
    """Loads through `visible_to`: what is not yours is not found; pages are for the desk."""

    scopes = {"GET": "tickets:read", "POST": "tickets:write"}

    def by(self) -> dict[str, Any]:
        return {"actor": self.request.user, "at": timezone.now(), "via": "api"}

    def find(self, pk: int) -> Ticket:
        user = self.request.user
        assert isinstance(user, User)  # HasScope lets nobody else in
        ticket = Ticket.objects.visible_to(user).select_related("team").filter(pk=pk).first()
        if ticket is None:
            raise Http404
        if not user.is_desk:
            raise PermissionDenied("Only the desk reads this.")
        return ticket

    def show(self, *pages: int) -> list[dict[str, Any]]:
        rows = Page.objects.filter(pk__in=pages).select_related("ladder", "started_by", "acknowledged_by")
        rows = rows.prefetch_related("calls__user", "calls__room", "calls__method", "calls__ring")
        return list(PageOut(rows, many=True).data)


class Pages(PageView):
    @extend_schema(operation_id="pages_list", responses=PageOut(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """The newest 50 pages of the ticket, newest first, each with its calls."""
        only(request.query_params)
        return Response(self.show(*Page.objects.filter(ticket=self.find(pk)).values_list("pk", flat=True)[:SHOWN]))

    @extend_schema(operation_id="pages_start", request=PageIn, responses={201: PageOut}, parameters=[KEY])
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """Call a ladder or people. 409 while people are being called about it already."""
        ticket, data = self.find(pk), self.read(PageIn)
        ladder, asked = data.get("ladder"), {address.lower() for address in data.get("users", [])}
        if bool(ladder) == bool(asked):
            raise Refused("Give either a ladder or users.", field="users")
        people = [user for user in callable_for(ticket) if user.email.lower() in asked]
        if unknown := asked - {user.email.lower() for user in people}:
            raise Refused(f"Nobody of the desk who sees the ticket: {', '.join(sorted(unknown))}", field="users")
        page = paging.start(ticket=ticket, ladder=ladder, people=people, reason=data["reason"], **self.by())
        return Response(self.show(page.pk)[0], status=201)


class Acknowledgement(PageView):
    @extend_schema(operation_id="pages_acknowledge", request=None, responses=PageOut, parameters=[KEY])
    @idempotent
    def post(self, request: Request, pk: int, page: int) -> Response:
        """Take note: nobody further is called. One that somebody acknowledged already stays theirs."""
        row = get_object_or_404(Page, pk=page, ticket=self.find(pk))
        paging.acknowledge(page=row, **self.by())
        return Response(self.show(row.pk)[0])


urlpatterns: list[URLPattern] = [
    path("tickets/<int:pk>/pages", Pages.as_view(), name="api-pages"),
    path(
        "tickets/<int:pk>/pages/<int:page>/acknowledgement", Acknowledgement.as_view(), name="api-page-acknowledgement"
    ),
]
