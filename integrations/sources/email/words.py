"""Status and severity by the words of a mail. Pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from integrations.reading import ACKNOWLEDGED, FIRING
from integrations.sources.email.settings import START, Settings

MAX_SUBJECT = 500
LINES = 60  # of the text that are searched for "State: OK"
_TOKEN = re.compile(r"\w+(?:[-.'’]\w+)*")
_PREFIX = re.compile(r"(?:re|aw|sv|wg|fwd?|tr|rv)(?:\[\d+\])?\s*:", re.IGNORECASE)
_TAG = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|\{[^{}]*\}")
_STATE_LINE = re.compile(
    r"^[ \t*>-]{0,9}(?:state|status|alert (?:state|status)|current state|notification type|event|event type|result)"
    r"[ \t]{0,9}[:=][ \t]{0,40}"
    r"(\S.{0,80})$",
    re.IGNORECASE | re.MULTILINE,
)
_SEVERITY_LINE = re.compile(
    r"^[ \t*>-]{0,9}(?:severity|priority|level|importance|criticality)[ \t]{0,9}[:=][ \t]{0,40}(\S.{0,80})$",
    re.IGNORECASE | re.MULTILINE,
)
_LEADS_ON = {"is", "now", "to", "back"}
_ARROWS = ("->", "=>", "→", "⇒")


class Found(NamedTuple):
    """A word of a list in a text, from `begin` to `end` (excluded); `leads_on`: what it changed to, or is now."""

    begin: int
    end: int
    meaning: str
    is_capital: bool = False
    leads_on: bool = False


def find(text: str, lists: Mapping[str, list[str]]) -> list[Found]:
    """The words of these lists in a text, in order; of those that begin at one place the longest."""
    meanings = {tuple(_TOKEN.findall(word)): meaning for meaning, words in lists.items() for word in words}
    longest = max(map(len, meanings), default=0)
    tokens = list(_TOKEN.finditer(text))
    plain = [token[0].lower() for token in tokens]
    found, place = list[Found](), 0
    while place < len(tokens):
        for length in range(min(longest, len(tokens) - place), 0, -1):
            if meaning := meanings.get(tuple(plain[place : place + length])):
                begin, end = tokens[place].start(), tokens[place + length - 1].end()
                leads_on = bool(place and plain[place - 1] in _LEADS_ON) or text[:begin].rstrip().endswith(_ARROWS)
                found.append(Found(begin, end, meaning, text[begin:end].isupper(), leads_on))
                place += length
                break
        else:
            place += 1
    return found


def lead_of(subject: str) -> int:
    """Where the subject proper begins: behind "Re:", tags in brackets and what is no letter."""
    place = 0
    while place < len(subject):
        if match := _PREFIX.match(subject, place) or _TAG.match(subject, place):
            place = match.end()
        elif subject[place].isalnum():
            break
        else:
            place += 1
    return place


def status(subject: str, text: str, settings: Settings) -> str:
    """What the subject's beginning says, else its other words, else a line "State: …" of the text; else it fires:
    somebody should look."""
    subject = subject[:MAX_SUBJECT]
    found = find(subject, settings.words)
    lead = lead_of(subject)
    begun = [one for one in found if one.begin <= lead]
    if begun:
        return _of_the_beginning(subject, found[found.index(begun[0]) :])
    if settings.where == START:
        found = []
    capital = [one for one in found if one.is_capital]
    if meant := _of_several(capital or found):
        return meant
    for line in _STATE_LINE.findall("\n".join(text[:20_000].split("\n", LINES)[:LINES])):
        if words := find(line, settings.words):
            return words[0].meaning
    return FIRING


def _of_the_beginning(subject: str, found: list[Found]) -> str:
    """The first word, unless the next at once says what became of it: "Alert resolved", "OK -> CRITICAL"."""
    meant = found[0]
    for following in found[1:]:
        between = subject[meant.end : following.begin].strip()
        undone = not between and meant.meaning == FIRING != following.meaning
        if between not in _ARROWS and not undone:
            break
        meant = following
    return meant.meaning


def _of_several(found: list[Found]) -> str:
    """What they say together: what it is now; else that somebody has it, that it fires, or the first of the others."""
    if now := [one for one in found if one.leads_on]:
        return now[-1].meaning
    said = [one.meaning for one in found]
    return next((meaning for meaning in (ACKNOWLEDGED, FIRING) if meaning in said), (said or [""])[0])


def severity(subject: str, text: str, settings: Settings) -> str | None:
    """By a line "Severity: …" of the text, else by the subject's words; None when neither says."""
    for line in _SEVERITY_LINE.findall("\n".join(text[:20_000].split("\n", LINES)[:LINES])):
        if words := find(line, settings.severities):
            return words[0].meaning
    found = find(subject[:MAX_SUBJECT], settings.severities)
    return found[0].meaning if found else None
