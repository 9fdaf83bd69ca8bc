"""Where a ticket's words match a search: a short piece of its messages with the words marked, safe to print."""

import re
from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models.functions import Left
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tickets.models import Audience, Message
from tickets.search import CONFIG, MAX_QUERY, clean

READ = 6000  # characters of a message that are looked at
AROUND = 90  # characters shown before and after the first match
START, STOP = "\ue000", "\ue001"  # private-use characters: taken out of the text, so that only ts_headline writes them
OPTIONS = f"StartSel={START},StopSel={STOP},HighlightAll=true"


def headlines(numbers: Sequence[int], query: str, *, internal: bool) -> dict[int, SafeString]:
    """{ticket number: HTML}: for the few tickets of a page. Internal notes are read only when `internal`."""
    stems = [word[:5].lower() for word in re.findall(r"\w{2,}", query[:MAX_QUERY])]
    pieces = {number: piece(bodies, stems) for number, bodies in bodies_of(numbers, internal=internal).items()}
    if not pieces:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, ts_headline('{CONFIG}', text, websearch_to_tsquery('{CONFIG}', %s), %s)"  # noqa: S608
            " FROM unnest(%s::bigint[], %s::text[]) AS piece(number, text)",
            [clean(query, MAX_QUERY), OPTIONS, list(pieces), list(pieces.values())],
        )
        return {number: marked(text) for number, text in cursor.fetchall()}


def bodies_of(numbers: Sequence[int], *, internal: bool) -> dict[int, list[str]]:
    """The messages of each ticket, newest first."""
    messages = Message.objects.filter(ticket__in=numbers).order_by("-at", "-id")
    if not internal:
        messages = messages.filter(audience=Audience.PUBLIC)
    found: dict[int, list[str]] = {}
    for number, body in messages.values_list("ticket_id", Left("body", READ)):
        found.setdefault(number, []).append(body)
    return found


def piece(bodies: Iterable[str], stems: Sequence[str]) -> str:
    """The neighbourhood of the first match in the message that has most of the words; else how it begins.

    Beginnings of words are compared, cheaply; what really matches is marked by the database afterwards.
    """
    best, most, place = "", -1, 0
    for body in bodies:
        low = body.lower()
        places = [at for at in (low.find(stem) for stem in stems) if at >= 0]
        if len(places) > most:
            best, most, place = body, len(places), min(places, default=0)
    start = max(0, place - AROUND)
    if start:
        start = best.find(" ", start) + 1 or start
    text = best[start : place + AROUND * 2].replace(START, "").replace(STOP, "")
    return f"{'… ' if start else ''}{' '.join(text.split())}{' …' if place + AROUND * 2 < len(best) else ''}"


def marked(text: str) -> SafeString:
    """Escaped first; only then do the private-use marks become elements."""
    return mark_safe(escape(text).replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308 - escaped
