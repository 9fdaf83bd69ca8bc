"""A mail provider that takes everything, not too fast, and remembers what it took."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller

SLOW = 0.05  # seconds between taking a message and saying so: the moment in which a kill hurts
NUMBER = re.compile(r"\[#(\d+)\]")


@dataclass(frozen=True, slots=True)
class Letter:
    """What an answer needs to know of a letter."""

    reference: str
    ticket: int


class Provider:
    """`taken`: how often each Message-ID arrived. `newest`: the last letter about a ticket, by who got it."""

    def __init__(self, port: int) -> None:
        self.taken: Counter[str] = Counter()
        self.newest: dict[str, Letter] = {}
        self.controller = Controller(self, hostname="127.0.0.1", port=port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content)
        self.taken[mail["Message-ID"]] += 1
        if number := NUMBER.search(str(mail["Subject"])):
            for recipient in envelope.rcpt_tos:
                self.newest[recipient] = Letter(mail["Message-ID"], int(number[1]))
        await asyncio.sleep(SLOW)
        return "250 taken"
