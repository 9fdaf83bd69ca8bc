"""Forms over HTTP: the same intake as the page's, also without an account."""

from typing import Any

from django.http import Http404
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.idempotency import idempotent
from accounts.models import ApiToken, User
from catalog.models import Component, Site
from integrations import submissions
from integrations.models import Door, Inbound
from integrations.views.request import work
from lib.api import ApiView, KeyField, StrictSerializer
from lib.http import client_ip
from lib.rows import ByKey
from tickets.links import requester_url
from tickets.models import Form, Level, TicketKind

MAX_BODY = 100_000
OPEN_SITES = ByKey(lambda: Site.objects.filter(is_active=True), "slug", "a-site")
ASKED_KINDS = [choice for choice in TicketKind.choices if choice[0] != TicketKind.PROBLEM]


class OpenDoor(BasePermission):
    """Anybody may read and submit forms; a token, if one is shown, needs its scope."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        wanted = "tickets:read" if request.method in ("GET", "HEAD", "OPTIONS") else "tickets:write"
        return not isinstance(request.auth, ApiToken) or wanted in request.auth.scopes


class SiteOut(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class FormOut(serializers.ModelSerializer):
    """A public form and what it presets. Without `site`, a submission may name one."""

    site = SiteOut(allow_null=True)

    class Meta:
        model = Form
        fields = ["slug", "title", "intro", "kind", "site", "asks_impact"]
        read_only_fields = fields


class FormsOut(serializers.Serializer):
    results = FormOut(many=True)


class SubmissionIn(StrictSerializer):
    """What a person fills in. With a token, `email` and `name` are the token's owner's and may be left out."""

    subject = serializers.CharField(max_length=300)
    description = serializers.CharField(max_length=MAX_BODY)
    kind = serializers.ChoiceField(choices=ASKED_KINDS, required=False)
    site = KeyField(OPEN_SITES, required=False)
    component = serializers.CharField(max_length=60, required=False)
    impact = serializers.ChoiceField(choices=Level.choices, required=False)
    urgency = serializers.ChoiceField(choices=Level.choices, required=False)
    name = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(max_length=254, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        form: Form = self.context["form"]
        attrs["site"] = form.site or attrs.get("site")
        if "component" in attrs:
            part = Component.objects.filter(site=attrs["site"], slug=attrs["component"]).first()
            if part is None:
                raise serializers.ValidationError({"component": ["No such component of this site."]})
            attrs["component"] = part
        if not isinstance(self.context["request"].user, User) and "email" not in attrs:
            raise serializers.ValidationError({"email": ["Say where the answer goes."]})
        return attrs


class SubmissionOut(serializers.Serializer):
    """`ticket` and `url` are null while it waits to be filed."""

    receipt = serializers.UUIDField()
    state = serializers.CharField()
    ticket = serializers.IntegerField(allow_null=True)
    url = serializers.URLField(allow_null=True)


class Forms(ApiView):
    permission_classes = [OpenDoor]

    @extend_schema(operation_id="forms_list", responses=FormsOut)
    def get(self, request: Request) -> Response:
        """The active forms."""
        forms = Form.objects.filter(is_active=True).select_related("site")
        return Response({"results": FormOut(forms, many=True).data})


class Submissions(ApiView):
    permission_classes = [OpenDoor]

    @extend_schema(
        operation_id="forms_submit",
        request=SubmissionIn,
        responses={201: SubmissionOut, 202: SubmissionOut},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Submit a form: stored, then filed. 201 with the ticket, or 202 while it waits."""
        form = submissions.FORMS.find(slug)
        if form is None or not form.is_active:
            raise Http404
        data = self.read(SubmissionIn, form=form)
        user = request.user if isinstance(request.user, User) else None
        now, ip = timezone.now(), client_ip(request)
        email = user.email if user else data["email"]
        if not (user and user.is_desk) and (why := submissions.too_many(ip=ip, email=email, at=now)):
            raise Throttled(wait=600, detail=why)
        raw = submissions.pack(fields=data, form=form, user=user)
        row = Inbound(
            door=Door.API, raw=raw, content_type="application/json", remote_ip=ip, sender=email.lower(), received_at=now
        )
        row = work(row, [], at=now)
        url = requester_url(row.ticket, row.ticket.requester) if row.ticket and row.ticket.requester else None
        body = {"receipt": row.receipt, "state": row.state, "ticket": row.ticket_id, "url": url}
        return Response(SubmissionOut(body).data, status=201 if row.ticket_id else 202)


urlpatterns: list[URLPattern] = [
    path("forms", Forms.as_view(), name="api-forms"),
    path("forms/<slug:slug>/submissions", Submissions.as_view(), name="api-submissions"),
]
