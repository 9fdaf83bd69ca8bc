"""Chat services without a folder of their own, each by an address as apprise writes it."""

from collections.abc import Mapping

from integrations.channels.chat.services import SERVICES, wrong_with
from integrations.channels.description import Description, Field


def check(given: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by field."""
    found = wrong_with(given.get("address", ""))
    return {"address": found} if found else {}


CHANNEL = Description(
    summary=f"One room of {', '.join(service.title for service in SERVICES[:-1])} or {SERVICES[-1].title}.",
    fields=(
        Field(
            "address",
            "Address",
            "Service, secrets and room in one, such as ntfys://token@ntfy.example/desk. The guide lists each service.",
            secret=True,
        ),
    ),
    check=check,
)
