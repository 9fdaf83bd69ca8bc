"""Microsoft Teams: a card into a channel or chat, through a workflow of Power Automate."""

from collections.abc import Mapping

from integrations.channels.description import Description, Field, Shape

RETIRED = ("outlook.office.com", ".webhook.office.com", "outlook.office365.com")


def check(given: Mapping[str, str]) -> dict[str, str]:
    """The addresses of Office 365 connectors look alike and are dead."""
    host = given.get("url", "").partition("://")[2].partition("/")[0].lower()
    if host.endswith(RETIRED):
        return {"url": "This is the address of an Office 365 connector, which Microsoft retired: make a workflow."}
    return {}


CHANNEL = Description(
    summary="A card with the ticket's facts and a link that acknowledges, in a channel or a chat.",
    fields=(
        Field(
            "url", "Address of the workflow", "Copied from the workflow's first step. Whoever has it can post there.",
            secret=True, shape=Shape.URL,
        ),
    ),
    check=check,
)  # fmt: skip
