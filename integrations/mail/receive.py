"""What is made of a stored mail."""

from datetime import datetime

from integrations.models import Inbound
from tickets.errors import Refused


def take(inbound: Inbound, *, at: datetime) -> None:
    """Raises Refused: mail is stored, not yet interpreted."""
    raise Refused("Mail is stored, but not made into tickets yet. Replay it after the next upgrade.")
