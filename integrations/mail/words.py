"""What a letter says as a message of a ticket: its own words, its own page, and what it repeats, folded. Pure."""

import re
from collections.abc import Iterator, Mapping

from integrations.mail import display, markup, plaintext, quoting
from integrations.mail.letter import Letter

MAX_HTML = 500_000  # characters; a longer one is shown as its text
TRIED = 12  # places at which a page may be cut
_LETTERS = re.compile(r"[\W\d_]+")
_WORD = re.compile(r"\w+")


def body_of(letter: Letter) -> str:
    """The sender's own words, as plain text; all of it when it only repeats, so that no mail looks empty for that."""
    return letter.reply_text if letter.reply_text.strip() else letter.text


def quoted_of(letter: Letter, *, with_signature: bool) -> str:
    """What is shown folded."""
    if not letter.reply_text.strip():
        return ""
    folded = [letter.signature if with_signature else "", letter.quoted_text]
    return "\n\n".join(part for part in folded if part.strip())


def page_of(letter: Letter, images: Mapping[str, str]) -> str:
    """The letter's own HTML, clean, without what it repeats; "" when it has none, or none that surely holds each of its
    words. `images`: addresses by content id."""
    if not letter.html.strip() or len(letter.html) > MAX_HTML:
        return ""
    if not letter.quoted_text.strip() or not letter.reply_text.strip():
        return display.shown(letter.html, images)
    told = quoting.split(plaintext.from_html(letter.html), subject=letter.subject)
    if not told.quoted.strip():
        return ""
    if not {word for word in _WORD.findall(letter.reply_text) if word.isalpha()} <= set(_WORD.findall(told.new)):
        return ""
    for own in dict.fromkeys((f"{told.new}\n{told.signature}", told.new)):
        for tried, at in enumerate(_ends(letter.html, _LETTERS.sub("", own))):
            if tried == TRIED:
                break
            if "".join(plaintext.from_html(letter.html[:at]).split()).startswith("".join(own.split())):
                return display.shown(letter.html[:at], images)
    return ""


def _ends(html: str, letters: str) -> Iterator[int]:
    """The places before a tag at which the page so far has shown exactly these letters."""
    at = 0
    for place, text in markup.texts(html):
        if at == len(letters):
            yield place
        shown = _LETTERS.sub("", text)
        if not letters.startswith(shown, at):
            return
        at += len(shown)
