"""How a delivery leaves, by channel (settings.DELIVERY_SENDERS). They decide and keep nothing."""

from dataclasses import dataclass
from typing import Protocol

from deliveries.models import Delivery, DeliveryAttempt

Result = DeliveryAttempt.Outcome


@dataclass(frozen=True)
class Outcome:
    """What one try came to, and the provider's words."""

    result: str
    answer: str = ""


class Unreachable(Exception):
    """The provider cannot be spoken to at all: nothing was sent, every delivery may wait."""


class Sender(Protocol):
    """One connection for a batch."""

    keeps: bool  # True: there is no provider, deliveries stay in the local mailbox

    def open(self) -> None:
        """Connect unless connected. Raises Unreachable."""

    def send(self, delivery: Delivery) -> Outcome:
        """Hand one over. Raises Unreachable when not connected, nothing else that a network or a message can cause."""

    def close(self) -> None:
        """Say goodbye; never raises."""
