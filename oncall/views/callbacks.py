"""/callbacks/…: where Slack and Twilio call back. POST, signed by the provider, stored, then done, then answered."""

import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from deliveries.models import Delivery
from integrations import inbound
from integrations.channels import answered
from integrations.channels.callbacks import Unverified
from integrations.channels.facts import facts_of
from integrations.channels.slack import read as slack
from integrations.channels.twilio import read as twilio
from integrations.channels.twilio import twiml
from integrations.channels.twilio.send import spoken
from integrations.models import Channel, ChannelKind, Inbound, State
from integrations.reading import Unreadable
from lib.crypto import Undecryptable
from lib.http import BrokenOff, TooLarge, problem, read_body

log = logging.getLogger(__name__)
LIMIT = 256 * 1024
LATER = "We could not do that right now and try again. If in doubt, open the link."
OVER = "There is nothing to say any more. Good bye."

View = Callable[..., HttpResponse]


def callback(view: View) -> View:
    """POST only; whose signature does not hold gets a 403 without a word more."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: int) -> HttpResponse:
        if request.method != "POST":
            return problem(405, "Only a provider posts here.", Allow="POST")
        try:
            return view(request, **kwargs)
        except (Unverified, Undecryptable):
            return problem(403, "Forbidden")
        except TooLarge:
            return problem(413, f"At most {LIMIT // 1024} KB are taken.")
        except (BrokenOff, Unreadable):
            return problem(400, "The body cannot be read.")
        except (DatabaseError, InterfaceError):
            log.exception("a callback could not be stored")
            return problem(503, "The desk cannot store anything right now. Send it again.", Retry_After="5")

    return guarded


@callback
def slack_actions(request: HttpRequest, pk: int) -> HttpResponse:
    """A button, answered in Slack by a message of its own; or the question whether this address is ours."""
    raw, channel = read_body(request, limit=LIMIT), channel_of(pk, ChannelKind.SLACK)
    secret = str(channel.secrets().get("signing_secret") or "")
    slack.verify(raw, request.headers, secret=secret, now=timezone.now().timestamp())
    if (wanted := slack.challenge(raw)) is not None:
        return HttpResponse(wanted, content_type="text/plain")
    work(request, channel, raw, path="actions")
    return HttpResponse()


@callback
def twilio_sms(request: HttpRequest, pk: int) -> HttpResponse:
    """An SMS that somebody sent; who had none from us lately gets no answer."""
    channel, raw = of_twilio(request, pk)
    row, words = work(request, channel, raw, path="sms")
    number = answered.read(row).address
    known = bool(words) and answered.may_text_back(channel, number, at=timezone.now())
    return xml(twiml.message(words if known else ""))


@callback
def twilio_status(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """What became of an SMS or a call of ours."""
    channel, raw = of_twilio(request, pk)
    work(request, channel, raw, path=f"status/{delivery}")
    return HttpResponse(status=204)


@callback
def twilio_voice(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """A call of ours was taken, or a key was pressed in it: what is said next."""
    channel, raw = of_twilio(request, pk)
    row, words = work(request, channel, raw, path=f"voice/{delivery}")
    if row.state == State.DONE and answered.read(row).kind == "asked":
        return xml(read_out(delivery, settings.BASE_URL + request.path))
    return xml(twiml.statement(words or OVER))


def read_out(pk: int, action: str) -> str:
    """The page, and which keys there are; a code, three times."""
    delivery = Delivery.objects.get(pk=pk)
    if facts_of(delivery).kind == "verify":
        return twiml.statement(twiml.spelt(spoken(delivery)), times=3)
    return twiml.question(spoken(delivery), action=action)


def of_twilio(request: HttpRequest, pk: int) -> tuple[Channel, bytes]:
    """The channel and the body. Raises Unverified unless Twilio signed it for this address under our base URL."""
    raw, channel = read_body(request, limit=LIMIT), channel_of(pk, ChannelKind.TWILIO)
    query = request.META.get("QUERY_STRING", "")
    url = f"{settings.BASE_URL}{request.path}" + (f"?{query}" if query else "")
    given = request.headers.get("X-Twilio-Signature", "")
    twilio.verify(raw, url, given, secret=str(channel.secrets().get("auth_token") or ""))
    return channel, raw


def channel_of(pk: int, kind: str) -> Channel:
    """Raises Unverified when there is none; one that is switched off is still answered."""
    channel = Channel.objects.filter(pk=pk, kind=kind).first()
    if channel is None:
        raise Unverified
    return channel


def work(request: HttpRequest, channel: Channel, raw: bytes, *, path: str) -> tuple[Inbound, str]:
    """Store it and do it now; the worker takes over what is not finished here. Answers the words to say back."""
    now = timezone.now()
    row, _ = answered.keep(channel, raw, path=path, content_type=request.content_type or "", at=now)
    if row.state == State.PENDING:
        inbound.interpret(row, now=now)
    if row.state == State.DONE:
        return row, str(row.outcomes[0]["outcome"])
    refused = row.state == State.FAILED and row.attempts <= 1  # else it is a fault of ours, in words of ours
    return row, row.reason if refused else LATER


def xml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml; charset=utf-8")
