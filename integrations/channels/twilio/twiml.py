"""What Twilio says on our behalf, as TwiML: every word from outside escaped. Pure.

Elements: https://www.twilio.com/docs/voice/twiml, https://www.twilio.com/docs/messaging/twiml.
"""

import re
from xml.sax.saxutils import escape, quoteattr

_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # not allowed in XML 1.0
PRESS = "Press 4 to acknowledge. Press 6 to hear this again."
BYE = "Nobody acknowledged. Good bye."
SPOKEN, WRITTEN = 600, 1600  # characters
WAIT = 8  # seconds for a key


def response(*inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(inner)}</Response>'


def text(words: str) -> str:
    """Words as they may stand in XML."""
    return escape(_UNSAYABLE.sub(" ", words))


def say(words: str) -> str:
    return f"<Say>{text(words[:SPOKEN])}</Say>"


def message(words: str) -> str:
    """An SMS back; nothing for no words."""
    return response(f"<Message>{text(words[:WRITTEN])}</Message>" if words else "")


def question(words: str, *, action: str) -> str:
    """The words, then a wait for one key, which is posted to `action`; twice, then good bye."""
    gather = f'<Gather input="dtmf" numDigits="1" timeout="{WAIT}" method="POST" action={quoteattr(action)}>'
    asked = f"{gather}{say(words)}{say(PRESS)}</Gather>"
    return response(asked, asked, say(BYE), "<Hangup/>")


def statement(words: str, *, times: int = 1) -> str:
    """The words, then the end of the call."""
    return response(*[say(words)] * times, "<Hangup/>")


def spelt(words: str) -> str:
    """Each run of digits as single ones, so that "4711" is not read as a number."""
    return re.sub(r"[0-9]{4,}", lambda found: ", ".join(found[0]), words)
