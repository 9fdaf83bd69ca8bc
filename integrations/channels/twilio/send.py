"""Twilio's REST API: an SMS, or a call that reads the page out.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/voice/api/call-resource. It has
no key that would keep it from taking one message twice: what may have been heard is sent again, marked uncertain.
"""

import re
from base64 import b64encode
from typing import Any

from django.conf import settings
from django.urls import reverse

from deliveries.models import Delivery
from deliveries.senders import Outcome, Result
from integrations.channels.facts import facts_of
from integrations.channels.posting import ChannelSender, post_form
from integrations.channels.twilio.twiml import WRITTEN
from integrations.models import Channel

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
SUBJECT = 160  # characters of the first line of an SMS: with code and link it stays within three parts
USEFUL = 900  # seconds after which a carrier need not deliver it any more
RINGS = 25  # seconds
BUSY = {20429, 14107, 30001, 63018}  # of a refusal: too many at once


class Sender(ChannelSender):
    """One SMS or call, by the delivery's channel."""

    def hand_over(self, delivery: Delivery, channel: Channel, secrets: dict[str, Any]) -> Outcome:
        to = re.sub(r"[\s()./-]", "", delivery.address)
        if not NUMBER.fullmatch(to):
            return Outcome(Result.REFUSED, "This is no phone number with its country, such as +49 151 23456789.")
        account = str(channel.config.get("account_sid", ""))
        resource, fields = call(delivery, channel) if delivery.channel == "voice" else sms(delivery, channel)
        status = {"StatusCallback": callback("twilio-status", channel, delivery)}
        key = b64encode(f"{account}:{secrets.get('auth_token', '')}".encode()).decode()
        url = f"{settings.TWILIO_API}/2010-04-01/Accounts/{account}/{resource}.json"
        posted = post_form(url, {"To": to} | fields | status, headers={"Authorization": f"Basic {key}"})
        said = posted.json
        if posted.outcome.result == Result.SENT:
            sid = str(said.get("sid") or "")[:64]
            return Outcome(Result.SENT, sid) if sid else Outcome(Result.UNKNOWN, "The answer is not one of Twilio's.")
        if posted.outcome.result == Result.REFUSED and said.get("code") in BUSY:
            return Outcome(Result.FAILED, posted.outcome.answer)
        if said.get("message"):
            return Outcome(
                posted.outcome.result, f"{posted.status} Twilio {said.get('code', '')}: {said['message']}"[:500]
            )
        return posted.outcome


def sms(delivery: Delivery, channel: Channel) -> tuple[str, dict[str, str]]:
    """The resource and its fields."""
    service = str(channel.config.get("messaging_service") or "")
    sender = {"MessagingServiceSid": service} if service else {"From": str(channel.config.get("number", ""))}
    until = {"ValidityPeriod": str(USEFUL)} if facts_of(delivery).kind == "page" else {}
    return "Messages", sender | until | {"Body": written(delivery)}


def call(delivery: Delivery, channel: Channel) -> tuple[str, dict[str, str]]:
    return "Calls", {
        "From": str(channel.config.get("number", "")),
        "Url": callback("twilio-voice", channel, delivery),
        "Method": "POST",
        "Timeout": str(RINGS),
    }


def callback(name: str, channel: Channel, delivery: Delivery) -> str:
    """The address at which Twilio asks or tells us about a delivery."""
    return settings.BASE_URL + reverse(name, args=[channel.pk, delivery.pk])


def written(delivery: Delivery) -> str:
    """What an SMS says: its words, which name the code and the link; a long subject is cut."""
    first, _, rest = delivery.body_text.partition("\n")
    first = first if len(first) <= SUBJECT else first[: SUBJECT - 1] + "…"
    return f"{first}\n{rest}".strip()[:WRITTEN]


def spoken(delivery: Delivery) -> str:
    """What a call reads out, before it says which keys there are."""
    said = delivery.body_text if facts_of(delivery).kind == "verify" else delivery.subject
    return f"This is the helpdesk. {said.replace('#', 'ticket ')}"
