"""Numbered pages for lists of hundreds or thousands; what grows for ever is paged by a cursor instead."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from lib.numbers import read_number

SIZE = 50
LAST = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page; `prev`, `next`: the query strings of its neighbours, or None."""

    rows: list[Any]
    number: int
    prev: str | None
    next: str | None


def page_of(rows: "QuerySet[Any]", given: QueryDict, *, size: int = SIZE, last: int = LAST) -> Page:
    """The page that `?page=` asks for, `last` at most, in one statement. Nonsense asks for the first."""
    number = min(read_number(given.get("page", "")) or 1, last)
    found = list(rows[(number - 1) * size : number * size + 1])
    more = len(found) > size and number < last
    return Page(
        found[:size], number, _at(given, number - 1) if number > 1 else None, _at(given, number + 1) if more else None
    )


def _at(given: QueryDict, number: int) -> str:
    query = given.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
