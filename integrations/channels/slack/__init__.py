"""Slack: one thread per ticket in a room or with a person, buttons, and messages that follow the page."""

import re
from collections.abc import Mapping

from integrations.channels.description import Description, Field

_ROOM = re.compile(r"[CGDU][A-Z0-9]{5,20}")


def check(given: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by field."""
    wrong = []
    if given.get("bot_token") and not given["bot_token"].startswith("xoxb-"):
        wrong.append(("bot_token", "A bot token begins with xoxb-."))
    if given.get("room") and not _ROOM.fullmatch(given["room"]):
        wrong.append(("room", "The id of a conversation, such as C0123ABCD: at the end of its “About” tab in Slack."))
    return dict(wrong)


CHANNEL = Description(
    summary="Messages to rooms and people of one workspace, with buttons to acknowledge and resolve.",
    fields=(
        Field("bot_token", "Bot token", "Under OAuth & Permissions; begins with xoxb-.", secret=True),
        Field(
            "signing_secret", "Signing secret", "Under Basic Information; proves what comes from Slack.", secret=True
        ),
        Field(
            "room",
            "Room",
            "The id of a conversation, for steps that call a room. Invite the bot to it.",
            required=False,
        ),
    ),
    check=check,
    callbacks=(("Interactivity request URL", "/callbacks/slack/{pk}/actions"),),
    address="Member or conversation id",
    address_help="U0123ABCD for a person, C0123ABCD for a room. Empty: this channel's room.",
)
