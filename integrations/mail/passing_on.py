"""A mail that somebody passes on: whose words are whose. Pure.

What stands above the forwarded mail was said to the desk, about the one who wrote it: it must never reach them.
"""

from typing import NamedTuple

from integrations.mail import quoting
from integrations.mail.letter import Letter
from integrations.mail.parse import parse
from integrations.mail.words import body_of


class PassedOn(NamedTuple):
    """`own`: of whoever passes it on; `theirs`: the mail that is passed on."""

    own: str
    theirs: str


def split(letter: Letter) -> PassedOn:
    """The two voices in a forwarded mail, inline or attached."""
    told = quoting.split(letter.text, subject=letter.subject)
    theirs = told.forwarded.strip()
    if theirs:
        return PassedOn(told.new.strip().removesuffix(theirs).strip(), theirs)
    for one in letter.attachments:
        if one.content_type == "message/rfc822":
            return PassedOn(letter.text.strip(), body_of(parse(one.content)).strip())
    return PassedOn(letter.text.strip(), "")
