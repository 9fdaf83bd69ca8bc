"""Microsoft Teams: an Adaptive Card, posted to a workflow ("When a Teams webhook request is received").

https://learn.microsoft.com/adaptive-cards/ : foreign words go into rich text, whose runs know no Markdown, so that a
subject cannot become a link. A workflow cannot change what it posted: news about a page is a card of its own.
"""

from typing import Any

from deliveries.models import Delivery
from deliveries.senders import Outcome
from integrations.channels.facts import Facts, TicketFacts, beside_buttons, facts_of
from integrations.channels.posting import ChannelSender, post_json
from integrations.models import Channel

SHOWN = 10  # tickets; a card has 28 KB
BODY = 2000  # characters
COLOURS = {1: "Attention", 2: "Warning"}


class Sender(ChannelSender):
    """One card, one post."""

    def hand_over(self, delivery: Delivery, channel: Channel, secrets: dict[str, Any]) -> Outcome:
        return post_json(secrets["url"], message(delivery)).outcome


def message(delivery: Delivery) -> dict[str, Any]:
    """What the workflow takes: a message with one card."""
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card(delivery),
    }  # fmt: skip
    return {"type": "message", "summary": delivery.subject[:200], "attachments": [attachment]}


def card(delivery: Delivery) -> dict[str, Any]:
    """The subject, the words, a row for each ticket, and links."""
    facts = facts_of(delivery)
    worst = min((ticket.severity for ticket in facts.tickets if ticket.severity), default=None)
    colour = COLOURS.get(worst or 0, "Default") if facts.waits else "Good"
    words = beside_buttons(delivery.subject, delivery.body_text)[:BODY]
    body = [
        rich(delivery.subject, size="Medium", weight="Bolder", color=colour),
        *([rich(words)] if words else []),
        *(rich(row(ticket), size="Small", isSubtle=True) for ticket in facts.tickets[:SHOWN]),
    ]
    if (more := len(facts.tickets[SHOWN:]) + facts.more) > 0:
        body.append(rich(f"and {more} more", size="Small", isSubtle=True))
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": delivery.subject,
        "msteams": {"width": "Full"},
        "body": body,
        "actions": actions(facts),
    }


def rich(text: str, **style: Any) -> dict[str, Any]:
    """Words as they are."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def row(ticket: TicketFacts) -> str:
    return " · ".join(filter(None, [f"#{ticket.number}", ticket.level, ticket.site, ticket.subject[:200]]))


def actions(facts: Facts) -> list[dict[str, str]]:
    """Acknowledge first. Its link leads to a page with a button, as no GET changes anything."""
    links = [("Acknowledge", facts.link)] if facts.link and facts.waits else []
    links += [(f"Open #{ticket.number}", ticket.url) for ticket in facts.tickets[:3] if ticket.url]
    return [{"type": "Action.OpenUrl", "title": title, "url": url} for title, url in links]
