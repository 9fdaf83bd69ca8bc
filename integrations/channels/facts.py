"""What a message is about: the facts that whoever queued it put beside its words, read with care."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deliveries.models import Delivery

STATES = {"climbing": "open"}  # what a page's own word for it is here


@dataclass(frozen=True)
class TicketFacts:
    """One of the tickets that a message is about. `severity`: 1 to 4, or None."""

    number: int
    subject: str
    site: str
    url: str
    severity: int | None

    @property
    def level(self) -> str:
        return f"P{self.severity}" if self.severity else ""


@dataclass(frozen=True)
class Facts:
    """`kind`: page, verify, drill or update; a test from the settings is a drill without `link` and tickets.
    `state`: open, unanswered, acknowledged or ended. `link`: a page with one button, which acknowledges; "" where there
    is nothing to acknowledge."""

    kind: str
    state: str
    link: str
    code: str
    token: str
    page: int | None
    tickets: tuple[TicketFacts, ...]
    more: int = 0  # tickets that are not among them

    @property
    def waits(self) -> bool:
        """Nobody has acknowledged it yet."""
        return self.state not in ("acknowledged", "ended")


def facts_of(delivery: Delivery) -> Facts:
    """Those of a message; what is missing is empty."""
    data: Mapping[str, Any] = delivery.data
    return Facts(
        kind=str(data.get("kind") or "page"),
        state=STATES.get(state := str(data.get("state") or "open"), state),
        link=str(data.get("link") or ""),
        code=str(data.get("code") or ""),
        token=str(data.get("token") or ""),
        page=data.get("page"),
        tickets=tuple(_ticket(one) for one in data.get("tickets") or ()),
        more=int(data.get("more") or 0),
    )


def beside_buttons(subject: str, body: str) -> str:
    """The lines of the body that neither repeat the title nor are links, for which there are buttons."""
    lines = [line for line in body.strip().splitlines() if not line.startswith(subject) and "://" not in line]
    return "\n".join(lines).strip()


def _ticket(given: Mapping[str, Any]) -> TicketFacts:
    return TicketFacts(
        number=int(given["number"]),
        subject=str(given.get("subject") or ""),
        site=str(given.get("site") or ""),
        url=str(given.get("url") or ""),
        severity=given.get("severity"),
    )
