"""Other chat: an admin's channel (a room), or a person's own address, by apprise's plugins and our own client."""

import logging
import re
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from apprise import NotifyFormat, NotifyType

from deliveries.models import Delivery
from deliveries.senders import Outcome, Result
from integrations.channels.chat import services
from integrations.channels.chat.guarded import exchange
from integrations.channels.facts import facts_of
from integrations.channels.posting import ChannelSender, key_of
from integrations.models import Channel
from integrations.models.mailbox import keys
from lib import crypto

log = logging.getLogger(__name__)
SHOWN = 10  # tickets
# What calls everybody of a room or hides a link behind a word, in some service: a customer's subject must not.
_MORE_THAN_WORDS = re.compile(
    r"@(?=\*\*|(?:everyone|here|channel|all|room|topic|stream)\b)|<(?=users/|!|@|https?:)|\](?=\()", re.IGNORECASE
)


class Sender(ChannelSender):
    """For deliveries whose channel is "chat". `data["target"]`, sealed, is a person's own address."""

    def send(self, delivery: Delivery) -> Outcome:
        """One try."""
        sealed = delivery.data.get("target")
        if not sealed:
            return super().send(delivery)
        try:
            return say(crypto.decrypt(str(sealed), keys=keys()), delivery)
        except crypto.Undecryptable:
            return Outcome(Result.REFUSED, "This address cannot be opened with the keys of this desk: enter it again.")

    def hand_over(self, delivery: Delivery, channel: Channel, secrets: dict[str, Any]) -> Outcome:
        """To the room of an admin's channel."""
        return say(str(secrets.get("address", "")), delivery)


def say(address: str, delivery: Delivery) -> Outcome:
    """One try at an address as services.read takes it."""
    try:
        service, plugin = services.read(address)
    except services.Unfit as unfit:
        return Outcome(Result.REFUSED, str(unfit))
    if service.loud is not None and is_loud(delivery) and "priority=" not in address:
        plugin.priority = service.loud
    if service.title == "Matrix":  # the same at each try, so that a repeat is shown once
        plugin.transaction_id = uuid5(NAMESPACE_URL, key_of(delivery))
    title, body = quiet(delivery.subject), quiet(text_of(delivery))
    if not service.titled:
        title, body = "", f"{title}\n{body}"
    written = NotifyFormat.TEXT if service.plain else NotifyFormat.HTML
    body = body if service.plain else escape(body, quote=False).replace("\n", "<br>")
    with exchange() as talk:
        try:
            done = plugin.notify(body=body, title=title, notify_type=colour(delivery), body_format=written)
        except Exception as error:  # foreign code over foreign answers: what counts is what was asked and answered
            log.warning("%s: %s", service.title, type(error).__name__)
            done = False
    if not talk.heard:
        return Outcome(Result.REFUSED, f"{service.title}: nothing could be asked with this address.")
    last = talk.heard[-1].outcome
    if done or last.result != Result.SENT:
        return last
    return Outcome(Result.REFUSED, last.answer)  # a 2xx that says no in words does not pass by itself


def text_of(delivery: Delivery) -> str:
    """The message in plain text, with its links."""
    facts, said = facts_of(delivery), delivery.body_text.strip() or delivery.subject
    lines = [said]
    if facts.link and facts.link not in said and facts.waits:
        lines.append(f"Acknowledge: {facts.link}")
    lines += [f"#{each.number}: {each.url}" for each in facts.tickets[:SHOWN] if each.url not in said]
    return "\n".join(lines)


def quiet(text: str) -> str:
    """The text with nothing in it that is more than words: a space of no width stands where that would begin."""
    return _MORE_THAN_WORDS.sub(lambda found: f"{found[0]}\u200b", text)


def is_loud(delivery: Delivery) -> bool:
    """Whether it calls somebody about a P1 or P2."""
    facts = facts_of(delivery)
    return facts.kind == "page" and any((each.severity or 4) <= 2 for each in facts.tickets)


def colour(delivery: Delivery) -> NotifyType:
    """How apprise marks it where a service knows colours."""
    facts = facts_of(delivery)
    if facts.state == "ended":
        return NotifyType.SUCCESS
    if facts.kind != "page":
        return NotifyType.INFO
    return NotifyType.FAILURE if is_loud(delivery) else NotifyType.WARNING
