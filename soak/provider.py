"""A mail provider that takes everything, not too fast, and remembers what it took."""

import asyncio
from collections import Counter
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller

SLOW = 0.05  # seconds between taking a message and saying so: the moment in which a kill hurts


class Provider:
    """`taken`: how often each Message-ID arrived."""

    def __init__(self, port: int) -> None:
        self.taken: Counter[str] = Counter()
        self.controller = Controller(self, hostname="127.0.0.1", port=port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken[message_from_bytes(envelope.content)["Message-ID"]] += 1
        await asyncio.sleep(SLOW)
        return "250 taken"
