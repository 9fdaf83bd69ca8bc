"""Numbered pages for lists of hundreds or thousands; what grows for ever is paged by a cursor instead."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

SIZE = 50
LAST = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page; `prev`, `next`: the query strings of its neighbours, or None."""

    rows: list[Any]
    number: int
    prev: str | None
    next: str | None


def page_of(rows: "QuerySet[Any]", given: QueryDict, *, size: int = SIZE) -> Page:
    """The page that `?page=` asks for, in one statement. Nonsense asks for the first."""
    wanted = given.get("page", "")
    number = min(max(int(wanted), 1), LAST) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 6 else 1
    found = list(rows[(number - 1) * size : number * size + 1])
    more = len(found) > size and number < LAST
    return Page(
        found[:size], number, _at(given, number - 1) if number > 1 else None, _at(given, number + 1) if more else None
    )


def _at(given: QueryDict, number: int) -> str:
    query = given.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
