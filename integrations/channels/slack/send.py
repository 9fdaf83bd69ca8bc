"""Slack's Web API: chat.postMessage into the ticket's thread, and chat.update of the message with the buttons.

https://docs.slack.dev/reference/methods/chat.postMessage. Nearly every answer is a 200 that says in its body what came
of it.
"""

from typing import Any, NamedTuple

from django.conf import settings

from deliveries.models import Delivery
from deliveries.senders import Outcome, Result
from integrations.channels.facts import Facts, facts_of
from integrations.channels.posting import ChannelSender, Posted, key_of, post_json
from integrations.channels.slack.blocks import content, escape
from integrations.models import Channel, ChannelThread
from tickets.models import Ticket

# Slack says of these that some part may have happened.
UNKNOWN = {"fatal_error", "internal_error", "request_timeout"}
PASSING = {"ratelimited", "rate_limited", "service_unavailable", "message_limit_exceeded", "team_added_to_org"}
GONE = {"thread_not_found", "message_not_found", "cannot_reply_to_message", "cant_update_message", "edit_window_closed"}
ACCOUNT = {
    "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope",
    "not_allowed_token_type", "no_permission", "team_access_not_granted", "access_denied", "org_login_required",
}  # fmt: skip
EACH = 2.5  # seconds of each call where a message takes two: together within a lease


class Place(NamedTuple):
    """Where Slack put a message."""

    conversation: str
    stamp: str


class Sender(ChannelSender):
    """One message to a room or a person."""

    def hand_over(self, delivery: Delivery, channel: Channel, secrets: dict[str, Any]) -> Outcome:
        facts = facts_of(delivery)
        address = delivery.address or str(channel.config.get("room") or "")
        if not address:
            return Outcome(Result.REFUSED, "It has no room: enter one in the channel's settings.")
        call = Call(str(secrets.get("bot_token", "")))
        if facts.kind == "answer":
            return call.whisper(delivery, address)
        thread = thread_of(channel, address, facts)
        if facts.kind == "update":
            return call.update(delivery, address, facts, thread)
        return call.post(delivery, channel, address, facts, thread)


class Call:
    """What is asked of Slack in the bot's name."""

    def __init__(self, token: str) -> None:
        self.token = token

    def ask(self, method: str, payload: dict[str, Any], *, seconds: float = 5.0) -> tuple[Outcome, dict[str, Any]]:
        """What came of one call, and Slack's answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        posted = post_json(f"{settings.SLACK_API}/{method}", payload, headers=headers, seconds=seconds)
        return outcome_of(posted), posted.json

    def post(
        self, delivery: Delivery, channel: Channel, address: str, facts: Facts, thread: ChannelThread | None
    ) -> Outcome:
        """A page, a drill or a code: below the ticket's first message where there is one, and in the room itself."""
        payload = message(delivery, facts, thread.conversation if thread else address)
        if thread:
            payload |= {"thread_ts": thread.root, "reply_broadcast": True}
        outcome, said = self.ask("chat.postMessage", payload)
        if outcome.result == Result.SENT and said.get("ts"):
            remember(channel, address, facts, Place(str(said.get("channel"))[:100], str(said["ts"])[:60]), thread)
        elif thread and outcome.result == Result.REFUSED and said.get("error") in GONE:
            thread.delete()  # somebody deleted the thread: the next try begins another
            return Outcome(Result.FAILED, outcome.answer)
        return outcome

    def update(self, delivery: Delivery, address: str, facts: Facts, thread: ChannelThread | None) -> Outcome:
        """The message with the buttons says what is now, and the thread says what happened: a room's, as a person is
        not woken by it."""
        alone = delivery.user_id is not None
        if thread is None and not alone:
            return self.ask("chat.postMessage", message(delivery, facts, address))[0]
        outcome = Outcome(Result.SENT, "There is no message of this page to rewrite.")
        if thread and thread.page is not None and thread.page == facts.page:
            rewritten = message(delivery, facts, thread.conversation) | {"ts": thread.latest}
            outcome, said = self.ask("chat.update", rewritten, seconds=EACH)
            if outcome.result != Result.SENT and said.get("error") not in GONE:
                return outcome
        if alone or thread is None:
            return outcome
        news = {"channel": thread.conversation, "thread_ts": thread.root, **words(delivery)}
        return self.ask("chat.postMessage", news, seconds=EACH)[0]

    def whisper(self, delivery: Delivery, conversation: str) -> Outcome:
        """What came of a button, for whoever pressed it only; with a person alone, everything is."""
        payload = {"channel": conversation, **words(delivery)}
        if conversation.startswith("D"):
            return self.ask("chat.postMessage", payload)[0]
        return self.ask("chat.postEphemeral", payload | {"user": str(delivery.data.get("to") or "")})[0]


def outcome_of(posted: Posted) -> Outcome:
    """What Slack's body says, where the status says that it was taken."""
    if posted.outcome.result != Result.SENT:
        return posted.outcome
    said, error = posted.json, str(posted.json.get("error") or "")
    if said.get("ok") is True:
        return Outcome(Result.SENT, f"{said.get('channel', '')} {said.get('ts', '')}".strip()[:200])
    if not error:
        return Outcome(Result.UNKNOWN, "The answer is not one of Slack's.")
    if error in UNKNOWN or error in PASSING:
        return Outcome(Result.UNKNOWN if error in UNKNOWN else Result.FAILED, f"Slack: {error}"[:300])
    return Outcome(Result.REFUSED, f"{'401 ' if error in ACCOUNT else ''}Slack: {error}"[:300])


def message(delivery: Delivery, facts: Facts, conversation: str) -> dict[str, Any]:
    """The whole message, which bears our key."""
    mark = {"event_type": "helpdesk_message", "event_payload": {"key": key_of(delivery)}}
    shown = content(facts, delivery.subject, delivery.body_text)
    return {"channel": conversation, "unfurl_links": False, "unfurl_media": False, "metadata": mark, **shown}


def words(delivery: Delivery) -> dict[str, Any]:
    """Its words alone."""
    text = delivery.body_text.strip() or delivery.subject
    return {"text": escape(text[:2500]), "unfurl_links": False, "unfurl_media": False}


def thread_of(channel: Channel, address: str, facts: Facts) -> ChannelThread | None:
    """The thread of the first of its tickets that has one there."""
    numbers = [one.number for one in facts.tickets]
    if not numbers or facts.kind not in ("page", "update"):
        return None
    found = ChannelThread.objects.filter(channel=channel, address=address, ticket__in=numbers)
    return min(found, key=lambda thread: numbers.index(thread.ticket_id), default=None)


def remember(channel: Channel, address: str, facts: Facts, place: Place, thread: ChannelThread | None) -> None:
    """Each of its tickets has this thread from now on, unless it has its own; a message about several is rewritten for
    none of them."""
    if facts.kind != "page":
        return
    now = {"latest": place.stamp, "page": facts.page if len(facts.tickets) == 1 else None}
    first = {"conversation": place.conversation, "root": thread.root if thread else place.stamp, **now}
    for ticket in Ticket.objects.filter(pk__in=[one.number for one in facts.tickets]):
        ChannelThread.objects.update_or_create(
            channel=channel, address=address, ticket=ticket, defaults=now, create_defaults=first
        )
