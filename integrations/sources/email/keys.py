"""What tells a mail's alert from others: its subject without what changes from mail to mail, or what a pattern finds.

Two hosts must never share a key, as then the recovery of one would resolve the other: a number is left out only where
it looks like a value (it has a unit, a decimal point, follows "is" or ">") or a time. "Disk 3" and "web-01" stay.
Pure.
"""

import re

import regex

from integrations import values
from integrations.reading import Unreadable
from integrations.sources.email.settings import NO_NUMBERS, PATTERN, Settings, compiled
from integrations.sources.email.words import MAX_SUBJECT, find, lead_of

SECONDS = 0.1  # that a pattern may take for a mail
SEARCHED = 20_000  # characters of the text that a pattern sees
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?:(?:(?:mon|tues?|wed|thurs?|thur?|fri|sat|sun)|(?:mon|tues|wednes|thurs|fri|satur|sun)day),?\s+)?"
_UNIT = (
    r"%|percent|°\s?[cf]?|[kmgtp]i?b(?:/s|ps|it/s)?|[kmg]bits?/s|bytes?|ms|msecs?|us|µs|secs?|seconds?|mins?|minutes?"
    r"|hrs?|hours?|days?|rpm|volts?|watts?|amps?|[kmg]?hz"
)
_CHANGING = [
    re.compile(part, re.IGNORECASE)
    for part in (
        r"(?<![\w.:])\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:\s?(?:Z\b|[+-]\d\d:?\d\d))?(?![\w])",
        r"(?<![\w.])(?:\d{1,2}[./]\d{1,2}[./]\d{4}|\d{1,2}/\d{1,2}/\d\d)(?!\.?\w)",
        rf"\b{_DAY}(?:\d{{1,2}}\.?\s+{_MONTH}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?)(?:,?\s+\d{{4}}\b)?(?!\w)",
        r"(?<![\w.:])\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[ap]m\b)?(?!\w|:\d)(?:\s+(?:UTC|GMT|CES?T|[ECMP][SD]T)\b)?"
        r"(?:\s+\d{4}(?![\w.-]|:\d))?",
        rf"\b(?:in|for|after|since)\s+(?:\d+\s?(?:{_UNIT}|[dhms])\b[\s,]*)+",
        rf"(?<![\w./:-])[-+]?\d[\d.,]*\s?(?:{_UNIT})(?!\w)|(?<![\w./:-])\d+(?:[mhsc])(?![\w-])",
        r"(?<![\w./:-])[-+]?\d+[.,]\d+(?![\w/:-])(?![.,]\d)",
        r"(?:[<>=]=?|\b(?:is|at|now|was|value|count|after|for))\s*[-+]?\d+(?![\w/:-])(?!\.\d)",
        r"[\[(#]\s?\d{4,}\s?[\])]?(?!\w)|(?<![\w./:-])1[67]\d{8}(?:\d{3})?(?!\w)",
    )
]
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,:/-]\d+)*(?!\w)")
_PIECE = re.compile(r"[^\s\[\](){}<>*|!?,;\"“”]+")
_SMALL = {"at", "is", "are", "was", "were", "has", "have", "been", "now", "again", "back", "since", "the"}
_EDGES = ".:=-–—'’/>~+"


def stripped(text: str, settings: Settings) -> str:
    """A line without words for status and severity, times and values (or any number), in small letters."""
    text = text[:MAX_SUBJECT]
    for found in reversed(find(text, settings.words)):
        text = f"{text[: found.begin]} {text[found.end :]}"
    for found in reversed(find(text, settings.severities)):
        text = f"{text[: found.begin]} {text[found.end :]}"
    for changing in _CHANGING:
        text = changing.sub(" ", text)
    if settings.key == NO_NUMBERS:
        text = _NUMBER.sub(" ", text)
    pieces = (piece.strip(_EDGES).lower() for piece in _PIECE.findall(text))
    return " ".join(piece for piece in pieces if piece and piece not in _SMALL)


def key_of(sender: str, subject: str, text: str, settings: Settings) -> tuple[str, str]:
    """(key, how it came about). Where a pattern finds nothing or takes too long, it is the subject's."""
    how = "the subject and its sender"
    if settings.key == PATTERN and settings.pattern:
        found, why = by_pattern(f"{subject}\n\n{text[:SEARCHED]}", settings.pattern)
        if key := values.key(found):
            return key, "the pattern"
        how = f"the subject and its sender, as the pattern {why or 'found nothing'}"
    told = name_of(subject, settings)
    if not told:
        told = next((said for line in text.splitlines()[:20] if (said := stripped(line, settings))), "")
    return values.key("|".join(part for part in (sender.lower(), told) if part)), how


def name_of(subject: str, settings: Settings) -> str:
    """A subject without what changes from mail to mail."""
    return stripped(subject[lead_of(subject) :], settings) or stripped(subject, settings)


def by_pattern(text: str, pattern: str) -> tuple[str, str]:
    """(what the pattern found, why it found nothing): its groups, else all of it."""
    try:
        match = compiled(pattern).search(text, timeout=SECONDS)
    except TimeoutError:
        return "", "took too long"
    except (Unreadable, regex.error, MemoryError):
        return "", "cannot be used"
    if match is None:
        return "", ""
    groups = [group for group in match.groups() if group]
    return " ".join(" ".join(groups or [match[0]]).split()), ""
