"""Tickets over HTTP: the same verbs as the browser's, by token. Docs: /api/v1/docs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.http import Http404
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers as drf
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.people import requester_for
from accounts.idempotency import idempotent
from accounts.models import User
from lib.api import ApiView, etag, history_page, limit_of, link, must_match, only, said
from tickets import serializers as shapes
from tickets.actions import assignment, conversation, filing, progress
from tickets.actions.opening import NewTicket, open_ticket
from tickets.filters import FILTERS, TicketFilter
from tickets.models import Audience, Channel, Event, Message, Ticket, Verification
from tickets.paging import decode, page_of

VIA = "api"
SHOWN = ("site", "component", "organisation", "requester", "team", "assignee")
# A requester narrows by what a requester reads; anything else would tell how the desk works on it.
OPEN_FILTERS = {
    "q", "number", "status", "severity", "site", "component", "kind", "opened_after", "opened_before",
    "resolved_after", "resolved_before", "closed_after", "closed_before",
}  # fmt: skip
OPEN_SORTS = {"newest", "oldest", "severity"}
TicketOut = PolymorphicProxySerializer(
    component_name="Ticket",
    serializers=[shapes.TicketForDesk, shapes.TicketForRequester],
    resource_type_field_name=None,
)
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again, the same key gets the same answer."
)
MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag you read; 412 when somebody changed the ticket since.",
)
PAGING = [
    OpenApiParameter("cursor", str, description="From `next` of the page before."),
    OpenApiParameter("limit", int, description="Rows a page, 1 to 100; 25 by default."),
]


NARROWING = [
    OpenApiParameter(name, str, description=str(part.label or ""), many="multiple" in type(part).__name__.lower())
    for name, part in TicketFilter.base_filters.items()
]


def paged(rows: type[drf.Serializer[Any]], name: str) -> Any:
    """The shape of a page of rows, for the schema."""
    return type(name, (drf.Serializer,), {"results": rows(many=True), "next": drf.URLField(allow_null=True)})


class TicketView(ApiView):
    """Loads through `visible_to`: what is not yours is not found."""

    scopes = {"GET": "tickets:read", "POST": "tickets:write", "PATCH": "tickets:write"}

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)  # HasScope lets nobody else in
        return self.request.user

    def by(self) -> dict[str, Any]:
        return {"actor": self.user, "at": timezone.now(), "via": VIA}

    def find(self, pk: int) -> Ticket:
        ticket = Ticket.objects.visible_to(self.user).select_related(*SHOWN).filter(pk=pk).first()
        if ticket is None:
            raise Http404
        return ticket

    @contextmanager
    def changing(self, pk: int, *, desk_only: bool = True) -> Iterator[Ticket]:
        """The ticket, locked and of the version that If-Match names, in one transaction with what is done to it."""
        if desk_only and not self.user.is_desk:
            self.find(pk)
            raise PermissionDenied("Only the desk does this.")
        with transaction.atomic():
            ticket = self.find(pk)
            if "If-Match" in self.request.headers:
                must_match(self.request, Ticket.objects.lock(pk).last_event)
            yield ticket

    def shape(self, ticket: Ticket | list[Ticket]) -> Any:
        serializer = shapes.TicketForDesk if self.user.is_desk else shapes.TicketForRequester
        rows = ticket if isinstance(ticket, list) else [ticket]
        shown = [said(serializer, row, request=self.request) for row in rows]
        return shown if isinstance(ticket, list) else shown[0]

    def show(self, ticket: Ticket, *, status: int = 200, **headers: str) -> Response:
        if self.user.is_desk:
            headers["ETag"] = etag(ticket.last_event)
        return Response(self.shape(ticket), status=status, headers=headers)


class Tickets(TicketView):
    @extend_schema(
        operation_id="tickets_list",
        parameters=[*NARROWING, *PAGING],
        responses=paged(shapes.TicketForDesk, "TicketPage"),
    )
    def get(self, request: Request) -> Response:
        """Tickets you may see, narrowed and sorted by the parameters named here and no others."""
        desk = self.user.is_desk
        names = set(FILTERS) if desk else OPEN_FILTERS
        only(request.query_params, *names, "sort", "cursor", "limit")
        narrowed = TicketFilter(request.query_params, Ticket.objects.visible_to(self.user), request=request)
        if not narrowed.is_valid():
            raise ValidationError(narrowed.errors)
        sort, cursor = request.query_params.get("sort") or "newest", request.query_params.get("cursor", "")
        if not desk and sort not in OPEN_SORTS:
            raise ValidationError({"sort": [f"Choose {', '.join(sorted(OPEN_SORTS))}."]})
        if cursor and decode(cursor, sort) is None:
            raise ValidationError({"cursor": [f"This is no cursor of ours for the order “{sort}”."]})
        rows = narrowed.qs.select_related(*SHOWN)
        page = page_of(rows, sort=sort, cursor=cursor, size=limit_of(request.query_params))
        return Response({"results": self.shape(page.rows), "next": link(request, cursor=page.next)})

    @extend_schema(operation_id="tickets_open", request=shapes.TicketIn, responses={201: TicketOut}, parameters=[KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Open a ticket. The desk may open one for somebody; a requester opens their own."""
        data = self.read(shapes.TicketIn if self.user.is_desk else shapes.RequestIn)
        asked = data.pop("requester", None)
        requester = requester_for(email=asked["email"], name=asked["name"]) if asked else self.user
        data["tags"] = filing.clean_tags(data.get("tags", []))
        new = NewTicket(channel=Channel.API, requester=requester, author=self.user, **data)
        ticket = open_ticket(new=new, **self.by())
        seen = self.user.is_admin or Ticket.objects.visible_to(self.user).filter(pk=ticket.pk).exists()
        if not seen:
            return Response(
                {"number": ticket.pk, "detail": "It went to a team whose tickets you do not see."}, status=201
            )
        return self.show(ticket, status=201, Location=f"/api/v1/tickets/{ticket.pk}")


class OneTicket(TicketView):
    @extend_schema(operation_id="tickets_read", responses=TicketOut)
    def get(self, request: Request, pk: int) -> Response:
        """One ticket, with its version as ETag."""
        ticket = self.find(pk)
        if self.user.is_desk and request.headers.get("If-None-Match") == etag(ticket.last_event):
            return Response(status=304, headers={"ETag": etag(ticket.last_event)})
        return self.show(ticket)

    @extend_schema(operation_id="tickets_change", request=shapes.TicketPatch, responses=TicketOut, parameters=[MATCH])
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is named, all of it or nothing. Severity, and on hold, want a reason."""
        with self.changing(pk) as ticket:
            data, by = self.read(shapes.TicketPatch), self.by()
            if "component" in data:
                data["component"] = shapes.part_of(data.get("site") or ticket.site, data["component"])
            if details := {name: data[name] for name in ("subject", "kind", "site", "component") if name in data}:
                filing.change_details(ticket=ticket, **details, **by)
            if "severity" in data:
                filing.change_severity(ticket=ticket, to=data["severity"], reason=data["reason"], **by)
            if "tags" in data:
                filing.set_tags(ticket=ticket, tags=data["tags"], **by)
            if "expected_by" in data:
                filing.promise(ticket=ticket, expected_by=data["expected_by"], **by)
            if "status" in data:
                progress.change_status(
                    ticket=ticket, to=data["status"], reason=data["reason"], wakes_at=data.get("wakes_at"), **by
                )
        return self.show(self.find(pk))


class Messages(TicketView):
    @extend_schema(operation_id="messages_list", parameters=PAGING, responses=paged(shapes.MessageOut, "MessagePage"))
    def get(self, request: Request, pk: int) -> Response:
        """The conversation, oldest first; internal notes are for the desk only."""
        only(request.query_params, "cursor", "limit")
        ticket = self.find(pk)
        rows = Message.objects.filter(ticket=ticket).select_related("author")
        found, after = history_page(request, rows if self.user.is_desk else rows.filter(audience=Audience.PUBLIC))
        return Response({"results": shapes.MessageOut(found, many=True).data, "next": after})

    @extend_schema(
        operation_id="messages_write",
        request=shapes.MessageIn,
        responses={201: shapes.MessageOut},
        parameters=[KEY, MATCH],
    )
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """Reply, note, or (as the requester) write. On a ticket closed long ago it opens a follow-up: see `ticket`."""
        with self.changing(pk, desk_only=False) as ticket:
            if not self.user.is_desk:
                said = self.read(shapes.RequesterMessageIn)
                message = conversation.receive(ticket=ticket, body=said["body"], **self.by())
            else:
                data = self.read(shapes.MessageIn)
                if data["audience"] == Audience.INTERNAL:
                    message = conversation.note(ticket=ticket, body=data["body"], **self.by())
                else:
                    message = conversation.reply(ticket=ticket, body=data["body"], then=data.get("then"), **self.by())
        return Response(shapes.MessageOut(message).data, status=201)


class Events(TicketView):
    @extend_schema(operation_id="events_list", parameters=PAGING, responses=paged(shapes.EventForDesk, "EventPage"))
    def get(self, request: Request, pk: int) -> Response:
        """The history, oldest first; what a requester reads is less."""
        only(request.query_params, "cursor", "limit")
        ticket = self.find(pk)
        desk = self.user.is_desk
        found, after = history_page(request, Event.objects.timeline(ticket) if desk else Event.objects.public(ticket))
        shape = shapes.EventForDesk if desk else shapes.EventForRequester
        return Response({"results": shape(found, many=True).data, "next": after})


class Verb(TicketView):
    """A verb as a resource: POST does it and answers the ticket."""

    takes: type[drf.Serializer[Any]] = shapes.Nothing
    desk_only = True

    @extend_schema(responses=TicketOut, parameters=[KEY, MATCH])
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        with self.changing(pk, desk_only=self.desk_only) as ticket:
            self.do(ticket, self.read(self.takes))
        return self.show(self.find(pk))

    def do(self, ticket: Ticket, data: dict[str, Any]) -> None:
        raise NotImplementedError

    def get_serializer_class(self) -> type[drf.Serializer[Any]]:
        """What the schema shows as the body."""
        return self.takes


class Acknowledgement(Verb):
    """Take note of it."""

    def do(self, ticket: Ticket, data: dict[str, Any]) -> None:
        assignment.acknowledge(ticket=ticket, **self.by())


class Assignment(Verb):
    """Give it to a person, a team, or both (the team first)."""

    takes = shapes.AssignmentIn

    def do(self, ticket: Ticket, data: dict[str, Any]) -> None:
        if "team" in data:
            assignment.change_team(ticket=ticket, to=data["team"], reason=data["reason"], **self.by())
        if "assignee" in data:
            assignment.assign(ticket=ticket, to=data["assignee"], **self.by())


class ResolutionOf(Verb):
    """Fix or workaround delivered; the text goes to the requester."""

    takes = shapes.ResolutionIn

    def do(self, ticket: Ticket, data: dict[str, Any]) -> None:
        progress.resolve(ticket=ticket, **data, **self.by())


class Closure(Verb):
    """Verified and closed: by a check of another agent (`how`), or by the requester's own word."""

    takes, desk_only = shapes.ClosureIn, False

    def do(self, ticket: Ticket, data: dict[str, Any]) -> None:
        how = data.get("how") if self.user.is_desk else Verification.REQUESTER
        if how:
            progress.verify_and_close(ticket=ticket, how=how, evidence=data["evidence"], **self.by())
        else:
            progress.close(ticket=ticket, **self.by())


class Reopening(Verb):
    """Not fixed: back to work with the same clock."""

    takes, desk_only = shapes.ReopeningIn, False

    def do(self, ticket: Ticket, data: dict[str, Any]) -> None:
        progress.reopen(ticket=ticket, reason=data["reason"], **self.by())


urlpatterns: list[URLPattern] = [
    path("tickets", Tickets.as_view(), name="api-tickets"),
    path("tickets/<int:pk>", OneTicket.as_view(), name="api-ticket"),
    path("tickets/<int:pk>/messages", Messages.as_view(), name="api-messages"),
    path("tickets/<int:pk>/events", Events.as_view(), name="api-events"),
    path("tickets/<int:pk>/acknowledgement", Acknowledgement.as_view(), name="api-acknowledgement"),
    path("tickets/<int:pk>/assignment", Assignment.as_view(), name="api-assignment"),
    path("tickets/<int:pk>/resolution", ResolutionOf.as_view(), name="api-resolution"),
    path("tickets/<int:pk>/closure", Closure.as_view(), name="api-closure"),
    path("tickets/<int:pk>/reopening", Reopening.as_view(), name="api-reopening"),
]
