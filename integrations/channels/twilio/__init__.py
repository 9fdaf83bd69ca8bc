"""Twilio: SMS that can be answered with a code, and calls that are answered by a key."""

import re
from collections.abc import Mapping

from integrations.channels.description import Description, Field, Shape


def check(given: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by field."""
    wrong = {}
    if not re.fullmatch(r"AC[0-9a-f]{32}", given.get("account_sid", "")):
        wrong["account_sid"] = "An account SID is AC and 32 hexadecimal digits."
    if given.get("messaging_service") and not re.fullmatch(r"MG[0-9a-f]{32}", given["messaging_service"]):
        wrong["messaging_service"] = "A messaging service SID is MG and 32 hexadecimal digits."
    return wrong


CHANNEL = Description(
    summary="SMS and phone calls. People acknowledge by answering with four digits, or by pressing 4.",
    fields=(
        Field("account_sid", "Account SID", "On the console's first page; begins with AC."),
        Field("auth_token", "Auth token", "Beside it; also proves what comes from Twilio.", secret=True),
        Field("number", "Number", "Calls come from it, and SMS too unless a service is given.", shape=Shape.PHONE),
        Field("messaging_service", "Messaging service SID", "For SMS from a pool; begins with MG.", required=False),
    ),
    check=check,
    callbacks=(("A message comes in", "/callbacks/twilio/{pk}/sms"),),
    address="Phone number",
    address_help="With its country: +49 151 …",
    senders=(("sms", "SMS"), ("voice", "Phone call")),
)
