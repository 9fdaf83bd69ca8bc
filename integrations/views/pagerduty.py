"""PagerDuty's Events API: its addresses, status codes and answers."""

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse

from integrations.reading import Unreadable, load
from integrations.sources.fields import Fields
from integrations.sources.pagerduty.read import ACTIONS
from integrations.views.dropin import MAX_BYTES, keep, safe, source_of
from lib.http import read_body


class Invalid(Exception):
    """What is wrong with an event, in the sentences of PagerDuty."""


@safe
def enqueue(request: HttpRequest, *, call: str) -> HttpResponse:
    """The Events API: `call` is v2/enqueue, v2/change/enqueue or create_event.json."""
    if request.method != "POST":
        answer = {"status": "invalid request", "message": "Events are posted here."}
        return JsonResponse(answer, status=405, headers={"Allow": "POST"})
    first = call == "create_event.json"
    raw = read_body(request, limit=MAX_BYTES)
    try:
        fields, key = event_of(raw, call)
        source = source_of(fields.line("servicekey" if first else "routingkey"), "pagerduty", request)
        if source is None:
            raise Invalid("Service key is invalid" if first else "'routing_key' is invalid")
    except Invalid as error:
        answer = {"status": "invalid event", "message": "Event object is invalid"}
        return JsonResponse(answer | {"errors": [str(error)]}, status=400)
    receipt = uuid.uuid4()
    given = "" if key else receipt.hex
    keep(request, source, raw, path=call, given=given, receipt=receipt)
    if call == "v2/change/enqueue":
        return JsonResponse({"status": "success", "message": "Change event processed"}, status=202)
    named = {"incident_key" if first else "dedup_key": key or given}
    return JsonResponse({"status": "success", "message": "Event processed"} | named, status=200 if first else 202)


def event_of(raw: bytes, call: str) -> tuple[Fields, str]:
    """An event that has what PagerDuty asks for, and its key. A variable that a template left is a word like any other:
    an alert is worth more than its title. Raises Invalid."""
    try:
        fields = Fields(load(raw))
    except Unreadable as error:
        raise Invalid(str(error)) from error
    payload = fields.part("payload")
    if call == "create_event.json":
        if fields.line("eventtype") not in ACTIONS:
            raise Invalid("Event type is invalid")
        if fields.line("eventtype") != "trigger" and not fields.says("incidentkey"):
            raise Invalid("Incident key is missing")
        return fields, fields.key("", "incidentkey")
    if call == "v2/change/enqueue":
        if not payload.says("summary"):
            raise Invalid("'payload.summary' is missing or blank")
        return fields, ""
    action = fields.line("eventaction")
    if action not in ACTIONS:
        raise Invalid("'event_action' is missing or is not one of: trigger, acknowledge, resolve")
    if action == "trigger" and not payload.says("summary"):
        raise Invalid("'payload.summary' is missing or blank")
    if action != "trigger" and not fields.says("dedupkey"):
        raise Invalid("'dedup_key' is missing or blank")
    return fields, fields.key("", "dedupkey")
