"""A message as Slack takes it: a text for notifications and screen readers, and blocks. Pure.

https://docs.slack.dev/reference/block-kit. What others wrote is escaped where Slack would read it as markup (mentions
and links), and is plain text elsewhere.
"""

from collections.abc import Iterable
from typing import Any

from integrations.channels.facts import Facts, beside_buttons
from integrations.channels.slack.read import ACKNOWLEDGE, OPEN, RESOLVE

TITLE, BODY, LISTED = 250, 2500, 20
MARKS = {"open": "\N{LARGE RED CIRCLE}", "acknowledged": "\N{LARGE YELLOW CIRCLE}", "ended": "\N{LARGE GREEN CIRCLE}"}

Block = dict[str, Any]


def escape(text: str) -> str:
    """As https://docs.slack.dev/messaging/formatting-message-text#escaping asks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def content(facts: Facts, subject: str, body: str) -> dict[str, Any]:
    """`text` and `blocks` of a message: its words, its tickets, and buttons while there is something to do."""
    if facts.kind == "verify":
        return {"text": escape(body[:BODY]), "blocks": [plain(body[:BODY])]}
    mark = MARKS.get(facts.state, MARKS["open"]) if facts.tickets else ""
    title = subject
    if facts.kind == "update" and facts.tickets:
        title = " ".join(
            filter(None, [facts.tickets[0].level, f"#{facts.tickets[0].number}", facts.tickets[0].subject])
        )
    blocks: list[Block] = [markdown(f"{mark} *{escape(title[:TITLE])}*".strip())]
    if words := beside_buttons(subject, body):
        blocks.append(plain(words[:BODY]))
    if len(facts.tickets) > 1:
        blocks.append(markdown(listed(facts)))
    if pressed := list(buttons(facts)):
        blocks.append({"type": "actions", "block_id": "page", "elements": pressed})
    return {"text": f"{mark} {escape(subject[:TITLE])}".strip(), "blocks": blocks}


def markdown(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def plain(text: str) -> Block:
    return {"type": "section", "text": {"type": "plain_text", "text": text or " ", "emoji": False}}


def listed(facts: Facts) -> str:
    """One line a ticket, which leads to it; so many at most."""
    lines = [
        f"• <{escape(one.url)}|#{one.number}> {one.level} {escape(one.subject[:100])}".replace("  ", " ")
        for one in facts.tickets[:LISTED]
    ]
    more = facts.more + len(facts.tickets[LISTED:])
    return "\n".join(lines + ([f"… and {more} more"] if more else []))


def buttons(facts: Facts) -> Iterable[Block]:
    """Acknowledge while nobody has, Resolve until it is over (it asks first), and Open."""
    page = str(facts.page) if facts.page else ""
    if page and facts.kind in ("page", "update") and facts.waits:
        yield button("Acknowledge", ACKNOWLEDGE, value=page, style="primary")
    if facts.token and facts.kind == "drill":
        yield button("Yes, I got it", ACKNOWLEDGE, value=facts.token, style="primary")
    if page and facts.kind in ("page", "update") and facts.state != "ended":
        yield button("Resolve", RESOLVE, value=page, confirm=SURE)
    url = facts.tickets[0].url if facts.tickets else facts.link
    if url:
        yield button("Open", OPEN, url=url)


def button(label: str, action: str, **more: Any) -> Block:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "action_id": action, **more}


SURE: Block = {
    "title": {"type": "plain_text", "text": "Resolve the ticket?"},
    "text": {"type": "plain_text", "text": "Whoever asked is told that it is done."},
    "confirm": {"type": "plain_text", "text": "Resolve"},
    "deny": {"type": "plain_text", "text": "Not yet"},
}
